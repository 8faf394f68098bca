"""The golden files of the vendors that came after OpenAI and Anthropic, judged in both directions by the vendors' own types.

What a file goes beyond the types by is named here, as in test_golden.py, and a name that is no longer needed fails as well.
"""

import json

import oracle
import oracle_bedrock
import pytest
from golden_files import GOLDEN, ODD, body, disagreements, events, found_exactly, read, wire
from strict import Disagreement
from vendor_judges import JUDGES

VENDORS = sorted(JUDGES.keys() - {"openai", "anthropic"})
OWN_ADAPTERS = {"bedrock", "cohere", "gemini", "vertex"}
"""Whose wire is another one, so that there is something to translate in each direction."""

AWAITED = {"azure-openai", "bedrock", "chatglm", "cohere", "deepseek", "gemini", "grok", "groq", "mistral", "moonshot", "qwen", "vertex"}
"""Vendors whose folder of golden files is still missing. One that is not here has its folder."""

BEYOND_SENT: dict[str, str] = {}
BEYOND_ANSWERS: dict[str, str] = {}
BEYOND_EVENTS: dict[str, str] = {}


def cases(ending: str, *, odd: bool = False) -> list[str]:
    """Every case of every vendor with files that end so, with or without the odd ones."""
    names = [(path.parent.name, path.name.removesuffix(ending)) for vendor in VENDORS for path in (GOLDEN / vendor).glob(f"*{ending}")]
    return sorted(f"{vendor}/{name}" for vendor, name in names if odd or not name.startswith(ODD))


def judge(case: str):
    return JUDGES[case.partition("/")[0]]


def test_awaited_folders_are_not_there():
    """What is there comes off the list, so that it cannot go again unnoticed."""
    assert [vendor for vendor in sorted(AWAITED) if (GOLDEN / vendor).is_dir()] == []


@pytest.mark.parametrize("vendor", [vendor for vendor in VENDORS if vendor not in AWAITED])
def test_vendor_has_golden_files_in_both_directions(vendor):
    streams = ".stream.json" if vendor == "bedrock" else ".stream.sse"
    endings = (".request.expected.json", ".answer.json", ".answer.expected.json", streams, ".stream.expected.json")
    assert [ending for ending in endings if not list((GOLDEN / vendor).glob(f"*{ending}"))] == []


# --- requests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases(".request.expected.json", odd=True))
def test_what_we_send_is_what_the_vendor_takes(case):
    """Whatever reaches the vendor is good, or it was refused here, with the parameter that it was refused for."""
    expected = read(case, ".request.expected.json")
    if "refused" in expected or "/refused-" in case:
        assert expected["refused"]["param"]
        return
    calls = expected["sent"] if isinstance(expected["sent"], list) else [expected["sent"]]
    found = [finding for sent in calls for finding in judge(case).request(body(sent), expected["path"])]
    found_exactly(found, case, BEYOND_SENT)


# --- answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases(".answer.json"))
def test_what_the_vendor_answers_is_what_it_publishes(case):
    answer = read(case, ".answer.json")
    if answer.get("body") is None:
        assert answer["text"] is not None, "a page, or half an answer: nobody's"
        return
    of = judge(case)
    if answer["status"] == 200:
        found = disagreements(of.answer, answer["body"])
    else:
        found = disagreements(of.error, answer["body"], answer["status"], answer["headers"])
    found_exactly(found, case, BEYOND_ANSWERS)


@pytest.mark.parametrize("case", cases(".answer.expected.json", odd=True))
def test_what_we_make_of_an_answer_is_openais(case):
    expected = read(case, ".answer.expected.json")
    if "fault" in expected:
        assert "body" not in expected, "either an answer or a fault"
        return
    made = expected.get("body")
    if case.partition("/")[0] in OWN_ADAPTERS:
        assert disagreements(oracle.openai_completion, made, oracle.OURS) == []
    else:
        # What has OpenAI's shape is passed on, with the members that the vendor has of its own.
        assert disagreements(judge(case).answer, made) == []


# --- streams -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases(".stream.sse"))
def test_what_the_vendor_streams_is_what_it_publishes(case):
    of = judge(case)
    found = [finding for event in wire(case) for finding in disagreements(whatever_it_is(of), event)]
    found_exactly(found, case, BEYOND_EVENTS)


def whatever_it_is(of):
    """An event, or an error in the place of one; the status that an error in a stream would have had is the one that it says."""

    def judged(event):
        error = event[0] if isinstance(event, list) and event else event
        if isinstance(error, dict) and isinstance(error.get("error"), dict):
            return of.error(error, error["error"].get("code"), {})
        return of.event(event)

    return judged


@pytest.mark.parametrize("case", cases(".stream.json"))
def test_what_bedrock_streams_is_what_it_publishes(case):
    said = json.loads((GOLDEN / f"{case}.stream.json").read_text())
    sent = said["events"] if isinstance(said, dict) else said
    found = [finding for event in sent for finding in disagreements(oracle_bedrock.event, event["type"], event["payload"])]
    found_exactly(found, case, BEYOND_EVENTS)


@pytest.mark.parametrize("case", cases(".stream.expected.json", odd=True))
def test_what_we_make_of_a_stream_is_openais(case):
    expected = read(case, ".stream.expected.json")
    own = case.partition("/")[0] in OWN_ADAPTERS
    of_ours = (lambda chunk: oracle.openai_chunk(chunk, oracle.OURS)) if own else judge(case).event
    told = {name: expected[name] for name in ("lines", "to_one_that_asked", "to_others") if name in expected}
    assert told, "what the client gets"
    for audience, lines in told.items():
        chunks = events("".join(lines))
        for chunk in chunks:
            if "error" not in chunk:
                assert disagreements(of_ours, chunk) == [], audience
        if expected.get("summary", {}).get("end") == "done":
            ended_as_it_should(chunks)
        assert audience != "to_others" or not any(chunk.get("usage") for chunk in chunks)


def ended_as_it_should(chunks: list[dict]) -> None:
    """One answer, which ends each of its choices once and says no more of it."""
    if len({chunk["id"] for chunk in chunks}) != 1:
        raise Disagreement("chunks of more than one answer")
    finishes: dict[int, list] = {}
    for choice in (choice for chunk in chunks for choice in chunk["choices"]):
        finishes.setdefault(choice["index"], []).append(choice["finish_reason"])
    for index, reasons in finishes.items():
        assert [bool(reason) for reason in reasons] == [False] * (len(reasons) - 1) + [True], f"choice {index}: {reasons}"
