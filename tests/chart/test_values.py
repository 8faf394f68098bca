"""No value is there for nothing: each is in values.yaml, in the schema and in the README, and changes what is rendered."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import chart
import pytest

KEDA = {"triggers": [{"type": "cpu"}]}
ROUTE = {"parentRefs": [{"name": "public"}]}
ROUTED = {"gatewayServer", "gatewayUi"}
"""The services that can be published."""


def each(**values: object) -> dict:
    """The same for all three services, as far as they have it."""
    return {service: {"enabled": True, **{key: value for key, value in values.items() if key != "httpRoute" or service in ROUTED}} for service in chart.SERVICES}


MONITORING = {"prometheusRule": {"enabled": True}, "dashboards": {"enabled": True}}
POLICY = {"enabled": True, "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
BASES = {
    "on": {
        **each(pdb={"enabled": True}, networkPolicy={**POLICY, "egress": {"enabled": True}}, serviceMonitor={"enabled": True}, autoscaling={"enabled": True}, httpRoute={**ROUTE, "enabled": True}),
        **{"ingress": {"enabled": True}, "migration": {"enabled": True}, "monitoring": MONITORING, "devPostgres": {"enabled": True, "password": "x", "persistence": {"enabled": True}}},
    },
    "plain": {**each(keda=KEDA, httpRoute=ROUTE, networkPolicy=POLICY, pdb={"enabled": True}), "devPostgres": {"password": "x"}, "ingress": {"enabled": True}},
    "keda": {**each(keda={**KEDA, "enabled": True}, podMonitor={"enabled": True}), "devPostgres": {"enabled": True, "password": "x"}},
    "database": {"database": {"host": "db", "existingSecret": "db"}},
    "accounts": each(serviceAccount={"create": False}),
    "elsewhere": {"gatewayUi": {"gatewayServerUrl": "http://gateway:8080"}},
}
"""Renders in which a change may show."""

CHANGES = {
    "secrets.strict": None,  # shown in test_validate.py
    "mcpProxyServer.service.type": None,  # takes one value
    "gatewayServer.gatewayMode": "standalone",
    "database.url": "postgres://other/dvara",
    "extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}],
    "flightdeck": {"replicaCount": 7},
    "ingress.flightdeck": {"hosts": [{"host": "other.example.com"}]},
}
"""What a value becomes, where the schema takes only some. None: nothing can be changed."""


def by_name(name: str, mark: int) -> object:
    """The same for values that are called the same everywhere."""
    return {
        "pullPolicy": "Always",
        "type": "NodePort",
        "digest": f"sha256:{mark:064}",
        "gatewayServerUrl": f"http://o{mark}:8080",
        "interval": f"{mark}s",
        "scrapeTimeout": f"{mark}s",
        "path": f"/o{mark}",
        "hosts": [{"host": f"o{mark}.example.com"}],
        "hostnames": [f"o{mark}.example.com"],
        "tls": [{"secretName": f"o{mark}", "hosts": []}],
        "extraEnv": [{"name": f"O{mark}", "value": "x"}],
        "preStopSleepSeconds": 7,
        "minReplicas": 3,
        "maxUnavailable": mark,
        "nodePort": mark,
        "targetCPUUtilizationPercentage": mark,
        "targetMemoryUtilizationPercentage": mark,
    }.get(name)


def changed(path: str, value: object, mark: int) -> object:
    """Another value of the same kind, which carries the mark where it can."""
    if path in CHANGES:
        return CHANGES[path]
    if (named := by_name(path.rpartition(".")[2], mark)) is not None:
        return named
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return mark
    if isinstance(value, dict):
        return {f"o{mark}": "x"}
    return [{"name": f"o{mark}"}] if isinstance(value, list) else f"o{mark}"


FREE = ("monitoring.dashboards.labels", "migration.annotations")
"""Maps whose defaults have keys of other people's."""
LEAVES = {path: value for path, value in chart.leaves(chart.defaults()) if not path.startswith(FREE)} | {path: {} for path in FREE}
MARKS = {path: 31000 + index for index, path in enumerate(LEAVES)}
CHANGED = {path: changed(path, value, MARKS[path]) for path, value in LEAVES.items()}


def marked(path: str) -> bool:
    """Whether a change can be told from all others in one render, and leaves the others in it."""
    hides = {"database.url", "secrets.existingSecret", "fullnameOverride"}
    return str(MARKS[path]) in json.dumps(CHANGED[path]) and path not in hides and not path.endswith(("minReplicas", "image.digest", ".serviceAccount.name", ".maxUnavailable"))


@cache
def base(name: str) -> str:
    return chart.text(BASES[name])


def together(name: str) -> set[str]:
    """The values that show in one render in which all marked ones are changed."""
    values = BASES[name]
    for path in filter(marked, CHANGED):
        values = chart.merged(values, chart.nested(path, CHANGED[path]))
    rendered = chart.text(values)
    return {path for path in filter(marked, CHANGED) if str(MARKS[path]) in rendered}


def alone(path: str) -> bool:
    """Whether one changed value changes the render of some base."""
    for name in BASES:
        done = chart.template(chart.merged(BASES[name], chart.nested(path, CHANGED[path])))
        if done.returncode == 0 and done.stdout != base(name):
            return True
    return False


def test_every_value_is_used():
    """Changing it changes a render."""
    assert len(CHANGED) > 300 and not [mark for mark in MARKS.values() for name in BASES if str(mark) in base(name)]
    with ThreadPoolExecutor(4) as pool:
        seen = set().union(*pool.map(together, ["on", "keda"]))
        rest = [path for path in CHANGED if path not in seen and CHANGED[path] is not None]
        unused = [path for path, shows in zip(rest, pool.map(alone, rest), strict=True) if not shows]
    assert not unused, json.dumps({path: CHANGED[path] for path in unused}, indent=1)


def test_a_value_that_no_template_reads_would_be_noticed(monkeypatch):
    monkeypatch.setitem(CHANGED, "x-unused", "other")
    assert not alone("x-unused")


def properties(node: dict, path: str = "") -> set[str]:
    """Every path that a schema lists."""
    if "$ref" in node:
        node = chart.schema()["definitions"][node["$ref"].rpartition("/")[2]]
    found = set()
    for name, below in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        found |= {here} | properties(below, here)
    return found


KUBERNETES_OWN = re.compile(r"\.(livenessProbe|readinessProbe|startupProbe|behavior|resources)\.")
"""Below these the fields are those of Kubernetes' API."""


def test_schema_lists_every_value():
    listed = properties(chart.schema())
    assert not [path for path in LEAVES if path not in listed and not KUBERNETES_OWN.search(path)]


def test_every_property_of_the_schema_is_a_value():
    """A value that templates have a default for and values.yaml does not list could be found by nobody."""
    known = {".".join(path.split(".")[:depth]) for path in LEAVES for depth in range(1, 9)}
    further_names = ("flightdeck.", "ingress.flightdeck.")
    assert not [path for path in properties(chart.schema()) if path not in known and not path.startswith(further_names) and not KUBERNETES_OWN.search(path)]


@pytest.mark.parametrize("values", [{"flightdeck": {"replicaCount": 7}}, {"gatewayUi": {"replicaCount": 7}}, {"gatewayUi": {"replicaCount": 3}, "flightdeck": {"replicaCount": 7}}])
def test_later_name_of_flightdeck_lies_over_the_first(values):
    assert chart.render(values).get("Deployment", "dvara-ui")["spec"]["replicas"] == 7
