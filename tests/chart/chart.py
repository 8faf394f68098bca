"""The chart under test, as Helm sees it: rendered by the real programs, read back as objects."""

from __future__ import annotations

import atexit
import base64
import json
import os
import pickle
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts/meridian"
TOOLS = Path(os.environ.get("DVARA_TOOLS", Path.home() / ".cache/dvara/tools/bin"))
"""Where scripts/install puts Helm and kubectl."""
HELMS = ["helm3", "helm4"]
KUBERNETES = ["1.28", "1.31", "1.34", "1.37"]
"""The oldest release that the chart is for, the newest, and two between."""
CASES = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
SERVICES = {"gatewayServer": "dvara-server", "gatewayUi": "dvara-ui", "mcpProxyServer": "dvara-mcp-gateway"}
"""Key in the values and Deployment of each service, for a release called `dvara`."""
CONTAINERS = {"gatewayServer": "gateway-server", "gatewayUi": "gateway-ui", "mcpProxyServer": "mcp-proxy-server"}


class Render(list):
    """The objects of one render."""

    def all(self, kind: str) -> list[dict]:
        return [thing for thing in self if thing["kind"] == kind]

    def names(self, kind: str) -> set[str]:
        return {thing["metadata"]["name"] for thing in self.all(kind)}

    def get(self, kind: str, name: str) -> dict:
        found = [thing for thing in self.all(kind) if thing["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} of kind {kind} are called {name}; there are {sorted(self.names(kind))}"
        return found[0]

    def pod(self, service: str = "gatewayServer") -> dict:
        """The pod template of a service."""
        return self.get("Deployment", SERVICES[service])["spec"]["template"]

    def container(self, service: str = "gatewayServer") -> dict:
        (found,) = [one for one in self.pod(service)["spec"]["containers"] if one["name"] == CONTAINERS[service]]
        return found

    def env(self, service: str = "gatewayServer") -> dict[str, dict]:
        """The environment by name; a name that stands there twice fails."""
        entries = self.container(service)["env"]
        by_name = {entry["name"]: entry for entry in entries}
        assert len(by_name) == len(entries), "a name stands in the environment twice"
        return by_name

    def secret(self, name: str = "dvara") -> dict[str, str]:
        """The decoded data of a Secret."""
        return {key: base64.b64decode(value).decode() for key, value in self.get("Secret", name)["data"].items()}

    def effective(self, name: str, service: str = "gatewayServer") -> str | None:
        """What a variable holds in the pod, when the chart alone makes its Secret."""
        entry = self.env(service).get(name)
        if entry is None or "value" in entry:
            return entry and entry["value"]
        reference = entry["valueFrom"]["secretKeyRef"]
        return self.secret(reference["name"]).get(reference["key"])


def run(helm: str, *arguments: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess:
    """Runs a Helm as it comes: no configuration, no cluster."""
    env = {"PATH": os.environ["PATH"], "HOME": helm_home(), "KUBECONFIG": "/dev/null"}
    return subprocess.run([TOOLS / helm, *arguments], input=stdin, capture_output=True, text=True, env=env)


@cache
def helm_home() -> str:
    """A home without settings and registries, for one run of the tests."""
    folder = tempfile.mkdtemp(prefix="dvara-helm-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def template(
    values: dict | None = None,
    flags: Iterable[str] = (),
    *,
    case: str | None = None,
    helm: str = "helm4",
    kube: str = "1.34",
    release: str = "dvara",
    namespace: str = "default",
) -> subprocess.CompletedProcess:
    """`helm template`: of a file in ci/, of values, of command line flags, or of one over the other."""
    arguments = ["template", release, str(CHART), "--namespace", namespace, "--kube-version", f"{kube}.0"]
    if case is not None:
        arguments += ["--values", str(CHART / f"ci/{case}-values.yaml")]
    if values is not None:
        arguments += ["--values", "-"]
    return run(helm, *arguments, *flags, stdin=None if values is None else json.dumps(values))


def objects(text: str) -> Render:
    return Render(thing for thing in yaml.load_all(text, yaml.CSafeLoader) if thing)


@cache
def _text(key: str) -> str:
    values, flags, options = json.loads(key)
    done = template(values, flags, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def text(values: dict | None = None, flags: Iterable[str] = (), **options: str) -> str:
    """What `helm template` prints. The same render is made once per run."""
    return _text(json.dumps([values, list(flags), options]))


def render(values: dict | None = None, flags: Iterable[str] = (), **options: str) -> Render:
    """The same as objects, the caller's own to change."""
    return pickle.loads(_pickled(text(values, flags, **options)))


@cache
def _pickled(rendered: str) -> bytes:
    return pickle.dumps(objects(rendered))


def refusal(values: dict | None = None, flags: Iterable[str] = (), **options: str) -> str:
    """What Helm says when it does not render."""
    done = template(values, flags, **options)
    assert done.returncode != 0, "this was rendered, and it should have been refused"
    return done.stderr


@cache
def defaults() -> dict:
    return yaml.safe_load((CHART / "values.yaml").read_text())


@cache
def schema() -> dict:
    return json.loads((CHART / "values.schema.json").read_text())


@cache
def app_version() -> str:
    return yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]


def leaves(values: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Path and value of everything in nested maps that is not a map with something in it."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    else:
        yield path, values


def nested(path: str, value: object) -> dict:
    """`a.b` and 1 → {"a": {"b": 1}}."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def merged(below: dict, above: dict) -> dict:
    """Values over values, as Helm lays them."""
    result = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result
