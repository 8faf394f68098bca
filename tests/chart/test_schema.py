"""values.schema.json refuses what cannot be meant, and says where and why."""

import json

import chart
import pytest

REJECTED = [
    ({"gatewayServr": {}}, "additional properties 'gatewayServr' not allowed"),
    ({"gatewayServer": {"replicas": 3}}, "at '/gatewayServer': additional properties 'replicas' not allowed"),
    ({"gatewayServer": {"replicaCount": "3"}}, "at '/gatewayServer/replicaCount': got string, want integer"),
    ({"gatewayServer": {"replicaCount": -1}}, "at '/gatewayServer/replicaCount': minimum: got -1, want 0"),
    ({"gatewayServer": {"gatewayMode": "half"}}, "at '/gatewayServer/gatewayMode': value must be one of 'full', 'standalone'"),
    ({"gatewayServer": {"image": {"digest": "abc"}}}, "at '/gatewayServer/image/digest': 'abc' does not match pattern"),
    ({"gatewayServer": {"image": {"pullPolicy": "Sometimes"}}}, "at '/gatewayServer/image/pullPolicy': value must be one of"),
    ({"gatewayServer": {"service": {"type": "ExternalName"}}}, "at '/gatewayServer/service/type': value must be one of"),
    ({"gatewayServer": {"service": {"port": 70000}}}, "at '/gatewayServer/service/port': maximum: got 70,000, want 65,535"),
    ({"gatewayServer": {"resources": {"limit": {}}}}, "at '/gatewayServer/resources': additional properties 'limit' not allowed"),
    ({"gatewayServer": {"extraEnv": {"A": "b"}}}, "at '/gatewayServer/extraEnv': got object, want array"),
    ({"gatewayServer": {"extraEnv": [{"value": "b"}]}}, "at '/gatewayServer/extraEnv/0': missing property 'name'"),
    ({"gatewayServer": {"extraEnv": [{"name": "A", "vlaue": "b"}]}}, "at '/gatewayServer/extraEnv/0': additional properties 'vlaue' not allowed"),
    ({"gatewayServer": {"env": {"A": ["b"]}}}, "at '/gatewayServer/env/A': got array, want boolean or number or string"),
    ({"gatewayServer": {"autoscaling": {"minReplicas": 0}}}, "at '/gatewayServer/autoscaling/minReplicas': minimum: got 0, want 1"),
    ({"gatewayServer": {"preStopSleepSeconds": "5s"}}, "at '/gatewayServer/preStopSleepSeconds': got string, want integer"),
    ({"gatewayServer": {"serviceMonitor": {"interval": "fast"}}}, "at '/gatewayServer/serviceMonitor/interval': 'fast' does not match pattern"),
    ({"gatewayServer": {"gatewayConfig": "routing: {}"}}, "at '/gatewayServer/gatewayConfig': got string, want object"),
    ({"gatewayUi": {"gatewayMode": "full"}}, "at '/gatewayUi': additional properties 'gatewayMode' not allowed"),
    ({"gatewayUi": {"gatewayServerUrl": "gateway:8080"}}, "at '/gatewayUi/gatewayServerUrl': 'gateway:8080' does not match pattern"),
    ({"flightdeck": {"replicaCount": "3"}}, "at '/flightdeck/replicaCount': got string, want integer"),
    ({"mcpProxyServer": {"httpRoute": {}}}, "at '/mcpProxyServer': additional properties 'httpRoute' not allowed"),
    ({"secrets": {"openai": "sk"}}, "at '/secrets': additional properties 'openai' not allowed"),
    ({"secrets": {"providerKeys": {"openAi": "sk"}}}, "at '/secrets/providerKeys': additional properties 'openAi' not allowed"),
    ({"secrets": {"mockProviderEnabled": 1}}, "at '/secrets/mockProviderEnabled': got number, want boolean or string"),
    ({"ingress": {"hosts": []}}, "at '/ingress': additional properties 'hosts' not allowed"),
    ({"ingress": {"gatewayServer": {"hosts": [{"paths": []}]}}}, "at '/ingress/gatewayServer/hosts/0': missing property 'host'"),
    ({"ingress": {"gatewayServer": {"hosts": [{"host": "a.b", "paths": [{"pathType": "Regex"}]}]}}}, "at '/ingress/gatewayServer/hosts/0/paths/0/pathType': value must be one of"),
    ({"database": {"url": "mysql://db/dvara"}}, "at '/database/url': 'mysql://db/dvara' does not match pattern"),
    ({"database": {"port": "5432"}}, "at '/database/port': got string, want integer"),
    ({"fullnameOverride": "Dvara_1"}, "at '/fullnameOverride': 'Dvara_1' does not match pattern"),
    ({"commonLabels": {"a": 1}}, "at '/commonLabels/a': got number, want string"),
    ({"extraObjects": {}}, "at '/extraObjects': got object, want array"),
    ({"migration": {"backoffLimit": "no"}}, "at '/migration/backoffLimit': got string, want integer"),
    ({"devPostgres": {"image": {"tags": "16"}}}, "at '/devPostgres/image': additional properties 'tags' not allowed"),
    ({"monitoring": {"grafana": {}}}, "at '/monitoring': additional properties 'grafana' not allowed"),
]

