"""The golden files of the vendors that came after OpenAI and Anthropic, judged in both directions by the vendors' own types.

What a file goes beyond the types by is named here, as in test_golden.py, and a name that is no longer needed fails as well.
"""

import base64
import json
import struct

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
"""Folders of golden files that may still be missing. A vendor that is not here must have its folder."""

BEYOND_SENT: dict[str, str] = {}
BEYOND_ANSWERS: dict[str, str] = {}
BEYOND_EVENTS: dict[str, str] = {}


def cases(ending: str, *, odd: bool = False) -> list[str]:
    """Every case of every vendor with files that end so, with or without the odd ones."""
    names = [(path.parent.name, path.name.removesuffix(ending)) for vendor in VENDORS for path in (GOLDEN / vendor).glob(f"*{ending}")]
    return sorted(f"{vendor}/{name}" for vendor, name in names if odd or not name.startswith(ODD))


def judge(case: str):
    return JUDGES[case.partition("/")[0]]


@pytest.mark.parametrize("vendor", VENDORS)
def test_vendor_has_golden_files_in_both_directions(vendor):
    if vendor in AWAITED and not (GOLDEN / vendor).is_dir():
        pytest.skip(f"golden/{vendor} is not there yet")
    assert (GOLDEN / vendor).is_dir(), f"golden/{vendor} is not there"
    streams = (".stream.json",) if vendor == "bedrock" else (".stream.sse",)
    endings = (".request.expected.json", ".answer.json", ".answer.expected.json", *streams, ".stream.expected.json")
    missing = [ending for ending in endings if not list((GOLDEN / vendor).glob(f"*{ending}"))]
    assert missing == [] or vendor not in OWN_ADAPTERS, f"{vendor} has no file that ends in {missing}"
    assert list((GOLDEN / vendor).glob("*.json")), f"golden/{vendor} is empty"


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


def path_of(case: str, answer: dict) -> str:
    """Where the request went that an answer answers, if its file says so."""
    asked = case.rpartition("/")[0] + "/" + answer.get("answers", "plain")
    try:
        return read(asked, ".request.expected.json").get("path", "")
    except FileNotFoundError:
        return ""


@pytest.mark.parametrize("case", cases(".answer.json"))
def test_what_the_vendor_answers_is_what_it_publishes(case):
    answer = read(case, ".answer.json")
    if answer.get("body") is None:
        assert answer["text"] is not None, "a page, or half an answer: nobody's"
        return
    of, path = judge(case), path_of(case, answer)
    if answer["status"] != 200:
        found = disagreements(of.error, answer["body"], answer["status"], answer.get("headers", {}))
    elif is_embeddings(path):
        found = disagreements(of.embeddings, answer["body"], path)
    else:
        found = disagreements(of.answer, answer["body"])
    found_exactly(found, case, BEYOND_ANSWERS)


def is_embeddings(path: str) -> bool:
    return any(word in path for word in ("embed", "Embed", ":predict", "/invoke"))


@pytest.mark.parametrize("case", cases(".answer.expected.json", odd=True))
def test_what_we_make_of_an_answer_is_openais(case):
    expected = read(case, ".answer.expected.json")
    if "fault" in expected:
        assert "body" not in expected, "either an answer or a fault"
        return
    made = expected.get("body")
    if not isinstance(made, dict):
        # OpenAI-shaped answers are passed on as the bytes received, which the test above has judged.
        return
    if made.get("object") == "list":
        assert disagreements(oracle.openai_embeddings, with_numbers(made)) == []
    else:
        assert disagreements(oracle.openai_completion, made, oracle.OURS) == []


def with_numbers(made: dict) -> dict:
    """Embeddings in base64 as the numbers that they are: four bytes each, the low one first."""
    data = [{**each, "embedding": numbers(each["embedding"])} for each in made["data"]]
    return {**made, "data": data}


def numbers(embedding: list | str) -> list:
    if not isinstance(embedding, str):
        return embedding
    packed = base64.b64decode(embedding, validate=True)
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


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
    told = {name: expected[name] for name in ("lines", "to_one_that_asked", "to_others") if name in expected}
    assert told, "what the client gets"
    for audience, lines in told.items():
        chunks = events("".join(lines))
        for chunk in chunks:
            if "error" not in chunk:
                assert disagreements(oracle.openai_chunk, chunk, oracle.OURS) == [], audience
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
