"""Structured output where Anthropic's models are asked for it in another way: a forced tool, or a format of their own."""

import json

import pytest
from chat import TOOLS, ask
from said import CITY
from test_tools import ZURICH, City

STRICT = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


def relaxed() -> dict:
    return {"type": "json_schema", "json_schema": {**STRICT["json_schema"], "strict": False}}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("format, downgraded", [(STRICT, "true"), (relaxed(), None)], ids=["strict", "relaxed"])
def test_schema_becomes_a_forced_tool_and_strictness_is_said_to_be_lost(client, claude, vendor, streamed, format, downgraded):
    name = claude("structured")
    raw = client.chat.completions.with_raw_response.create(model=name, messages=ask(), response_format=format, stream=streamed)
    assert raw.headers.get("x-gateway-strict-downgraded") == downgraded
    answer = raw.parse()
    text = "".join(chunk.choices[0].delta.content or "" for chunk in answer) if streamed else answer.choices[0].message.content
    assert json.loads(text) == json.loads(CITY)
    sent = json.loads(vendor.call(name).body)
    assert [tool["name"] for tool in sent["tools"]] == ["structured_output"]
    assert sent["tools"][0]["input_schema"] == format["json_schema"]["schema"]
    assert sent["tool_choice"] == {"type": "tool", "name": "structured_output"}


def test_schema_of_a_model_that_thinks_is_its_own_format(client, claude, vendor):
    """A model that thinks takes no forced tool."""
    name = claude("structured", generation="4-6")
    answer = client.chat.completions.parse(model=name, messages=ask(), response_format=City, reasoning_effort="low")
    assert answer.choices[0].message.parsed == ZURICH
    sent = json.loads(vendor.call(name).body)
    assert sent["output_config"]["format"]["type"] == "json_schema"
    assert "tool_choice" not in sent


@pytest.mark.parametrize("streamed", [False, True])
def test_schema_of_an_old_model_that_thinks_is_a_tool_that_it_is_told_to_call(client, claude, vendor, streamed):
    """It has no format of its own, and cannot be forced."""
    name = claude("structured")
    body = {"model": name, "messages": ask(), "response_format": City, "reasoning_effort": "low"}
    if streamed:
        with client.chat.completions.stream(**body) as stream:
            choice = stream.get_final_completion().choices[0]
    else:
        choice = client.chat.completions.parse(**body).choices[0]
    assert choice.message.parsed == ZURICH
    assert choice.finish_reason == "stop"
    assert not choice.message.tool_calls
    sent = json.loads(vendor.call(name).body)
    assert [tool["name"] for tool in sent["tools"]] == ["structured_output"]
    assert sent.get("tool_choice", {"type": "auto"})["type"] == "auto"
    assert "structured_output" in json.dumps(sent["system"])


@pytest.mark.parametrize("streamed", [False, True])
def test_schema_beside_tools_of_an_old_model_leaves_both_ways_open(client, claude, streamed):
    """It may call a tool of the client's, or give the answer."""
    for scenario in ("structured", "tools"):
        name = claude(scenario)
        options = {"model": name, "messages": ask(), "response_format": STRICT, "tools": TOOLS}
        if streamed:
            chunks = list(client.chat.completions.create(**options, stream=True))
            text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
            calls = [call.function.name for chunk in chunks for call in chunk.choices[0].delta.tool_calls or [] if call.id]
            finish = chunks[-1].choices[0].finish_reason
        else:
            choice = client.chat.completions.create(**options).choices[0]
            text, finish = choice.message.content, choice.finish_reason
            calls = [call.function.name for call in choice.message.tool_calls or []]
        if scenario == "tools":
            assert (calls, finish, text or "") == (["get_weather"], "tool_calls", "")
        else:
            assert (calls, finish, json.loads(text)) == ([], "stop", json.loads(CITY))


def test_schema_beside_tools_of_a_model_with_formats(client, claude, vendor):
    name = claude("structured", generation="4-5")
    answer = client.chat.completions.parse(model=name, messages=ask(), response_format=City, tools=strict_tools())
    assert answer.choices[0].message.parsed == ZURICH
    sent = json.loads(vendor.call(name).body)
    assert sent["output_config"]["format"]["type"] == "json_schema"
    assert [tool["name"] for tool in sent["tools"]] == ["get_weather", "get_time"]


def strict_tools() -> list[dict]:
    """The SDK's `.parse()` takes strict tools only."""
    return [{**tool, "function": {**tool["function"], "strict": True}} for tool in TOOLS]
