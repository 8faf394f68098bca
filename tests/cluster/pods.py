"""Pods that no chart made: for starts that a chart refuses to render, and for who asks from inside of the cluster."""

from __future__ import annotations

import base64
import os

from kube import Namespace
from node_postgres import Database
from place import Build

SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 1001,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
LITTLE = {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "256Mi"}}


def random_secret() -> str:
    """As `openssl rand -base64 32` makes them."""
    return base64.b64encode(os.urandom(32)).decode()


def settings(build: Build, database: Database) -> dict[str, str]:
    """What any service needs for a start on a production-class profile."""
    return {
        "DVARA_LICENSE_KEY": build.licence,
        "DVARA_AUDIT_HMAC_SECRET": random_secret(),
        "DVARA_ACTUATOR_API_KEY": random_secret(),
        "DVARA_ACTUATOR_METRICS_API_KEY": random_secret(),
        **database.environment(),
    }


def container(image: str, *command: str, environment: dict[str, str], name: str = "gateway-server", **more: object) -> dict:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": list(command),
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "securityContext": SECURITY,
        "resources": LITTLE,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        **more,
    }


def spec(*containers: dict, **more: object) -> dict:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": list(containers),
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        **more,
    }


def once(name: str, image: str, *command: str, environment: dict[str, str], labels: dict[str, str] | None = None) -> dict:
    """A pod that runs a command and is not started again."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": spec(container(image, *command, environment=environment), restartPolicy="Never", terminationGracePeriodSeconds=1),
    }


class Ended:
    """How a pod that runs once came to its end."""

    def __init__(self, namespace: Namespace, name: str):
        (status,) = namespace.read("pod", name)["status"]["containerStatuses"]
        self.code: int = status["state"]["terminated"]["exitCode"]
        self.log = namespace.logs(f"pod/{name}")

    @property
    def words(self) -> str:
        """The log with one blank between two words, whatever was between them."""
        return " ".join(self.log.split())


def ended(namespace: Namespace, name: str) -> Ended:
    """Waits until the pod has run."""
    phase = lambda: namespace.read("pod", name)["status"]["phase"] in ("Succeeded", "Failed")  # noqa: E731
    namespace.eventually(phase, f"the pod {name} has ended")
    return Ended(namespace, name)
