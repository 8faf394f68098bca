"""The guide's production values, as they stand there."""

from __future__ import annotations

from collections.abc import Callable

import gateway
from guide import Shell
from helm import HELM4, merged, secrets, where
from kube import Namespace
from node_postgres import NodePostgres
from place import Build

GATEWAYS = "app.kubernetes.io/component=gateway-server"


def test_s160_the_production_values_install_and_every_pod_is_ready(
    namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build
) -> None:
    namespace = namespaces("production")
    minted = secrets(build)
    shell = Shell(namespace, HELM4, build, merged(minted, where(namespace, postgres.database("production"))))
    try:
        shell.run("production.sh")
        pods = namespace.wait_ready(GATEWAYS, 3)
        namespace.wait_ready("app.kubernetes.io/component=gateway-ui", 1)
        status = gateway.status(pods[0], minted["secrets"]["gatewayServerApiKey"])
        assert status["mode"] == "standalone"
        assert "openai" in {provider["name"] for provider in status["providers"]}
        scaler = namespace.read("hpa", "dvara-server")["spec"]
        assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 10)
        allowed = lambda: namespace.read("pdb", "dvara-server")["status"]["disruptionsAllowed"] == 1  # noqa: E731
        namespace.eventually(allowed, "with three pods ready and two demanded, one may be evicted")
        (rule,) = namespace.read("ingress", "dvara-server")["spec"]["rules"]
        assert rule["host"] == "gateway.mycompany.com"
        assert rule["http"]["paths"][0]["backend"]["service"] == {"name": "dvara-server", "port": {"number": 8080}}
    finally:
        shell.clean_up()
        namespace.delete()
