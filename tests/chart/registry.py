"""Charts in a real registry on this machine."""

from __future__ import annotations

import re
from pathlib import Path

import chart
from own_registry import OwnRegistry

PATH = "dvarahq/dvara/charts"


class ChartRegistry:
    """Debian's docker-registry, spoken to by both Helms."""

    def __init__(self) -> None:
        self.server = OwnRegistry()
        self.host = self.server.host

    def package(self, helm: str, folder: Path) -> Path:
        done = chart.run(helm, "package", str(chart.CHART), "--destination", str(folder))
        assert done.returncode == 0, done.stderr
        (made,) = folder.glob("*.tgz")
        return made

    def push(self, helm: str, package: Path) -> str:
        """Pushes a package and gives the digest that Helm prints."""
        done = chart.run(helm, "push", str(package), f"oci://{self.host}/{PATH}", "--plain-http")
        return digest(done)

    def pull(self, helm: str, version: str, folder: Path) -> tuple[Path, str]:
        done = chart.run(helm, "pull", f"oci://{self.host}/{PATH}/meridian", "--version", version, "--plain-http", "--destination", str(folder))
        said = digest(done)
        (pulled,) = folder.glob("*.tgz")
        return pulled, said


def digest(done) -> str:
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return re.search(r"Digest: (sha256:[0-9a-f]{64})", said)[1]
