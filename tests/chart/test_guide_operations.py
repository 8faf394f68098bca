"""The guide's ingress, rolling update, autoscaling, monitoring, clustering, patterns and security, statement by statement."""

import chart
import pytest
import yaml
from kubernetes_schemas import complaint
from test_guide_services import default, scaling, switch, with_values

INGRESS = {"ingress": {"enabled": True}}
GATEWAY, FLIGHTDECK = "dvara-server", "dvara-ui"


# --- ingress.* -------------------------------------------------------------------------------------------------


def test_s108_ingress_enabled():
    assert default("ingress.enabled") is False
    assert not chart.render().all("Ingress")
    assert chart.render(INGRESS).names("Ingress") == {GATEWAY, FLIGHTDECK}


def test_s109_ingress_class():
    assert default("ingress.className") == ""
    assert all("ingressClassName" not in ingress["spec"] for ingress in chart.render(INGRESS).all("Ingress"))
    for name in ("nginx", "traefik", "alb"):
        things = chart.render(chart.merged(INGRESS, {"ingress": {"className": name}}))
        assert {ingress["spec"]["ingressClassName"] for ingress in things.all("Ingress")} == {name}


def test_s110_ingress_annotations():
    assert default("ingress.annotations") == {}
    assert all("annotations" not in ingress["metadata"] for ingress in chart.render(INGRESS).all("Ingress"))
    given = {"nginx.ingress.kubernetes.io/proxy-read-timeout": "600"}
    things = chart.render(chart.merged(INGRESS, {"ingress": {"annotations": given}}))
    assert [ingress["metadata"]["annotations"] for ingress in things.all("Ingress")] == [given, given]


def rule_of(name: str, values: dict = INGRESS) -> dict:
    (rule,) = chart.render(values).get("Ingress", name)["spec"]["rules"]
    return rule


def default_rule(host: str, service: str, port: int) -> dict:
    backend = {"service": {"name": service, "port": {"number": port}}}
    return {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}


def test_s111_hosts_of_the_gateway():
    assert default("ingress.gatewayServer.hosts") == [{"host": "gateway.example.com"}]
    assert rule_of(GATEWAY) == default_rule("gateway.example.com", GATEWAY, 8080)
    assert rule_of(GATEWAY, chart.merged(INGRESS, {"gatewayServer": {"service": {"port": 80}}})) == default_rule("gateway.example.com", GATEWAY, 80)


def test_s112_certificates_of_the_gateway():
    assert default("ingress.gatewayServer.tls") == []
    assert "tls" not in chart.render(INGRESS).get("Ingress", GATEWAY)["spec"]


def test_s113_hosts_of_flightdeck():
    assert default("ingress.gatewayUi.hosts") == [{"host": "admin.example.com"}]
    assert rule_of(FLIGHTDECK) == default_rule("admin.example.com", FLIGHTDECK, 8090)


def test_s114_certificates_of_flightdeck():
    assert default("ingress.gatewayUi.tls") == []
    assert "tls" not in chart.render(INGRESS).get("Ingress", FLIGHTDECK)["spec"]


def test_s115_hosts_take_paths_and_certificates_their_hosts():
    spec = chart.render(case="05-production").get("Ingress", GATEWAY)["spec"]
    assert spec["rules"] == [default_rule("gateway.mycompany.com", GATEWAY, 8080)]
    assert spec["tls"] == [{"secretName": "gateway-tls", "hosts": ["gateway.mycompany.com"]}]
    paths = [{"path": "/v1", "pathType": "Exact"}, {"path": "/v2", "pathType": "ImplementationSpecific"}]
    values = chart.merged(INGRESS, {"ingress": {"gatewayUi": {"hosts": [{"host": "a.example.com", "paths": paths}, {"host": "b.example.com"}]}}})
    rules = chart.render(values).get("Ingress", FLIGHTDECK)["spec"]["rules"]
    assert [(rule["host"], path["path"], path["pathType"]) for rule in rules for path in rule["http"]["paths"]] == [
        ("a.example.com", "/v1", "Exact"),
        ("a.example.com", "/v2", "ImplementationSpecific"),
        ("b.example.com", "/", "Prefix"),
    ]


