"""A PostgreSQL server on this machine, at an address that pods reach; tests may stop, kill and freeze it."""

from __future__ import annotations

import hashlib
import itertools

import place
from kube import free_port
from own_postgres import START_SECONDS, OwnPostgres

USER = PASSWORD = "dvara"
"""As in the guide's commands."""


class NodePostgres(OwnPostgres):
    """One server for the whole run; whoever needs a database gets one of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.host = place.host_address()
        self._numbers = itertools.count(1)
        super().__init__()
        # Over the network a password counts, and through the socket it does not.
        rules = "local all all trust\nhost all all all scram-sha-256\n"
        (self.data / "pg_hba.conf").write_text(rules)

    def start(self) -> NodePostgres:
        options = (
            f"-k {self.folder} -p {self.port} -c listen_addresses=127.0.0.1,{self.host} "
            "-c max_connections=300 -c fsync=off -c shared_buffers=64MB"
        )
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(self.data), "-l", log, "-o", options)
        self.sql(f"ALTER ROLE {USER} PASSWORD '{PASSWORD}'")
        return self

    def database(self, purpose: str) -> Database:
        name = f"{purpose.replace('-', '_')}_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return Database(self, name)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What psql prints for a statement."""
        options = ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-p", str(self.port), "-U", USER]
        return self._run("psql", *options, "-d", database, "-c", statement).strip()

    def dump(self, database: str) -> str:
        """A digest of everything that a database holds."""
        text = self._run("pg_dump", "-h", str(self.folder), "-p", str(self.port), "-U", USER, "-d", database)
        # Newer clients put a random word against injections into each dump.
        lines = [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class Database:
    """A database of its own, and how a service is told of it."""

    def __init__(self, server: NodePostgres, name: str):
        self.server = server
        self.name = name

    @property
    def url(self) -> str:
        return f"jdbc:postgresql://{self.server.host}:{self.server.port}/{self.name}"

    def environment(self, password: str = PASSWORD) -> dict[str, str]:
        """The variables of a pod that nobody wires for us."""
        return {"SPRING_DATASOURCE_URL": self.url, "SPRING_DATASOURCE_USERNAME": USER, "SPRING_DATASOURCE_PASSWORD": password}

    def values(self) -> dict:
        """Where it is, as the chart's `database.*`."""
        return {"host": self.server.host, "port": self.server.port, "name": self.name, "username": USER}

    def sql(self, statement: str) -> str:
        return self.server.sql(statement, self.name)

    def dump(self) -> str:
        return self.server.dump(self.name)

    def is_untouched(self) -> bool:
        """Whether nobody has made a schema of ours in it."""
        return self.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'dvara_main'") == "0"
