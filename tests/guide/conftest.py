"""What the tests on processes share: the static binary with a licence, a PostgreSQL, and services that are gone with the test."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from image_folder import image_folder
from network_postgres import NetworkPostgres
from service import Build, Service


def pytest_configure() -> None:
    """A run that is told to stop ends like one that is interrupted: fixtures clean up, nothing is left running."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def build() -> Build:
    return Build(image_folder())


@pytest.fixture(scope="session")
def postgres() -> Iterator[NetworkPostgres]:
    server = NetworkPostgres()
    try:
        yield server.start()
    finally:
        server.clean_up()


@pytest.fixture(scope="session")
def databases() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def database(postgres: NetworkPostgres, databases: Iterator[int]) -> dict[str, str]:
    """The settings of an empty database of this test's own."""
    name = f"test_{next(databases)}"
    postgres.sql(f"CREATE DATABASE {name}")
    return postgres.datasource(name)


@pytest.fixture
def service(build: Build, database: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Makes a service of this test's database: `service("gateway", NAME="value")`. None takes a setting away."""
    made: list[Service] = []

    def make(command: str, **settings: str | None) -> Service:
        made.append(Service(build, command, {**database, **settings}, tmp_path / f"{len(made)}-{command}"))
        return made[-1]

    try:
        yield make
    finally:
        for each in made:
            each.clean_up()
