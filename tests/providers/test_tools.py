"""Tools with each vendor: offered, called once or twice, whole or streamed, and answered."""

import json

import openai
import pytest
from chat import TOOLS
from streams import gathered
from understood import Turn, conversation, functions

WEATHER = {"name": "get_weather", "arguments": '{"city":"Zürich","unit":"celsius"}', "id": "call_judge_1"}
TIME = {"name": "get_time", "arguments": '{"zone":"Europe/Zurich"}', "id": "call_judge_2"}
CALLED = [("get_weather", {"city": "Zürich", "unit": "celsius"}), ("get_time", {"zone": "Europe/Zurich"})]
OFFERED = [("get_weather", "The weather in a city."), ("get_time", None)]


def body(provider, topic: str, **more: object) -> dict:
    return {"model": provider.model, "messages": [{"role": "user", "content": topic}], "tools": TOOLS, **more}


@pytest.mark.parametrize("calls", [[WEATHER], [WEATHER, TIME]], ids=["one", "two"])
def test_calls_come_back(client, aimock, provider, topic, calls):
    aimock.says(topic, {"toolCalls": calls})
    choice = client.chat.completions.create(**body(provider, topic)).choices[0]
    assert choice.finish_reason == "tool_calls"
    made = choice.message.tool_calls
    assert [(call.function.name, json.loads(call.function.arguments)) for call in made] == CALLED[: len(calls)]
    check_ids(provider, [call.id for call in made], calls)
    call = aimock.call(topic)
    assert [(name, description or None) for name, description in functions(call)] == OFFERED
    assert provider.judged(call) == []


@pytest.mark.parametrize("calls", [[WEATHER], [WEATHER, TIME]], ids=["one", "two"])
def test_streamed_calls_come_back(client, aimock, provider, topic, calls):
    aimock.says(topic, {"toolCalls": calls})
    found = gathered(client, **body(provider, topic))
    assert found.finish == "tool_calls"
    assert sorted(found.calls) == list(range(len(calls)))
    made = [found.calls[index] for index in sorted(found.calls)]
    assert [(call["name"], json.loads(call["arguments"])) for call in made] == CALLED[: len(calls)]
    check_ids(provider, [call["id"] for call in made], calls)
    assert provider.judged(aimock.call(topic)) == []


def check_ids(provider, ids: list[str], calls: list[dict]) -> None:
    assert len(set(ids)) == len(ids) and all(ids), "each call has an id of its own"
    if provider.call_ids:
        assert ids == [call["id"] for call in calls]


@pytest.mark.parametrize("streamed", [False, True])
def test_text_and_a_call_come_back_together(client, aimock, provider, topic, streamed):
    aimock.says(topic, {"content": "Let me look – ✓", "toolCalls": [WEATHER]})
    if streamed:
        found = gathered(client, **body(provider, topic))
        assert (found.text, found.finish, found.calls[0]["name"]) == ("Let me look – ✓", "tool_calls", "get_weather")
    else:
        choice = client.chat.completions.create(**body(provider, topic)).choices[0]
        assert (choice.message.content, choice.finish_reason) == ("Let me look – ✓", "tool_calls")
        assert choice.message.tool_calls[0].function.name == "get_weather"


def test_results_arrive_and_the_answer_comes_back(client, aimock, provider, topic):
    """The turn after: with the message of the model as the SDK has it, and a result of each call."""
    aimock.says(topic, {"toolCalls": [WEATHER, TIME]}, hasToolResult=False)
    aimock.says(topic, {"content": "It is cold at nine."}, hasToolResult=True)
    first = client.chat.completions.create(**body(provider, topic)).choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": content}
        for call, content in zip(first.tool_calls, ["-3 – “cold”", '{"time":"09:00"}'], strict=True)
    ]
    messages = [{"role": "user", "content": topic}, first.to_dict(), *results]
    answer = client.chat.completions.create(model=provider.model, messages=messages, tools=TOOLS)
    assert answer.choices[0].message.content == "It is cold at nine."

    call = aimock.calls(topic)[1]
    assert provider.judged(call) == []
    asked, called, *answered = conversation(call)
    assert asked == Turn("user", topic)
    assert (called.role, called.calls) == ("assistant", CALLED)
    assert [turn.answers for turn in answered] == ["get_weather", "get_time"]
    assert "cold" in answered[0].text and "09:00" in answered[1].text


CHOICES = ["auto", "none", "required", {"type": "function", "function": {"name": "get_time"}}]


@pytest.mark.parametrize("choice", CHOICES, ids=["auto", "none", "required", "named"])
def test_choice_is_said_in_the_vendors_words(client, aimock, provider, topic, choice):
    """Which words, golden files say; here the vendor's own types know them."""
    aimock.says(topic, {"content": "ok"})
    if not provider.forces and choice not in ("auto", "none"):
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(**body(provider, topic, tool_choice=choice))
        assert (refused.value.code, refused.value.param) == ("unsupported_capability", "tool_choice")
        return
    client.chat.completions.create(**body(provider, topic, tool_choice=choice))
    assert provider.judged(aimock.call(topic)) == []


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("parallel", [True, False])
def test_wish_for_one_call_at_a_time_is_said_in_the_vendors_words(client, aimock, provider, topic, parallel, streamed):
    """Or it is told that it was left out."""
    aimock.says(topic, {"content": "ok"})
    raw = client.chat.completions.with_raw_response.create(**body(provider, topic, parallel_tool_calls=parallel, stream=streamed))
    assert raw.headers.get("x-gateway-dropped-fields") in (None, "parallel_tool_calls")
    assert provider.judged(aimock.call(topic)) == []
