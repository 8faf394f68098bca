"""Reasoning: shown to the client as its vendor wrote it, and given back on the next turn to the byte."""

import json

import openai
import pytest
from chat import TOOLS, ask
from database import usage_row
from said import THINKING, sign

LOW = {"reasoning_effort": "low"}


def answered(client, streamed: bool, **body):
    """The message of an answer, whole or put together by the SDK from a stream."""
    if not streamed:
        return client.chat.completions.create(**body).choices[0].message
    with client.chat.completions.stream(**body) as stream:
        return stream.get_final_completion().choices[0].message


def blocks(vendor, name: str, turn: int) -> list[dict]:
    """The blocks of a turn that reached Anthropic."""
    return json.loads(vendor.call(name).body)["messages"][turn]["content"]


@pytest.mark.parametrize("streamed", [False, True])
def test_reasoning_is_shown_as_it_was_written(client, model, dialect, streamed):
    message = answered(client, streamed, model=model("thinking"), messages=ask(), **LOW)
    assert message.model_extra["reasoning_content"] == THINKING
    assert message.content == "I read: user: hello – ok ✓"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("generation", ["none", "4-6"])
def test_effort_becomes_thinking_in_the_models_words(client, claude, vendor, streamed, generation):
    name = claude("thinking", generation=generation)
    answered(client, streamed, model=name, messages=ask(), max_tokens=3000, **LOW)
    sent = json.loads(vendor.call(name).body)
    if generation == "4-6":
        assert (sent["thinking"], sent["output_config"]) == ({"type": "adaptive"}, {"effort": "low"})
    else:
        assert sent["thinking"] == {"type": "enabled", "budget_tokens": 1024}


def test_anthropics_own_words_pass(client, claude, vendor):
    name = claude("thinking")
    thinking = {"type": "enabled", "budget_tokens": 2000}
    client.chat.completions.create(model=name, messages=ask(), max_tokens=3000, extra_body={"thinking": thinking})
    assert json.loads(vendor.call(name).body)["thinking"] == thinking


def test_bound_too_small_for_the_thinking_is_raised(client, claude, vendor):
    """Anthropic would refuse a bound that leaves no room for the answer."""
    name = claude("thinking")
    client.chat.completions.create(model=name, messages=ask(), max_tokens=100, **LOW)
    sent = json.loads(vendor.call(name).body)
    assert sent["max_tokens"] > sent["thinking"]["budget_tokens"]


@pytest.mark.parametrize("generation", ["none", "4-6"])
@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}], ids=["any", "named"])
def test_effort_beside_a_forced_call_is_not_sent_to_be_refused(client, claude, choice, generation):
    """OpenAI takes both; Anthropic's models that think take no forced call. One of the two is said to be left out, or refused by name."""
    body = {"model": claude("tools", generation=generation), "messages": ask(), "tools": TOOLS, "tool_choice": choice, **LOW}
    try:
        answer = client.chat.completions.with_raw_response.create(**body)
        assert answer.headers["x-gateway-dropped-fields"] in ("reasoning_effort", "tool_choice")
    except openai.BadRequestError as refused:
        assert (refused.code, refused.param) in [("unsupported_capability", name) for name in ("reasoning_effort", "tool_choice")]


@pytest.mark.parametrize("streamed", [False, True])
def test_signed_thoughts_come_back_to_the_byte(client, claude, vendor, streamed):
    first = answered(client, streamed, model=claude("thinking"), messages=ask(), **LOW)
    name = claude("text")
    messages = [*ask(), first.to_dict(), *ask("and?")]
    client.chat.completions.create(model=name, messages=messages, **LOW)
    assert blocks(vendor, name, 1) == [
        {"type": "thinking", "thinking": THINKING, "signature": sign(THINKING)},
        {"type": "text", "text": "I read: user: hello – ok ✓"},
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_redacted_thoughts_come_back_to_the_byte(client, claude, vendor, streamed):
    first = answered(client, streamed, model=claude("redacted"), messages=ask(), **LOW)
    name = claude("text")
    client.chat.completions.create(model=name, messages=[*ask(), first.to_dict(), *ask("and?")], **LOW)
    assert blocks(vendor, name, 1)[0] == {"type": "redacted_thinking", "data": sign("unreadable")}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("generation", ["none", "4-6"])
def test_thoughts_among_tool_calls_keep_their_place(client, claude, vendor, streamed, generation):
    """Thought, text, two calls, their results, and the model goes on thinking: Anthropic refuses any other order."""
    first = answered(
        client, streamed, model=claude("thinking-tools", generation=generation), messages=ask(), tools=TOOLS, **LOW
    )
    results = [{"role": "tool", "tool_call_id": call.id, "content": call.function.name} for call in first.tool_calls]
    name = claude("thinking-tools", generation=generation)
    messages = [*ask(), first.to_dict(), *results]
    last = answered(client, streamed, model=name, messages=messages, tools=TOOLS, **LOW)
    assert last.content == "The tools said: get_weather and get_time."
    assert last.model_extra["reasoning_content"] == "And now the answer. " + THINKING
    assert [block["type"] for block in blocks(vendor, name, 1)] == ["thinking", "text", "tool_use", "tool_use"]
    assert blocks(vendor, name, 1)[0]["signature"] == sign(THINKING)

    # And a third turn, with both.
    name = claude("text", generation=generation)
    messages += [last.to_dict(), *ask("thanks")]
    client.chat.completions.create(model=name, messages=messages, tools=TOOLS, **LOW)
    assert [block["type"] for block in blocks(vendor, name, 3)] == ["thinking", "text"]


def test_changed_thoughts_are_refused_by_the_vendor_and_not_by_luck(client, claude):
    """The signature check of the fake is alive: what comes back altered is refused."""
    first = answered(client, False, model=claude("thinking"), messages=ask(), **LOW).to_dict()
    first["thinking_blocks"][0]["thinking"] += " "
    with pytest.raises(Exception, match="Invalid `signature`"):
        client.chat.completions.create(model=claude("text"), messages=[*ask(), first, *ask("and?")], **LOW)


def test_reasoning_of_another_vendor_is_not_sent_as_anthropics(client, model, claude, vendor):
    """A conversation that begins with one vendor and goes on with the other: unsigned thoughts stay behind."""
    first = answered(client, False, model=model("thinking"), messages=ask())
    name = claude("text")
    client.chat.completions.create(model=name, messages=[*ask(), first.to_dict(), *ask("and?")])
    kinds = [block["type"] for turn in json.loads(vendor.call(name).body)["messages"] for block in typed(turn["content"])]
    assert "thinking" not in kinds


def typed(content) -> list[dict]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def test_reasoning_of_the_same_dialect_goes_back_as_it_came(client, model, vendor):
    first = answered(client, False, model=model("thinking"), messages=ask()).to_dict()
    name = model("lenient")
    messages = [*ask(), first, *ask("and?")]
    client.chat.completions.create(model=name, messages=messages)
    assert json.loads(vendor.call(name).body)["messages"] == messages


def test_reasoning_tokens_are_settled_apart(gateway, client, claude):
    name = claude("thinking")
    client.chat.completions.create(model=name, messages=ask(), **LOW)
    row = usage_row(gateway, name)
    assert (row["reasoning_tokens"], row["output_tokens"]) == (12, 34)
