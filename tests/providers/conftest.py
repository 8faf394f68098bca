"""What the tests share: aimock, one `dvara up` whose providers it plays, and clients made by the official SDK."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator

import openai
import pytest
from aimock import Aimock
from dvara_up import DvaraUp
from envelope import sdk
from providers import AT_ONCE, PROVIDERS, Provider, environment
from service_account import ServiceAccounts


def pytest_configure() -> None:
    """A run that is told to stop ends like one that is interrupted: fixtures clean up, nothing is left running."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def aimock() -> Iterator[Aimock]:
    with Aimock() as aimock:
        yield aimock


@pytest.fixture(scope="session")
def accounts() -> Iterator[ServiceAccounts]:
    with ServiceAccounts() as accounts:
        yield accounts


@pytest.fixture(scope="session")
def gateway(aimock: Aimock, accounts: ServiceAccounts) -> Iterator[DvaraUp]:
    """It has every provider, and says at once what a vendor said."""
    gateway = DvaraUp({**environment(aimock, accounts), **AT_ONCE})
    try:
        yield gateway.start()
    finally:
        gateway.clean_up()


@pytest.fixture(scope="session")
def client(gateway: DvaraUp) -> openai.OpenAI:
    return sdk(gateway)


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.name)
def provider(request: pytest.FixtureRequest) -> Provider:
    """The provider behind the gateway: a test that takes it runs once for each."""
    return request.param


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def topic(numbers: Iterator[int]) -> str:
    """A few words that only this test says, by which aimock and its journal know its calls."""
    return f"topic number {next(numbers)}."
