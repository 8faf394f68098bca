"""The README's calls, run as they are written: curl, Python and Node.js, with what `dvara up` printed and nothing else."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import settings
from dvara_up import CONFIGURING, DvaraUp

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
EXPORT = re.compile(r"^ *export ([A-Z_]+)=(\S+)$", re.MULTILINE)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANSWER = "This is a mock response"


def section(title: str) -> str:
    """The text of a section of the README, below its heading."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section '{title}'"
    return found[1]


SNIPPETS = [(language, code) for language, code in BLOCK.findall(section("First call")) if language in ("sh", "python", "js")]


@pytest.fixture(scope="module")
def gateway():
    """As a newcomer has it: no vendor, no settings."""
    gateway = DvaraUp()
    try:
        yield gateway.start()
        assert gateway.stop() == 0, gateway.tail()
    finally:
        gateway.clean_up()


@pytest.fixture(scope="module")
def printed(gateway) -> dict[str, str]:
    """The variables that `dvara up` told us to export."""
    return dict(EXPORT.findall(gateway.log.read_text()))


def test_start_prints_what_the_readme_shows(gateway, printed):
    shown = dict(EXPORT.findall(section("Start it")))
    assert printed.keys() == shown.keys() != set()
    assert printed["OPENAI_BASE_URL"] == f"{gateway.url}/v1"
    assert printed["OPENAI_API_KEY"] == gateway.key


def test_readme_shows_three_first_calls():
    assert [language for language, _ in SNIPPETS] == ["sh", "python", "js"]


@pytest.mark.parametrize("language, code", SNIPPETS, ids=[language for language, _ in SNIPPETS])
def test_snippet_works_verbatim(printed, tmp_path, language, code):
    environment = {name: value for name, value in os.environ.items() if not CONFIGURING.match(name)} | printed
    done = subprocess.run(
        command(language, code, tmp_path),
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert answer(done.stdout) == ANSWER


def test_call_of_a_real_model_works_verbatim(vendor, tmp_path):
    """With the fake vendor in the place of the real one, by the variable that the table names."""
    text = section("A real model")
    assert re.search(r"^\| `ANTHROPIC_API_KEY` \|.*`ANTHROPIC_BASE_URL`.*`claude…`", text, re.MULTILINE)
    calls = [code for _, code in BLOCK.findall(text) if code.startswith("curl ")]
    assert len(calls) == 1
    gateway = DvaraUp(settings(vendor))
    try:
        printed = dict(EXPORT.findall(gateway.start().log.read_text()))
        done = subprocess.run(
            command("sh", calls[0], tmp_path),
            env=os.environ | printed, cwd=tmp_path, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert answer(done.stdout) == "I read: user: Hello! – ok ✓"
    finally:
        gateway.clean_up()


def command(language: str, code: str, folder: Path) -> list[str]:
    if language == "sh":
        return ["bash", "-euo", "pipefail", "-c", code]
    if language == "python":
        (folder / "first_call.py").write_text(code)
        return [sys.executable, "first_call.py"]
    # The folder that a newcomer has after `npm install openai`.
    (folder / "node_modules").symlink_to(ROOT / "tests/sdk/node/node_modules")
    (folder / "first-call.mjs").write_text(code)
    return ["node", "first-call.mjs"]


def answer(output: str) -> str:
    """The text of the answer: printed as it is, as one JSON object, or as a stream of events."""
    if output.lstrip().startswith("{"):
        return json.loads(output)["choices"][0]["message"]["content"]
    if output.startswith("data: "):
        events = [line.removeprefix("data: ") for line in output.splitlines() if line]
        assert events.pop() == "[DONE]"
        choices = [choice for event in events for choice in json.loads(event)["choices"]]
        return "".join(choice["delta"].get("content") or "" for choice in choices)
    return output.strip()
