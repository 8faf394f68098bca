"""Labels and annotations of the users': they are added, and take nothing of the chart's away."""

import chart
import pytest

MINE = {"team": "platform"}


def test_common_labels_are_on_every_object_and_pod():
    things = chart.render({"commonLabels": MINE, "mcpProxyServer": {"enabled": True}, "ingress": {"enabled": True}})
    for thing in things:
        if thing["kind"] != "Pod":  # a test's, which is gone when it has passed
            assert thing["metadata"]["labels"]["team"] == "platform", thing["metadata"]["name"]
    for service in chart.SERVICES:
        assert things.pod(service)["metadata"]["labels"]["team"] == "platform"


def test_common_annotations_are_on_every_object():
    for thing in chart.render({"commonAnnotations": MINE}):
        if thing["kind"] != "Pod":
            assert thing["metadata"]["annotations"]["team"] == "platform", thing["metadata"]["name"]


@pytest.mark.parametrize("where", ["commonLabels", "gatewayServer.podLabels"])
def test_labels_that_selectors_need_cannot_be_replaced(where):
    things = chart.render(chart.nested(where, {"app.kubernetes.io/name": "mine", "app.kubernetes.io/component": "mine"}))
    selector = things.get("Deployment", "dvara-server")["spec"]["selector"]["matchLabels"]
    assert selector.items() <= things.pod()["metadata"]["labels"].items()
    assert things.pod()["metadata"]["labels"]["app.kubernetes.io/name"] == "dvara-server"


def test_the_same_label_in_two_places_stands_once():
    """render() fails where a key stands twice in a map."""
    values = {"commonLabels": {"release": "a"}, "gatewayServer": {"podLabels": {"release": "b"}, "serviceMonitor": {"enabled": True, "additionalLabels": {"release": "c"}}}}
    things = chart.render(values)
    assert things.pod()["metadata"]["labels"]["release"] == "b"
    assert things.get("ServiceMonitor", "dvara-server")["metadata"]["labels"]["release"] == "c"
    assert things.get("Service", "dvara-server")["metadata"]["labels"]["release"] == "a"


def test_the_same_annotation_in_two_places_stands_once():
    values = {"commonAnnotations": {"note": "a"}, "gatewayServer": {"podAnnotations": {"note": "b"}, "deploymentAnnotations": {"note": "c"}}}
    things = chart.render(values)
    assert things.pod()["metadata"]["annotations"]["note"] == "b"
    assert things.get("Deployment", "dvara-server")["metadata"]["annotations"]["note"] == "c"


def test_pods_stay_the_same_when_only_the_charts_version_changes():
    assert not [label for label in chart.render().pod()["metadata"]["labels"] if label in {"helm.sh/chart", "app.kubernetes.io/version"}]


def test_a_key_that_stands_twice_would_be_noticed():
    with pytest.raises(AssertionError, match="stands twice"):
        chart.objects("kind: A\nkind: B\n")
