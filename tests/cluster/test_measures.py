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
from place import Build

MEGABYTE, MEBIBYTE = 1_000_000, 1 << 20
LARGEST_IMAGE = 25 * MEGABYTE
SLOWEST_START = 0.3
MOST_MEMORY = 25 * MEBIBYTE
STARTS = 4
SERVICES = {"gateway-server": "dvara-server", "gateway-ui": "dvara-ui", "mcp-proxy-server": "dvara-mcp-gateway"}

Row = Callable[[str, str, str], None]


@pytest.fixture(scope="module")
def release(namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build) -> Iterator[Release]:
    values = {"mcpProxyServer": {"enabled": True, "replicaCount": 1}}
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
    for component in SERVICES:
        (pod,) = release.namespace.wait_ready(f"app.kubernetes.io/component={component}", 1)
        resident = release.namespace.eventually(lambda pod=pod: memory_of(pod), "the kubelet has measured the pod")
        table(f"memory of an idle {component}", f"{resident / MEBIBYTE:.1f} MiB", f"{MOST_MEMORY / MEBIBYTE:.0f} MiB")
        assert resident <= MOST_MEMORY, component


def memory_of(pod: dict) -> int:
    """Resident bytes, from the control group of the pod's container; 0 before the first measurement."""
    node = pod["spec"]["nodeName"]
    summary = json.loads(kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/stats/summary"))
    for measured in summary["pods"]:
        if measured["podRef"]["uid"] == pod["metadata"]["uid"]:
            return sum(container.get("memory", {}).get("rssBytes", 0) for container in measured.get("containers", []))
    return 0


def test_a_start_is_quick(release: Release, table: Row) -> None:
    """From the first word of the process to its word that it is ready. The best of several: this machine has other things to do."""
    for component, name in SERVICES.items():
        taken = [start_of(release.namespace, component) for _ in range(STARTS)]
        told = f"{min(taken) * 1000:.0f} ms (of {', '.join(f'{seconds * 1000:.0f}' for seconds in taken)})"
        table(f"start of {name} to ready", told, f"{SLOWEST_START * 1000:.0f} ms")
        assert min(taken) <= SLOWEST_START, component


def start_of(namespace: Namespace, component: str) -> float:
    """Has the pod replaced, and reads from the log of the new one how long its start took."""
    selector = f"app.kubernetes.io/component={component}"
    (pod,) = namespace.wait_ready(selector, 1)
    namespace("delete", "pod", name_of(pod), "--wait=false")
    (pod,) = namespace.eventually(lambda: [new for new in namespace.pods(selector) if name_of(new) != name_of(pod)], "another pod comes")
    ready = lambda: re.search(r"^(\S+) .*ready.*$", log(namespace, pod), re.MULTILINE)  # noqa: E731
    last = namespace.eventually(ready, "it says that it is ready")
    first = log(namespace, pod).splitlines()[0].split()[0]
    return seconds(last[1]) - seconds(first)


def log(namespace: Namespace, pod: dict) -> str:
    try:
        return namespace.logs(f"pod/{name_of(pod)}", "--timestamps")
    except AssertionError:
        return ""


def seconds(stamp: str) -> float:
    """A time of the container runtime, which has nanoseconds."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).timestamp() + float(f"0.{fraction or 0}")
