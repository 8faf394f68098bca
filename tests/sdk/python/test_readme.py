"""The README's calls, run as they are written: curl, Python and Node.js, with what `dvara up` printed and nothing else."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
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
    assert answer(called(code, printed, tmp_path, language)) == ANSWER


@pytest.fixture(scope="module")
def with_vendor(vendor) -> Iterator[dict[str, str]]:
    """What a gateway printed that has the fake vendor in the place of the real ones, by the variables that the README names."""
    variables = settings(vendor)
    named = set(re.findall(r"`([A-Z_]+)`", section("A real model")))
    assert {name for name in variables if name.endswith(("_KEY", "_BASE_URL"))} <= named
    gateway = DvaraUp(variables)
    try:
        yield dict(EXPORT.findall(gateway.start().log.read_text()))
    finally:
        gateway.clean_up()


CALLS = [code for _, code in BLOCK.findall(section("A real model")) if code.startswith("curl ")]


def test_readme_shows_two_calls_of_real_models():
    assert [re.search(r'"\$OPENAI_BASE_URL/(\S+)"', code)[1] for code in CALLS] == ["chat/completions", "embeddings"]


def test_call_of_a_real_model_works_verbatim(with_vendor, tmp_path):
    assert answer(called(CALLS[0], with_vendor, tmp_path)) == "I read: user: Hello! – ok ✓"


def test_call_for_embeddings_works_verbatim(with_vendor, tmp_path):
    said = json.loads(called(CALLS[1], with_vendor, tmp_path))
    assert [one["embedding"] for one in said["data"]] == [[0, len("one text")], [1, len("and another")]]


def called(code: str, printed: dict[str, str], folder: Path, language: str = "sh") -> str:
    """What a call printed whose environment has no variable of ours beside those that `dvara up` told us to export."""
    environment = {name: value for name, value in os.environ.items() if not CONFIGURING.match(name)} | printed
    done = subprocess.run(
        command(language, code, folder),
        env=environment, cwd=folder, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


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
