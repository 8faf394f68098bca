"""kubectl, bound to a namespace that is made for the tests and goes with them."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dvara_up import eventually
from place import TOOLS

# On a machine that is busy with all of this at once, a pod that takes a second elsewhere can take a minute.
PATIENCE = 120.0


class KubectlFailed(AssertionError):
    """kubectl ended with an error; says which command, and what it printed."""


def kubectl(*arguments: str, stdin: str | None = None, seconds: float = PATIENCE) -> str:
    """What a kubectl command prints."""
    done = subprocess.run([TOOLS / "kubectl", *arguments], input=stdin, capture_output=True, text=True, timeout=seconds)
    if done.returncode != 0:
        raise KubectlFailed(f"kubectl {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Namespace:
    """A namespace that admits only pods of the `restricted` level, for whatever is put into it."""

    alive: dict[str, Namespace] = {}
    """Those that exist now, for diagnostics."""

    def __init__(self, name: str):
        self.name = name

    def create(self) -> Namespace:
        Namespace.alive[self.name] = self
        labels = {"pod-security.kubernetes.io/enforce": "restricted", "dvara-test": "cluster"}
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name, "labels": labels}})
        return self

    def delete(self) -> None:
        """Takes it away at once, without the patience that its pods are promised."""
        kubectl("delete", "namespace", self.name, "--wait=false", "--ignore-not-found")
        self("delete", "pods", "--all", "--grace-period=1", "--wait=false", "--ignore-not-found")
        Namespace.alive.pop(self.name, None)

    def __call__(self, *arguments: str, stdin: str | None = None, seconds: float = PATIENCE) -> str:
        return kubectl("--namespace", self.name, *arguments, stdin=stdin, seconds=seconds)

    def apply(self, *objects: dict) -> None:
        documents = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        kubectl("--namespace", self.name, "apply", "-f", "-", stdin=json.dumps(documents))

    def read(self, *what: str) -> dict:
        """An object, or a list of them, as `kubectl get` knows it."""
        return json.loads(self("get", *what, "-o", "json"))

    def pods(self, selector: str) -> list[dict]:
        """The pods that are not on their way out."""
        return [pod for pod in self.read("pods", "-l", selector)["items"] if "deletionTimestamp" not in pod["metadata"]]

    def ready(self, selector: str) -> list[dict]:
        return [pod for pod in self.pods(selector) if is_ready(pod)]

    def wait_ready(self, selector: str, count: int, seconds: float = PATIENCE) -> list[dict]:
        """Waits until exactly `count` pods are there and all of them are ready."""

        def settled() -> list[dict]:
            pods = self.pods(selector)
            return pods if len(pods) == count and all(map(is_ready, pods)) else []

        return self.eventually(settled, f"{count} pods of {selector} are ready", seconds)

    def rolled_out(self, deployment: str, seconds: float = PATIENCE) -> None:
        self("rollout", "status", f"deployment/{deployment}", f"--timeout={int(seconds)}s", seconds=seconds + 10)

    def logs(self, what: str, *options: str) -> str:
        return self("logs", what, *options)

    def dvara(self, what: str, *command: str, container: str = "gateway-server") -> str:
        """What a command of our binary prints inside of a running pod."""
        return self("exec", what, "-c", container, "--", "/dvara", *command)

    def exists(self, *what: str) -> bool:
        return bool(self("get", *what, "--ignore-not-found", "-o", "name").strip())

    def eventually(self, holds: Callable[[], object], what: str, seconds: float = PATIENCE):
        """Like `eventually`, at a pace that leaves the API server and this machine some air."""

        def slowly():
            if not (value := holds()):
                time.sleep(0.4)
            return value

        return eventually(slowly, f"{what} (namespace {self.name})", seconds)

    @contextmanager
    def forwarded(self, what: str, port: int) -> Iterator[str]:
        """The address at which `kubectl port-forward` offers a port of a pod or Service."""
        local = free_port()
        command = [TOOLS / "kubectl", "--namespace", self.name, "port-forward", what, f"{local}:{port}"]
        forward = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: answers("127.0.0.1", local), f"port-forward to {what}", 30)
            yield f"http://127.0.0.1:{local}"
        finally:
            forward.terminate()
            forward.wait()

    def address_of(self, service: str) -> str:
        """The address of a Service, as clients inside of the cluster use it."""
        return self.read("service", service)["spec"]["clusterIP"]

    def describe(self) -> str:
        """Everything that helps to understand a failure: pods, events, what containers said before they went."""
        parts = []
        for command in (
            ("get", "pods,deployments,hpa,pdb,services,endpointslices", "-o", "wide"),
            ("get", "events", "--sort-by=.lastTimestamp"),
        ):
            parts.append(self._attempt(*command))
        names = self._attempt("get", "pods", "-o", "name").split()
        for name in names:
            parts.append(f"--- {name}\n" + self._attempt("logs", name, "--all-containers", "--tail=25"))
            parts.append(f"--- {name}, before its restart\n" + self._attempt("logs", name, "--all-containers", "--tail=25", "--previous"))
        return "\n".join(parts)

    def _attempt(self, *command: str) -> str:
        try:
            return self(*command, seconds=30)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return f"({error})"


def is_ready(pod: dict) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def name_of(thing: dict) -> str:
    return thing["metadata"]["name"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True
