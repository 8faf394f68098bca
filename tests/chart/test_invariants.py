"""What holds for every render: see invariants.py. Each of them is also shown to notice what it is for."""

import copy

import chart
import invariants
import pytest

LONG = "a-name-of-fifty-three-characters-which-helm-permits-x"
"""Helm permits 53 characters in the name of a release."""


@pytest.mark.parametrize("invariant", invariants.ALL, ids=lambda function: function.__name__)
@pytest.mark.parametrize("case", chart.CASES)
def test_holds_for_every_case(case, invariant):
    for kube in chart.KUBERNETES:
        complaints = list(invariant(chart.render(case=case, kube=kube)))
        assert not complaints, f"Kubernetes {kube}"


@pytest.mark.parametrize("case", ["01-default", "11-monitoring", "14-everything", "15-keda-devpostgres"])
@pytest.mark.parametrize("release", [LONG, "a"])
def test_holds_for_releases_of_any_length(case, release):
    things = chart.render(case=case, release=release)
    assert len(LONG) == 53
    assert not [complaint for invariant in invariants.ALL for complaint in invariant(things)]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_selectors_are_the_same_whatever_the_values(kind):
    """A selector cannot be changed: an upgrade that tries fails."""
    selectors = {}
    for case in chart.CASES:
        for thing in chart.render(case=case).all(kind):
            name = thing["metadata"]["name"]
            assert selectors.setdefault(name, thing["spec"]["selector"]) == thing["spec"]["selector"], case
    assert selectors
    for selector in selectors.values():
        assert set(selector["matchLabels"]) == {f"app.kubernetes.io/{label}" for label in ("name", "instance", "component")}


def test_metrics_key_is_not_the_actuator_key():
    env = chart.render().env()
    keys = [env[name]["valueFrom"]["secretKeyRef"]["key"] for name in ("DVARA_ACTUATOR_API_KEY", "DVARA_ACTUATOR_METRICS_API_KEY")]
    assert keys == ["gateway-server-api-key", "gateway-metrics-api-key"]


def edit(path: str, value: object):
    """Sets what `kind/name/…` leads to; lists are entered by number."""

    def change(things: chart.Render) -> None:
        kind, name, *keys = path.split("/")
        place = things.get(kind, name)
        keys = [int(key) if key.isdigit() else key for key in keys]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


POD = "Deployment/dvara-server/spec/template/spec"
LABELS = "Deployment/dvara-server/spec/template/metadata/labels"
SABOTAGE = [
    ("no_variable_stands_twice", lambda things: things.container()["env"].append(things.container()["env"][0])),
    ("secret_keys_exist_or_are_optional", edit(f"{POD}/containers/0/env/0/valueFrom", {"secretKeyRef": {"name": "other", "key": "x"}})),
    ("keys_of_our_secret_exist", edit(f"{POD}/containers/0/env/0/valueFrom", {"secretKeyRef": {"name": "dvara", "key": "x", "optional": True}})),
    ("named_ports_exist", edit(f"{POD}/containers/0/ports/0/name", "web")),
    ("named_ports_exist", edit("Service/dvara-server/spec/ports/0/targetPort", 8081)),
    ("monitors_scrape_one_service", lambda things: things.get("Service", "dvara-server-cluster")["metadata"]["labels"].pop("meridian.ai/headless")),
    ("services_select_one_workload", edit("Service/dvara-server/spec/selector", {"app.kubernetes.io/instance": "dvara"})),
    ("budgets_have_one_field", edit("PodDisruptionBudget/dvara-server/spec/minAvailable", 1)),
    ("policies_and_budgets_select_a_pod", edit("PodDisruptionBudget/dvara-server/spec/selector/matchLabels", {"a": "b"})),
    ("grace_exceeds_hook_and_drain", edit(f"{POD}/terminationGracePeriodSeconds", 35)),
    ("policy_peers_are_pods", edit("NetworkPolicy/dvara-mcp-gateway/spec/ingress/0/from/0/podSelector/matchLabels", {"app.kubernetes.io/component": "server"})),
    ("policy_ports_are_offered", edit("NetworkPolicy/dvara-mcp-gateway/spec/ingress/0/ports/0/port", 8090)),
    ("names_are_valid", edit("Service/dvara-server/metadata/name", "dvara_server")),
    ("label_values_are_valid", edit(LABELS, {"meridian.ai/region": "US East"})),
    ("no_object_stands_twice", lambda things: things.append(copy.deepcopy(things[0]))),
    ("objects_are_in_the_namespace", edit("Service/dvara-server/metadata/namespace", "other")),
    ("replicas_have_one_owner", edit("Deployment/dvara-server/spec/replicas", 3)),
    ("volumes_exist", edit(f"{POD}/volumes", [])),
    ("our_pods_are_restricted", edit(f"{POD}/containers/0/securityContext/capabilities", {"drop": ["NET_RAW"]})),
]


@pytest.mark.parametrize("number", range(len(SABOTAGE)), ids=[f"{index}-{name}" for index, (name, _) in enumerate(SABOTAGE)])
def test_notices(number):
    name, change = SABOTAGE[number]
    things = chart.render(case="14-everything")
    change(things)
    assert list(getattr(invariants, name)(things))


def test_every_invariant_is_shown_to_notice():
    assert {name for name, _ in SABOTAGE} == {function.__name__ for function in invariants.ALL}
