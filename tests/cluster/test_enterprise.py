"""The guide's values for an enterprise with the MCP proxy, as they stand there: all three services, autoscalers, budgets, a network policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import gateway
import pytest
from guide import Shell
from helm import HELM4, secrets, where
from kube import Namespace
from node_postgres import NodePostgres
from place import Build
from pods import ended, once

MCP = "app.kubernetes.io/component=mcp-proxy-server"
GATEWAYS = "app.kubernetes.io/component=gateway-server"
UI = "app.kubernetes.io/component=gateway-ui"


@pytest.fixture(scope="module")
def shell(namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build) -> Iterator[Shell]:
    namespace = namespaces("enterprise")
    database = postgres.database("enterprise")
    # The licence is where the guide's file has three dots; the rest is what its reader minted before.
    shell = Shell(namespace, HELM4, build, {**secrets(build), **where(namespace, database)})
    try:
        shell.run("enterprise-mcp.sh")
        yield shell
    finally:
        shell.clean_up()
        namespace.delete()


@pytest.fixture(scope="module")
def namespace(shell: Shell) -> Namespace:
    shell.namespace.wait_ready(GATEWAYS, 3)
    shell.namespace.wait_ready(MCP, 2)
    shell.namespace.wait_ready(UI, 1)
    return shell.namespace


def test_s162_the_enterprise_values_install_and_every_pod_is_ready(namespace: Namespace) -> None:
    scalers = {item["metadata"]["name"]: item["spec"] for item in namespace.read("hpa")["items"]}
    assert (scalers["dvara-server"]["minReplicas"], scalers["dvara-server"]["maxReplicas"]) == (3, 10)
    assert (scalers["dvara-mcp-gateway"]["minReplicas"], scalers["dvara-mcp-gateway"]["maxReplicas"]) == (2, 20)
    assert namespace.exists("networkpolicy", "dvara-mcp-gateway")
    assert namespace.exists("pdb", "dvara-mcp-gateway")


def test_s163_the_mcp_proxy_is_forwarded_to_port_8070_and_healthy(shell: Shell, namespace: Namespace) -> None:
    assert json.loads(shell.forward_and_ask("mcp.sh"))["status"] == "UP"


def test_s107_a_pod_with_the_gateways_labels_reaches_the_mcp_proxy_and_a_stranger_times_out(namespace: Namespace, build: Build) -> None:
    url = f"http://{namespace.address_of('dvara-mcp-gateway')}:8070/actuator/health"
    # The labels by which the gateway's Service finds its pods.
    friend = namespace.read("service", "dvara-server")["spec"]["selector"]
    namespace.apply(
        once("stranger", build.image(), "healthcheck", url, environment={}, labels={"app": "stranger"}),
        once("friend", build.image(), "healthcheck", url, environment={}, labels=friend),
    )
    assert ended(namespace, "friend").code == 0
    stranger = ended(namespace, "stranger")
    assert stranger.code != 0
    assert "timed out" in stranger.log or "no answer" in stranger.log or "timeout" in stranger.log, stranger.log
    namespace("delete", "pod", "friend", "stranger", "--wait=false")


def test_s204_helm_test_checks_the_mcp_proxy_with_the_network_policy_on(shell: Shell, namespace: Namespace) -> None:
    said = shell.run("test.sh")
    assert "dvara-mcp-gateway-test" in said
    assert said.count("Succeeded") >= 3, said


def test_s055_flightdecks_liveness_probe_asks_a_page_that_answers_200(namespace: Namespace) -> None:
    (pod,) = namespace.wait_ready(UI, 1)
    path = pod["spec"]["containers"][0]["livenessProbe"]["httpGet"]["path"]
    assert path == "/actuator/health/liveness"
    assert gateway.get(pod, path, port=8090).status_code == 200


def test_s056_flightdecks_readiness_probe_asks_the_page_of_that_name(namespace: Namespace) -> None:
    (pod,) = namespace.wait_ready(UI, 1)
    assert pod["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"] == "/actuator/health/readiness"


def test_s058_flightdecks_startup_probe_has_held_the_others_back(namespace: Namespace) -> None:
    (pod,) = namespace.wait_ready(UI, 1)
    assert pod["spec"]["containers"][0]["startupProbe"]["httpGet"]["path"] == "/actuator/health/liveness"
    assert pod["status"]["containerStatuses"][0]["started"] is True


def test_s062_info_is_anonymous_on_every_service(namespace: Namespace) -> None:
    for selector, port in ((GATEWAYS, 8080), (UI, 8090), (MCP, 8070)):
        for pod in namespace.ready(selector):
            assert gateway.get(pod, "/actuator/info", port=port).status_code == 200


def test_s057_flightdeck_is_ready_only_while_it_reaches_the_gateway(shell: Shell, namespace: Namespace) -> None:
    (pod,) = namespace.wait_ready(UI, 1)
    path = pod["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"]
    assert gateway.get(pod, path, port=8090).status_code == 200
    # An autoscaler leaves alone what somebody has scaled to nothing.
    namespace("scale", "deployment/dvara-server", "--replicas=0")
    namespace.eventually(lambda: gateway.get(pod, path, port=8090).status_code == 503, "Flightdeck is not ready")
    namespace.eventually(lambda: not namespace.ready(UI), "its pod is not ready either")
    namespace("scale", "deployment/dvara-server", "--replicas=3")
    namespace.eventually(lambda: gateway.get(pod, path, port=8090).status_code == 200, "Flightdeck is ready again")
    namespace.wait_ready(UI, 1)
    namespace.wait_ready(GATEWAYS, 3)


def test_pods_of_all_services_are_admitted_where_only_the_restricted_level_is(namespace: Namespace) -> None:
    labels = namespace.read("namespace", namespace.name)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert len(namespace.ready("app.kubernetes.io/instance=dvara")) == 6
