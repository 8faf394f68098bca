"""Reasoning of the vendors that aimock has thinking: shown to the client, and given back with the next turn."""

import pytest
from chat import TOOLS
from providers import PROVIDERS, having
from streams import gathered
from test_tools import WEATHER
from understood import conversation

THOUGHT = "First the lake – “See” – then\nthe weather."
SIGNATURE = "c2lnbmVkIGJ5IHRoZSBqdWRnZQ=="


@pytest.mark.parametrize("streamed", [False, True])
@having("reasoning")
def test_reasoning_is_shown_beside_the_answer(client, aimock, provider, topic, streamed):
    aimock.says(topic, {"content": "Cold.", "reasoning": THOUGHT})
    body = {"model": provider.thinker or provider.model, "messages": [{"role": "user", "content": topic}]}
    if streamed:
        found = gathered(client, **body)
        assert (found.reasoning, found.text, found.finish) == (THOUGHT, "Cold.", "stop")
    else:
        message = client.chat.completions.create(**body).choices[0].message
        assert (message.model_extra["reasoning_content"], message.content) == (THOUGHT, "Cold.")


@pytest.mark.parametrize("streamed", [False, True])
@having("reasoning")
def test_reasoning_before_a_call_is_shown(client, aimock, provider, topic, streamed):
    aimock.says(topic, {"toolCalls": [WEATHER], "reasoning": THOUGHT})
    body = {"model": provider.thinker or provider.model, "messages": [{"role": "user", "content": topic}], "tools": TOOLS}
    if streamed:
        found = gathered(client, **body)
        assert (found.reasoning, found.finish, found.calls[0]["name"]) == (THOUGHT, "tool_calls", "get_weather")
    else:
        choice = client.chat.completions.create(**body).choices[0]
        assert (choice.message.model_extra["reasoning_content"], choice.finish_reason) == (THOUGHT, "tool_calls")


CLAUDES = [provider for provider in PROVIDERS if provider.model.rpartition("/")[2].startswith("claude")]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("provider", CLAUDES, ids=lambda provider: provider.name)
def test_claudes_thoughts_come_back_signed_before_the_call(client, aimock, provider, topic, streamed):
    """aimock refuses a turn with a result whose call has lost the thought before it, as Anthropic does."""
    aimock.says(topic, {"toolCalls": [WEATHER], "reasoning": THOUGHT, "reasoningSignature": SIGNATURE}, hasToolResult=False)
    aimock.says(topic, {"content": "Cold."}, hasToolResult=True)
    asked = {"model": provider.model, "messages": [{"role": "user", "content": topic}], "tools": TOOLS, "reasoning_effort": "low"}
    if streamed:
        with client.chat.completions.stream(**asked) as stream:
            first = stream.get_final_completion().choices[0].message
    else:
        first = client.chat.completions.create(**asked).choices[0].message
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "-3"}
    asked["messages"] = [*asked["messages"], first.to_dict(), result]
    assert client.chat.completions.create(**asked).choices[0].message.content == "Cold."
    call = aimock.calls(topic)[1]
    assert [block["type"] for block in call.json["messages"][1]["content"]] == ["thinking", "tool_use"]
    assert call.json["messages"][1]["content"][0] == {"type": "thinking", "thinking": THOUGHT, "signature": SIGNATURE}
    assert conversation(call)[-1].answers == "get_weather"
