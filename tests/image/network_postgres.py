"""A PostgreSQL server of its own that listens on a port, as a database beside a cluster does."""

from __future__ import annotations

import socket

from own_postgres import START_SECONDS, OwnPostgres


class NetworkPostgres(OwnPostgres):
    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        super().__init__()

    def start(self) -> NetworkPostgres:
        options = f"-k {self.folder} -p {self.port} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options)
        return self

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What psql prints for a statement."""
        return self.tool("psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement)

    def tool(self, name: str, *arguments: str) -> str:
        """Runs one of PostgreSQL's client programs on this server; what it prints."""
        return self._run(name, "-h", "127.0.0.1", "-p", str(self.port), "-U", "dvara", *arguments)

    def datasource(self, database: str = "postgres") -> dict[str, str]:
        """The settings that point a service at a database here."""
        return {
            "SPRING_DATASOURCE_URL": f"jdbc:postgresql://127.0.0.1:{self.port}/{database}",
            "SPRING_DATASOURCE_USERNAME": "dvara",
            "SPRING_DATASOURCE_PASSWORD": "not asked for",
        }
