"""A gateway on a database of its own, with the secrets of one installation: the binary as a process, not sealed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from network_postgres import NetworkPostgres
from own_registry import free_port
from sealed import wait_until_ready

SECRETS = {
    "DVARA_ENCRYPTION_MASTER_PASSWORD": "the password of this installation",
    "DVARA_AUDIT_HMAC_SECRET": "0123456789abcdef0123456789abcdef",
}


class Installation:
    def __init__(self, image, postgres: NetworkPostgres, database: str, folder: Path, **settings: str):
        self.binary, self.postgres, self.database, self.log = image.binary, postgres, database, folder / f"{database}.log"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "DVARA_LICENSE_KEY": image.licence,
            "DVARA_SPOOL_DIR": str(folder / f"{database}-spool"),
            "MOCK_PROVIDER_ENABLED": "true",
            # This machine may have a fleet of its own.
            "DVARA_CLUSTER_PORT": "0",
            "SERVER_PORT": self.url.rpartition(":")[2],
            **postgres.datasource(database),
            **SECRETS,
            **settings,
        }
        self.process: subprocess.Popen | None = None

    def run(self, *arguments: str, given: str = "") -> str:
        """A command of the product that succeeds; what it prints."""
        code, output = self.attempt(*arguments, given=given)
        assert code == 0, output
        return output.strip()

    def attempt(self, *arguments: str, given: str = "") -> tuple[int, str]:
        """A command that ends by itself: its exit code, and all that it says."""
        done = subprocess.run(
            [self.binary, *arguments], env=self.environment, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90
        )
        return done.returncode, done.stdout

    def make_key(self, tenant: str) -> str:
        self.run("tenant", "create", tenant.title(), "--id", tenant)
        return re.search(r"gw_[0-9a-f]{40}", self.run("key", "create", "ci", "--tenant", tenant)).group()

    def start(self) -> None:
        """Starts the gateway and waits until it serves."""
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [self.binary, "gateway"], env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        wait_until_ready(self.process, self.url, self.log)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(45) == 0, self.log.read_text()

    def clean_up(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def call(self, key: str, model: str = "mock/x") -> tuple[int, str]:
        """One chat call: status and body."""
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello"}]}).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(f"{self.url}/v1/chat/completions", body, headers), timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def calls(self) -> int:
        """How many calls are in the ledger."""
        return int(self.postgres.sql("SELECT count(*) FROM dvara_main.usage", self.database))

    def wait_for_calls(self, count: int, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while self.calls() != count:
            assert time.monotonic() < deadline, f"{self.calls()} calls are in the ledger, not {count}"
            time.sleep(0.05)
