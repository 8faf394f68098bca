"""The chart's development database: PostgreSQL in a pod, on a folder that goes with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gateway
import place
import postgres_image
from helm import LITTLE, Release, merged
from kube import Namespace
from node_postgres import NodePostgres
from place import Build


def test_all_three_services_are_ready_on_a_postgresql_in_a_pod(
    namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build, tmp_path: Path
) -> None:
    archive = tmp_path / "postgres.tar"
    postgres_image.pack(archive)
    place.load_image(archive)
    repository, _, tag = postgres_image.REFERENCE.rpartition(":")
    values = {
        "devPostgres": {"enabled": True, "password": "of the pod", "image": {"repository": repository, "tag": tag}, **LITTLE},
        "mcpProxyServer": {"enabled": True, "replicaCount": 1},
    }
    release = Release(namespaces("pod-postgres"), build, postgres.database("unused"), values)
    # Nothing of the database on this machine: the chart wires its own.
    release.values = merged(release.values, {"database": {"host": "", "username": "", "existingSecret": ""}})
    release.install()
    try:
        release.namespace.wait_ready("app.kubernetes.io/instance=dvara", 4)
        _, key = release.new_key("first")
        release.namespace.eventually(lambda: gateway.ask(release.url, key).status_code == 200, "the key is served")
        assert release.database.is_untouched()
    finally:
        release.namespace.delete()
