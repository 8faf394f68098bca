"""One fleet of three gateways: what they share, whichever pod is asked, and what is left of it while the database is gone."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import gateway
import httpx
import pytest
from gateway import ask, explained, url_of, wait_members
from helm import Release
from kube import Namespace, name_of
from load import ENVIRONMENT
from node_postgres import NodePostgres
from place import Build

LIMIT = 100
REPLICAS = 3
TICK = 0.25
"""How often gateways tell each other what they admitted."""
GENEROUS = 4
"""How many ticks may pass on a machine that has other things to do."""


@pytest.fixture(scope="module")
def release(namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build) -> Iterator[Release]:
    database = postgres.database("limits")
    values = {
        "gatewayServer": {
            "replicaCount": REPLICAS,
            # The guide's own lines.
            "gatewayConfig": {
                "routing": {"default-strategy": "round-robin"},
                "rate-limit": {"enabled": True, "per-key": {"requests-per-minute": LIMIT}},
            },
            "env": ENVIRONMENT,
            "region": {"id": "us-east-1", "name": "US East"},
        },
        "gatewayUi": {"enabled": False},
    }
    release = Release(namespaces("limits"), build, database, values).install()
    release.gateways(REPLICAS)
    yield release
    release.namespace.delete()


@pytest.fixture(scope="module")
def pods(release: Release) -> list[dict]:
    pods = release.gateways(REPLICAS)
    wait_members(release.namespace, pods, release.api_key, REPLICAS)
    return pods


def test_s145_peers_are_found_by_the_records_of_the_headless_service(release: Release, pods: list[dict]) -> None:
    service = release.namespace.read("service", "dvara-server-cluster")
    assert service["spec"]["clusterIP"] == "None"
    addresses = {pod["status"]["podIP"] for pod in pods}
    for pod in pods:
        told = gateway.status(pod, release.api_key)["cluster"]
        assert {member["address"].rpartition(":")[0] for member in told["members"]} == addresses
        environment = {entry["name"]: entry for entry in pod["spec"]["containers"][0]["env"]}
        assert "DVARA_CLUSTER_SEEDS" not in environment and "DVARA_CLUSTER_MULTICAST" not in environment


def test_s153_gateways_listen_where_the_port_named_cluster_points(release: Release, pods: list[dict]) -> None:
    (port,) = release.namespace.read("service", "dvara-server-cluster")["spec"]["ports"]
    assert (port["name"], port["port"], port["targetPort"]) == ("cluster", 5701, 5701)
    for pod in pods:
        members = gateway.status(pod, release.api_key)["cluster"]["members"]
        assert {member["address"].rpartition(":")[2] for member in members} == {"5701"}


def test_s154_the_namespace_reaches_the_process(release: Release, pods: list[dict]) -> None:
    setting = explained(release.namespace)["dvara.cluster.kubernetes-namespace"]
    assert setting == (release.namespace.name, "environment KUBERNETES_NAMESPACE")


def test_s155_the_name_of_the_headless_service_reaches_the_process(release: Release, pods: list[dict]) -> None:
    assert explained(release.namespace)["dvara.cluster.cache-service-name"] == ("dvara-server-cluster", "environment CACHE_SERVICE_NAME")


def test_the_metric_of_the_members_counts_every_gateway(release: Release, pods: list[dict]) -> None:
    for pod in pods:
        assert gateway.metric(pod, release.metrics_key, "gateway_hazelcast_cluster_members") == REPLICAS


def test_s165_the_inline_configuration_is_in_force(release: Release, pods: list[dict]) -> None:
    for pod in pods:
        limits = gateway.status(pod, release.api_key)["rateLimits"]
        assert limits["enabled"] is True
        assert limits["perKeyRequestsPerMinute"] == LIMIT


def test_s186_the_region_binds_and_is_shown(release: Release, pods: list[dict]) -> None:
    region = gateway.status(pods[0], release.api_key)["region"]
    assert (region["id"], region["name"]) == ("us-east-1", "US East")


def test_s141_a_scrape_with_the_key_of_the_secret_is_answered(release: Release, pods: list[dict]) -> None:
    """The Secret and the key in it that the chart's ServiceMonitor refers to."""
    encoded = release.namespace("get", "secret", "dvara", "-o", "jsonpath={.data.gateway-metrics-api-key}")
    answer = gateway.get(pods[0], "/actuator/prometheus", base64.b64decode(encoded).decode())
    assert answer.status_code == 200
    assert "gateway_hazelcast_cluster_members" in answer.text


