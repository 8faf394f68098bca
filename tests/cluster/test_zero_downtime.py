"""Nothing that operates on gateways costs a caller an answer: everything here happens under constant load.

The release has three gateways on one database. The tests leave it as they found it, so each can be run alone.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import gateway
import httpx
import pytest
from helm import Release, merged
from kube import Namespace, kubectl, name_of
from load import ENVIRONMENT, LONG_MODEL, SLOW_MODEL, Load, question
from node_postgres import NodePostgres
from place import TOOLS, Build, in_node_network

REPLICAS = 3

VALUES = {
    "gatewayServer": {
        "replicaCount": REPLICAS,
        "env": ENVIRONMENT,
        "pdb": {"enabled": True, "minAvailable": 2},
        # What a drained node loses: nothing of anybody else.
        "podLabels": {"dvara-test": "drained"},
        # The probe's pace, not what is measured: a pod is taken for ready when it is.
        "startupProbe": {"initialDelaySeconds": 1, "periodSeconds": 1, "failureThreshold": 60},
    },
    "gatewayUi": {"enabled": False},
}

ALONE = {"gatewayServer": {"pdb": {"enabled": False}, "podLabels": {"dvara-test": "alone"}}}
"""For a release that a test has for itself."""


@pytest.fixture(scope="module")
def release(namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build) -> Iterator[Release]:
    release = Release(namespaces("rolling"), build, postgres.database("rolling"), VALUES).install()
    release.gateways(REPLICAS)
    yield release
    release.namespace.delete()


@pytest.fixture(scope="module")
def key(release: Release) -> str:
    _, key = release.new_key("load")
    known_everywhere(release, key)
    return key


def known_everywhere(release: Release, key: str) -> None:
    pods = release.namespace.ready(release.GATEWAYS)
    release.namespace.eventually(
        lambda: all(gateway.ask(gateway.url_of(pod), key).status_code == 200 for pod in pods), "every gateway knows the key"
    )


class ReadyCount:
    """Notes how many gateways were ready, at every change that the API tells of."""

    def __init__(self, namespace: Namespace):
        self.counts: list[int] = []
        command = ["get", "deployment", "dvara-server", "--watch", "-o", 'jsonpath={.status.readyReplicas}{"\\n"}']
        self._watch = subprocess.Popen([TOOLS / "kubectl", "--namespace", namespace.name, *command], stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._watch.stdout is not None
        for line in self._watch.stdout:
            self.counts.append(int(line.strip() or 0))

    def finish(self) -> list[int]:
        self._watch.terminate()
        self._watch.wait()
        self._reader.join(10)
        return self.counts


@contextmanager
def never_below(namespace: Namespace, count: int) -> Iterator[None]:
    ready = ReadyCount(namespace)
    try:
        yield
    finally:
        counts = ready.finish()
    assert len(counts) > 1, "the watch saw no change"
    assert min(counts) >= count, f"ready gateways: {counts}"


def settled(release: Release, count: int = REPLICAS) -> None:
    """Every pod of the last revision is ready, and the others have drained and gone."""
    release.namespace.rolled_out("dvara-server")
    release.gateways(count)
    left = lambda: len(release.namespace.read("pods", "-l", release.GATEWAYS)["items"])  # noqa: E731
    release.namespace.eventually(lambda: left() == count, "what was replaced has drained and gone")


def test_s122_a_restart_of_the_rollout_loses_no_request(release: Release, key: str) -> None:
    with Load(release.url, key) as load, never_below(release.namespace, REPLICAS):
        release.namespace("rollout", "restart", "deployment/dvara-server")
        settled(release)
        load.finish()


def test_s123_at_least_n_pods_are_ready_while_the_configuration_changes(release: Release, key: str) -> None:
    before = {name_of(pod) for pod in release.gateways(REPLICAS)}
    with Load(release.url, key) as load, never_below(release.namespace, REPLICAS):
        release.upgrade({"gatewayServer": {"env": {"DVARA_REGION_NAME": f"changed at {time.time()}"}}})
        settled(release)
        load.finish()
    assert before.isdisjoint(name_of(pod) for pod in release.gateways(REPLICAS))


def test_s121_what_runs_at_sigterm_ends_normally(release: Release, key: str) -> None:
    """A stream and a call that are older than the signal and outlive it: the pod takes nothing new, is not ready, and they end in order."""
    (pod, *_) = release.gateways(REPLICAS)
    url = gateway.url_of(pod)
    with ThreadPoolExecutor() as callers, httpx.Client(base_url=url, timeout=20, trust_env=False) as kept:
        call = callers.submit(gateway.ask, url, key, SLOW_MODEL)
        stream = callers.submit(whole_stream, url, key)
        assert kept.get(READINESS).status_code == 200
        release.namespace("delete", "pod", name_of(pod), "--wait=false")
        # Until the signal comes, the pod is ready.
        release.namespace.eventually(lambda: kept.get(READINESS).status_code == 503, "readiness goes down", 30)
        assert not call.done() and not stream.done(), "they ended before the signal: this proves nothing"
        release.namespace.eventually(lambda: not listens(url), "new connections are refused", 10)
        assert call.result().status_code == 200
        assert "data: [DONE]" in stream.result()
    settled(release)


READINESS = "/actuator/health/readiness"


def whole_stream(url: str, key: str) -> str:
    """A long stream, as text."""
    body = question(LONG_MODEL, stream=True)
    answer = httpx.post(f"{url}/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.text


def listens(url: str) -> bool:
    try:
        httpx.get(f"{url}/actuator/health", timeout=5, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def test_a_deleted_pod_costs_nobody_an_answer(release: Release, key: str) -> None:
    with Load(release.url, key) as load:
        load.go_on_for(2)
        release.namespace("delete", "pod", name_of(release.gateways(REPLICAS)[0]), "--wait=false")
        settled(release)
        load.finish()


def test_a_drained_node_keeps_as_many_gateways_as_the_budget_demands(release: Release, key: str) -> None:
    """There is one node, so what is evicted finds no place to go; the third stays because of the budget."""
    nodes = kubectl("get", "nodes", "-o", "name").split()
    node = release.gateways(REPLICAS)[0]["spec"]["nodeName"]
    selector = "--pod-selector=dvara-test=drained"
    try:
        with Load(release.url, key) as load:
            done = drain(node, selector)
            if len(nodes) == 1:
                assert "violate the pod's disruption budget" in done, done
                assert len(release.namespace.ready(release.GATEWAYS)) == 2
            load.finish()
    finally:
        kubectl("uncordon", node)
    settled(release)


def drain(node: str, selector: str) -> str:
    """Drains a node of our gateways for some seconds, and gives what kubectl said."""
    command = [TOOLS / "kubectl", "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", selector, "--timeout=20s"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90)
    return done.stdout


def test_a_restart_of_postgresql_costs_nobody_an_answer(release: Release, key: str, postgres: NodePostgres) -> None:
    with Load(release.url, key) as load:
        load.go_on_for(1)
        postgres.stop()
        postgres.start()
        load.go_on_for(4)
        load.finish()


def test_the_last_good_configuration_serves_while_the_database_is_gone(release: Release, key: str, postgres: NodePostgres) -> None:
    with Load(release.url, key) as load:
        postgres.stop("immediate")
        try:
            load.go_on_for(10)
            assert len(release.namespace.ready(release.GATEWAYS)) == REPLICAS
        finally:
            postgres.start()
        load.go_on_for(2)
        load.finish()
    # What is changed after it is back is heard of again.
    known_everywhere(release, release.new_key(f"after the outage {time.time()}")[1])


@contextmanager
def cut_off(pod: dict, others: list[dict]) -> Iterator[None]:
    """Nothing that one pod and the others send each other arrives."""
    one = pod["status"]["podIP"]
    pairs = [pair for other in others for pair in ((one, other["status"]["podIP"]), (other["status"]["podIP"], one))]
    try:
        for source, destination in pairs:
            iptables("-I", source, destination)
        yield
    finally:
        for source, destination in pairs:
            iptables("-D", source, destination)


def iptables(what: str, source: str, destination: str) -> None:
    subprocess.run(["iptables", "--wait", what, "FORWARD", "-s", source, "-d", destination, "-j", "DROP"], check=True)


@pytest.mark.skipif(not in_node_network(), reason="only in the network of the node can pods be cut off from each other")
def test_a_network_cut_between_gateways_costs_nobody_an_answer_and_heals(release: Release, key: str) -> None:
    alone, *others = release.gateways(REPLICAS)
    gateway.wait_members(release.namespace, [alone, *others], release.api_key, REPLICAS)
    with Load(release.url, key) as load:
        with cut_off(alone, others):
            gateway.wait_members(release.namespace, [alone], release.api_key, 1)
            gateway.wait_members(release.namespace, others, release.api_key, 2)
        gateway.wait_members(release.namespace, [alone, *others], release.api_key, REPLICAS)
        load.finish()


def test_the_autoscaler_scales_out_and_in_and_no_request_is_lost(
    namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build
) -> None:
    """By memory, whose use does not depend on how busy this machine is: one upgrade asks for more pods, the next for fewer."""

    def target(memory: int) -> dict:
        down = {"scaleDown": {"stabilizationWindowSeconds": 1}}
        scaling = {"enabled": True, "minReplicas": 2, "maxReplicas": 3, "behavior": {"scaleUp": {"stabilizationWindowSeconds": 0}, **down}}
        targets = {"targetMemoryUtilizationPercentage": memory, "targetCPUUtilizationPercentage": 100}
        return {"gatewayServer": {"autoscaling": {**scaling, **targets}, "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}}}

    values = merged(merged(VALUES, target(100)), ALONE)
    release = Release(namespaces("autoscaler"), build, postgres.database("autoscaler"), values).install()
    release.gateways(2)
    _, key = release.new_key("load")
    known_everywhere(release, key)
    with Load(release.url, key) as load:
        release.upgrade(target(1))
        release.gateways(3)
        release.upgrade(target(100))
        settled(release, 2)
        load.finish()
    release.namespace.delete()


def test_the_previous_build_and_this_one_serve_together_and_back_again(
    namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build, previous: Build
) -> None:
    """Two builds whose schemas differ by migrations, on one database, during the upgrade and during the rollback."""
    database = postgres.database("builds")
    of_previous = {"gatewayServer": {"replicaCount": 2, "image": {"tag": previous.tag}}}
    release = Release(namespaces("builds"), build, database, merged(merged(VALUES, ALONE), of_previous)).install()
    release.gateways(2)
    assert images(release) == {previous.image()}
    _, key = release.new_key("load")
    known_everywhere(release, key)
    migrations = "SELECT count(*) FROM dvara_main.schema_migrations"
    before = int(database.sql(migrations))

    with Load(release.url, key) as load, never_below(release.namespace, 2):
        release.upgrade({"gatewayServer": {"image": {"tag": build.tag}}})
        settled(release, 2)
        assert images(release) == {build.image()}
        assert int(database.sql(migrations)) > before, "the builds have the same schema: this would prove nothing"
        load.finish()
    with Load(release.url, key) as load, never_below(release.namespace, 2):
        release.rollback()
        settled(release, 2)
        assert images(release) == {previous.image()}
        load.finish()
    release.namespace.delete()


def images(release: Release) -> set[str]:
    return {pod["spec"]["containers"][0]["image"] for pod in release.namespace.pods(release.GATEWAYS)}
