"""What the tests share: the image for tests, a database, and how to run a program from an image without an engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import oci
import pytest
from image_folder import ROOT, image_folder
from network_postgres import NetworkPostgres

TOOLS = Path(sys.executable).parent
"""The programs that came with the Python packages of the tests."""


def pytest_configure() -> None:
    """A run that is told to stop ends like one that is interrupted: fixtures clean up, nothing is left running."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@dataclass(frozen=True)
class TestImage:
    """What `scripts/image --test` left in its folder."""

    __test__ = False

    folder: Path

    @property
    def binary(self) -> Path:
        return self.folder / "dvara"

    @property
    def archive(self) -> Path:
        return self.folder / "image.tar"

    @property
    def licence(self) -> str:
        return (self.folder / "licence").read_text().strip()

    def images(self) -> dict[str, oci.Image]:
        """The images by their short name."""
        return {image.reference.rpartition("/")[2].partition(":")[0]: image for image in oci.read(self.archive)}


@pytest.fixture(scope="session")
def image() -> TestImage:
    return TestImage(image_folder())


@pytest.fixture(scope="session")
def postgres() -> Iterator[NetworkPostgres]:
    server = NetworkPostgres()
    try:
        yield server.start()
    finally:
        server.clean_up()


def shell(script: str, *arguments: str | Path, **environment: str) -> str:
    """What a script prints that has the functions of scripts/ at hand."""
    sources = ". scripts/lib.sh; . scripts/static.sh; . scripts/dist.sh; "
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", sources + script, "bash", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, f"{script} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout
