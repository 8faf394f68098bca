"""The golden files of embeddings, judged by the vendors' own types in both directions: `tests/it/embeddings.rs` says how they work."""

import base64
import json
import struct

import oracle
import pytest
from golden_files import GOLDEN, body, disagreements, found_exactly
from vendor_judges import JUDGES

FOLDER = GOLDEN / "embeddings"
JUDGED_AS = {"ollama": "openai"}

BEYOND_SENT = {"qwen-plain": "text_type, the client's and the vendor's own"}
BEYOND_ANSWERS: dict[str, str] = {}


def cases() -> list[str]:
    found = sorted(path.name.removesuffix(".expected.json") for path in FOLDER.glob("*.expected.json"))
    assert found, "no golden files of embeddings"
    return found


def read(case: str) -> tuple[dict, dict]:
    return tuple(json.loads((FOLDER / f"{case}{ending}").read_text()) for ending in (".json", ".expected.json"))


def judge(said: dict):
    return JUDGES[JUDGED_AS.get(said["kind"], said["kind"])]


@pytest.mark.parametrize("case", cases())
def test_what_we_send_is_what_the_vendor_takes(case):
    said, expected = read(case)
    if "refused" in expected:
        assert expected["refused"]["param"]
        return
    found = [finding for sent in expected["sent"] for finding in judge(said).request(body(sent), expected["path"])]
    found_exactly(found, case, BEYOND_SENT)


@pytest.mark.parametrize("case", cases())
def test_what_the_vendor_answers_is_what_it_publishes(case):
    said, expected = read(case)
    of, status = judge(said), said.get("status", 200)
    found = []
    for answer in said["answers"]:
        if status == 200:
            found += disagreements(of.embeddings, with_numbers(answer), expected["path"])
        else:
            found += disagreements(of.error, answer, status, {})
    found_exactly(found, case, BEYOND_ANSWERS)


@pytest.mark.parametrize("case", cases())
def test_what_we_make_of_it_is_openais(case):
    _, expected = read(case)
    made = expected.get("got", {}).get("body")
    if made is None:
        assert "refused" in expected or "fault" in expected["got"]
        return
    assert disagreements(oracle.openai_embeddings, with_numbers(made)) == []
    assert [each["index"] for each in made["data"]] == list(range(len(made["data"])))


def with_numbers(made: dict) -> dict:
    """Embeddings in base64 as the numbers that they are: four bytes each, the low one first."""
    if not isinstance(made.get("data"), list):
        return made
    return {**made, "data": [{**each, "embedding": numbers(each["embedding"])} for each in made["data"]]}


def numbers(embedding: list | str) -> list:
    if not isinstance(embedding, str):
        return embedding
    packed = base64.b64decode(embedding, validate=True)
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))
