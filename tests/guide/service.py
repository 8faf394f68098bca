"""A service of the product as a process: started, asked, stopped, or refused."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from dvara_up import eventually

SERVICES = ("gateway", "flightdeck", "mcp")
START_SECONDS = 60
STOP_SECONDS = 45
API_KEY, METRICS_KEY = "operator-key-of-the-guide-tests", "scrape-key-of-the-guide-tests"
AUDIT_SECRET = "audit-secret-of-the-guide-tests-0123456789"
NO_LICENCE = "LicenseValidationException: No license key configured"


@dataclass(frozen=True)
class Build:
    """What `scripts/image --test` left in its folder."""

    folder: Path

    @property
    def binary(self) -> Path:
        return self.folder / "dvara"

    @property
    def licence(self) -> str:
        return (self.folder / "licence").read_text().strip()


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self):
        return json.loads(self.text)


@dataclass(frozen=True)
class Refusal:
    """A start that came to nothing."""

    code: int
    said: str

    @property
    def lines(self) -> list[str]:
        return self.said.splitlines()


class Service:
    """All that production asks for is set; a test takes away or changes what it is about."""

    def __init__(self, build: Build, command: str, settings: dict[str, str | None], folder: Path, *, host: str = "127.0.0.1", within: tuple[str, ...] = ()):
        """`within` is a command that runs commands elsewhere, such as in a network namespace; `host` is where it is reached then."""
        folder.mkdir(parents=True)
        self.build, self.command, self.folder, self.log = build, command, folder, folder / "log"
        self.host, self.within = host, within
        given = {
            "DVARA_LICENSE_KEY": build.licence,
            "DVARA_AUDIT_HMAC_SECRET": AUDIT_SECRET,
            "DVARA_ACTUATOR_API_KEY": API_KEY,
            "DVARA_ACTUATOR_METRICS_API_KEY": METRICS_KEY,
            "DVARA_SPOOL_DIR": str(folder / "spool"),
            "DVARA_CLUSTER_MULTICAST": "off",
            "MOCK_PROVIDER_ENABLED": "true",
            "DVARA_LLM_GATEWAY_PROVIDERS_MOCK_LATENCY_MS": "0",
            "SERVER_PORT": "0",
            **settings,
        }
        self.environment = {"PATH": os.environ["PATH"], **{name: value for name, value in given.items() if value is not None}}
        self.process: subprocess.Popen | None = None
        self.url = ""

    def start(self) -> Service:
        """Starts it and waits until it listens."""
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [*self.within, self.build.binary, self.command],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.url = eventually(self._listening, f"{self.command} listens", seconds=START_SECONDS)
        return self

    def _listening(self) -> str | None:
        assert self.process.poll() is None, f"{self.command} ended with {self.process.returncode}:\n{self.said()}"
        for line in self.log.read_text().splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("target", "").endswith("process::running") and "address" in event:
                return f"http://{self.host}:{event['address'].rpartition(':')[2]}"
        return None

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def refused(self) -> Refusal:
        """Starts it although it must not start; fails when it does."""
        done = self.run(self.command, check=False)
        assert done.returncode != 0, f"{self.command} started, served and ended in order:\n{done.stdout}"
        return Refusal(done.returncode, done.stdout)

    def run(self, *arguments: str, check: bool = True, given: str | None = None) -> subprocess.CompletedProcess:
        """A command of the product with the settings of this service, and all that it prints."""
        try:
            done = subprocess.run(
                [self.build.binary, *arguments],
                env=self.environment,
                cwd=self.folder,
                input=given or "",
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=START_SECONDS,
            )
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"{arguments} does not end:\n{(late.stdout or b'').decode()}") from None
        assert not check or done.returncode == 0, done.stdout
        return done

    def get(self, path: str, key: str | None = None) -> Answer:
        return self.ask(urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"} if key else {}))

    def ask(self, request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.read().decode(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode(), dict(error.headers))

    def key(self) -> str:
        """A key of a tenant that is made for it, once the gateway knows it."""
        self.run("tenant", "create", "Acme", "--id", "acme")
        key = re.search(r"gw_[0-9a-f]{40}", self.run("key", "create", "ci", "--tenant", "acme").stdout).group()
        eventually(lambda: self.get("/v1/models", key).status == 200, "the key is known")
        return key

    def chat(self, key: str, model: str, text: str = "hello") -> Answer:
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": text}]}).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        return self.ask(urllib.request.Request(f"{self.url}/v1/chat/completions", body, headers))

    def status(self) -> dict:
        """The gateway's status page."""
        answer = self.get("/actuator/gateway-status", API_KEY)
        assert answer.status == 200, answer
        return answer.json

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def clean_up(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
