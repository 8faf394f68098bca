"""The golden files of the dialects, judged by the vendors' own SDKs: what stands there is what a vendor says and takes.

A file that goes beyond the types does so on purpose, and is named here with what it goes beyond by. When that is no longer
so, its test fails as well.
"""

import json
from pathlib import Path

import anthropic_rules
import oracle
import pytest
from openai.types.shared import ErrorObject

GOLDEN = Path(__file__).parents[3] / "crates/dvara-dialects/tests/golden"

BEYOND_REQUESTS = {
    "openai/documents-and-audio": {"a part of tomorrow's"},
    "openai/images": {"image_url as a bare string"},
    "openai/reasoning": {"reasoning_content"},
    "openai/unknown-fields": {"what other servers of OpenAI's shape take"},
    "anthropic/tools": {"an image as the result of a tool"},
}
BEYOND_ANSWERS = {
    "anthropic/no-usage": {"usage left out"},
    "anthropic/stop-something-new": {"a reason to stop of tomorrow's"},
    "anthropic/error-413": {"request_too_large, which is in the documentation only"},
    "anthropic/error-in-success": {"an error with the status of a success"},
}
BEYOND_OUR_ANSWERS = {
    "anthropic/stop-something-new": {"a reason to stop that OpenAI has no word for, passed on as it is"},
}
OTHER_VENDORS = {"azure", "deepseek", "groq", "openrouter", "xai", "ollama", "vllm", "any server", "a proxy in between"}
"""Whose answers have members of their own, and whose SDK is OpenAI's read leniently."""

UNSIGNED = ("Invalid `signature`", "Invalid `data`")
"""The golden files' thoughts are signed by nobody; whether signatures survive is for test_reasoning.py."""


def cases(dialect: str, ending: str) -> list[str]:
    """Every case of a dialect with files that end so."""
    found = sorted(f"{dialect}/{path.name.removesuffix(ending)}" for path in (GOLDEN / dialect).glob(f"*{ending}"))
    assert found, f"no golden files of {dialect} end in {ending}"
    return found


def read(case: str, ending: str) -> dict:
    return json.loads((GOLDEN / f"{case}{ending}").read_text())


def body(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def found_exactly(findings: list[str], case: str, beyond: dict[str, set[str]]) -> None:
    """Nothing is found, or the case is known to go beyond the types."""
    if case in beyond:
        assert findings, f"{case} no longer goes beyond the types by {beyond[case]}: take it off the list"
    else:
        assert findings == [], case


def disagreements(judge, document: dict, *more) -> list[str]:
    try:
        judge(document, *more)
    except oracle.Disagreement as disagreement:
        return str(disagreement).splitlines()
    return []


# --- requests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("openai", ".request.json") + cases("anthropic", ".request.json"))
def test_clients_say_what_openais_sdk_lets_them_say(case):
    found_exactly(oracle.openai_request(body(read(case, ".request.json")["body"])), case, BEYOND_REQUESTS)


@pytest.mark.parametrize("case", cases("openai", ".request.json"))
def test_what_we_send_to_openai_is_what_it_takes(case):
    """And it has nothing wrong with it that the client did not say."""
    said = oracle.openai_request(body(read(case, ".request.json")["body"]))
    targets = [target for target in read(case, ".request.expected.json")["targets"] if isinstance(target["sent"], dict)]
    assert targets
    for target in targets:
        assert oracle.openai_request(body(target["sent"])) == said, target["target"]


@pytest.mark.parametrize("case", cases("anthropic", ".request.expected.json"))
def test_what_we_send_to_anthropic_is_what_it_takes(case):
    """The client's own mistakes are not among the golden files: whatever reaches Anthropic is good, or it was refused here."""
    expected = read(case, ".request.expected.json")
    if "refused" in expected:
        assert expected["refused"]["param"]
        return
    assert [finding for finding in anthropic_rules.findings(body(expected["sent"])) if not any(part in finding for part in UNSIGNED)] == []


# --- answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("openai", ".answer.json"))
def test_answer_of_openai_is_one(case):
    answer, vendor = read(case, ".answer.json"), read(case, ".answer.expected.json")["vendor"]
    if vendor in OTHER_VENDORS:
        return
    if answer["status"] == 200:
        assert disagreements(oracle.openai_completion, answer["body"]) == []
    else:
        ErrorObject.model_validate(answer["body"]["error"], strict=True)


@pytest.mark.parametrize("case", cases("anthropic", ".answer.json"))
def test_answer_of_anthropic_is_one(case):
    answer = read(case, ".answer.json")
    if answer.get("body") is None:
        assert answer["text"], "a page, or half an answer: nobody's"
        return
    judge = oracle.anthropic_message if answer["status"] == 200 else oracle.anthropic_error
    found_exactly(disagreements(judge, answer["body"]), case, BEYOND_ANSWERS)


@pytest.mark.parametrize("case", cases("anthropic", ".answer.expected.json"))
def test_what_we_make_of_anthropics_answer_is_openais(case):
    expected = read(case, ".answer.expected.json")
    if "fault" in expected:
        return
    found_exactly(disagreements(oracle.openai_completion, expected["body"], oracle.OURS), case, BEYOND_OUR_ANSWERS)


# --- streams -----------------------------------------------------------------------------------------------------


def events(text: str) -> list[dict]:
    """The data of the events that came whole; half an event is what the file is about."""
    blocks = text.replace("\r\n", "\n").split("\n\n")[:-1]
    data = [line.removeprefix("data:").strip() for block in blocks for line in block.split("\n") if line.startswith("data:")]
    return [json.loads(line) for line in data if line != "[DONE]"]


def wire(case: str) -> list[dict]:
    return events((GOLDEN / f"{case}.stream.sse").read_bytes().decode(errors="replace"))


@pytest.mark.parametrize("case", cases("openai", ".stream.sse"))
def test_stream_of_openai_is_one(case):
    vendor = read(case, ".stream.expected.json")["vendor"]
    for event in wire(case):
        if "error" in event and vendor == "openai":
            ErrorObject.model_validate(event["error"], strict=True)
        elif vendor not in OTHER_VENDORS:
            assert disagreements(oracle.openai_chunk, event) == []


@pytest.mark.parametrize("case", cases("anthropic", ".stream.sse"))
def test_stream_of_anthropic_is_one(case):
    sent = wire(case)
    assert sent[0]["type"] == "message_start"
    for event in sent:
        assert disagreements(oracle.anthropic_event, event) == []


@pytest.mark.parametrize("audience", ["to_one_that_asked", "to_others"])
@pytest.mark.parametrize("case", cases("anthropic", ".stream.expected.json"))
def test_what_we_make_of_anthropics_stream_is_openais(case, audience):
    chunks = events("".join(read(case, ".stream.expected.json")[audience]))
    assert chunks
    for chunk in chunks:
        assert disagreements(oracle.openai_chunk, chunk, oracle.OURS) == []
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert bool(chunks[-1].get("usage")) <= (audience == "to_one_that_asked")
