"""What the product costs, measured in pods: the size of its image, how long a start takes, and the memory of an idle service."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime

import oci
import pytest
from helm import Release
from kube import Namespace, kubectl, name_of
from node_postgres import NodePostgres
from place import Build, in_node_network
from processes import running

MEGABYTE, MEBIBYTE = 1_000_000, 1 << 20
LARGEST_IMAGE = 25 * MEGABYTE
SLOWEST_START = 0.3
MOST_MEMORY = 25 * MEBIBYTE
MOST_STARTS = 10
SERVICES = {"gateway-server": "gateway", "gateway-ui": "flightdeck", "mcp-proxy-server": "mcp"}
"""The components, and what their containers run."""

QUICK = {"startupProbe": {"initialDelaySeconds": 1, "periodSeconds": 1, "failureThreshold": 60}}
"""The probe's pace, not what is measured."""

Row = Callable[[str, str, str], None]


@pytest.fixture(scope="module")
def release(namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build) -> Iterator[Release]:
    values = {"mcpProxyServer": {"enabled": True, "replicaCount": 1, **QUICK}, "gatewayServer": QUICK, "gatewayUi": QUICK}
    release = Release(namespaces("measures"), build, postgres.database("measures"), values).install()
    for component in SERVICES:
        release.namespace.wait_ready(f"app.kubernetes.io/component={component}", 1)
    yield release
    release.namespace.delete()


@pytest.fixture
def table(request: pytest.FixtureRequest) -> Row:
    """Takes a row of what was measured; conftest.py prints all of them as one table."""
    return lambda *row: request.node.user_properties.append(("measured", row))


def test_the_image_is_small(build: Build, table: Row) -> None:
    for image in oci.read(build.archive):
        size = len(image.layer) + len(image.config) + len(image.manifest)
        name = image.reference.rpartition("/")[2].partition(":")[0]
        table(f"image {name}", f"{size / MEGABYTE:.1f} MB", f"{LARGEST_IMAGE / MEGABYTE:.0f} MB")
        assert size <= LARGEST_IMAGE


def test_an_idle_service_needs_little_memory(release: Release, table: Row) -> None:
    for component, command in SERVICES.items():
        (pod,) = release.namespace.wait_ready(f"app.kubernetes.io/component={component}", 1)
        anonymous, working_set = release.namespace.eventually(lambda pod=pod: memory_of(pod), "the kubelet has measured the pod")
        told = f"{anonymous / MEBIBYTE:.1f} MiB anonymous, {working_set / MEBIBYTE:.1f} working set"
        most = max(anonymous, working_set)
        if in_node_network():
            (process,) = running(command, f"SPRING_DATASOURCE_URL={release.database.url}")
            most = process.resident()
            told = f"{most / MEBIBYTE:.1f} MiB; {told}"
        table(f"memory of an idle {component}", told, f"{MOST_MEMORY / MEBIBYTE:.0f} MiB")
        assert most <= MOST_MEMORY, f"{component}: {told}"


def memory_of(pod: dict) -> tuple[int, int] | None:
    """What the control group of the pod's container has counted; nothing before the first measurement."""
    node = pod["spec"]["nodeName"]
    summary = json.loads(kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/stats/summary"))
    for measured in summary["pods"]:
        if measured["podRef"]["uid"] == pod["metadata"]["uid"]:
            for container in measured.get("containers", []):
                if container.get("memory", {}).get("rssBytes"):
                    return container["memory"]["rssBytes"], container["memory"]["workingSetBytes"]
    return None


@pytest.mark.alone
def test_a_start_is_quick(release: Release, table: Row) -> None:
    """The best of several, since this machine has other things to do: until one is quick enough, and not for ever."""
    for component in SERVICES:
        taken: list[float] = []
        while len(taken) < MOST_STARTS and not (taken and min(taken) <= SLOWEST_START):
            taken.append(start_of(release, component))
        told = f"{min(taken) * 1000:.0f} ms (of {', '.join(f'{seconds * 1000:.0f}' for seconds in taken)})"
        table(f"start of {component} to ready", told, f"{SLOWEST_START * 1000:.0f} ms")
        assert min(taken) <= SLOWEST_START, component


def start_of(release: Release, component: str) -> float:
    """Has the pod replaced, and finds out how long the start of the new one took until its log said that it is serving."""
    namespace, selector = release.namespace, f"app.kubernetes.io/component={component}"
    (old,) = namespace.wait_ready(selector, 1)
    namespace("delete", "pod", name_of(old), "--grace-period=1")
    (pod,) = namespace.eventually(lambda: namespace.pods(selector), "another pod comes")
    serving = lambda: re.search(r"^(\S+) .*is serving.*$", log(namespace, pod), re.MULTILINE)  # noqa: E731
    end = seconds(namespace.eventually(serving, "it says that it is serving")[1])
    if in_node_network():
        (process,) = running(SERVICES[component], f"SPRING_DATASOURCE_URL={release.database.url}")
        return end - process.started()
    # Elsewhere from its first word.
    return end - seconds(log(namespace, pod).splitlines()[0].split()[0])


def log(namespace: Namespace, pod: dict) -> str:
    try:
        return namespace.logs(f"pod/{name_of(pod)}", "--timestamps")
    except AssertionError:
        return ""


def seconds(stamp: str) -> float:
    """A time of the container runtime, which has nanoseconds."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")
