"""The guide's two shortest installations, word for word; what everybody mints before is added, since no gateway starts without."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gateway
import pytest
from guide import Shell
from helm import HELM4, LITTLE, merged, secrets, where
from kube import Namespace
from node_postgres import NodePostgres
from place import Build

GATEWAYS = "app.kubernetes.io/component=gateway-server"
SMALL = {"gatewayServer": LITTLE, "gatewayUi": LITTLE}


@pytest.fixture(scope="module")
def with_keys(namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build) -> Iterator[Shell]:
    namespace = namespaces("provider-keys")
    added = merged(merged(secrets(build), SMALL), where(namespace, postgres.database("provider-keys")))
    shell = Shell(namespace, HELM4, build, added)
    try:
        shell.run("provider-keys.sh")
        yield shell
    finally:
        shell.clean_up()
        namespace.delete()


def test_s030_keys_of_set_register_their_providers(with_keys: Shell) -> None:
    (pod,) = with_keys.namespace.wait_ready(GATEWAYS, 1)
    data = with_keys.namespace.read("secret", "dvara")["data"]
    assert data["openai-api-key"] and data["anthropic-api-key"]
    status = gateway.status(pod, with_keys.added["secrets"]["gatewayServerApiKey"])
    assert {provider["name"] for provider in status["providers"]} == {"openai", "anthropic", "mock"}


@pytest.fixture(scope="module")
def minimal(namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build) -> Iterator[Shell]:
    """With a Service `postgres` in the namespace, as the command takes for granted."""
    namespace = namespaces("minimal")
    postgres.sql("CREATE DATABASE dvara")
    meta = {"name": "postgres", "labels": {"kubernetes.io/service-name": "postgres"}}
    namespace.apply(
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"port": 5432, "targetPort": postgres.port}]}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": meta,
            "addressType": "IPv4",
            "ports": [{"name": "", "port": postgres.port}],
            "endpoints": [{"addresses": [postgres.host]}],
        },
    )
    shell = Shell(namespace, HELM4, build, merged(secrets(build), SMALL))
    try:
        shell.run("minimal.sh")
        yield shell
    finally:
        shell.clean_up()
        namespace.delete()


def test_s158_the_database_of_the_env_map_is_used_by_every_service(minimal: Shell, postgres: NodePostgres) -> None:
    minimal.namespace.wait_ready("app.kubernetes.io/instance=dvara", 2)
    explained = gateway.explained(minimal.namespace)
    assert explained["spring.datasource.url"] == ("jdbc:postgresql://postgres:5432/dvara", "environment SPRING_DATASOURCE_URL")
    assert explained["spring.datasource.username"] == ("dvara", "environment SPRING_DATASOURCE_USERNAME")
    assert explained["spring.datasource.password"][0] != "dvara"
    assert postgres.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'dvara_main'", "dvara") == "1"


def test_s159_the_jdbc_url_of_the_guide_is_accepted(minimal: Shell) -> None:
    (pod,) = minimal.namespace.wait_ready(GATEWAYS, 1)
    url = next(entry["value"] for entry in pod["spec"]["containers"][0]["env"] if entry["name"] == "SPRING_DATASOURCE_URL")
    assert url == "jdbc:postgresql://postgres:5432/dvara"
    assert gateway.get(pod, "/actuator/health/readiness").status_code == 200
