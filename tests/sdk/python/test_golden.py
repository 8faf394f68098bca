"""The golden files of the dialects, judged by the vendors' own SDKs: what stands there is what a vendor says and takes.

A file that goes beyond the types does so on purpose, and is named here with what it goes beyond by. When that is no longer
so, its test fails as well.
"""

import anthropic_rules
import oracle
import pytest
from golden_files import body, cases, disagreements, events, found_exactly, read, wire
from openai.types.shared import ErrorObject
from vendor_judges import JUDGES, Judge

BEYOND_REQUESTS = {
    "openai/documents-and-audio": "a part of tomorrow's",
    "openai/images": "image_url as a bare string",
    "openai/reasoning": "reasoning_content",
    "openai/unknown-fields": "what other servers of OpenAI's shape take",
}
BEYOND_SENT = {
    "anthropic/cache-markers": "more marks than Anthropic takes, all of them the client's",
    "anthropic/effort-minimal-adaptive": "output_config.task_budget, the client's",
    "anthropic/features-in-trial": "context_management, the client's, with the header that the feature wants",
    "anthropic/own-fields": "fields that nobody knows, passed on as they came",
    "anthropic/thinking-own-words": "top_k beside thinking, in the client's own words",
}
BEYOND_ANSWERS = {
    "anthropic/error-413": "request_too_large, which is in the documentation only",
    "anthropic/error-in-success": "an error with the status of a success",
}
BEYOND_EVENTS = {"anthropic/unknown-error": "a kind of error of tomorrow's"}

OTHER_VENDORS = {"openrouter", "ollama", "vllm", "any server", "a proxy in between"}
"""Whose answers have members of their own, and whose SDK is OpenAI's read leniently."""

TYPES_OF_THEIR_OWN = {"azure-openai", "mistral", "groq"}
"""Who has OpenAI's shape and is judged by something else than OpenAI's types for requests."""

NAMES = {"azure": "azure-openai", "xai": "grok"}
"""How providers are called whose answers these files have under another name."""


def judge_of(vendor: str) -> Judge:
    """Whoever is not known by name says what OpenAI says."""
    return JUDGES.get(NAMES.get(vendor, vendor), JUDGES["openai"])


UNSIGNED = ("Invalid `signature` in `thinking` block", "Invalid `data` in `redacted_thinking` block")
"""The golden files' thoughts are signed by nobody; whether signatures survive is for test_reasoning.py."""


# --- requests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("openai", ".request.json"))
def test_clients_say_what_openais_sdk_lets_them_say(case):
    found_exactly(oracle.openai_request(body(read(case, ".request.json")["body"])), case, BEYOND_REQUESTS)


@pytest.mark.parametrize("case", cases("openai", ".request.json"))
def test_what_we_send_to_openai_is_what_it_takes(case):
    """And it has nothing wrong with it that the client did not say. Who else is sent to is judged by a type of its own, if it has one."""
    said = oracle.openai_request(body(read(case, ".request.json")["body"]))
    targets = [target for target in read(case, ".request.expected.json")["targets"] if isinstance(target.get("sent"), dict)]
    assert targets
    for target in targets:
        vendor = target["target"].split(",")[0]
        if vendor in TYPES_OF_THEIR_OWN:
            found_exactly(JUDGES[vendor].request(body(target["sent"]), target["path"]), f"{case}, {vendor}", BEYOND_SENT)
        else:
            assert oracle.openai_request(body(target["sent"])) == said, target["target"]


@pytest.mark.parametrize("case", cases("anthropic", ".request.expected.json"))
def test_what_we_send_to_anthropic_is_what_it_takes(case):
    """Whatever reaches Anthropic is good, or it is what the client said in Anthropic's own words, or it was refused here."""
    expected = read(case, ".request.expected.json")
    if "refused" in expected:
        assert expected["refused"]["param"]
        return
    found = [finding for finding in anthropic_rules.findings(body(expected["sent"])) if not finding.endswith(UNSIGNED)]
    found_exactly(found, case, BEYOND_SENT)


# --- answers -----------------------------------------------------------------------------------------------------


ANSWERS = {case: read(case, ".answer.expected.json")["vendor"] for case in cases("openai", ".answer.json")}


@pytest.mark.parametrize("case, vendor", [said for said in ANSWERS.items() if said[1] not in OTHER_VENDORS])
def test_answer_of_openai_is_one(case, vendor):
    answer = read(case, ".answer.json")
    if answer["status"] == 200:
        assert disagreements(judge_of(vendor).answer, answer["body"]) == []
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


@pytest.mark.parametrize("case", cases("anthropic", ".answer.expected.json", odd=True))
def test_what_we_make_of_anthropics_answer_is_openais(case):
    expected = read(case, ".answer.expected.json")
    if "fault" in expected:
        assert "body" not in expected, "either an answer or a fault"
        return
    assert disagreements(oracle.openai_completion, expected["body"], oracle.OURS) == []


# --- streams -----------------------------------------------------------------------------------------------------


STREAMS = {case: read(case, ".stream.expected.json")["vendor"] for case in cases("openai", ".stream.sse")}


@pytest.mark.parametrize("case, vendor", [said for said in STREAMS.items() if said[1] not in OTHER_VENDORS])
def test_stream_of_openai_is_one(case, vendor):
    for event in wire(case):
        if "error" in event and vendor == "openai":
            ErrorObject.model_validate(event["error"], strict=True)
        else:
            assert disagreements(judge_of(vendor).event, event) == []


@pytest.mark.parametrize("case", cases("anthropic", ".stream.sse"))
def test_stream_of_anthropic_is_one(case):
    sent = wire(case)
    assert sent[0]["type"] in ("message_start", "error")
    found_exactly([finding for event in sent for finding in disagreements(oracle.anthropic_event, event)], case, BEYOND_EVENTS)


@pytest.mark.parametrize("audience", ["to_one_that_asked", "to_others"])
@pytest.mark.parametrize("case", cases("anthropic", ".stream.expected.json", odd=True))
def test_what_we_make_of_anthropics_stream_is_openais(case, audience):
    expected = read(case, ".stream.expected.json")
    chunks = events("".join(expected[audience]))
    for chunk in chunks:
        assert disagreements(oracle.openai_chunk, chunk, oracle.OURS) == []
    if expected["summary"]["end"] == "done":
        assert len({chunk["id"] for chunk in chunks}) == 1
        finishes = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
        assert [bool(finish) for finish in finishes] == [False] * (len(finishes) - 1) + [True]
    assert not any(chunk.get("usage") for chunk in chunks) or audience == "to_one_that_asked"
