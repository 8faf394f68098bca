"""Chat through the gateway with each vendor that aimock plays: what the client said arrives, what the vendor says comes back."""

import openai
import oracle
import pytest
from database import usage_row
from providers import having
from streams import gathered
from understood import Turn, conversation

SAID = "Zürich lies – “at the lake” – ✓"
USAGE = {"usage": {"prompt_tokens": 11, "completion_tokens": 7}}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def test_conversation_arrives_and_the_answer_comes_back(client, aimock, provider, topic):
    aimock.says(topic, {"content": SAID, **USAGE})
    messages = [
        {"role": "system", "content": "Be brief.\nBe “kind”."},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "Grüezi – ✓"},
        {"role": "user", "content": [{"type": "text", "text": topic}]},
    ]
    answer = client.chat.completions.create(model=provider.model, messages=messages)
    oracle.openai_completion(answer.model_dump(mode="json", exclude_unset=True), oracle.OURS)
    choice = answer.choices[0]
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", SAID, "stop")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (11, 7, 18)

    call = aimock.call(topic)
    assert conversation(call) == [
        Turn("system", "Be brief.\nBe “kind”."),
        Turn("user", "hello"),
        Turn("assistant", "Grüezi – ✓"),
        Turn("user", topic),
    ]
    assert call.understood["model"] == provider.sent_model
    assert provider.judged(call) == []
    assert {name: call.headers.get(name) for name in provider.headers} == provider.headers
    # The client's key is the gateway's to know and nobody else's.
    assert client.api_key not in f"{call.headers} {call.path} {call.body}"


def test_stream_comes_piece_by_piece(client, aimock, provider, topic):
    aimock.says(topic, {"content": SAID, **USAGE})
    found = gathered(client, model=provider.model, messages=[{"role": "user", "content": topic}])
    assert (found.text, found.finish, len(found.ids)) == (SAID, "stop", 1)
    assert found.pieces > 1, "one piece is no stream"
    assert (found.usage["prompt_tokens"], found.usage["completion_tokens"]) == (11, 7)
    call = aimock.call(topic)
    assert conversation(call) == [Turn("user", topic)]
    assert provider.judged(call) == []


def test_stream_says_nothing_of_usage_to_a_client_that_does_not_ask(client, aimock, provider, topic):
    aimock.says(topic, {"content": SAID, **USAGE})
    chunks = list(client.chat.completions.create(model=provider.model, messages=[{"role": "user", "content": topic}], stream=True))
    assert all(chunk.usage is None for chunk in chunks)
    assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == SAID


def test_settings_of_the_call_arrive(client, aimock, provider, topic):
    aimock.says(topic, {"content": SAID})
    stops = ["END", "FIN"][: provider.most_stops]
    client.chat.completions.create(
        model=provider.model, messages=[{"role": "user", "content": topic}], temperature=0.5, max_tokens=64, stop=stops
    )
    call = aimock.call(topic)
    assert (call.understood["temperature"], call.understood["max_tokens"]) == (0.5, 64)
    assert all(f'"{stop}"'.encode() in call.body for stop in stops)
    assert provider.judged(call) == []


@pytest.mark.parametrize("streamed", [False, True])
def test_answer_that_was_cut_off_says_so(client, aimock, provider, topic, streamed):
    assert finish(client, aimock, provider, topic, streamed, "length") == "length"


@pytest.mark.parametrize("streamed", [False, True])
@having("filters")
def test_answer_that_was_filtered_says_so(client, aimock, provider, topic, streamed):
    assert finish(client, aimock, provider, topic, streamed, "content_filter") == "content_filter"


def finish(client, aimock, provider, topic, streamed: bool, reason: str) -> str:
    aimock.says(topic, {"content": SAID, "finishReason": reason})
    body = {"model": provider.model, "messages": [{"role": "user", "content": topic}]}
    return gathered(client, **body).finish if streamed else client.chat.completions.create(**body).choices[0].finish_reason


def test_image_arrives(client, aimock, provider, topic):
    """Where the vendor has no eyes it may be refused instead, by name."""
    aimock.says(topic, {"content": SAID})
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": topic}, image]}]
    try:
        answer = client.chat.completions.create(model=provider.model, messages=messages)
    except openai.BadRequestError as refused:
        assert (refused.code, provider.images) == ("unsupported_capability", False)
        assert aimock.calls(topic) == []
        return
    assert answer.choices[0].message.content == SAID
    call = aimock.call(topic)
    assert PIXEL.encode() in call.body
    assert provider.judged(call) == []


@pytest.mark.parametrize("streamed", [False, True])
def test_call_is_accounted(gateway, client, aimock, provider, topic, streamed):
    """Under the provider that served, with the tokens that it told of. No other call is for a model of this name."""
    aimock.says(topic, {"content": SAID, **USAGE})
    model = f"{provider.model}-{topic.split()[-1].rstrip('.')}"
    body = {"model": model, "messages": [{"role": "user", "content": topic}]}
    gathered(client, **body) if streamed else client.chat.completions.create(**body)
    row = usage_row(gateway, model)
    assert (row["provider"], row["outcome"], row["status"]) == (provider.provider, "completed", 200)
    assert (row["input_tokens"], row["output_tokens"]) == (11, 7)