# --- shutdown and rolling update -------------------------------------------------------------------------------


def test_s116_grace_period():
    assert default("gatewayServer.terminationGracePeriodSeconds") == 45
    assert chart.render().pod()["spec"]["terminationGracePeriodSeconds"] == 45
    assert with_values("gatewayServer.terminationGracePeriodSeconds", 90).pod()["spec"]["terminationGracePeriodSeconds"] == 90
    # It must exceed hook and drain: 5 + 30.
    assert with_values("gatewayServer.terminationGracePeriodSeconds", 36).pod()
    assert "must exceed preStopSleepSeconds (5) plus the 30 s" in chart.refusal({"gatewayServer": {"terminationGracePeriodSeconds": 35}})


@pytest.mark.parametrize("kube", chart.KUBERNETES)
def test_s117_sleep_before_the_signal(kube):
    assert default("gatewayServer.preStopSleepSeconds") == 5

    def hook(values: dict | None = None) -> dict:
        return chart.render(values, kube=kube).container().get("lifecycle", {}).get("preStop")

    def sleeping(seconds: int) -> dict:
        return {"exec": {"command": ["/dvara", "sleep", str(seconds)]}} if kube == "1.28" else {"sleep": {"seconds": seconds}}

    assert hook() == sleeping(5)
    assert hook({"gatewayServer": {"preStopSleepSeconds": 10}}) == sleeping(10)
    assert hook({"gatewayServer": {"preStopSleepSeconds": 0}}) is None


def rolling_update(field: str, value: int, other: object) -> None:
    assert default(f"gatewayServer.rollingUpdate.{field}") == value
    strategy = chart.render().get("Deployment", GATEWAY)["spec"]["strategy"]
    assert strategy["type"] == "RollingUpdate" and strategy["rollingUpdate"][field] == value
    assert with_values(f"gatewayServer.rollingUpdate.{field}", other).get("Deployment", GATEWAY)["spec"]["strategy"]["rollingUpdate"][field] == other


def test_s118_max_surge():
    rolling_update("maxSurge", 1, "50%")


def test_s119_max_unavailable():
    rolling_update("maxUnavailable", 0, 1)


def test_s120_topology_spread():
    assert default("gatewayServer.topologySpreadConstraints") == []
    assert "topologySpreadConstraints" not in chart.render().pod()["spec"]
    given = [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"app.kubernetes.io/name": GATEWAY}}}]
    assert with_values("gatewayServer.topologySpreadConstraints", given).pod()["spec"]["topologySpreadConstraints"] == given


# --- autoscaling -----------------------------------------------------------------------------------------------


def hpa(values: dict | None = None) -> dict:
    given = chart.merged({"gatewayServer": {"autoscaling": {"enabled": True}}}, {"gatewayServer": {"autoscaling": values or {}}})
    return chart.render(given).get("HorizontalPodAutoscaler", GATEWAY)["spec"]


def test_s124_autoscaling_enabled():
    switch("gatewayServer.autoscaling.enabled", "HorizontalPodAutoscaler", GATEWAY)
    assert hpa()["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": GATEWAY}


def test_s125_least_pods():
    scaling("gatewayServer", "minReplicas", 2)


def test_s126_most_pods():
    scaling("gatewayServer", "maxReplicas", 10)


def target(field: str, resource: str, value: int) -> None:
    def metric(spec: dict) -> list[dict]:
        return [one["resource"]["target"] for one in spec["metrics"] if one["resource"]["name"] == resource]

    assert default(f"gatewayServer.autoscaling.{field}") == value
    assert metric(hpa()) == [{"type": "Utilization", "averageUtilization": value}]
    assert metric(hpa({field: 55})) == [{"type": "Utilization", "averageUtilization": 55}]
    assert metric(hpa({field: None})) == []


def test_s127_cpu_target():
    target("targetCPUUtilizationPercentage", "cpu", 70)


def test_s128_memory_target():
    target("targetMemoryUtilizationPercentage", "memory", 80)


def window(direction: str, seconds: int) -> None:
    assert default(f"gatewayServer.autoscaling.behavior.{direction}.stabilizationWindowSeconds") == seconds
    assert hpa()["behavior"][direction]["stabilizationWindowSeconds"] == seconds
    changed = hpa({"behavior": {direction: {"stabilizationWindowSeconds": 1}}})["behavior"][direction]
    assert changed["stabilizationWindowSeconds"] == 1 and changed["policies"]


