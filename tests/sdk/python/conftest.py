"""What the tests share: one fake vendor, one `dvara up`, and clients made by the official SDK."""

from __future__ import annotations

import itertools
import signal
import socket
from collections.abc import Callable, Iterator

import fake_anthropic
import fake_openai
import openai
import pytest
from dialects import ANTHROPIC, DIALECTS, OPENAI, Dialect
from dvara_up import DvaraUp
from envelope import TRACE_ID, check_envelope, sdk
from fake_vendor import FakeVendor
from rules import Tenant

__all__ = ["TRACE_ID", "check_envelope", "sdk"]


def pytest_configure() -> None:
    """A run that is told to stop ends like one that is interrupted: fixtures clean up, nothing is left running."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as vendor:
        yield vendor


def settings(vendor: FakeVendor) -> dict[str, str]:
    """The environment that points the gateway's providers at the fake vendor, and has it say at once what the vendor said."""
    return {
        "OPENAI_API_KEY": fake_openai.KEY,
        "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_BASE_URL": f"{vendor.url}/v1",
        "ANTHROPIC_API_KEY": fake_anthropic.KEY,
        "ANTHROPIC_BASE_URL": f"{vendor.url}/anthropic",
        "DVARA_LLM_GATEWAY_RESILIENCE_RETRY_MAX_ATTEMPTS": "1",
    }


@pytest.fixture(scope="session")
def gateway(vendor: FakeVendor) -> Iterator[DvaraUp]:
    gateway = DvaraUp(settings(vendor))
    try:
        gateway.start()
        yield gateway
        # The last assertion of the session: a stop is clean.
        code = gateway.stop()
        assert code == 0, f"SIGTERM ended with {code}:\n{gateway.tail()}"
        assert gateway.postmaster() is None, "the database was left running"
    finally:
        gateway.clean_up()


@pytest.fixture(scope="session")
def deserted() -> Iterator[DvaraUp]:
    """A gateway whose vendors have a port that nobody listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{unused.getsockname()[1]}"
        gateway = DvaraUp(
            {
                "OPENAI_API_KEY": fake_openai.KEY,
                "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_BASE_URL": f"{base}/v1",
                "ANTHROPIC_API_KEY": fake_anthropic.KEY,
                "ANTHROPIC_BASE_URL": base,
                "DVARA_LLM_GATEWAY_RESILIENCE_RETRY_MAX_ATTEMPTS": "1",
            }
        )
        try:
            yield gateway.start()
        finally:
            gateway.clean_up()


@pytest.fixture(scope="session")
def client(gateway: DvaraUp) -> openai.OpenAI:
    return sdk(gateway)


@pytest.fixture
def tenant(gateway: DvaraUp) -> Iterator[Tenant]:
    """A tenant of its own, for the rules of one test: they are gone with it."""
    tenant = Tenant(gateway, "ruled")
    yield tenant
    tenant.let_go()


@pytest.fixture
def neighbour(gateway: DvaraUp) -> Iterator[Tenant]:
    """Another one, whom the rules of the first are not meant for."""
    neighbour = Tenant(gateway, "neighbour")
    yield neighbour
    neighbour.let_go()


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """The vendor behind the gateway: a test that takes it runs once for each."""
    return request.param


@pytest.fixture
def model(request: pytest.FixtureRequest, names: Iterator[int]) -> Callable[..., str]:
    """A model of the fake vendor for a scenario, under which only this test calls it. OpenAI's, unless the test takes `dialect`.

    `generation`, such as `4-6`, is the version that the name tells. Without it no word of the name is a number.
    """
    dialect = request.getfixturevalue("dialect") if "dialect" in request.fixturenames else OPENAI
    return _namer(dialect, request, names)


@pytest.fixture
def claude(request: pytest.FixtureRequest, names: Iterator[int]) -> Callable[..., str]:
    """The same for tests that are about Anthropic only."""
    return _namer(ANTHROPIC, request, names)


def _namer(dialect: Dialect, request: pytest.FixtureRequest, names: Iterator[int]) -> Callable[..., str]:
    test = request.node.name.split("[")[0][:40]
    return lambda scenario, generation="none": f"{dialect.prefix}{scenario}--{generation}-{test}-k{next(names)}"


@pytest.fixture(scope="session")
def names() -> Iterator[int]:
    return itertools.count(1)
