"""Kubernetes' schemas take every object, and the models of the operators take theirs."""

import json
import subprocess

import chart
import pytest
from kubernetes_schemas import complaint

CUSTOM = {"ServiceMonitor", "PodMonitor", "PrometheusRule", "HTTPRoute", "ScaledObject"}
MODELS = chart.ROOT / "tests/chart/node/validate.js"


@pytest.mark.parametrize("kube", chart.KUBERNETES)
@pytest.mark.parametrize("case", chart.CASES)
def test_strict_schema_takes_every_object(case, kube):
    things = [thing for thing in chart.render(case=case, kube=kube) if thing["kind"] not in CUSTOM]
    complaints = {f"{thing['kind']}/{thing['metadata']['name']}": said for thing in things if (said := complaint(thing, kube))}
    assert things and not complaints


def test_schemas_would_complain():
    deployment = chart.render().get("Deployment", "dvara-server")
    deployment["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    assert "imagePullPolice" in complaint(deployment, "1.34")


def test_models_take_every_custom_object():
    things = [thing for case in chart.CASES for thing in chart.render(case=case) if thing["kind"] in CUSTOM]
    assert {thing["kind"] for thing in things} == CUSTOM, "a kind that no case renders is not tested"
    assert judged(things) == [None] * len(things)


BROKEN = {
    "ServiceMonitor": (["spec", "endpoints", 0, "interval"], 15, "interval"),
    "PodMonitor": (["spec", "podMetricsEndpoints"], "http", "podMetricsEndpoints"),
    "PrometheusRule": (["spec", "groups", 0, "rules", 0], {"alert": "NoExpression"}, "expr"),
    "HTTPRoute": (["spec", "rules", 0, "backendRefs", 0, "port"], "http", "port"),
    "ScaledObject": (["spec", "triggers"], "cpu", "triggers"),
}


@pytest.mark.parametrize("kind", sorted(CUSTOM))
def test_models_would_complain(kind):
    thing = next(thing for case in chart.CASES for thing in chart.render(case=case) if thing["kind"] == kind)
    path, value, named = BROKEN[kind]
    place = thing
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (said,) = judged([thing])
    assert said and named in said


def judged(things: list[dict]) -> list[str | None]:
    """What the models say about each object."""
    done = subprocess.run(["node", MODELS], input=json.dumps(things), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
