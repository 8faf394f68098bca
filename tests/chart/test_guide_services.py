"""The guide's tables of gatewayServer.*, gatewayUi.* and mcpProxyServer.*, statement by statement."""

import chart
import pytest

MCP = {"mcpProxyServer": {"enabled": True}}
IMAGES = "ghcr.io/dvarahq/dvara"


def default(path: str) -> object:
    """A default in values.yaml."""
    value = chart.defaults()
    for key in path.split("."):
        value = value[key]
    return value


def of(things: chart.Render, suffix: str) -> set[str]:
    """The objects of one service, as Kind/name."""
    return {f"{thing['kind']}/{thing['metadata']['name']}" for thing in things if thing["metadata"].get("labels", {}).get("app.kubernetes.io/name") == f"dvara-{suffix}"}


def with_values(path: str, value: object) -> chart.Render:
    return chart.render(chart.merged(MCP, chart.nested(path, value)))


# --- gatewayServer.* -------------------------------------------------------------------------------------------


def test_s032_gateway_enabled():
    assert default("gatewayServer.enabled") is True
    everything = {"autoscaling": {"enabled": True}, "pdb": {"enabled": True}, "networkPolicy": {"enabled": True}, "serviceMonitor": {"enabled": True}}
    on = of(chart.render({"gatewayServer": everything}), "server")
    kinds = {"Deployment", "Service", "ServiceAccount", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor"}
    assert {name.partition("/")[0] for name in on} == kinds
    values = {"gatewayServer": {**everything, "enabled": False}, "gatewayUi": {"gatewayServerUrl": "http://gateway:8080"}}
    assert of(chart.render(values), "server") == set()


def test_s033_replicas_of_the_gateway():
    assert default("gatewayServer.replicaCount") == 1
    assert chart.render().get("Deployment", "dvara-server")["spec"]["replicas"] == 1
    assert chart.render({"gatewayServer": {"replicaCount": 3}}).get("Deployment", "dvara-server")["spec"]["replicas"] == 3
    scaled = chart.render({"gatewayServer": {"replicaCount": 3, "autoscaling": {"enabled": True}}})
    assert "replicas" not in scaled.get("Deployment", "dvara-server")["spec"]


def test_s034_image_of_the_gateway():
    assert default("gatewayServer.image.repository") == f"{IMAGES}/dvara-llm-gateway"
    assert chart.render().container()["image"].startswith(f"{IMAGES}/dvara-llm-gateway:")


def test_s035_tag_of_the_gateway():
    assert default("gatewayServer.image.tag") == ""
    assert chart.render().container()["image"] == f"{IMAGES}/dvara-llm-gateway:{chart.app_version()}"
    assert with_values("gatewayServer.image.tag", "2.0").container()["image"] == f"{IMAGES}/dvara-llm-gateway:2.0"


def test_s036_gateway_mode():
    assert default("gatewayServer.gatewayMode") == "full"
    for mode in ("full", "standalone"):
        assert with_values("gatewayServer.gatewayMode", mode).effective("DVARA_LLM_GATEWAY_MODE") == mode
    assert chart.render().effective("DVARA_LLM_GATEWAY_MODE") == "full"
    for helm in chart.HELMS:
        assert "gatewayMode" in chart.refusal({"gatewayServer": {"gatewayMode": "hybrid"}}, helm=helm)


def test_s037_region_id():
    assert default("gatewayServer.region.id") == ""
    assert not [name for name in chart.render().env() if "REGION" in name]
    assert "meridian.ai/region" not in chart.render().pod()["metadata"]["labels"]


def test_s038_region_name():
    assert default("gatewayServer.region.name") == ""
    assert "DVARA_REGION_NAME" not in chart.render().env()


def java_opts(service: str) -> None:
    assert default(f"{service}.javaOpts") == ""
    assert "JAVA_OPTS" not in chart.render(MCP).env(service)
    assert with_values(f"{service}.javaOpts", "-Xms1g -Xmx1500m").effective("JAVA_OPTS", service) == "-Xms1g -Xmx1500m"


def test_s039_java_opts_of_the_gateway():
    java_opts("gatewayServer")


def resource(service: str, kind: str, name: str, value: object) -> None:
    """A default in the values, in the container, and changed."""
    path = f"resources.{kind}.{name}"
    assert str(default(f"{service}.{path}")) == value
    assert str(chart.render(MCP).container(service)["resources"][kind][name]) == value
    assert with_values(f"{service}.{path}", "123m").container(service)["resources"][kind][name] == "123m"


def test_s040_cpu_request_of_the_gateway():
    resource("gatewayServer", "requests", "cpu", "250m")


def test_s041_memory_request_of_the_gateway():
    resource("gatewayServer", "requests", "memory", "512Mi")


def test_s042_cpu_limit_of_the_gateway():
    resource("gatewayServer", "limits", "cpu", "2")


def test_s043_memory_limit_of_the_gateway():
    resource("gatewayServer", "limits", "memory", "1Gi")


def service_type(service: str) -> None:
    name = chart.SERVICES[service]
    assert default(f"{service}.service.type") == "ClusterIP"
    assert chart.render(MCP).get("Service", name)["spec"]["type"] == "ClusterIP"
    assert with_values(f"{service}.service.type", "LoadBalancer").get("Service", name)["spec"]["type"] == "LoadBalancer"


def service_port(service: str, port: int) -> None:
    """The port of the Service; the container listens on the same one, whatever the Service is changed to."""
    name = chart.SERVICES[service]
    assert default(f"{service}.service.port") == port
    for things, expected in ((chart.render(MCP), port), (with_values(f"{service}.service.port", 80), 80)):
        (http,) = things.get("Service", name)["spec"]["ports"]
        assert (http["port"], http["targetPort"]) == (expected, "http")
        assert [one["containerPort"] for one in things.container(service)["ports"] if one["name"] == "http"] == [port]


def test_s044_service_type_of_the_gateway():
    service_type("gatewayServer")


def test_s045_service_port_of_the_gateway():
    service_port("gatewayServer", 8080)


# --- gatewayUi.* -----------------------------------------------------------------------------------------------


def test_s047_flightdeck_enabled():
    assert default("gatewayUi.enabled") is True
    assert of(chart.render(), "ui") == {"Deployment/dvara-ui", "Service/dvara-ui", "ServiceAccount/dvara-ui"}
    assert of(with_values("gatewayUi.enabled", False), "ui") == set()


def test_s048_replicas_of_flightdeck():
    assert default("gatewayUi.replicaCount") == 1
    assert chart.render().get("Deployment", "dvara-ui")["spec"]["replicas"] == 1
    assert with_values("gatewayUi.replicaCount", 2).get("Deployment", "dvara-ui")["spec"]["replicas"] == 2


def test_s049_image_of_flightdeck():
    assert default("gatewayUi.image.repository") == f"{IMAGES}/dvara-flightdeck"
    assert chart.render().container("gatewayUi")["image"] == f"{IMAGES}/dvara-flightdeck:{chart.app_version()}"


def gateway_url(service: str, variable: str) -> None:
    assert default(f"{service}.gatewayServerUrl") == ""
    assert chart.render(MCP).effective(variable, service) == "http://dvara-server:8080"
    blue = chart.render(MCP, release="blue")
    (container,) = blue.get("Deployment", chart.SERVICES[service].replace("dvara", "blue"))["spec"]["template"]["spec"]["containers"]
    assert {"name": variable, "value": "http://blue-server:8080"} in container["env"] and blue.get("Service", "blue-server")
    assert with_values("gatewayServer.service.port", 80).effective(variable, service) == "http://dvara-server:80"
    assert with_values(f"{service}.gatewayServerUrl", "https://gateway.other").effective(variable, service) == "https://gateway.other"


def test_s050_gateway_url_of_flightdeck():
    gateway_url("gatewayUi", "DVARA_FLIGHTDECK_GATEWAY_URL")


def test_s051_cpu_request_of_flightdeck():
    resource("gatewayUi", "requests", "cpu", "100m")


def test_s052_memory_request_of_flightdeck():
    resource("gatewayUi", "requests", "memory", "256Mi")


def test_s053_service_type_of_flightdeck():
    service_type("gatewayUi")


def test_s054_service_port_of_flightdeck():
    service_port("gatewayUi", 8090)


def probe(name: str) -> dict:
    return chart.render().container("gatewayUi")[name]["httpGet"]


def test_s055_liveness_probe_of_flightdeck():
    assert probe("livenessProbe") == {"path": "/actuator/health/liveness", "port": "http"}


def test_s056_readiness_probe_of_flightdeck():
    assert probe("readinessProbe") == {"path": "/actuator/health/readiness", "port": "http"}


def test_s058_startup_probe_of_flightdeck():
    assert probe("startupProbe") == {"path": "/actuator/health/liveness", "port": "http"}


# --- mcpProxyServer.* ------------------------------------------------------------------------------------------


def test_s087_mcp_proxy_enabled():
    assert default("mcpProxyServer.enabled") is False
    assert "mcp" not in "".join(line for line in chart.text().splitlines() if not line.startswith("# Source"))
    assert of(chart.render(MCP), "mcp-gateway") == {"Deployment/dvara-mcp-gateway", "Service/dvara-mcp-gateway", "ServiceAccount/dvara-mcp-gateway"}


def test_s088_replicas_of_the_mcp_proxy():
    assert default("mcpProxyServer.replicaCount") == 2
    assert chart.render(MCP).get("Deployment", "dvara-mcp-gateway")["spec"]["replicas"] == 2
    assert "replicas" not in with_values("mcpProxyServer.autoscaling.enabled", True).get("Deployment", "dvara-mcp-gateway")["spec"]


def test_s089_image_of_the_mcp_proxy():
    assert default("mcpProxyServer.image.repository") == f"{IMAGES}/dvara-mcp-gateway"
    assert chart.render(MCP).container("mcpProxyServer")["image"].startswith(f"{IMAGES}/dvara-mcp-gateway:")


def test_s090_tag_of_the_mcp_proxy():
    assert default("mcpProxyServer.image.tag") == ""
    assert chart.render(MCP).container("mcpProxyServer")["image"].endswith(f":{chart.app_version()}")
    assert with_values("mcpProxyServer.image.tag", "2.0").container("mcpProxyServer")["image"].endswith(":2.0")


def test_s091_java_opts_of_the_mcp_proxy():
    java_opts("mcpProxyServer")


def test_s092_gateway_url_of_the_mcp_proxy():
    gateway_url("mcpProxyServer", "DVARA_MCP_GATEWAY_GATEWAY_URL")


def test_s093_cpu_request_of_the_mcp_proxy():
    resource("mcpProxyServer", "requests", "cpu", "250m")


def test_s094_memory_request_of_the_mcp_proxy():
    resource("mcpProxyServer", "requests", "memory", "512Mi")


def test_s095_cpu_limit_of_the_mcp_proxy():
    resource("mcpProxyServer", "limits", "cpu", "2")


def test_s096_memory_limit_of_the_mcp_proxy():
    resource("mcpProxyServer", "limits", "memory", "1Gi")


def test_s097_service_type_of_the_mcp_proxy():
    """Internal only: it takes no other type."""
    assert default("mcpProxyServer.service.type") == "ClusterIP"
    assert chart.render(MCP).get("Service", "dvara-mcp-gateway")["spec"]["type"] == "ClusterIP"
    for exposed in ("LoadBalancer", "NodePort"):
        assert "value must be 'ClusterIP'" in chart.refusal({"mcpProxyServer": {"service": {"type": exposed}}})


def test_s098_service_port_of_the_mcp_proxy():
    service_port("mcpProxyServer", 8070)


def switch(path: str, kind: str, name: str) -> dict:
    """Off by default, without an object; on, the object."""
    assert default(path) is False
    assert name not in chart.render(MCP).names(kind)
    return with_values(path, True).get(kind, name)


def test_s099_autoscaling_of_the_mcp_proxy():
    assert switch("mcpProxyServer.autoscaling.enabled", "HorizontalPodAutoscaler", "dvara-mcp-gateway")["spec"]["scaleTargetRef"]["name"] == "dvara-mcp-gateway"


def scaling(service: str, field: str, value: int) -> None:
    path = f"{service}.autoscaling"
    assert default(f"{path}.{field}") == value
    name = chart.SERVICES[service]
    assert with_values(f"{path}.enabled", True).get("HorizontalPodAutoscaler", name)["spec"][field] == value
    changed = with_values(path, {"enabled": True, field: 7}).get("HorizontalPodAutoscaler", name)
    assert changed["spec"][field] == 7


def test_s100_least_pods_of_the_mcp_proxy():
    scaling("mcpProxyServer", "minReplicas", 2)


def test_s101_most_pods_of_the_mcp_proxy():
    scaling("mcpProxyServer", "maxReplicas", 20)


def test_s102_disruption_budget_of_the_mcp_proxy():
    switch("mcpProxyServer.pdb.enabled", "PodDisruptionBudget", "dvara-mcp-gateway")


def test_s103_pods_of_the_mcp_proxy_that_stay():
    assert default("mcpProxyServer.pdb.minAvailable") == 1
    spec = with_values("mcpProxyServer.pdb.enabled", True).get("PodDisruptionBudget", "dvara-mcp-gateway")["spec"]
    assert spec["minAvailable"] == 1 and "maxUnavailable" not in spec


def test_s104_network_policy_of_the_mcp_proxy():
    policy = switch("mcpProxyServer.networkPolicy.enabled", "NetworkPolicy", "dvara-mcp-gateway")
    things = with_values("mcpProxyServer.networkPolicy.enabled", True)
    (rule,) = policy["spec"]["ingress"]
    assert rule["ports"] == [{"port": 8070, "protocol": "TCP"}]
    # The gateway's pods, and the chart's own test; nobody else.
    gateway = things.get("Deployment", "dvara-server")["spec"]["selector"]["matchLabels"]
    assert rule["from"][0] == {"podSelector": {"matchLabels": gateway}}
    (test,) = [pod["metadata"]["labels"] for pod in things.all("Pod") if "mcp" in pod["metadata"]["name"]]
    assert rule["from"][1:] == [{"podSelector": {"matchLabels": test}}]


def test_s105_service_monitor_of_the_mcp_proxy():
    switch("mcpProxyServer.serviceMonitor.enabled", "ServiceMonitor", "dvara-mcp-gateway")


def test_s106_mcp_proxy_is_never_exposed():
    for case in chart.CASES:
        things = chart.render(chart.merged(MCP, {"ingress": {"enabled": True}}), case=case)
        assert things.get("Service", next(name for name in things.names("Service") if name.endswith("-mcp-gateway")))["spec"]["type"] == "ClusterIP"
        backends = [path["backend"]["service"]["name"] for ingress in things.all("Ingress") for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
        backends += [backend["name"] for route in things.all("HTTPRoute") for rule in route["spec"]["rules"] for backend in rule["backendRefs"]]
        assert backends and not [name for name in backends if "mcp" in name]


def test_test_pod_never_joins_a_service():
    things = chart.render(MCP)
    for pod in things.all("Pod"):
        assert not [service for service in things.all("Service") if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()]


@pytest.mark.parametrize("service", chart.SERVICES)
def test_every_service_has_the_license_and_the_database(service):
    env = chart.render(chart.merged(MCP, {"database": {"host": "db"}})).env(service)
    assert {"DVARA_LICENSE_KEY", "SPRING_DATASOURCE_URL", "SPRING_DATASOURCE_PASSWORD", "DVARA_AUDIT_HMAC_SECRET", "DVARA_ENCRYPTION_MASTER_PASSWORD"} <= env.keys()
