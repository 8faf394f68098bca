"""What the tests share: one database server, the builds under test, namespaces, and what is shown after a failure."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import place
import pytest
from kube import Namespace
from node_postgres import NodePostgres
from place import Build


def pytest_configure() -> None:
    """A run that is told to stop ends like one that is interrupted: fixtures clean up, nothing is left running."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest module first, so that the others fill the time beside it."""
    items.sort(key=lambda item: item.path.name != "test_zero_downtime.py")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """A failure comes with the state of every namespace at that moment."""
    report = yield
    if report.failed:
        for namespace in list(Namespace.alive.values()):
            report.sections.append((f"namespace {namespace.name}", namespace.describe()))
    return report


def pytest_terminal_summary(terminalreporter) -> None:
    """What was measured, as one table."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports if getattr(report, "when", "") == "call"]
    rows = [row for report in reports for name, row in report.user_properties if name == "measured"]
    if rows:
        terminalreporter.section("measured in pods")
        for row in [("what", "is", "at most"), *rows]:
            terminalreporter.write_line("{:36} {:>56} {:>8}".format(*row))


@pytest.fixture(scope="session")
def build() -> Build:
    """This clone's binary, its images in the cluster."""
    build = place.this_build()
    place.load_image(build.archive)
    return build


@pytest.fixture(scope="session")
def previous() -> Build:
    """The build before this one, its images in the cluster beside this one's."""
    build = place.previous_build()
    place.load_image(build.archive)
    return build


@pytest.fixture(scope="session")
def postgres() -> Iterator[NodePostgres]:
    server = NodePostgres()
    try:
        yield server.start()
    finally:
        server.clean_up()


@pytest.fixture(scope="session")
def namespaces() -> Iterator[Callable[[str], Namespace]]:
    """Makes namespaces; what is still there at the end goes away."""
    made: list[Namespace] = []

    def make(purpose: str) -> Namespace:
        made.append(Namespace(f"dvara-test-{purpose}").create())
        return made[-1]

    try:
        yield make
    finally:
        for namespace in made:
            if namespace.name in Namespace.alive:
                namespace.delete()
