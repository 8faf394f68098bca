"""Fleets outside of Kubernetes: gateways on hosts of one network that find each other, lose each other, and share what they share."""

from __future__ import annotations

import time
from collections.abc import Iterator

from dvara_up import eventually
from fleet import PATIENCE, sees

SEEDS_ONLY = {"DVARA_CLUSTER_MULTICAST": "off"}


def paced(seconds: float, pause: float) -> Iterator[None]:
    """As often as it is time to look again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(pause)


def test_s149_outside_kubernetes_gateways_find_each_other_by_multicast(fleet):
    one, two = fleet.of(2)
    assert "CACHE_SERVICE_NAME" not in one.environment and "KUBERNETES_NAMESPACE" not in one.environment
    members = one.cluster()["members"]
    assert {member["address"].partition(":")[0] for member in members} == {one.host, two.host}
    assert all(member["address"].endswith(":5701") for member in members)
    # And every one that comes later.
    fleet.of(3)
    assert one.metric("gateway_hazelcast_cluster_members") == 5
    assert {gateway.cluster()["nodeId"] for gateway in fleet.gateways} == {member["id"] for member in one.cluster()["members"]}


def test_seeds_take_the_place_of_multicast(fleet):
    # The first looks for one that is not there yet.
    one = fleet.add(DVARA_CLUSTER_SEEDS="10.211.57.12:5701", **SEEDS_ONLY)
    assert one.size() == 1
    fleet.add(DVARA_CLUSTER_SEEDS=f"{one.host}:5701", **SEEDS_ONLY)
    fleet.add(DVARA_CLUSTER_SEEDS=f"{one.host}:5701", **SEEDS_ONLY)
    sees(fleet.gateways, 3)


def test_a_fleet_forms_and_stays_whole_while_every_fourth_packet_is_lost(fleet):
    gateways = [fleet.add() for _ in range(3)]
    for gateway in gateways:
        gateway.on.lose(0.25)
    gateways.append(fleet.add())
    gateways[-1].on.lose(0.25)
    sees(gateways, 4)
    looks = [[gateway.size() for gateway in gateways] for _ in paced(12, 0.2)]
    # Nobody can tell a gateway that the machine held up from one that is gone: it is missed for a moment, and never for good.
    lapses = [sizes for sizes in looks if sizes != [4] * 4]
    assert len(lapses) <= len(looks) // 10, f"of {len(looks)} looks at a fleet of four: {lapses}"
    sees(gateways, 4)


def test_a_cut_makes_two_fleets_and_mending_it_makes_one(fleet):
    one, two, three = fleet.of(3)
    for gateway in (one, two):
        three.on.cut_off(gateway.on)
    sees([one, two], 2)
    sees([three], 1)
    three.on.mend()
    sees(fleet.gateways, 3)


def test_a_gateway_of_another_database_is_never_a_member(fleets):
    ours, theirs = fleets(), fleets()
    one, two = ours.of(2)
    stranger = theirs.add(DVARA_CLUSTER_SEEDS=f"{one.host}:5701,{two.host}:5701")
    for gateway in (one, two):
        eventually(lambda gateway=gateway: gateway.metric("gateway_cluster_datagrams_rejected_total") > 2, "strangers are turned away", PATIENCE)
    assert [gateway.size() for gateway in (one, two, stranger)] == [2, 2, 1]


def test_who_is_told_to_stop_says_goodbye_and_who_is_killed_is_missed(fleet):
    one, two, three, four = fleet.of(4)
    four.process.terminate()
    told = time.monotonic()
    sees([one, two, three], 3)
    goodbye = time.monotonic() - told
    three.process.kill()
    killed = time.monotonic()
    sees([one, two], 2)
    missed = time.monotonic() - killed
    # Missing somebody takes the failure detector several seconds; a word takes a round of gossip.
    assert goodbye < missed, f"goodbye took {goodbye:.1f} s, being missed {missed:.1f} s"
    assert four.process.wait(45) == 0, four.said()


def limited(fleet, **settings):
    return fleet.of(
        3,
        DVARA_LLM_GATEWAY_RATE_LIMIT_ENABLED="true",
        DVARA_LLM_GATEWAY_RATE_LIMIT_PER_KEY_REQUESTS_PER_MINUTE="60",
        **settings,
    )


PACE = 0.02
"""Seconds between two calls."""

LATE = 20
"""Calls that a fleet may serve beyond a limit: what comes before all have heard of the last one. A tick of 250 ms is 12 calls at this pace."""


def admitted(gateways, key: str) -> int:
    """Asks one after the other until all of them refuse; how many calls were served."""
    served, refused = 0, set()
    for turn in range(1_000):
        time.sleep(PACE)
        gateway = gateways[turn % len(gateways)]
        status = gateway.call(key)
        assert status in (200, 429), status
        if status == 200:
            served += 1
        else:
            refused.add(gateway.host)
        if len(refused) == len(gateways):
            return served
    raise AssertionError(f"no end after {served} calls")


def test_s143_three_gateways_share_one_limit(fleet):
    gateways = limited(fleet)
    key = fleet.key()
    # Knowing the key took each of them a call or more, which counted.
    known = sum(gateway.metric("gateway_rate_limit_allowed_total") for gateway in gateways)
    served = known + admitted(gateways, key)
    assert 60 <= served <= 60 + LATE, served
    assert all(gateway.metric("gateway_rate_limit_errors_total") == 0 for gateway in gateways)


def test_a_cut_between_gateways_neither_raises_nor_lowers_the_limit(fleet):
    gateways = limited(fleet)
    key = fleet.key()
    one, two, three = gateways
    for gateway in (one, two):
        three.on.cut_off(gateway.on)
    sees([three], 1)
    known = sum(gateway.metric("gateway_rate_limit_allowed_total") for gateway in gateways)
    # What is shared goes through the database, which all of them still reach.
    assert 60 <= known + admitted(gateways, key) <= 60 + LATE


def test_s144_a_revoked_key_is_refused_by_every_gateway_within_a_second(fleet):
    gateways = fleet.of(3)
    key = fleet.key()
    gateways[0].run("key", "revoke", fleet.key_id)
    revoked = time.monotonic()
    for gateway in gateways:
        eventually(lambda gateway=gateway: gateway.call(key) == 401, "the key is refused", PATIENCE)
    took = time.monotonic() - revoked
    assert took < 1, f"the last gateway took {took:.2f} s"
