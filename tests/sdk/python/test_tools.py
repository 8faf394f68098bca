"""Tools and structured output: relayed faithfully in both directions."""

import json

import openai
import pytest
from chat import TOOLS, ask
from dialects import ANTHROPIC
from pydantic import BaseModel
from said import CITY

WEATHER = {"city": "Zürich", "unit": "celsius"}
PARALLEL = [("get_weather", {"city": "Zürich"}), ("get_time", {"zone": "Europe/Zurich", "style": {"seconds": False}})]


class City(BaseModel):
    city: str
    inhabitants: int
    lakes: list[str]


ZURICH = City(**json.loads(CITY))


def called(message) -> list[tuple[str, str, dict]]:
    return [(call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]


def parallel(dialect) -> list[tuple[str, str, dict]]:
    return [(id, *call) for id, call in zip(dialect.call_ids, PARALLEL, strict=True)]


@pytest.fixture
def answered(client, dialect):
    """An answer of the model, whole or put together by the SDK from a stream."""

    def ask_for(streamed: bool, **body):
        if not streamed:
            return client.chat.completions.create(**body)
        with client.chat.completions.stream(**body) as stream:
            return stream.get_final_completion()

    return ask_for


def test_tools_arrive_and_the_call_comes_back(client, model, vendor):
    name = model("tools")
    choice = {"type": "function", "function": {"name": "get_weather"}}
    answer = client.chat.completions.create(model=name, messages=ask(), tools=TOOLS, tool_choice=choice)
    assert called(answer.choices[0].message) == [("call_fake_1", "get_weather", WEATHER)]
    sent = json.loads(vendor.call(name).body)
    assert (sent["tools"], sent["tool_choice"]) == (TOOLS, choice)


@pytest.mark.parametrize("streamed", [False, True])
def test_call_comes_back(answered, model, dialect, streamed):
    answer = answered(streamed, model=model("tools"), messages=ask(), tools=TOOLS)
    assert called(answer.choices[0].message) == [(dialect.call_ids[0], "get_weather", WEATHER)]
    # A stream begins before it is known whether there will be text.
    assert answer.choices[0].message.content in ([None, ""] if streamed else [None])
    assert answer.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("streamed", [False, True])
def test_text_beside_a_call_is_kept(answered, model, dialect, streamed):
    answer = answered(streamed, model=model("text-and-tools"), messages=ask(), tools=TOOLS)
    assert answer.choices[0].message.content == "Let me look – ✓"
    assert called(answer.choices[0].message) == [(dialect.call_ids[0], "get_weather", WEATHER)]


@pytest.mark.parametrize("streamed", [False, True])
def test_parallel_calls_come_back(answered, model, dialect, streamed):
    answer = answered(streamed, model=model("parallel-tools"), messages=ask(), tools=TOOLS)
    assert called(answer.choices[0].message) == parallel(dialect)
    assert answer.choices[0].finish_reason == "tool_calls"


def test_streamed_parallel_calls_assemble_from_fragments(client, model, dialect):
    fragments = []
    for chunk in client.chat.completions.create(model=model("parallel-tools"), messages=ask(), tools=TOOLS, stream=True):
        fragments += chunk.choices[0].delta.tool_calls or []
    assert len(fragments) > 4, "arguments came in pieces"
    # The opening fragment of each call says what it is, the others only add to it.
    openings = [fragment for fragment in fragments if fragment.id]
    assert [(opening.index, opening.id, opening.function.name) for opening in openings] == [
        (index, id, name) for index, (id, name, _) in enumerate(parallel(dialect))
    ]
    assert all(opening.type == "function" and opening.function.arguments == "" for opening in openings)
    assert all(fragment.function.name is None for fragment in fragments if not fragment.id)
    for index, (_, _, arguments) in enumerate(parallel(dialect)):
        assert json.loads("".join(fragment.function.arguments for fragment in fragments if fragment.index == index)) == arguments


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("scenario", ["tools", "text-and-tools", "parallel-tools"])
def test_call_result_and_final_answer(answered, model, vendor, dialect, streamed, scenario):
    """The whole dialogue, with the SDK's own message given back as it came."""
    first = answered(streamed, model=model(scenario), messages=ask(), tools=TOOLS).choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f'{{"degrees": {index}}}'} for index, call in enumerate(first.tool_calls)
    ]
    name = model(scenario)
    messages = [*ask(), first.to_dict(), *results]
    last = answered(streamed, model=name, messages=messages, tools=TOOLS).choices[0]
    assert last.message.content == f"The tools said: {' and '.join(result['content'] for result in results)}."
    assert last.finish_reason == "stop"
    assert [turn.role for turn in dialect.turns(vendor.call(name))][:2] == ["user", "assistant"]


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


