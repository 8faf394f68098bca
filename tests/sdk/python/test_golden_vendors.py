"""The golden files of the vendors that came after OpenAI and Anthropic, judged in both directions by the vendors' own types.

What a file goes beyond the types by is named here, as in test_golden.py, and a name that is no longer needed fails as well.
"""

import json

import oracle
import oracle_bedrock
import pytest
from golden_files import GOLDEN, ODD, body, disagreements, events, found_exactly, read, wire
from vendor_judges import JUDGES

VENDORS = sorted(JUDGES.keys() - {"openai", "anthropic"})
OWN_ADAPTERS = {"bedrock", "cohere", "gemini", "vertex"}
"""Whose wire is another one, so that there is something to translate in each direction."""

BEYOND_SENT = {
    "chatglm/history": "a video and a search of the vendor's own, in the client's words",
    "cohere/own-fields": "safety_mode beside documents, in the client's words",
    "groq/history": "the function's name beside its result, which Groq's guide has and its types have not",
    "groq/openai-images": "image_url as a bare string, the client's",
    "moonshot/web-search": "a function that is built in, in the client's words",
}
BEYOND_ANSWERS = {
    "cohere/error-422-of-older-servers": "what servers before the second version say beside the message",
    "cohere/error-in-success": "an error with the status of a success",
    "gemini/error-413": "a status that no canonical code has",
    "gemini/error-in-success": "an error with the status of a success",
    "grok/error-in-success": "an error with the status of a success",
    "groq/both-words-for-reasoning": "another vendor's word beside its own",
    "mistral/tools": "cached tokens, which are in the answers and not in the types",
}
BEYOND_EVENTS = {
    "cohere/error-of-an-answer": "an error in the place of an event",
    "gemini/unknown-error": "a kind of error of tomorrow's",
    "groq/reasoning": "a channel, which is in the answers and not in the types",
}
BEYOND_MADE = {
    "chatglm/odd-second-choice-sensitive": "a reason of tomorrow's, as it came",
    "mistral/odd-choices": "choices that are none, as they came",
}


def cases(ending: str, *, odd: bool = False) -> list[str]:
    """Every case of every vendor with files that end so, with or without the odd ones."""
    names = [(path.parent.name, path.name.removesuffix(ending)) for vendor in VENDORS for path in (GOLDEN / vendor).glob(f"*{ending}")]
    return sorted(f"{vendor}/{name}" for vendor, name in names if odd or not name.startswith(ODD))


def judge(case: str):
    return JUDGES[case.partition("/")[0]]


def test_what_is_named_is_there():
    named = {*BEYOND_SENT, *BEYOND_ANSWERS, *BEYOND_EVENTS, *BEYOND_MADE}
    assert [case for case in sorted(named) if not list(GOLDEN.glob(f"{case}.*"))] == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_vendor_has_golden_files_in_both_directions(vendor):
    streams = ".stream.json" if vendor == "bedrock" else ".stream.sse"
    endings = (".request.expected.json", ".answer.json", ".answer.expected.json", streams, ".stream.expected.json")
    assert [ending for ending in endings if not list((GOLDEN / vendor).glob(f"*{ending}"))] == []


# --- requests ----------------------------------------------------------------------------------------------------


def outcomes(case: str) -> list[tuple[dict, dict]]:
    """What a client says and what comes of it; a case may have variants, each with further members of the call."""
    said = client_says(case)
    expected = read(case, ".request.expected.json")
    if isinstance(expected, dict):
        return [(said, expected)]
    return [(said | variant["with"], variant["comes_to"]) for variant in expected]


def client_says(case: str) -> dict:
    vendor, name = case.split("/")
    try:
        return read(case, ".request.json")["body"]
    except FileNotFoundError:
        return read(f"openai/{name.removeprefix('openai-')}", ".request.json")["body"]


@pytest.mark.parametrize("case", cases(".request.expected.json", odd=True))
def test_what_we_send_is_what_the_vendor_takes(case):
    """Whatever reaches the vendor is good, or it was refused here, with the parameter that it was refused for."""
    found = []
    for said, outcome in outcomes(case):
        if "refused" in outcome:
            assert outcome["refused"]["param"]
            continue
        of = judge(case)
        wrong = of.request(body(outcome["sent"]), outcome["path"])
        known = oracle.openai_request(body(said)) if of.in_clients_words else []
        found += [finding for finding in wrong if finding not in known]
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
    made = expected["body"]
    found_exactly(disagreements(judge(case).made, made), case, BEYOND_MADE)


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
        if isinstance(error, dict) and "error" in error:
            said = error["error"]
            return of.error(error, said.get("code") if isinstance(said, dict) else 0, {})
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
    expected, of = read(case, ".stream.expected.json"), judge(case)
    for audience in ("to_one_that_asked", "to_others"):
        chunks = [chunk for chunk in events("".join(expected[audience])) if "error" not in chunk]
        found_exactly([finding for chunk in chunks for finding in disagreements(of.made_event, chunk)], case, BEYOND_MADE)
        if expected["summary"]["end"] == "done":
            ended_as_it_should(chunks)
        # Where we write the chunks ourselves nobody is told of usage who has not asked.
        translated = case.partition("/")[0] in OWN_ADAPTERS
        assert audience != "to_others" or not translated or not any(chunk.get("usage") for chunk in chunks)


def ended_as_it_should(chunks: list[dict]) -> None:
    """One answer, which ends each of its choices once and says no more of it. Azure's annotations have no id."""
    assert len({chunk["id"] for chunk in chunks if chunk.get("id")}) <= 1, "chunks of more than one answer"
    finishes: dict[int, list] = {}
    for choice in (choice for chunk in chunks for choice in chunk["choices"] if "delta" in choice):
        finishes.setdefault(choice["index"], []).append(choice["finish_reason"])
    for index, reasons in finishes.items():
        assert [bool(reason) for reason in reasons] == [False] * (len(reasons) - 1) + [True], f"choice {index}: {reasons}"
