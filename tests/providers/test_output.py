"""Answers of a wanted shape from each vendor: by a schema, and as any JSON."""

import json

import openai
import pytest
from providers import PROVIDERS, having
from pydantic import BaseModel
from streams import gathered


class City(BaseModel):
    city: str
    lakes: list[str]


REFUSALS = ("no_capable_provider", "unsupported_capability")
"""By what a provider can do, or by what its dialect can say."""

ZURICH = City(city="Zürich", lakes=["Zürichsee", "Katzensee"])


def asked(provider, topic: str, response_format) -> dict:
    return {"model": provider.model, "messages": [{"role": "user", "content": f"As JSON: {topic}"}], "response_format": response_format}


@pytest.mark.parametrize("streamed", [False, True])
@having("schema")
def test_answer_of_a_schema_comes_back(client, aimock, provider, topic, streamed):
    """With the SDK's own helper, which asks for a schema and reads what comes."""
    aimock.says(topic, {"content": ZURICH.model_dump_json()})
    body = asked(provider, topic, City)
    if streamed:
        with client.chat.completions.stream(**body) as stream:
            answer = stream.get_final_completion()
    else:
        answer = client.chat.completions.parse(**body)
    assert answer.choices[0].message.parsed == ZURICH
    call = aimock.call(topic)
    assert b"lakes" in call.body, "the schema did not arrive"
    assert provider.judged(call) == []


@pytest.mark.parametrize("provider", [provider for provider in PROVIDERS if not provider.schema], ids=lambda provider: provider.name)
def test_schema_that_the_vendor_does_not_take_is_refused(client, aimock, provider, topic):
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.parse(**asked(provider, topic, City))
    assert refused.value.code in REFUSALS
    assert aimock.calls(topic) == []


@pytest.mark.parametrize("streamed", [False, True])
def test_wish_for_json_is_said_in_the_vendors_words(client, aimock, provider, topic, streamed):
    """Or it is refused by name, where the vendor has no such wish."""
    aimock.says(topic, {"content": ZURICH.model_dump_json()})
    body = asked(provider, topic, {"type": "json_object"})
    try:
        text = gathered(client, **body).text if streamed else client.chat.completions.create(**body).choices[0].message.content
    except openai.BadRequestError as refused:
        assert refused.code in REFUSALS
        assert aimock.calls(topic) == []
        return
    assert json.loads(text) == json.loads(ZURICH.model_dump_json())
    assert provider.judged(aimock.call(topic)) == []
