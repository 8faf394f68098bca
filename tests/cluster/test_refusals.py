"""Starts that are refused, in pods: the reason stands in the log, the exit code is not zero, and no data was touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from kube import Namespace
from node_postgres import Database, NodePostgres
from place import Build
from pods import Ended, ended, once, random_secret, settings

NO_LICENCE = "LicenseValidationException: No license key configured"
NO_CACHE_SERVICE = (
    "Kubernetes clustering requires CACHE_SERVICE_NAME when KUBERNETES_NAMESPACE is set. "
    "Without it, pods cannot form a cluster and rate limit state will not be shared."
)
CONFIGURATION, DATABASE = 64, 1
"""Exit codes."""


@pytest.fixture(scope="module")
def namespace(namespaces: Callable[[str], Namespace]) -> Iterator[Namespace]:
    namespace = namespaces("refusals")
    yield namespace
    namespace.delete()


class Attempts:
    """Pods that all try to start at the same time, each on a database of its own."""

    def __init__(self, namespace: Namespace, postgres: NodePostgres, build: Build):
        self.namespace = namespace
        self.build = build
        self.server = postgres
        self.databases: dict[str, Database] = {}
        self._pods: list[dict] = []
        self._ended: dict[str, Ended] = {}

    def add(self, name: str, service: str = "gateway", **changed: str | None) -> None:
        """A start with settings that are complete but for those that are given; None takes one away."""
        database = self.databases[name] = self.server.database(name)
        environment = {**settings(self.build, database), **changed}
        kept = {key: value for key, value in environment.items() if value is not None}
        self._pods.append(once(name, self.build.image(), service, environment=kept))

    def begin(self) -> None:
        self.namespace.apply(*self._pods)

    def __getitem__(self, name: str) -> Ended:
        if name not in self._ended:
            self._ended[name] = ended(self.namespace, name)
        return self._ended[name]


@pytest.fixture(scope="module")
def attempts(namespace: Namespace, postgres: NodePostgres, build: Build) -> Attempts:
    attempts = Attempts(namespace, postgres, build)
    for service in ("gateway", "flightdeck", "mcp"):
        attempts.add(f"no-licence-{service}", service, DVARA_LICENSE_KEY=None)
        attempts.add(f"weak-secret-{service}", service, DVARA_AUDIT_HMAC_SECRET="short")
    key = random_secret()
    attempts.add("equal-keys", DVARA_ACTUATOR_API_KEY=key, DVARA_ACTUATOR_METRICS_API_KEY=key)
    attempts.add("wrong-password", SPRING_DATASOURCE_PASSWORD="not this one")
    attempts.add("no-database", SPRING_DATASOURCE_URL=None)
    attempts.add("no-cache-service", KUBERNETES_NAMESPACE=namespace.name)
    attempts.begin()
    return attempts


@pytest.mark.parametrize("service", ["gateway", "flightdeck", "mcp"])
def test_s025_without_a_licence_the_log_has_the_published_text(attempts: Attempts, service: str) -> None:
    end = attempts[f"no-licence-{service}"]
    assert NO_LICENCE in end.log
    assert end.code == CONFIGURATION
    assert attempts.databases[f"no-licence-{service}"].is_untouched()


@pytest.mark.parametrize("service", ["gateway", "flightdeck", "mcp"])
def test_a_weak_audit_secret_is_refused_before_the_database_is_touched(attempts: Attempts, service: str) -> None:
    end = attempts[f"weak-secret-{service}"]
    assert "DVARA_AUDIT_HMAC_SECRET has fewer than 32 characters" in end.log
    assert "short" not in end.log.replace("shorter", "")
    assert end.code == CONFIGURATION
    assert attempts.databases[f"weak-secret-{service}"].is_untouched()


def test_one_key_for_both_halves_of_the_actuator_is_refused(attempts: Attempts) -> None:
    end = attempts["equal-keys"]
    assert "DVARA_ACTUATOR_API_KEY and DVARA_ACTUATOR_METRICS_API_KEY are equal" in end.log
    assert end.code == CONFIGURATION
    assert attempts.databases["equal-keys"].is_untouched()


def test_a_wrong_database_password_is_named_and_never_printed(attempts: Attempts) -> None:
    end = attempts["wrong-password"]
    assert "cannot connect to the database at" in end.log
    assert "not this one" not in end.log
    assert end.code == DATABASE
    assert attempts.databases["wrong-password"].is_untouched()


def test_a_pod_without_a_database_does_not_start(attempts: Attempts) -> None:
    end = attempts["no-database"]
    assert "SPRING_DATASOURCE_URL is not set: PostgreSQL is required, there is no in-memory fallback" in end.log
    assert end.code == CONFIGURATION


def test_s146_a_namespace_without_a_cache_service_keeps_a_gateway_from_starting(attempts: Attempts) -> None:
    assert attempts["no-cache-service"].code == CONFIGURATION
    assert attempts.databases["no-cache-service"].is_untouched()


def test_s147_it_says_so_in_the_published_words(attempts: Attempts) -> None:
    assert NO_CACHE_SERVICE in attempts["no-cache-service"].words


def test_a_binary_that_the_schema_has_left_behind_touches_nothing(namespace: Namespace, postgres: NodePostgres, build: Build) -> None:
    database = postgres.database("left-behind")
    environment = settings(build, database)
    namespace.apply(once("migrate", build.image(), "migrate", environment=environment))
    assert ended(namespace, "migrate").code == 0
    database.sql("UPDATE dvara_main.schema_floor SET oldest_binary = '99.0.0'")
    before = database.dump()

    namespace.apply(once("left-behind", build.image(), "gateway", environment=environment))
    end = ended(namespace, "left-behind")
    assert "the database schema serves 99.0.0 and newer only" in end.log
    assert end.code == DATABASE
    assert database.dump() == before
