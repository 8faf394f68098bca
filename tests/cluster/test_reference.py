"""The guide's hand-written YAML, for somebody who bypasses the chart."""

from __future__ import annotations

from collections.abc import Callable

import pods
from gateway import wait_members
from kube import Namespace
from node_postgres import NodePostgres
from place import ROOT, Build


def test_s152_gateways_find_each_other_by_the_hand_written_reference_yaml(
    namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build
) -> None:
    namespace = namespaces("by-hand")
    settings = pods.settings(build, postgres.database("by-hand"))
    namespace.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "by-hand"}, "stringData": settings})
    reference = (ROOT / "tests/cluster/reference.yaml").read_text().replace("IMAGE", build.image())
    namespace("apply", "-f", "-", stdin=reference)

    gateways = namespace.wait_ready("app.kubernetes.io/name=dvara-server", 2)
    wait_members(namespace, gateways, settings["DVARA_ACTUATOR_API_KEY"], 2)
    namespace.delete()
