"""Embeddings with each vendor that aimock makes them for: each text has its own, in the order in which they were given."""

import base64
import json
import struct
import urllib.request

import openai
import pytest
from aimock import KEY
from providers import having

SAME = pytest.approx


def numbers(packed: str) -> list[float]:
    """Four bytes each, the low one first."""
    data = base64.b64decode(packed, validate=True)
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def from_aimock(aimock, text: str, dimensions: int) -> list[float]:
    """What aimock makes of one text, asked without the gateway."""
    body = {"model": "text-embedding-3-small", "input": text, "dimensions": dimensions}
    request = urllib.request.Request(
        aimock.url("openai", "/v1/embeddings"), json.dumps(body).encode(), {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())["data"][0]["embedding"]


@pytest.mark.parametrize("encoding", ["float", "base64", None], ids=["float", "base64", "the SDK's choice"])
@having("embeddings")
def test_texts_have_their_embeddings_in_order(client, aimock, provider, topic, encoding):
    texts = [f"first {topic}", f"second {topic}", f"third {topic}"]
    asked = {"model": provider.embeddings, "input": texts} | ({"encoding_format": encoding} if encoding else {})
    answer = client.embeddings.create(**asked)
    assert [each.index for each in answer.data] == [0, 1, 2]
    for each, text in zip(answer.data, texts, strict=True):
        if isinstance(each.embedding, str):
            # The SDK leaves to who asks for base64 what to make of it. aimock has none: what passes it on has numbers.
            assert encoding == "base64"
            each.embedding = numbers(each.embedding)
        assert each.embedding == SAME(from_aimock(aimock, text, len(each.embedding)), abs=1e-6)
    call = next(call for call in aimock.calls(topic) if len(call.body) > len(topic) * 3)
    assert provider.judged(call) == []


@having("most_texts")
def test_more_texts_than_the_vendor_takes_are_split_and_put_together(client, aimock, provider, topic):
    texts = [f"{number} {topic}" for number in range(provider.most_texts + 5)]
    answer = client.embeddings.create(model=provider.embeddings, input=texts, encoding_format="float")
    assert [each.index for each in answer.data] == list(range(len(texts)))
    assert len({tuple(each.embedding[:8]) for each in answer.data}) == len(texts)
    for index in (0, provider.most_texts, len(texts) - 1):
        found = answer.data[index].embedding
        assert found == SAME(from_aimock(aimock, texts[index], len(found)), abs=1e-6)


@having("embeddings")
def test_vendors_refusal_is_the_callers(client, aimock, provider, topic):
    aimock.says(topic, {"error": {"message": "Judge: too long"}, "status": 400}, inputText=topic)
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model=provider.embeddings, input=topic)
    assert refused.value.code == "provider_rejected_request"