def test_s129_wait_before_scaling_up():
    window("scaleUp", 30)


def test_s130_wait_before_scaling_down():
    window("scaleDown", 300)


def test_s131_half_more_a_minute():
    assert hpa()["behavior"]["scaleUp"]["policies"] == [{"type": "Percent", "value": 50, "periodSeconds": 60}]


def test_s132_a_quarter_less_in_two_minutes():
    assert hpa()["behavior"]["scaleDown"]["policies"] == [{"type": "Percent", "value": 25, "periodSeconds": 120}]


# --- disruption budget and monitoring --------------------------------------------------------------------------


def budget(values: dict | None = None) -> dict:
    return chart.render({"gatewayServer": {"pdb": {"enabled": True, **(values or {})}}}).get("PodDisruptionBudget", GATEWAY)["spec"]


def test_s133_budget_enabled():
    switch("gatewayServer.pdb.enabled", "PodDisruptionBudget", GATEWAY)


def test_s134_pods_that_stay():
    assert default("gatewayServer.pdb.minAvailable") == 1
    assert budget()["minAvailable"] == 1 and budget({"minAvailable": 2})["minAvailable"] == 2


@pytest.mark.parametrize("value", [1, "25%", 0])
def test_s135_pods_that_may_go_take_the_place_of_those_that_stay(value):
    assert default("gatewayServer.pdb.maxUnavailable") == ""
    assert "maxUnavailable" not in budget()
    spec = budget({"maxUnavailable": value})
    assert spec["maxUnavailable"] == value and "minAvailable" not in spec


def endpoint(values: dict | None = None) -> dict:
    things = chart.render({"gatewayServer": {"serviceMonitor": {"enabled": True, **(values or {})}}})
    (found,) = things.get("ServiceMonitor", GATEWAY)["spec"]["endpoints"]
    return found


def test_s136_service_monitor_enabled():
    switch("gatewayServer.serviceMonitor.enabled", "ServiceMonitor", GATEWAY)


def test_s137_scrape_interval():
    assert default("gatewayServer.serviceMonitor.interval") == "30s"
    assert endpoint()["interval"] == "30s" and endpoint({"interval": "15s"})["interval"] == "15s"


def test_s138_metrics_path():
    assert default("gatewayServer.serviceMonitor.path") == "/actuator/prometheus"
    assert endpoint()["path"] == "/actuator/prometheus" and endpoint({"path": "/other"})["path"] == "/other"


def test_s139_labels_of_the_service_monitor():
    assert default("gatewayServer.serviceMonitor.additionalLabels") == {}
    things = chart.render({"gatewayServer": {"serviceMonitor": {"enabled": True, "additionalLabels": {"release": "prometheus-stack"}}}})
    assert things.get("ServiceMonitor", GATEWAY)["metadata"]["labels"]["release"] == "prometheus-stack"


def test_s141_service_monitor_carries_the_metrics_key():
    assert endpoint()["authorization"] == {"type": "Bearer", "credentials": {"name": "dvara", "key": "gateway-metrics-api-key"}}
    assert "gateway-metrics-api-key" in chart.render().secret()
    by_file = endpoint({"bearerTokenFile": "/etc/prometheus/secrets/dvara/token"})
    assert by_file["bearerTokenFile"] == "/etc/prometheus/secrets/dvara/token" and "authorization" not in by_file


def test_s142_two_actuator_keys():
    env = chart.render().env()
    references = [env[name]["valueFrom"]["secretKeyRef"] for name in ("DVARA_ACTUATOR_API_KEY", "DVARA_ACTUATOR_METRICS_API_KEY")]
    assert [reference["key"] for reference in references] == ["gateway-server-api-key", "gateway-metrics-api-key"]
    assert "gatewayMetricsApiKey equals" in chart.refusal({"secrets": {"gatewayServerApiKey": "same", "gatewayMetricsApiKey": "same"}})


