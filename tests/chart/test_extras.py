"""What the chart has beside the guide: each switch makes what it says, and leaves the rest as it is."""

import chart
import pytest
import yaml

REST = {"mcpProxyServer": {"enabled": True}}


@pytest.mark.parametrize("service", ["gatewayServer", "gatewayUi"])
def test_http_route_leads_to_its_service(service):
    name = chart.SERVICES[service]
    values = {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": ["a.example.com"], "timeouts": {"request": "600s"}}
    spec = chart.render({service: {"httpRoute": values, "service": {"port": 81}}}).get("HTTPRoute", name)["spec"]
    assert spec["parentRefs"] == [{"name": "public"}] and spec["hostnames"] == ["a.example.com"]
    (rule,) = spec["rules"]
    assert rule == {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "timeouts": {"request": "600s"}, "backendRefs": [{"name": name, "port": 81}]}


@pytest.mark.parametrize("service", chart.SERVICES)
def test_keda_scales_the_deployment(service):
    values = {"enabled": True, "keda": {"enabled": True, "minReplicas": 3, "triggers": [{"type": "cpu", "metadata": {"value": "60"}}]}}
    things = chart.render({service: values})
    spec = things.get("ScaledObject", chart.SERVICES[service])["spec"]
    assert spec["scaleTargetRef"] == {"name": chart.SERVICES[service]} and spec["minReplicaCount"] == 3 and spec["triggers"] == values["keda"]["triggers"]
    assert "replicas" not in things.get("Deployment", chart.SERVICES[service])["spec"] and not things.all("HorizontalPodAutoscaler")


@pytest.mark.parametrize("service", chart.SERVICES)
def test_pod_monitor_scrapes_the_port_of_the_pods_with_the_key(service):
    things = chart.render({service: {"enabled": True, "podMonitor": {"enabled": True}}})
    spec = things.get("PodMonitor", chart.SERVICES[service])["spec"]
    (endpoint,) = spec["podMetricsEndpoints"]
    assert endpoint["port"] == "http" and endpoint["authorization"]["credentials"] == {"name": "dvara", "key": "gateway-metrics-api-key"}
    assert spec["selector"]["matchLabels"].items() <= things.pod(service)["metadata"]["labels"].items()


def test_egress_lets_dns_database_and_the_other_gateways_through():
    values = {"networkPolicy": {"enabled": True, "egress": {"enabled": True, "databasePort": 6432}}}
    policy = chart.render({"gatewayServer": values}).get("NetworkPolicy", "dvara-server")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [[(port["port"], port["protocol"]) for port in rule["ports"]] for rule in policy["egress"]] == [[(53, "UDP"), (53, "TCP")], [(6432, "TCP")], [(5701, "UDP")]]
    peers = policy["egress"][2]["to"]
    assert peers == policy["ingress"][1]["from"] == [{"podSelector": policy["podSelector"]}]


@pytest.mark.parametrize("service", ["gatewayUi", "mcpProxyServer"])
def test_egress_of_the_others_leads_to_the_gateway(service):
    things = chart.render({service: {"enabled": True, "networkPolicy": {"enabled": True, "egress": {"enabled": True}}}})
    last = things.get("NetworkPolicy", chart.SERVICES[service])["spec"]["egress"][-1]
    assert last["ports"] == [{"port": 8080, "protocol": "TCP"}]
    assert last["to"][0]["podSelector"]["matchLabels"].items() <= things.pod()["metadata"]["labels"].items()


def test_policy_of_the_gateway_that_names_peers_keeps_its_own_callers():
    values = {"gatewayServer": {"networkPolicy": {"enabled": True, "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}}}
    things = chart.render(chart.merged(REST, values))
    peers = [peer.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/component") for peer in things.get("NetworkPolicy", "dvara-server")["spec"]["ingress"][0]["from"]]
    assert peers == ["gateway-ui", "mcp-proxy-server", None, "test"]


def test_migration_runs_before_an_upgrade_with_what_the_gateway_has():
    things = chart.render({"migration": {"enabled": True}, "database": {"host": "db"}})
    job = things.get("Job", "dvara-migration")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["migrate"] and container["image"] == things.container()["image"] and container["env"] == things.container()["env"]
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    # Its pod is nobody's: no Service may send calls to it.
    assert not [one for one in things.all("Service") if one["spec"]["selector"].items() <= job["spec"]["template"]["metadata"]["labels"].items()]


def test_development_database_is_what_the_services_use():
    things = chart.render({"devPostgres": {"enabled": True, "password": "for-trying-out"}})
    assert things.effective("SPRING_DATASOURCE_URL") == "jdbc:postgresql://dvara-postgres:5432/dvara"
    assert things.effective("SPRING_DATASOURCE_USERNAME") == "dvara" and things.effective("SPRING_DATASOURCE_PASSWORD") == "for-trying-out"
    spec = things.get("StatefulSet", "dvara-postgres")["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    (password,) = [entry for entry in container["env"] if entry["name"] == "POSTGRES_PASSWORD"]
    assert password["valueFrom"]["secretKeyRef"] == {"name": "dvara", "key": "spring-datasource-password"}
    assert spec["replicas"] == 1 and things.get("Service", "dvara-postgres")["spec"]["ports"][0]["port"] == 5432


def test_development_database_keeps_its_data_where_asked():
    spec = chart.render({"devPostgres": {"enabled": True, "password": "x", "persistence": {"enabled": True, "size": "2Gi"}}}).get("StatefulSet", "dvara-postgres")["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "2Gi" and "volumes" not in spec["template"]["spec"]


@pytest.mark.parametrize("as_text", [True, False])
def test_extra_objects_go_through_the_template_engine(as_text):
    thing = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": '{{ include "meridian.fullname" . }}-extra'}, "data": {"release": "{{ .Release.Name }}"}}
    things = chart.render({"extraObjects": [yaml.safe_dump(thing) if as_text else thing]}, release="blue")
    assert things.get("ConfigMap", "blue-extra")["data"] == {"release": "blue"}


@pytest.mark.parametrize(
    "image, rendered",
    [
        ({"repository": "ghcr.io/dvarahq/dvara/dvara-llm-gateway"}, "mirror.example.com/dvarahq/dvara/dvara-llm-gateway:1.0.0"),
        ({"repository": "localhost:5000/x", "tag": "a"}, "mirror.example.com/x:a"),
        ({"repository": "library/x", "tag": 1.5}, "mirror.example.com/library/x:1.5"),
        ({"repository": "ghcr.io/x", "tag": "a", "digest": "sha256:" + "0" * 64}, "mirror.example.com/x@sha256:" + "0" * 64),
    ],
)
def test_another_registry_takes_the_place_of_the_one_in_a_repository(image, rendered):
    assert chart.render({"global": {"imageRegistry": "mirror.example.com"}, "gatewayServer": {"image": image}}).container()["image"] == rendered


def test_pull_secrets_are_in_every_pod():
    things = chart.render({"global": {"imagePullSecrets": [{"name": "registry"}]}, "devPostgres": {"enabled": True, "password": "x"}, "migration": {"enabled": True}, **REST})
    specs = [thing["spec"]["template"]["spec"] for kind in ("Deployment", "StatefulSet", "Job") for thing in things.all(kind)] + [pod["spec"] for pod in things.all("Pod")]
    assert len(specs) == 8 and all(spec["imagePullSecrets"] == [{"name": "registry"}] for spec in specs)


@pytest.mark.parametrize("service", chart.SERVICES)
def test_own_containers_and_volumes_stand_beside_the_charts(service):
    values = {
        "enabled": True,
        "initContainers": [{"name": "first", "image": "x"}],
        "extraContainers": [{"name": "beside", "image": "x"}],
        "extraVolumes": [{"name": "more", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
        "envFrom": [{"configMapRef": {"name": "proxies"}}],
    }
    things = chart.render({service: values})
    spec = things.pod(service)["spec"]
    assert [one["name"] for one in spec["containers"]] == [chart.CONTAINERS[service], "beside"] and spec["initContainers"] == values["initContainers"]
    assert [one["name"] for one in spec["volumes"]] == ["tmp", "more"]
    assert [one["name"] for one in things.container(service)["volumeMounts"]] == ["tmp", "more"] and things.container(service)["envFrom"] == values["envFrom"]


@pytest.mark.parametrize("probe", ["livenessProbe", "readinessProbe", "startupProbe"])
def test_a_probe_of_another_kind_takes_the_place_of_the_charts(probe):
    made = chart.render({"gatewayServer": {probe: {"exec": {"command": ["/dvara", "healthcheck", "http://127.0.0.1:8080/actuator/health"]}}}}).container()[probe]
    assert "httpGet" not in made and made["exec"] and made["periodSeconds"]


@pytest.mark.parametrize("service", chart.SERVICES)
def test_helm_test_asks_each_service_that_is_enabled(service):
    things = chart.render(REST)
    pod = things.get("Pod", f"{chart.SERVICES[service]}-test")
    assert pod["metadata"]["annotations"] == {"helm.sh/hook": "test", "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded"}
    (container,) = pod["spec"]["containers"]
    port = things.get("Service", chart.SERVICES[service])["spec"]["ports"][0]["port"]
    assert container["args"] == ["healthcheck", f"http://{chart.SERVICES[service]}:{port}/actuator/health"]
    assert container["image"] == things.container(service)["image"]


def test_helm_test_asks_nobody_who_is_disabled():
    assert chart.render().names("Pod") == {"dvara-server-test", "dvara-ui-test"}


def test_zero_is_a_number():
    things = chart.render({"gatewayServer": {"replicaCount": 0, "revisionHistoryLimit": 0}})
    spec = things.get("Deployment", "dvara-server")["spec"]
    assert spec["replicas"] == 0 and spec["revisionHistoryLimit"] == 0
