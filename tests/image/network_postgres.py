"""A PostgreSQL server of its own that listens on a port, as a database beside a cluster does."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

from own_postgres import START_SECONDS, OwnPostgres


class NetworkPostgres(OwnPostgres):
    def __init__(self, programs: Path | None = None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        super().__init__(programs)

    def start(self) -> NetworkPostgres:
        options = f"-k {self.folder} -p {self.port} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options)
        return self

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What psql prints for a statement."""
        return self.tool("psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement)

    def tool(self, name: str, *arguments: str, stdin: Path | None = None, stdout: Path | None = None) -> str:
        """Runs one of PostgreSQL's client programs on this server, from and to a file where one is given; what it prints."""
        command = [program(name), "-h", "127.0.0.1", "-p", str(self.port), "-U", "dvara", *arguments]
        with ExitStack() as files:
            done = subprocess.run(
                command,
                stdin=files.enter_context(stdin.open("rb")) if stdin else subprocess.DEVNULL,
                stdout=files.enter_context(stdout.open("wb")) if stdout else subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        assert done.returncode == 0, f"{name} ended with {done.returncode}: {done.stderr.decode()}"
        return (done.stdout or b"").decode()

    def datasource(self, database: str = "postgres") -> dict[str, str]:
        """The settings that point a service at a database here."""
        return {
            "SPRING_DATASOURCE_URL": f"jdbc:postgresql://127.0.0.1:{self.port}/{database}",
            "SPRING_DATASOURCE_USERNAME": "dvara",
            "SPRING_DATASOURCE_PASSWORD": "not asked for",
        }


def program(name: str) -> str:
    """The newest of PostgreSQL's programs of that name."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    path = os.pathsep.join([os.environ.get("DVARA_PG_BIN", ""), *map(str, folders), os.environ["PATH"]])
    found = shutil.which(name, path=path)
    assert found, f"no {name}; `make setup` installs PostgreSQL"
    return found
