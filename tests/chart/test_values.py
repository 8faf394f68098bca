"""No value is there for nothing: each is in values.yaml, in the schema and in the README, and changes what is rendered."""

import copy
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import chart
import pytest

BASES = {
    "on": {
        "mcpProxyServer": {"enabled": True},
        "ingress": {"enabled": True},
        "migration": {"enabled": True},
        "monitoring": {"prometheusRule": {"enabled": True}, "dashboards": {"enabled": True}},
        **{
            service: {
                "enabled": True,
                "pdb": {"enabled": True},
                "networkPolicy": {"enabled": True, "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "egress": {"enabled": True}},
                "serviceMonitor": {"enabled": True},
                **({"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}} if service != "mcpProxyServer" else {}),
            }
            for service in chart.SERVICES
        },
    },
    "hpa": {service: {"enabled": True, "autoscaling": {"enabled": True}} for service in chart.SERVICES},
    "keda": {service: {"enabled": True, "keda": {"enabled": True, "triggers": [{"type": "cpu"}]}, "podMonitor": {"enabled": True}} for service in chart.SERVICES},
    "database": {"database": {"host": "db", "existingSecret": "db"}},
    "postgres": {"devPostgres": {"enabled": True, "password": "x", "persistence": {"enabled": True}}},
    "account": {service: {"enabled": True, "serviceAccount": {"create": False}} for service in chart.SERVICES},
}
"""Renders in which a change may show."""

CHANGES = {
    "secrets.existingSecret": "other",
    "secrets.strict": None,  # shown in test_validate.py
    "gatewayServer.gatewayMode": "standalone",
    "mcpProxyServer.service.type": None,  # takes one value
    "fullnameOverride": "other",
    "global.imageRegistry": "other.example.com",
    "database.url": "postgres://other/dvara",
    "ingress.gatewayServer.hosts": [{"host": "other.example.com"}],
    "ingress.gatewayUi.hosts": [{"host": "other.example.com"}],
    "ingress.flightdeck": {"hosts": [{"host": "other.example.com"}]},
    "extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}],
}
"""What a value becomes, where the schema takes only some. None: nothing can be changed."""

BY_NAME = {
    "pullPolicy": "Always",
    "digest": "sha256:" + "0" * 64,
    "type": "NodePort",
    "gatewayServerUrl": "http://other:8080",
    "nodePort": 30000,
    "interval": "7s",
    "scrapeTimeout": "7s",
    "terminationGracePeriodSeconds": 77,
    "preStopSleepSeconds": 7,
    "extraEnv": [{"name": "OTHER", "value": "x"}],
    "podAnnotations": {"other": "x"},
    "maxReplicas": 77,
}


def changed(path: str, value: object) -> object:
    """Another value of the same kind."""
    if path in CHANGES:
        return CHANGES[path]
    name = path.rpartition(".")[2]
    if name in BY_NAME:
        return BY_NAME[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, dict):
        return {"other": "x"}
    if isinstance(value, list):
        return [{"name": "other"}]
    return "other" if value == "" or not re.fullmatch(r"\d+\S*", str(value)) else "77"


LEAVES = dict(chart.leaves(chart.defaults()))
CHANGED = {path: changed(path, value) for path, value in LEAVES.items() if path.split(".")[-1] not in {"sh/hook"}}
CHANGED["ingress.flightdeck"] = CHANGES["ingress.flightdeck"]


def set_at(values: dict, path: str, value: object) -> dict:
    """Values with one more; a key may hold dots, as those of annotations do."""
    result = copy.deepcopy(values)
    place, keys = result, path.split(".")
    for key in keys[:-1]:
        place = place.setdefault(key, {})
    place[keys[-1]] = value
    return result


@cache
def base(name: str) -> str:
    return chart.text(BASES[name])


def shows(path: str) -> str | None:
    """The base in whose render a changed value shows."""
    order = sorted(BASES, key=lambda name: not fits(name, path))
    for name in order:
        done = chart.template(set_at(BASES[name], path, CHANGED[path]))
        if done.returncode == 0 and done.stdout != base(name):
            return name
    return None


def fits(name: str, path: str) -> bool:
    """A guess at where to look first."""
    words = {"hpa": "autoscaling", "keda": ".keda podMonitor", "database": "database.", "postgres": "devPostgres", "account": "serviceAccount.name"}
    return any(word in path for word in words.get(name, "").split())


@cache
def shown() -> dict[str, str | None]:
    for name in BASES:
        base(name)
    paths = [path for path in CHANGED if CHANGED[path] is not None]
    with ThreadPoolExecutor(int(os.environ.get("DVARA_TEST_JOBS", "4"))) as pool:
        return dict(zip(paths, pool.map(shows, paths), strict=True))


def test_every_value_is_used():
    """Changing it changes a render. This makes some four hundred renders."""
    unused = [path for path, where in shown().items() if where is None]
    assert not unused, json.dumps({path: CHANGED[path] for path in unused}, indent=1)


def test_a_value_that_no_template_reads_would_be_noticed(monkeypatch):
    monkeypatch.setitem(CHANGED, "x-unused", "other")
    assert shows("x-unused") is None


def properties(node: dict, path: str = "") -> set[str]:
    """Every path that a schema lists."""
    if "$ref" in node:
        node = chart.schema()["definitions"][node["$ref"].rpartition("/")[2]]
    found = set()
    for name, below in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        found |= {here} | properties(below, here)
    return found


def test_schema_lists_every_value():
    listed = properties(chart.schema())
    free = {"monitoring.dashboards.labels", "migration.annotations"}
    missing = [path for path in LEAVES if path not in listed and not any(path.startswith(f"{top}.") for top in free)]
    assert not missing


KUBERNETES_OWN = re.compile(r"\.(livenessProbe|readinessProbe|startupProbe|behavior|resources|policies)\.")


def test_every_property_of_the_schema_is_a_value():
    """A value that templates have a default for and values.yaml does not list could be found by nobody."""
    known = set(LEAVES) | {path.rpartition(".")[0] for path in LEAVES} | {".".join(path.split(".")[:depth]) for path in LEAVES for depth in range(1, 9)}
    unlisted = [path for path in properties(chart.schema()) if path not in known and not path.startswith(("flightdeck", "ingress.flightdeck.")) and not KUBERNETES_OWN.search(path)]
    assert not unlisted


@pytest.mark.parametrize("values", [{"flightdeck": {"replicaCount": 7}}, {"gatewayUi": {"replicaCount": 7}}, {"gatewayUi": {"replicaCount": 3}, "flightdeck": {"replicaCount": 7}}])
def test_later_name_of_flightdeck_lies_over_the_first(values):
    assert chart.render(values).get("Deployment", "dvara-ui")["spec"]["replicas"] == 7
