"""Where the guide drifts, its word is kept: ADR 13, line by line, as far as no statement of the guide shows it."""

import chart
import pytest

DATABASE = {"SPRING_DATASOURCE_URL": "jdbc:postgresql://postgres:5432/dvara", "SPRING_DATASOURCE_USERNAME": "dvara", "SPRING_DATASOURCE_PASSWORD": "dvara"}
MCP = {"mcpProxyServer": {"enabled": True}}
OTHERS = ["gatewayUi", "mcpProxyServer"]


@pytest.mark.parametrize("service", chart.SERVICES)
def test_minimal_example_tells_every_service_of_the_database(service):
    things = chart.render(MCP, case="04-minimal-env")
    assert {name: things.effective(name, service) for name in DATABASE} == DATABASE


@pytest.mark.parametrize("service", OTHERS)
def test_a_list_of_the_gateway_is_inherited_too_and_nothing_but_database_and_audit_secret(service):
    given = [{"name": name, "value": "x"} for name in (*DATABASE, "DVARA_AUDIT_HMAC_SECRET", "DVARA_LOG_LEVEL")]
    env = chart.render(chart.merged(MCP, {"gatewayServer": {"extraEnv": given}})).env(service)
    assert all(env[name] == {"name": name, "value": "x"} for name in (*DATABASE, "DVARA_AUDIT_HMAC_SECRET"))
    assert "DVARA_LOG_LEVEL" not in env


@pytest.mark.parametrize("service", OTHERS)
def test_what_a_service_is_told_itself_wins_over_what_it_inherits(service):
    values = chart.merged(MCP, {"gatewayServer": {"env": DATABASE}, service: {"env": {"SPRING_DATASOURCE_USERNAME": "own"}}})
    things = chart.render(values)
    assert things.effective("SPRING_DATASOURCE_USERNAME", service) == "own" and things.effective("SPRING_DATASOURCE_USERNAME") == "dvara"


def test_a_list_wins_over_a_map_and_a_map_over_the_chart():
    values = {"gatewayServer": {"gatewayMode": "full", "env": {"DVARA_LLM_GATEWAY_MODE": "map", "A": 1}, "extraEnv": [{"name": "A", "value": "list"}]}}
    things = chart.render(values)
    assert things.effective("DVARA_LLM_GATEWAY_MODE") == "map" and things.effective("A") == "list"


def test_a_variable_may_come_from_elsewhere():
    source = {"secretKeyRef": {"name": "vault", "key": "hmac"}}
    things = chart.render({"gatewayServer": {"extraEnv": [{"name": "DVARA_AUDIT_HMAC_SECRET", "valueFrom": source}]}})
    for service in ("gatewayServer", "gatewayUi"):
        assert things.env(service)["DVARA_AUDIT_HMAC_SECRET"]["valueFrom"] == source


@pytest.mark.parametrize("service", chart.SERVICES)
@pytest.mark.parametrize(
    "values, url",
    [
        ({"url": "jdbc:postgresql://db/x?sslmode=verify-full", "username": "u"}, "jdbc:postgresql://db/x?sslmode=verify-full"),
        ({"host": "db", "username": "u"}, "jdbc:postgresql://db:5432/dvara"),
        ({"host": "db", "port": 6432, "name": "other", "username": "u"}, "jdbc:postgresql://db:6432/other"),
    ],
)
def test_database_is_told_to_every_service(service, values, url):
    things = chart.render(chart.merged(MCP, {"database": values, "secrets": {"datasourcePassword": "pass"}}))
    assert [things.effective(name, service) for name in DATABASE] == [url, "u", "pass"]


@pytest.mark.parametrize("service", chart.SERVICES)
def test_password_of_the_database_from_a_secret_of_its_own(service):
    env = chart.render(chart.merged(MCP, {"database": {"host": "db", "existingSecret": "db", "existingSecretKey": "pw"}, "secrets": {"datasourcePassword": "x"}})).env(service)
    assert env["SPRING_DATASOURCE_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": "db", "key": "pw", "optional": True}


@pytest.mark.parametrize("service", chart.SERVICES)
def test_one_audit_secret_in_all_services(service):
    things = chart.render(chart.merged(MCP, {"secrets": {"auditHmacSecret": "s" * 44}}))
    assert things.effective("DVARA_AUDIT_HMAC_SECRET", service) == "s" * 44


@pytest.mark.parametrize("service", OTHERS)
def test_keys_of_vendors_are_for_the_gateway_alone(service):
    vendors = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    things = chart.render(MCP)
    assert not vendors & things.env(service).keys() and vendors <= things.env().keys()


def test_one_gateway_is_ready_for_a_second():
    things = chart.render()
    assert {"KUBERNETES_NAMESPACE", "CACHE_SERVICE_NAME"} <= things.env().keys() and things.get("Service", "dvara-server-cluster")


def test_policy_of_the_mcp_proxy_lets_a_named_prometheus_in():
    values = {"enabled": True, "monitoring": {"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}, "extraIngress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}
    (policy,) = chart.render({"mcpProxyServer": {"enabled": True, "networkPolicy": values}}).all("NetworkPolicy")
    first, second = policy["spec"]["ingress"]
    assert {"namespaceSelector": {"matchLabels": {"name": "monitoring"}}} in first["from"]
    assert second == {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}


def test_later_names_of_the_ingress():
    things = chart.render({"ingress": {"enabled": True, "baseDomain": "example.org"}})
    assert [thing["spec"]["rules"][0]["host"] for thing in sorted(things.all("Ingress"), key=lambda thing: thing["metadata"]["name"])] == ["api.example.org", "flightdeck.example.org"]


def test_java_options_change_no_memory():
    plain, with_options = (chart.render({"gatewayServer": {"javaOpts": options}}).container()["resources"] for options in ("", "-Xmx8g"))
    assert plain == with_options
