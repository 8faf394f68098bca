"""Tools and structured output: relayed faithfully in both directions."""

import json

import openai
import pytest
from chat import TOOLS, ask
from pydantic import BaseModel

EXPECTED = [
    ("call_fake_1", "get_weather", {"city": "Zürich"}),
    ("call_fake_2", "get_time", {"zone": "Europe/Zurich", "style": {"seconds": False}}),
]


class City(BaseModel):
    city: str
    inhabitants: int
    lakes: list[str]


def called(message) -> list[tuple[str, str, dict]]:
    return [(call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]


def test_tools_arrive_and_the_call_comes_back(client, model, vendor):
    name = model("tools")
    choice = {"type": "function", "function": {"name": "get_weather"}}
    answer = client.chat.completions.create(model=name, messages=ask(), tools=TOOLS, tool_choice=choice)
    assert called(answer.choices[0].message) == [("call_fake_1", "get_weather", {"city": "Zürich", "unit": "celsius"})]
    assert answer.choices[0].message.content is None
    assert answer.choices[0].finish_reason == "tool_calls"
    sent = json.loads(vendor.call(name).body)
    assert (sent["tools"], sent["tool_choice"]) == (TOOLS, choice)


def test_parallel_calls_come_back(client, model):
    answer = client.chat.completions.create(model=model("parallel-tools"), messages=ask(), tools=TOOLS)
    assert called(answer.choices[0].message) == EXPECTED


def test_streamed_parallel_calls_assemble_from_fragments(client, model):
    fragments = 0
    with client.chat.completions.stream(model=model("parallel-tools"), messages=ask(), tools=TOOLS) as stream:
        for event in stream:
            fragments += event.type == "tool_calls.function.arguments.delta"
        final = stream.get_final_completion()
    assert fragments > 4, "arguments came in pieces"
    assert called(final.choices[0].message) == EXPECTED
    assert final.choices[0].finish_reason == "tool_calls"


def test_results_of_tools_go_back_to_the_vendor(client, model, vendor):
    name = model("text")
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Zürich"}'}}
    messages = [
        *ask("weather?"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": '{"degrees": 21}'},
    ]
    client.chat.completions.create(model=name, messages=messages, tools=TOOLS)
    assert json.loads(vendor.call(name).body)["messages"] == messages


def test_json_schema_is_sent_and_the_answer_parses(client, model, vendor):
    name = model("structured")
    answer = client.chat.completions.parse(model=name, messages=ask(), response_format=City)
    assert answer.choices[0].message.parsed == City(city="Zürich", inhabitants=434008, lakes=["Zürichsee", "Katzensee"])
    sent = json.loads(vendor.call(name).body)["response_format"]
    assert (sent["type"], sent["json_schema"]["strict"]) == ("json_schema", True)


def test_streamed_json_schema_parses(client, model):
    with client.chat.completions.stream(model=model("structured"), messages=ask(), response_format=City) as stream:
        assert stream.get_final_completion().choices[0].message.parsed.inhabitants == 434008


@pytest.mark.parametrize("format", [{"type": "yaml"}, {"type": "json_schema"}, {}])
def test_response_format_of_no_known_kind_is_refused(client, model, format):
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model=model("text"), messages=ask(), response_format=format)
    assert raised.value.code == "invalid_request"