def test_s190_service_monitor_of_the_example():
    things = chart.render(case="11-monitoring")
    monitor = things.get("ServiceMonitor", GATEWAY)
    assert monitor["spec"]["endpoints"][0]["interval"] == "15s" and monitor["metadata"]["labels"]["release"] == "prometheus-stack"


# --- clustering ------------------------------------------------------------------------------------------------


def headless(things: chart.Render | None = None) -> dict:
    return (things or chart.render({"gatewayServer": {"replicaCount": 2}})).get("Service", "dvara-server-cluster")


@pytest.mark.parametrize(
    "values",
    [
        {"replicaCount": 2},
        {"autoscaling": {"enabled": True}},
        {"keda": {"enabled": True, "triggers": [{"type": "cpu", "metadata": {"value": "60"}}]}},
    ],
    ids=["replicas", "HPA", "KEDA"],
)
def test_s148_both_variables_with_several_gateways(values):
    things = chart.render({"gatewayServer": values})
    assert {"KUBERNETES_NAMESPACE", "CACHE_SERVICE_NAME"} <= things.env().keys()
    assert headless(things)


def test_the_two_variables_come_and_go_together():
    for enabled, expected in ((True, 2), (False, 0)):
        things = chart.render({"gatewayServer": {"clustering": {"enabled": enabled}}})
        assert len({"KUBERNETES_NAMESPACE", "CACHE_SERVICE_NAME"} & things.env().keys()) == expected
        assert ("dvara-server-cluster" in things.names("Service")) is enabled
        for service in ("gatewayUi",):
            assert not {"KUBERNETES_NAMESPACE", "CACHE_SERVICE_NAME"} & things.env(service).keys()


def test_s150_headless_service():
    assert headless()["spec"]["clusterIP"] == "None"


def test_s151_addresses_of_pods_that_are_not_ready():
    assert headless()["spec"]["publishNotReadyAddresses"] is True


def test_s152_label_and_selector_of_the_headless_service():
    assert headless()["metadata"]["labels"]["app.kubernetes.io/name"] == GATEWAY
    assert headless()["spec"]["selector"]["app.kubernetes.io/name"] == GATEWAY
    # The guide's hand-written Service selects by this label alone: it finds the gateways, and nobody else.
    things = chart.render({"mcpProxyServer": {"enabled": True}})
    selected = [one["metadata"]["name"] for one in things.all("Deployment") if one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] == GATEWAY]
    assert selected == [GATEWAY]


def test_s153_cluster_port():
    (port,) = headless()["spec"]["ports"]
    assert (port["name"], port["port"], port["targetPort"]) == ("cluster", 5701, 5701)
    # The members speak UDP, and their container says the same.
    assert port["protocol"] == "UDP"
    assert {"name": "cluster", "containerPort": 5701, "protocol": "UDP"} in chart.render().container()["ports"]


def test_s154_namespace_from_the_downward_api():
    assert chart.render().env()["KUBERNETES_NAMESPACE"]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.namespace"}}


def test_s155_name_of_the_cache_service():
    assert chart.render().effective("CACHE_SERVICE_NAME") == "dvara-server-cluster"


def test_s156_name_of_the_container():
    assert chart.render().pod()["spec"]["containers"][0]["name"] == "gateway-server"


# --- patterns --------------------------------------------------------------------------------------------------


def complaints(things: chart.Render, kube: str) -> list[str]:
    return [said for thing in things if (said := complaint(thing, kube))]


@pytest.mark.parametrize("kube", chart.KUBERNETES)
def test_s160_production_example(kube):
    things = chart.render(case="05-production", kube=kube)
    assert not complaints(things, kube)
    assert things.effective("DVARA_LLM_GATEWAY_MODE") == "standalone"
    assert "replicas" not in things.get("Deployment", GATEWAY)["spec"]
    scaler = things.get("HorizontalPodAutoscaler", GATEWAY)["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 10)
    assert things.get("PodDisruptionBudget", GATEWAY)["spec"]["minAvailable"] == 2
    assert things.get("Ingress", GATEWAY)["spec"]["ingressClassName"] == "nginx"
    assert things.get("Ingress", GATEWAY)["spec"]["tls"]
    assert things.container()["resources"] == {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}}


