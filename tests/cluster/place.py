"""Where the suite runs: what scripts/test-cluster tells it by its environment, and the folders of this clone."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "meridian"
TOOLS = Path.home() / ".cache" / "dvara" / "tools" / "bin"
"""helm3, helm4 and kubectl, as scripts/install brought them."""

REPOSITORY = "ghcr.io/dvarahq/dvara"


def told(name: str) -> str:
    """A variable that scripts/test-cluster sets."""
    value = os.environ.get(name, "")
    assert value, f"{name} is not set; scripts/test-cluster sets it and starts these tests"
    return value


def host_address() -> str:
    """An address of this machine that pods can reach."""
    return told("HOST_ADDRESS")


def in_node_network() -> bool:
    """Whether this process is in the network of the cluster's only node, so that it can cut what pods send each other."""
    return os.environ.get("NODE_NETWORK") == "1"


def load_image(archive: Path) -> None:
    """Brings an image archive to where the cluster's nodes find it."""
    done = subprocess.run([*shlex.split(told("IMAGE_LOAD")), str(archive)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"IMAGE_LOAD ended with {done.returncode}:\n{done.stdout}"


class Build:
    """What `scripts/image --test` made: a static binary, its images, and a licence that it accepts."""

    def __init__(self, variable: str):
        self.folder = Path(told(variable))

    @property
    def binary(self) -> Path:
        return self.folder / "dvara"

    @property
    def archive(self) -> Path:
        return self.folder / "image.tar"

    @property
    def licence(self) -> str:
        return (self.folder / "licence").read_text().strip()

    @property
    def tag(self) -> str:
        """The tag of all of its images."""
        (tag,) = {line.rpartition(":")[2] for line in (self.folder / "references").read_text().split()}
        return tag

    def image(self, name: str = "dvara-llm-gateway") -> str:
        """How the cluster's nodes know an image of it."""
        registry = os.environ.get("IMAGE_REGISTRY", "")
        repository = f"{registry}/{REPOSITORY.partition('/')[2]}" if registry else REPOSITORY
        return f"{repository}/{name}:{self.tag}"


def this_build() -> Build:
    return Build("IMAGE_FOLDER")


def previous_build() -> Build:
    return Build("PREVIOUS_IMAGE_FOLDER")