TAKEN = [
    {"global": {"foo": 1, "imageRegistry": "registry.example.com"}},
    {"x-defaults": {"a": 1}, ".anchors": {"b": 2}},
    {"gatewayServer": {"resources": {"limits": {"cpu": 2, "memory": "1Gi", "nvidia.com/gpu": "1"}}}},
    {"gatewayServer": {"resources": {"limits": {"cpu": "1500m"}}}},
    {"gatewayServer": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}}},
    {"gatewayServer": {"pdb": {"enabled": True, "maxUnavailable": "50%"}}},
    {"gatewayServer": {"gatewayConfig": {"anything": {"at": ["all", 1, True]}}}},
    {"gatewayServer": {"env": {"A": 1, "B": True, "C": "text"}}},
    {"gatewayServer": {"autoscaling": {"enabled": True, "targetMemoryUtilizationPercentage": None}}},
    {"gatewayServer": {"extraEnv": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]}},
    {"secrets": {"ollamaEnabled": True, "bedrockEnabled": "true", "mockProviderEnabled": False}},
    {"database": {"url": "postgres://db/dvara"}},
]


def identity(values: object) -> str:
    return json.dumps(values)[:60] if isinstance(values, dict) else ""


@pytest.mark.parametrize("values, message", REJECTED, ids=identity)
def test_rejects(values, message):
    assert message in chart.refusal(values)


def test_helm_3_rejects_the_same_values():
    assert all(chart.refusal(values, helm="helm3") for values, _ in REJECTED)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"gatewayServr": {}}, "(root): Additional property gatewayServr is not allowed"),
        ({"gatewayServer": {"gatewayMode": "half"}}, 'gatewayServer.gatewayMode must be one of the following: "full", "standalone"'),
        ({"gatewayServer": {"service": {"port": 70000}}}, "gatewayServer.service.port: Must be less than or equal to 65535"),
        ({"database": {"url": "mysql://db/dvara"}}, "database.url: Does not match pattern"),
    ],
    ids=identity,
)
def test_helm_3_says_so_in_its_own_words(values, message):
    assert message in chart.refusal(values, helm="helm3")


@pytest.mark.parametrize("values", TAKEN, ids=identity)
@pytest.mark.parametrize("helm", chart.HELMS)
def test_takes(values, helm):
    assert chart.render(values, helm=helm).all("Deployment")


def test_lint_rejects_too():
    done = chart.run("helm4", "lint", str(chart.CHART), "--set", "gatewayServer.gatewayMode=half")
    assert done.returncode != 0 and "value must be one of 'full', 'standalone'" in done.stdout + done.stderr


def test_schema_is_closed_but_where_it_must_not_be():
    """A map without a list of its fields is free; one with a list is closed. `global` belongs to sub-charts and platforms too."""
    free = sorted(path for path, node in maps(chart.schema()) if "properties" in node and node.get("additionalProperties") is not False)
    assert free == ["global"]


def maps(node: object, path: str = ""):
    """Every schema of a map below a schema, by its path in the values."""
    if not isinstance(node, dict):
        return
    if "properties" in node:
        yield path, node
        for name, below in node["properties"].items():
            yield from maps(below, f"{path}.{name}" if path else name)
    if isinstance(node.get("items"), dict):
        yield from maps(node["items"], f"{path}[]")
    for name, below in node.get("definitions", {}).items():
        yield from maps(below, name)
