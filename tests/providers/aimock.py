"""aimock as a child process, behind the door of node/vendors.js: scripted with answers, asked what it got and what it understood."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

NODE = Path(__file__).parent / "node"
KEY = "sk-judge-0123456789abcdef"
"""The one key that aimock's vendors with keys know: who says another one gets a 401."""


@dataclass(frozen=True)
class Call:
    """A request as it arrived, and as aimock took it: in the words of OpenAI, whatever the vendor."""

    provider: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int | None
    understood: dict | None

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Aimock:
    """The vendors of one test run. Use it as a context manager."""

    def __enter__(self) -> Aimock:
        install()
        self._process = subprocess.Popen(["node", NODE / "vendors.js", KEY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self._process.stdout.readline()
        assert line, f"aimock's door ended with {self._process.wait()}"
        self._door = f"http://127.0.0.1:{json.loads(line)['port']}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def url(self, provider: str, path: str = "") -> str:
        """Where a provider's vendor is."""
        return f"{self._door}/{provider}{path}"

    def says(self, to: str, answer: dict, **more: object) -> None:
        """Scripts an answer to calls whose last message of the user holds `to`. `more` says what else has to fit, and how it is sent."""
        when = {name: more.pop(name) for name in ("hasToolResult", "responseFormat", "inputText") if name in more}
        match = when if "inputText" in when else {"userMessage": to, **when}
        self._ask("/_door/says", json.dumps([{"match": match, "response": answer, **more}]).encode())

    def calls(self, holding: str) -> list[Call]:
        """The calls whose bodies hold a text, in the order in which they came."""
        found = self._ask("/_door/calls?" + urllib.parse.urlencode({"holding": holding}))
        return [
            Call(
                provider=each["provider"],
                method=each["method"],
                path=each["path"],
                headers=each["headers"],
                body=base64.b64decode(each["body"]),
                status=each["status"],
                understood=each["understood"],
            )
            for each in found
        ]

    def call(self, holding: str) -> Call:
        """The one call of that text."""
        found = self.calls(holding)
        assert len(found) == 1, found
        return found[0]

    def _ask(self, path: str, body: bytes | None = None):
        with urllib.request.urlopen(urllib.request.Request(self._door + path, data=body), timeout=10) as answer:
            return json.loads(answer.read())


def install() -> None:
    """What package-lock.json names, unless it is there. scripts/install does the same, with the same mark."""
    installed = NODE / "node_modules/.installed"
    wanted = f"{hashlib.sha256((NODE / 'package-lock.json').read_bytes()).hexdigest()}  -"
    if installed.exists() and installed.read_text() == wanted:
        return
    assert shutil.which("npm"), "npm is missing; scripts/install test brings it"
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"], cwd=NODE, check=True)
    installed.write_text(wanted)
