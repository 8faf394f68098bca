"""A PostgreSQL server that a test may stop, kill and freeze: a cluster in a folder of its own, behind a Unix socket."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dvara_up import alive, eventually

START_SECONDS = 60


class OwnPostgres:
    def __init__(self, programs: Path | None = None):
        """`programs` is a folder with the server's programs; unset: the newest that the system has."""
        self.programs = programs
        # A short path: a Unix socket's name has room for about a hundred bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="dvara-pg-", dir="/tmp"))
        self.folder.chmod(0o755)
        # The server refuses to run as root.
        self.user = None if os.getuid() else pwd.getpwnam("postgres").pw_uid
        if self.user is not None:
            os.chown(self.folder, self.user, -1)
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--no-locale", "--username=dvara", f"--pgdata={self.data}")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgres:///postgres?host={self.folder}&port=5432&user=dvara"

    def start(self) -> OwnPostgres:
        options = f"-k {self.folder} -p 5432 -c listen_addresses="
        # A log of its own: the server would hold a pipe open for as long as it lives.
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(self.data), "-l", log, "-o", options)
        return self

    def stop(self, how: str = "fast") -> None:
        """Stops it: `fast` in order, `immediate` like a crash."""
        self._run("pg_ctl", "stop", "-w", "-m", how, "-D", str(self.data))

    def freeze(self) -> None:
        """Nothing of it moves any more, and nobody is told: connections stay open and get no answer."""
        # The first process first, so that it starts no other.
        signal_all(self._processes(), signal.SIGSTOP)

    def thaw(self) -> None:
        signal_all(reversed(self._processes()), signal.SIGCONT)

    def rows(self, query: str) -> list[dict]:
        """The rows of a query, each as a dict."""
        output = self.run(f"SELECT to_json(found) FROM ({query}) AS found")
        return [json.loads(line) for line in output.splitlines()]

    def run(self, statement: str) -> str:
        """What psql prints for a statement."""
        options = ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-p", "5432", "-U", "dvara"]
        return self._run("psql", *options, "-d", "postgres", "-c", statement)

    def clean_up(self) -> None:
        """Leaves no process and no file behind, whatever happened."""
        processes = self._processes()
        signal_all(processes, signal.SIGCONT)
        if processes:
            os.kill(processes[0], signal.SIGQUIT)
            eventually(lambda: not any(map(alive, processes)), "the server is gone", seconds=20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _processes(self) -> list[int]:
        """The first process and its children; none when it does not run."""
        try:
            first = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except FileNotFoundError:
            return []
        children = Path(f"/proc/{first}/task/{first}/children")
        return [first, *map(int, children.read_text().split())] if alive(first) else []

    def _run(self, name: str, *arguments: str) -> str:
        folders = [str(self.programs)] if self.programs else []
        folders += [os.environ["DVARA_PG_BIN"]] if "DVARA_PG_BIN" in os.environ else []
        folders += sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
        program = next((found for folder in [*folders, None] if (found := shutil.which(name, path=folder))), None)
        assert program, f"no {name}; `make setup` installs PostgreSQL"
        done = subprocess.run(
            [program, *arguments], user=self.user, cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=START_SECONDS + 30,
        )  # fmt: skip
        assert done.returncode == 0, f"{name} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout


def signal_all(processes: Iterable[int], number: signal.Signals) -> None:
    """Signals each of them in turn. One that served a client may have ended with it meanwhile."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)
