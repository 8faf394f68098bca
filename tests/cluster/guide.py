"""The deployment guide's own commands, word for word (the folder guide/), in a shell that has what they take for granted."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ghcr import Ghcr, without_proxies
from helm import merged
from kube import PATIENCE, Namespace, kubectl
from place import ROOT, TOOLS, Build

COMMANDS = ROOT / "tests" / "cluster" / "guide"
PLACEHOLDER = "DVARA-…"
"""Where the guide's reader puts a licence."""

WRAPPER = """#!/bin/sh
# Adds to an installation what a cluster of tests needs; everything else is as it was typed.
case "$1" in
    install | upgrade) exec {helm} "$@" --values {added} ;;
    *) exec {helm} "$@" ;;
esac
"""


class Shell:
    """A folder as the guide's reader has it: `charts/meridian`, the guide's values files, `helm` and `kubectl` on the PATH."""

    def __init__(self, namespace: Namespace, helm: Path, build: Build, added: dict, ghcr: Ghcr | None = None):
        self.namespace = namespace
        self.folder = Path(tempfile.mkdtemp(prefix="dvara-guide-", dir="/tmp"))
        self.build = build
        (self.folder / "charts").symlink_to(ROOT / "charts")
        for values in COMMANDS.glob("*.yaml"):
            shutil.copy(values, self.folder)
        self._tools(helm, ghcr)
        self.added: dict = {}
        self.add(added)

    def _tools(self, helm: Path, ghcr: Ghcr | None) -> None:
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "kubectl").symlink_to(TOOLS / "kubectl")
        wrapper = bin_folder / "helm"
        wrapper.write_text(WRAPPER.format(helm=helm, added=self.folder / "added.json"))
        wrapper.chmod(0o755)
        self.environment = {
            **without_proxies(),
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "KUBECONFIG": str(self._kubeconfig()),
            "HELM_CACHE_HOME": str(self.folder / "helm-cache"),
            "HELM_CONFIG_HOME": str(self.folder / "helm-config"),
            "HELM_DATA_HOME": str(self.folder / "helm-data"),
            **(ghcr.environment(api_server()) if ghcr else {}),
        }

    def _kubeconfig(self) -> Path:
        """The guide's reader works in the namespace that kubectl is set to."""
        config = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
        for context in config["contexts"]:
            context["context"]["namespace"] = self.namespace.name
        path = self.folder / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path

    def add(self, values: dict) -> None:
        """Values that every installation and upgrade from now on gets beside the guide's own."""
        self.added = merged(self.added, values)
        (self.folder / "added.json").write_text(json.dumps(self.added))

    def text(self, name: str) -> str:
        """A command of the guide, with the licence where it says to put one."""
        return (COMMANDS / name).read_text().replace(PLACEHOLDER, self.build.licence)

    def run(self, *names: str, seconds: float = 2 * PATIENCE) -> str:
        """Runs the guide's commands of these files in one shell, and gives what they print."""
        return self.type("\n".join(map(self.text, names)), seconds)

    def type(self, script: str, seconds: float = 2 * PATIENCE) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=seconds,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def forward_and_ask(self, name: str) -> str:
        """Runs two commands of which the first goes on until the second has its answer: port-forward and curl."""
        forward, ask = [line for line in self.text(name).splitlines() if line and not line.startswith("#")]
        command = ["bash", "-c", f"exec {forward.removesuffix('&')}"]
        running = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert running.stdout is not None
            said = running.stdout.readline()
            assert said.startswith("Forwarding from"), f"{forward}: {said}"
            return self.type(ask.replace("curl ", "curl --silent --show-error --fail "))
        finally:
            running.terminate()
            running.wait()

    def clean_up(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def api_server() -> str:
    """The host of the cluster's API."""
    server = kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    host = re.fullmatch(r"https?://(\[[^]]+\]|[^:/]+).*", server)
    assert host, f"what is the host of {server}?"
    return host[1].strip("[]")
