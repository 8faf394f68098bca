"""The actuator: what anybody may see, and what each of the two keys opens."""

from __future__ import annotations

import pytest
from dvara_up import eventually
from service import API_KEY, METRICS_KEY, SERVICES, Service

OPEN = ("/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness", "/actuator/info")
OPERATORS = ("/actuator", "/actuator/gateway-status", "/actuator/health/db", "/actuator/env")
SCRAPERS = "/actuator/prometheus"


@pytest.fixture
def three(service) -> list[Service]:
    """All three services of one database; Flightdeck finds the gateway."""
    gateway = service("gateway").start()
    others = [service(name, DVARA_FLIGHTDECK_GATEWAY_URL=gateway.url, DVARA_MCP_GATEWAY_GATEWAY_URL=gateway.url).start() for name in SERVICES[1:]]
    return [gateway, *others]


def anonymous(three: list[Service], path: str) -> None:
    for each in three:
        eventually(lambda each=each: each.get(path).status == 200, f"{path} of {each.command} is 200 without a key")


def test_s059_health_is_anonymous(three):
    anonymous(three, OPEN[0])
    assert all(each.get(OPEN[0]).json == {"status": "UP"} for each in three)


def test_s060_liveness_is_anonymous(three):
    anonymous(three, OPEN[1])


def test_s061_readiness_is_anonymous(three):
    anonymous(three, OPEN[2])


def test_s062_info_is_anonymous(three):
    anonymous(three, OPEN[3])


def test_s064_the_default_shows_details_to_the_authorised_alone(three):
    for each in three:
        for path in OPEN[:3]:
            seen = each.get(path).json
            assert seen.keys() == {"status"}, f"{each.command} {path}: {seen}"
        assert "db" in each.get("/actuator/health", API_KEY).json["components"]
    assert "when-authorized" in three[0].run("config", "explain").stdout


def test_s026_without_both_keys_every_authenticated_path_is_401(service):
    for name in SERVICES:
        closed = service(name, DVARA_ACTUATOR_API_KEY=None, DVARA_ACTUATOR_METRICS_API_KEY=None).start()
        for path in (*OPERATORS, SCRAPERS):
            for key in (None, API_KEY, METRICS_KEY, ""):
                assert closed.get(path, key).status == 401, f"{name} {path}"
        assert "DVARA_ACTUATOR_API_KEY" in closed.said(), "the log does not name what is missing"


def test_s078_the_server_key_opens_everything_but_the_metrics(three):
    gateway = three[0]
    assert gateway.get("/actuator/gateway-status", API_KEY).status == 200
    assert "components" in gateway.get("/actuator/health", API_KEY).json
    for each in three:
        # Past the door: what does not exist there is not found, and not forbidden.
        assert {each.get(path, API_KEY).status for path in OPERATORS} <= {200, 404}
        assert each.get(SCRAPERS, API_KEY).status == 401


def test_s079_the_metrics_key_opens_the_metrics_alone(three):
    for each in three:
        assert each.get(SCRAPERS, METRICS_KEY).status == 200
        for path in OPERATORS:
            assert each.get(path, METRICS_KEY).status == 401, f"{each.command} {path}"


def test_s082_the_metrics_key_cannot_read_the_status_with_the_licence(three):
    refused = three[0].get("/actuator/gateway-status", METRICS_KEY)
    assert refused.status == 401 and "lic_" not in refused.text
    assert three[0].status()["license"]["license_id"].startswith("lic_")


def test_s083_the_server_key_cannot_read_the_metrics(three):
    for each in three:
        refused = each.get(SCRAPERS, API_KEY)
        assert refused.status == 401 and "# TYPE" not in refused.text


def test_s140_the_metrics_are_401_without_a_token(three):
    for each in three:
        assert each.get(SCRAPERS).status == 401
        assert each.get(SCRAPERS, "something else").status == 401