def test_s168_the_101st_request_in_a_minute_is_refused(release: Release, pods: list[dict]) -> None:
    key = fresh_key(release, "sequential", pods[:1])
    began = time.monotonic()
    answers = [ask(url_of(pods[0]), key) for _ in range(LIMIT)]
    assert time.monotonic() - began < 60, "this machine is too slow for a hundred calls a minute"
    # The hundredth of these is the 101st: the question whether the key is known was the first.
    assert [answer.status_code for answer in answers] == [200] * (LIMIT - 1) + [429]
    refusal = answers[-1]
    assert refusal.json()["error"]["code"] == "rate_limit_exceeded"
    assert 1 <= int(refusal.headers["retry-after"]) <= 61


def fresh_key(release: Release, name: str, pods: list[dict]) -> str:
    """A new key that each of `pods` knows: each has counted one call of it, the first that it did not refuse."""
    _, key = release.new_key(name)
    for pod in pods:
        release.namespace.eventually(lambda pod=pod: models(pod, key) != 401, "the gateway knows the key")
    return key


def models(pod: dict, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(f"{url_of(pod)}/v1/models", headers=headers, timeout=20, trust_env=False).status_code


class Answered:
    """A call of many: when it was sent, when it was answered, and how."""

    def __init__(self, pod: dict, key: str):
        self.pod = pod
        self.began = time.monotonic()
        self.status = ask(url_of(pod), key).status_code
        self.ended = time.monotonic()


def called(pods: list[dict], key: str, calls: int, rate: float) -> list[Answered]:
    """So many calls on all pods in turn, a steady number of them in a second."""
    start = time.monotonic()

    def call(number: int) -> Answered:
        time.sleep(max(0.0, start + number / rate - time.monotonic()))
        return Answered(pods[number % len(pods)], key)

    with ThreadPoolExecutor(6) as callers:
        return list(callers.map(call, range(calls)))


def assert_one_limit(release: Release, pods: list[dict], key: str) -> None:
    """The fleet admits the limit, and nothing any more once one tick has passed since it was reached."""
    calls = called(pods, key, calls=240, rate=30)
    assert {call.status for call in calls} == {200, 429}
    admitted = sorted((call for call in calls if call.status == 200), key=lambda call: call.ended)
    rest = LIMIT - len(pods)  # after what asked whether the key is known
    assert len(admitted) >= rest
    reached = admitted[rest - 1].ended
    late = [call for call in admitted if call.began > reached + GENEROUS * TICK]
    assert not late, f"{len(late)} of {len(admitted)} calls were admitted more than {GENEROUS * TICK} s after the limit was reached"
    refused_by = {call.pod["status"]["podIP"] for call in calls if call.status == 429}
    assert refused_by == {pod["status"]["podIP"] for pod in pods}
    print(f"one limit of {LIMIT} on {len(pods)} gateways at 30 calls/s: {len(admitted) + len(pods)} admitted")


def test_s143_three_gateways_admit_one_limit_in_total(release: Release, pods: list[dict]) -> None:
    assert_one_limit(release, pods, fresh_key(release, "shared", pods))


def test_s167_every_gateway_refuses_once_one_of_them_has_served_the_limit(release: Release, pods: list[dict]) -> None:
    key = fresh_key(release, "whoever is asked", pods)
    while ask(url_of(pods[0]), key).status_code == 200:
        pass
    for pod in pods:
        release.namespace.eventually(lambda pod=pod: ask(url_of(pod), key).status_code == 429, "the others refuse too", 10)


def test_without_its_engine_the_fleet_enforces_shares_and_shares_again_when_it_is_back(
    release: Release, pods: list[dict], postgres: NodePostgres
) -> None:
    key = fresh_key(release, "through the outage", pods)
    after = fresh_key(release, "after the outage", pods)
    shared = lambda: [gateway.status(pod, release.api_key)["rateLimits"]["shared"] for pod in pods]  # noqa: E731
    assert shared() == [True] * REPLICAS
    postgres.stop("immediate")
    try:
        release.namespace.eventually(lambda: shared() == [False] * REPLICAS, "every gateway has noticed", 60)
        calls = called(pods, key, calls=45 * REPLICAS, rate=100)
    finally:
        postgres.start()
    # Nobody is told off for what is not his fault: what is refused is beyond a share, and nothing fails.
    assert {call.status for call in calls} == {200, 429}
    share = LIMIT // REPLICAS
    for pod in pods:
        admitted = sum(call.status == 200 for call in calls if call.pod is pod)
        assert share - REPLICAS <= admitted <= share + 1, f"{admitted} calls were admitted where the share is {share}"
    release.namespace.eventually(lambda: shared() == [True] * REPLICAS, "the engine is back", 60)
    assert_one_limit(release, pods, after)


def in_force_within_a_second(release: Release, pods: list[dict], command: list[str], holds: Callable[[dict], bool]) -> None:
    """Runs a command in a pod, and asserts that what it changes holds on every pod at most a second after the command has ended."""
    seen: dict[str, float] = {}

    def watch(pod: dict) -> None:
        until = time.monotonic() + 30
        while not holds(pod):
            if time.monotonic() > until:
                return
            time.sleep(0.05)
        seen[name_of(pod)] = time.monotonic()

    watchers = [threading.Thread(target=watch, args=(pod,), daemon=True) for pod in pods]
    for watcher in watchers:
        watcher.start()
    release.namespace.dvara("deployment/dvara-server", *command)
    done = time.monotonic()
    for watcher in watchers:
        watcher.join()
    assert len(seen) == len(pods), f"half a minute later it holds on {sorted(seen)} only"
    late = {name: round(at - done, 2) for name, at in seen.items() if at - done > 1.0}
    assert not late, f"seconds after the command: {late}"


def test_s144_a_revoked_key_is_refused_on_every_pod_within_a_second(release: Release, pods: list[dict]) -> None:
    number, key = release.new_key("revoked")
    release.namespace.eventually(lambda: all(models(pod, key) == 200 for pod in pods), "every gateway serves the key")
    in_force_within_a_second(release, pods, ["key", "revoke", number], lambda pod: models(pod, key) == 401)


def test_a_suspended_tenant_is_refused_on_every_pod_within_a_second(release: Release, pods: list[dict]) -> None:
    _, key = release.new_key("of a tenant to suspend", tenant="suspended")
    release.namespace.eventually(lambda: all(models(pod, key) == 200 for pod in pods), "every gateway serves the key")
    suspend = ["tenant", "suspend", "suspended", "--reason", "a test"]
    in_force_within_a_second(release, pods, suspend, lambda pod: models(pod, key) == 403)


def test_a_new_route_is_taken_by_every_pod_within_a_second(release: Release, pods: list[dict]) -> None:
    def routed(pod: dict) -> bool:
        routes = gateway.status(pod, release.api_key)["routes"]
        return any(route["modelPattern"] == "fast-*" for route in routes)

    assert not any(map(routed, pods))
    in_force_within_a_second(release, pods, ["route", "create", "fast-*", "--provider", "mock", "--pin", "mock/fast"], routed)


def test_a_fleet_of_five_and_then_of_two_counts_its_members(release: Release, pods: list[dict]) -> None:
    for count in (5, 2):
        release.namespace("scale", "deployment/dvara-server", f"--replicas={count}")
        gateways = release.gateways(count)
        wait_members(release.namespace, gateways, release.api_key, count, seconds=90)
        for pod in gateways:
            assert gateway.metric(pod, release.metrics_key, "gateway_hazelcast_cluster_members") == count
