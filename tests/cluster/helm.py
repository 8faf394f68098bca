"""Helm, in the two majors that the chart is for, and releases of our chart in a namespace of their own."""

from __future__ import annotations

import copy
import json
import os
import subprocess

from kube import PATIENCE, Namespace
from node_postgres import PASSWORD, Database
from place import CHART, TOOLS, Build
from pods import random_secret

HELM3, HELM4 = TOOLS / "helm3", TOOLS / "helm4"


def helm(namespace: Namespace, *arguments: str, stdin: str | None = None, seconds: float = 2 * PATIENCE) -> str:
    """What a command of Helm 4 prints."""
    command = [HELM4, "--namespace", namespace.name, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, f"helm {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def merged(under: dict, over: dict) -> dict:
    """`under` with `over` laid upon it, as Helm does with values."""
    result = copy.deepcopy(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else copy.deepcopy(value)
    return result


def secrets(build: Build) -> dict:
    """What the guide has everybody mint before an installation, and a provider that needs no vendor."""
    return {
        "gatewayServer": {"extraEnv": [{"name": "DVARA_AUDIT_HMAC_SECRET", "value": random_secret()}]},
        "secrets": {
            "enterpriseLicenseKey": build.licence,
            "gatewayServerApiKey": random_secret(),
            "gatewayMetricsApiKey": random_secret(),
            "gatewayEncryptionMasterPassword": random_secret(),
            "mockProviderEnabled": True,
        },
    }


LITTLE = {"resources": {"requests": {"cpu": "10m", "memory": "32Mi"}}}
"""So that several releases have room on a small node: what a pod reserves is not what is tested."""


def where(namespace: Namespace, database: Database) -> dict:
    """The values that a cluster of tests needs: a database, its password in a Secret, and a registry where that is not GitHub's."""
    password = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "database"}, "stringData": {"password": PASSWORD}}
    namespace.apply(password)
    values: dict = {"database": {**database.values(), "existingSecret": "database", "existingSecretKey": "password"}}
    if registry := os.environ.get("IMAGE_REGISTRY"):
        values["global"] = {"imageRegistry": registry}
    return values


class Release:
    """A release named `dvara`, as in the guide."""

    def __init__(self, namespace: Namespace, build: Build, database: Database, values: dict | None = None):
        self.namespace = namespace
        self.database = database
        little = {"gatewayServer": LITTLE, "gatewayUi": LITTLE, "mcpProxyServer": LITTLE}
        self.values = merged(merged(merged(secrets(build), little), where(namespace, database)), values or {})

    def install(self) -> Release:
        return self._apply("install")

    def upgrade(self, changed: dict | None = None) -> Release:
        """A next revision, whose values are the last ones and what is changed."""
        self.values = merged(self.values, changed or {})
        return self._apply("upgrade")

    def _apply(self, verb: str) -> Release:
        self(verb, "dvara", str(CHART), "-f", "-", stdin=json.dumps(self.values))
        return self

    def rollback(self) -> None:
        self("rollback", "dvara")

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        return helm(self.namespace, *arguments, stdin=stdin)

    # --- what runs ---------------------------------------------------------------------------------------------

    GATEWAYS = "app.kubernetes.io/component=gateway-server"

    @property
    def url(self) -> str:
        """The gateway's Service, as clients in the cluster use it."""
        return f"http://{self.namespace.address_of('dvara-server')}:8080"

    @property
    def api_key(self) -> str:
        return self.values["secrets"]["gatewayServerApiKey"]

    @property
    def metrics_key(self) -> str:
        return self.values["secrets"]["gatewayMetricsApiKey"]

    def gateways(self, count: int) -> list[dict]:
        return self.namespace.wait_ready(self.GATEWAYS, count)

    def new_key(self, name: str, tenant: str = "tests") -> tuple[str, str]:
        """Makes an API key as an operator does, by the binary in a pod; its id and the key itself."""
        tenants = json.loads(self.namespace.dvara("deployment/dvara-server", "tenant", "list", "--json"))
        if tenant not in {known["id"] for known in tenants}:
            self.namespace.dvara("deployment/dvara-server", "tenant", "create", "Tests", "--id", tenant)
        made = json.loads(self.namespace.dvara("deployment/dvara-server", "key", "create", name, "--tenant", tenant, "--json"))
        return made["id"], made["key"]


def chart_version() -> str:
    (line,) = [line for line in (CHART / "Chart.yaml").read_text().splitlines() if line.startswith("version:")]
    return line.partition(":")[2].strip().strip('"')