@pytest.mark.parametrize(
    "choice, anthropics",
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "get_weather"}}, {"type": "tool", "name": "get_weather"}),
    ],
)
def test_tool_choice_is_said_in_the_vendors_words(client, model, vendor, dialect, choice, anthropics):
    name = model("text" if choice == "none" else "tools")
    client.chat.completions.create(model=name, messages=ask(), tools=TOOLS, tool_choice=choice)
    sent = dialect.sent(vendor.call(name))
    assert sent["tool_choice"] == (anthropics if dialect is ANTHROPIC else choice)
    assert len(sent["tools"]) == len(TOOLS)


def test_one_call_at_a_time_is_said_in_the_vendors_words(client, model, vendor, dialect):
    name = model("tools")
    client.chat.completions.create(model=name, messages=ask(), tools=TOOLS, parallel_tool_calls=False)
    sent = dialect.sent(vendor.call(name))
    if dialect is ANTHROPIC:
        assert sent["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    else:
        assert sent["parallel_tool_calls"] is False


def test_arguments_that_are_no_object_do_not_stop_the_dialogue(client, model, vendor, dialect):
    """Models write them, and clients give them back."""
    name = model("tools")
    call = {"id": dialect.call_ids[0], "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    messages = [
        *ask(),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": dialect.call_ids[0], "content": "no city"},
    ]
    answer = client.chat.completions.create(model=name, messages=messages, tools=TOOLS)
    assert answer.choices[0].message.content == "The tools said: no city."


def test_ids_of_another_vendor_are_taken(client, model, vendor, dialect):
    """A conversation may have begun elsewhere: Anthropic takes fewer characters in ids, and a pair must stay a pair."""
    name = model("tools")
    ids = ["functions.get_weather:0", "x" * 200 + "|é"]
    calls = [{"id": id, "type": "function", "function": {"name": "get_weather", "arguments": "{}"}} for id in ids]
    results = [{"role": "tool", "tool_call_id": id, "content": str(index)} for index, id in enumerate(ids)]
    messages = [*ask(), {"role": "assistant", "content": None, "tool_calls": calls}, *results]
    answer = client.chat.completions.create(model=name, messages=messages, tools=TOOLS)
    assert answer.choices[0].message.content == "The tools said: 0 and 1."


# --- structured output -------------------------------------------------------------------------------------------


def test_json_schema_is_sent_and_the_answer_parses(client, model, vendor):
    name = model("structured")
    answer = client.chat.completions.parse(model=name, messages=ask(), response_format=City)
    assert answer.choices[0].message.parsed == ZURICH
    sent = json.loads(vendor.call(name).body)["response_format"]
    assert (sent["type"], sent["json_schema"]["strict"]) == ("json_schema", True)


def test_answer_to_a_schema_parses(client, model, dialect):
    answer = client.chat.completions.parse(model=model("structured"), messages=ask(), response_format=City)
    assert answer.choices[0].message.parsed == ZURICH
    assert answer.choices[0].finish_reason == "stop"
    assert not answer.choices[0].message.tool_calls


def test_streamed_answer_to_a_schema_parses(client, model, dialect):
    deltas = 0
    with client.chat.completions.stream(model=model("structured"), messages=ask(), response_format=City) as stream:
        for event in stream:
            deltas += event.type == "content.delta"
        final = stream.get_final_completion()
    assert deltas > 3, "it came in pieces"
    assert final.choices[0].message.parsed == ZURICH
    assert final.choices[0].finish_reason == "stop"
    assert not final.choices[0].message.tool_calls


def test_json_object_reaches_the_model(client, model, vendor, dialect):
    name = model("text")
    answer = client.chat.completions.create(model=name, messages=ask(), response_format={"type": "json_object"})
    assert answer.choices[0].finish_reason == "stop"
    sent = dialect.sent(vendor.call(name))
    if dialect is ANTHROPIC:
        assert "JSON" in dialect.turns(vendor.call(name))[0].text
    else:
        assert sent["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("format", [{"type": "yaml"}, {"type": "json_schema"}, {}])
def test_response_format_of_no_known_kind_is_refused(client, model, format):
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model=model("text"), messages=ask(), response_format=format)
    assert raised.value.code == "invalid_request"
