"""What PostgreSQL the services need, and how they are told where it is."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from network_postgres import NetworkPostgres
from postgres_versions import programs
from service import SERVICES, Service
from tls_postgres import TlsPostgres


@pytest.mark.parametrize("major", [14, 16])
def test_s003_all_three_services_boot_and_migrate_on_postgresql_14_and_16(build, tmp_path, major):
    # Not pytest's folder, whose parents the server's user may not enter.
    with tempfile.TemporaryDirectory(prefix="dvara-pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = NetworkPostgres(programs(major, Path(folder)))
        try:
            server.start()
            assert server.sql("SHOW server_version_num").startswith(str(major))
            for name in SERVICES:
                server.sql(f"CREATE DATABASE {name}")
                service = Service(build, name, dict(server.datasource(name)), tmp_path / name)
                try:
                    service.start()
                    assert "0001_configuration" in service.said(), "it did not migrate the empty database"
                    assert service.get("/actuator/health/liveness").status == 200
                    assert int(server.sql("SELECT count(*) FROM dvara_main.schema_migrations", name)) > 3
                    assert service.stop() == 0, service.said()
                finally:
                    service.clean_up()
        finally:
            server.clean_up()


@pytest.mark.parametrize("command", SERVICES)
def test_s157_without_a_database_there_is_no_start_and_no_fallback(service, command):
    refusal = service(command, SPRING_DATASOURCE_URL=None).refused()
    assert refusal.code == 64
    assert "SPRING_DATASOURCE_URL is not set: PostgreSQL is required, there is no in-memory fallback" in refusal.said
    unreachable = service(command, SPRING_DATASOURCE_URL="jdbc:postgresql://127.0.0.1:1/dvara").refused()
    assert unreachable.code == 1
    assert "127.0.0.1:1" in unreachable.said


def test_s159_a_jdbc_url_is_accepted_with_the_parameters_of_its_query(build, service, postgres, tmp_path):
    assert service("gateway").start().get("/actuator/health/readiness").status == 200
    # A server without TLS is refused when the URL requires it, so the query is not just passed over.
    datasource = postgres.datasource()["SPRING_DATASOURCE_URL"]
    assert service("gateway", SPRING_DATASOURCE_URL=f"{datasource}?sslmode=require").refused().code == 1
    server = TlsPostgres()
    try:
        server.start()
        settings = server.datasource()
        settings["SPRING_DATASOURCE_URL"] += "?sslmode=require"
        sealed = Service(build, "gateway", settings, tmp_path / "sealed")
        try:
            assert sealed.start().get("/actuator/health/readiness").status == 200
            connections = "FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = 'postgres' AND pid <> pg_backend_pid()"
            assert int(server.sql(f"SELECT count(*) {connections} AND ssl")) > 0
            assert int(server.sql(f"SELECT count(*) {connections} AND NOT ssl")) == 0
        finally:
            sealed.clean_up()
    finally:
        server.clean_up()
