"""What the tests share: the static binary, a database that hosts reach, and a network for each test."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet import Fleet, ReachablePostgres
from image_folder import image_folder
from network import Network
from service import Build


def pytest_configure() -> None:
    """A run that is told to stop ends like one that is interrupted: fixtures clean up, nothing is left running."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    assert os.geteuid() == 0, "network namespaces need root: run these tests as root"


@pytest.fixture(scope="session")
def build() -> Build:
    return Build(image_folder())


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    try:
        yield network.up()
    finally:
        network.down()


@pytest.fixture
def postgres(network: Network) -> Iterator[ReachablePostgres]:
    server = ReachablePostgres()
    try:
        yield server.start()
    finally:
        server.clean_up()


@pytest.fixture
def fleets(build, network, postgres, tmp_path) -> Iterator:
    """Makes fleets, each on a database of its own, on one network."""
    made: list[Fleet] = []
    numbers = itertools.count(1)

    def make() -> Fleet:
        name = f"fleet_{next(numbers)}"
        postgres.sql(f"CREATE DATABASE {name}")
        made.append(Fleet(build, network, postgres.datasource(name), tmp_path / name))
        return made[-1]

    try:
        yield make
    finally:
        for each in made:
            each.clean_up()


@pytest.fixture
def fleet(fleets) -> Fleet:
    return fleets()