@pytest.mark.parametrize("helm", chart.HELMS)
@pytest.mark.parametrize("given", ["2", 2, 1.5, "1500m"])
def test_s161_cpu_limit_as_text_or_number(given, helm):
    assert chart.render({"gatewayServer": {"resources": {"limits": {"cpu": given}}}}, helm=helm).container()["resources"]["limits"]["cpu"] == given


@pytest.mark.parametrize("kube", chart.KUBERNETES)
def test_s162_enterprise_example(kube):
    things = chart.render(case="06-enterprise-mcp", kube=kube)
    assert not complaints(things, kube)
    sizes = {scaler["metadata"]["name"]: (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) for scaler in things.all("HorizontalPodAutoscaler")}
    assert sizes == {GATEWAY: (3, 10), "dvara-mcp-gateway": (2, 20)}
    assert things.names("NetworkPolicy") == {"dvara-mcp-gateway"} and things.names("PodDisruptionBudget") == {"dvara-mcp-gateway"}


def test_s164_gateway_config_is_a_mounted_config_map():
    things = chart.render(case="07-gateway-config")
    held = yaml.safe_load(things.get("ConfigMap", GATEWAY)["data"]["gateway.yaml"])
    assert held == {"routing": {"default-strategy": "round-robin"}, "rate-limit": {"enabled": True, "per-key": {"requests-per-minute": 100}}}
    (volume,) = [one for one in things.pod()["spec"]["volumes"] if one.get("configMap", {}).get("name") == GATEWAY]
    (mount,) = [one for one in things.container()["volumeMounts"] if one["name"] == volume["name"]]
    assert mount["readOnly"] is True
    assert things.effective("DVARA_CONFIG_FILE") == f"{mount['mountPath']}/gateway.yaml"
    assert not chart.render().all("ConfigMap") and "DVARA_CONFIG_FILE" not in chart.render().env()


def test_s184_region_example():
    things = chart.render(case="10-multi-region", release="dvara-us-east")
    (container,) = things.get("Deployment", "dvara-us-east-server")["spec"]["template"]["spec"]["containers"]
    assert {"name": "DVARA_REGION_NAME", "value": "US East"} in container["env"]
    assert {"name": "DVARA_LLM_GATEWAY_MODE", "value": "full"} in container["env"]
    # Texts that YAML would read as something else arrive as they are.
    for text in ("yes", "1e3", "a: b", "#1", "US 'East' \"1\""):
        assert chart.render({"gatewayServer": {"region": {"id": "a", "name": text}}}).effective("DVARA_REGION_NAME") == text


def test_s185_region_variables():
    things = chart.render(case="10-multi-region")
    assert things.effective("DVARA_REGION_ID") == "us-east-1" and things.effective("DVARA_REGION_NAME") == "US East"


def test_s187_region_label():
    assert chart.render(case="10-multi-region").pod()["metadata"]["labels"]["meridian.ai/region"] == "us-east-1"
    # What is no label's value becomes one; the variable stays as it is.
    odd = chart.render({"gatewayServer": {"region": {"id": "US East (1)"}}})
    assert odd.pod()["metadata"]["labels"]["meridian.ai/region"] == "US-East--1"
    assert odd.effective("DVARA_REGION_ID") == "US East (1)"


def test_s188_drifted_region_names_are_not_rendered():
    for case in chart.CASES:
        assert "DVARA_LLM_GATEWAY_REGION" not in chart.text(case=case)


def test_s189_extra_env_wins_over_the_region():
    given = [{"name": "DVARA_REGION_ID", "value": "eu"}, {"name": "DVARA_REGION_NAME", "value": "Europe"}]
    for region in ({}, {"id": "us-east-1", "name": "US East"}):
        things = chart.render({"gatewayServer": {"region": region, "extraEnv": given}})
        # env() fails where a name stands twice.
        assert things.effective("DVARA_REGION_ID") == "eu" and things.effective("DVARA_REGION_NAME") == "Europe"


# --- security --------------------------------------------------------------------------------------------------

SERVICE_PODS = [(case, service) for case in ("01-default", "14-everything") for service in chart.SERVICES if (case, service) != ("01-default", "mcpProxyServer")]
every_pod = pytest.mark.parametrize("case, service", SERVICE_PODS)


@every_pod
def test_s191_pods_do_not_run_as_root(case, service):
    assert chart.render(case=case).pod(service)["spec"]["securityContext"]["runAsNonRoot"] is True


@every_pod
def test_s192_pods_run_as_1001(case, service):
    assert chart.render(case=case).pod(service)["spec"]["securityContext"]["runAsUser"] == 1001


def test_openshift_chooses_the_user_itself():
    things = chart.render(case="13-openshift")
    for service in chart.SERVICES:
        assert set(things.pod(service)["spec"]["securityContext"]) == {"runAsNonRoot", "seccompProfile"}


@every_pod
def test_s193_root_file_system_is_read_only(case, service):
    assert chart.render(case=case).container(service)["securityContext"]["readOnlyRootFilesystem"] is True


@every_pod
def test_s194_tmp_is_an_empty_dir(case, service):
    things = chart.render(case=case)
    assert {"name": "tmp", "mountPath": "/tmp"} in things.container(service)["volumeMounts"]
    assert {"name": "tmp", "emptyDir": {}} in things.pod(service)["spec"]["volumes"]


@every_pod
def test_s195_no_privilege_escalation(case, service):
    assert chart.render(case=case).container(service)["securityContext"]["allowPrivilegeEscalation"] is False


@every_pod
def test_s196_all_capabilities_are_dropped(case, service):
    assert chart.render(case=case).container(service)["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@every_pod
def test_s197_no_token_of_the_service_account(case, service):
    things = chart.render(case=case)
    assert things.pod(service)["spec"]["automountServiceAccountToken"] is False
    account = things.get("ServiceAccount", things.pod(service)["spec"]["serviceAccountName"])
    assert account["automountServiceAccountToken"] is False


@pytest.mark.parametrize("case", chart.CASES)
def test_s198_all_references_to_secrets_are_optional(case):
    things = chart.render(case=case)
    references = [
        entry["valueFrom"]["secretKeyRef"]
        for deployment in things.all("Deployment")
        for container in deployment["spec"]["template"]["spec"]["containers"]
        for entry in container.get("env", [])
        if "secretKeyRef" in entry.get("valueFrom", {})
    ]
    assert len(references) > 15 and all(reference["optional"] is True for reference in references)


# --- restarts and the startup probe ----------------------------------------------------------------------------


def checksums(values: dict, service: str = "gatewayServer") -> dict[str, str]:
    annotations = chart.render(values).pod(service)["metadata"].get("annotations", {})
    return {name: value for name, value in annotations.items() if name.startswith("checksum/")}


def test_s200_changed_secret_changes_the_pods():
    for service, path in [("gatewayServer", "secrets.providerKeys.openai"), ("gatewayServer", "secrets.auditHmacSecret"), ("gatewayUi", "secrets.enterpriseLicenseKey")]:
        one, two = (checksums(chart.nested(path, value), service)["checksum/secret"] for value in ("one", "two"))
        assert one != two
    # And pods that do not read it stay as they are.
    assert checksums(chart.nested("secrets.providerKeys.openai", "one"), "gatewayUi") == checksums({}, "gatewayUi")
    assert checksums({"gatewayServer": {"replicaCount": 2}}) == checksums({})


def test_s201_changed_configuration_changes_the_pods():
    one, two = (checksums({"gatewayServer": {"gatewayConfig": {"rate-limit": {"enabled": value}}}}) for value in (True, False))
    assert one["checksum/config"] != two["checksum/config"] and one["checksum/secret"] == two["checksum/secret"]


def test_s208_startup_probe():
    started = chart.render().container()["startupProbe"]
    assert (started["initialDelaySeconds"], started["periodSeconds"], started["failureThreshold"]) == (5, 5, 12)
    assert started["httpGet"] == {"path": "/actuator/health/liveness", "port": "http"}


def test_s209_startup_probe_is_changed_field_by_field():
    started = with_values("gatewayServer.startupProbe.failureThreshold", 20).container()["startupProbe"]
    assert (started["initialDelaySeconds"], started["periodSeconds"], started["failureThreshold"]) == (5, 5, 20)
    assert started["httpGet"] == {"path": "/actuator/health/liveness", "port": "http"}
