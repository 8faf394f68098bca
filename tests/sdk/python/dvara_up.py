"""`dvara up` as a child process: started, waited for, called as a command, stopped, killed.

`DVARA_BIN` names the program. Nothing of the caller's environment that could configure the product reaches it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

START_SECONDS = 90
"""The first start makes a database cluster; on a busy machine that takes a while."""

STOP_SECONDS = 45
"""Draining may take 30 seconds, stopping the database a few more."""

CONFIGURING = re.compile(
    r"^(DVARA_|GATEWAY_|SPRING_|OPENAI_|ANTHROPIC_|GEMINI_|OTEL_|AWS_|MOCK_|AZURE_|BEDROCK_|VERTEX_|GOOGLE_|OLLAMA_|[A-Z_]+_(API_KEY|BASE_URL)$|[A-Z]+_PROXY$)",
    re.IGNORECASE,
)


def program() -> str:
    binary = os.environ.get("DVARA_BIN")
    assert binary and os.access(binary, os.X_OK), "DVARA_BIN must name the dvara program; `make test` builds and sets it"
    return binary


# Whatever is free, so that tests do not meet each other.
ANY_PORTS = ("--gateway-port", "0", "--flightdeck-port", "0", "--mcp-port", "0")


class DvaraUp:
    """One data folder, and the process that serves from it while it runs."""

    def __init__(self, environment: dict[str, str] | None = None, options: list[str] | None = None):
        # The database runs as another user when we are root: the folder must be open to it, and its path short
        # enough for a Unix socket.
        self.home = Path(tempfile.mkdtemp(prefix="dvara-", dir="/tmp"))
        self.home.chmod(0o755)
        self.data = self.home / "data"
        self.log = self.home / "log"
        self.options = options or []
        self.environment = {name: value for name, value in os.environ.items() if not CONFIGURING.match(name)}
        self.environment |= {"DVARA_PG_BIN": os.environ["DVARA_PG_BIN"]} if "DVARA_PG_BIN" in os.environ else {}
        self.environment |= environment or {}
        self.process: subprocess.Popen | None = None
        self.quickstart: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where the gateway listens, without a path."""
        return self.quickstart["gateway_url"].rstrip("/")

    @property
    def key(self) -> str:
        return self.quickstart["api_key"]

    def command(self) -> list[str]:
        return [program(), "up", "--data-dir", str(self.data), *ANY_PORTS, *self.options]

    def start(self, command: list[str] | None = None, cwd: Path | None = None) -> DvaraUp:
        """Starts it and waits until it serves."""
        before = self._quickstart_stamp()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command or self.command(),
                env=self.environment,
                cwd=cwd or self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._quickstart_stamp() == before or not self._read_quickstart():
            code = self.process.poll()
            assert code is None, f"dvara up ended with {code}:\n{self.tail()}"
            assert time.monotonic() < deadline, f"no quickstart.json after {START_SECONDS} s:\n{self.tail()}"
            time.sleep(0.05)
        return self

    def _quickstart_stamp(self) -> tuple[int, int] | None:
        try:
            stat = (self.data / "quickstart.json").stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def _read_quickstart(self) -> bool:
        try:
            self.quickstart = json.loads((self.data / "quickstart.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        return True

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        assert self.process, "it was not started"
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        assert self.process, "it was not started"
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still there {STOP_SECONDS} s after it was told to stop:\n{self.tail()}") from None

    def kill(self, *, database_too: bool) -> None:
        """SIGKILL: nobody gets to say goodbye."""
        assert self.process, "it was not started"
        postmaster = self.postmaster()
        self.process.kill()
        self.process.wait()
        if database_too and postmaster:
            os.kill(postmaster, signal.SIGKILL)
            eventually(lambda: not alive(postmaster), "the database's first process is gone")

    def postmaster(self) -> int | None:
        """The process id of the private database, if its pid file is there."""
        for file in self.data.rglob("postmaster.pid"):
            return int(file.read_text().split("\n", 1)[0])
        return None

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another subcommand on the same data folder: how it ended, and what it printed where. Files are named from `home`."""
        return subprocess.run(
            [program(), *arguments, "--data-dir", str(self.data)],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def run(self, *arguments: str, check: bool = True) -> str:
        """The same, for what it prints."""
        done = self.call(*arguments)
        assert not check or done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def tail(self) -> str:
        """The end of what it printed, for the message of a failed test."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-60:]) if self.log.exists() else ""

    def clean_up(self) -> None:
        """Leaves no process and no file behind, whatever happened."""
        if self.process and self.process.poll() is None:
            self.kill(database_too=True)
        elif (postmaster := self.postmaster()) and alive(postmaster):
            os.kill(postmaster, signal.SIGQUIT)
        shutil.rmtree(self.home, ignore_errors=True)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    # A zombie that nobody has waited for is not alive.
    return state != "Z"


def eventually(holds, what: str, seconds: float = 10.0):
    """Waits, within bounds, until `holds()` is true; returns what it returned."""
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return value
