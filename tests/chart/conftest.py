"""What the tests of the chart share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import chart
import pytest
from registry import ChartRegistry


def pytest_configure() -> None:
    """Says what is missing once, instead of in every test."""
    missing = [name for name in [*chart.HELMS, "kubectl"] if not (chart.TOOLS / name).exists()]
    if missing:
        pytest.exit(f"{chart.TOOLS} has no {', '.join(missing)}: run scripts/install test", returncode=2)


@pytest.fixture(scope="session", autouse=True)
def rendered(request: pytest.FixtureRequest) -> None:
    """Every case for every release of Kubernetes by both Helms, made side by side before the first test asks for one.

    A run of a few tests makes the few that they ask for.
    """
    if len(request.session.items) < 300:
        return
    wanted = [(case, helm, kube) for case in chart.CASES for helm in chart.HELMS for kube in chart.KUBERNETES]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(attempt, *one) for one in wanted]:
            done.result()


def attempt(case: str, helm: str, kube: str) -> None:
    """A render that fails is the business of the test that asks for it."""
    try:
        chart.text(case=case, helm=helm, kube=kube)
    except AssertionError:
        pass


@pytest.fixture(scope="session")
def registry() -> Iterator[ChartRegistry]:
    made = ChartRegistry()
    yield made
    made.server.clean_up()
