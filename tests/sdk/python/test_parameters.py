"""Parameters: what a vendor can honour reaches it, what it cannot is refused by name or dropped with word of it."""

import json

import httpx2
import openai
import pytest
from chat import TOOLS, ask
from raw_http import chat as raw_chat


def call(client, name: str, **body):
    return client.chat.completions.with_raw_response.create(model=name, messages=ask(), extra_body=body)


def dropped(response) -> set[str]:
    """The fields that the answer says were left out."""
    return {name.strip() for name in response.headers.get("x-gateway-dropped-fields", "").split(",") if name}


# --- OpenAI ------------------------------------------------------------------------------------------------------


def test_several_choices_come_back(client, model):
    answer = client.chat.completions.create(model=model("text"), messages=ask(), n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]


def test_probabilities_come_back(client, model, vendor):
    name = model("text")
    answer = client.chat.completions.create(model=name, messages=ask(), logprobs=True, top_logprobs=2)
    assert answer.choices[0].logprobs.content[0].logprob == -0.25
    assert json.loads(vendor.call(name).body)["top_logprobs"] == 2


def test_every_documented_parameter_arrives_and_nothing_is_added(client, model, vendor):
    name = model("text")
    parameters = {
        "frequency_penalty": 0.5, "logit_bias": {"1": -100}, "logprobs": True, "max_completion_tokens": 10,
        "metadata": {"a": "b"}, "n": 2, "parallel_tool_calls": False, "prediction": {"type": "content", "content": "a"},
        "presence_penalty": 0.5, "prompt_cache_key": "a", "reasoning_effort": "low", "safety_identifier": "a", "seed": 7,
        "service_tier": "flex", "stop": ["a"], "store": True, "temperature": 0.5, "tools": TOOLS, "top_logprobs": 1,
        "top_p": 0.5, "user": "a", "verbosity": "low",
    }  # fmt: skip
    response = call(client, name, **parameters)
    assert dropped(response) == set()
    assert json.loads(vendor.call(name).body) == {"model": name, "messages": ask(), **parameters}


@pytest.mark.parametrize("streamed", [False, True])
def test_unknown_fields_survive_byte_for_byte(gateway, model, vendor, streamed):
    """Numbers as they were written, odd white space, members in their order, escapes as they are."""
    name = model("lenient")
    options = ', "stream_options": {"include_usage": true}, "stream": true' if streamed else ""
    body = (
        f'{{ "x_first":1.50e+2,"model": "{name}",  "x_big": 123456789012345678901234567890,'
        '\t"messages":[{"x":{"b":1,"a":2},"role":"user","content":"\\u00e9\\/\\ud83d\\ude00 é"}],'
        f' "x_empty": {{ }} , "x_null":null{options} }}'
    )
    if streamed:
        answered(gateway, body)
    else:
        assert raw_chat(gateway, body).status == 200
    assert vendor.call(name).body == body


def answered(gateway, body: str) -> None:


    headers = {"authorization": f"Bearer {gateway.key}", "content-type": "application/json"}
    response = httpx2.post(f"{gateway.url}/v1/chat/completions", content=body.encode(), headers=headers, timeout=30)
    assert response.content.endswith(b"data: [DONE]\n\n")


# --- Anthropic ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said, sent",
    [
        ({"max_tokens": 7}, {"max_tokens": 7}),
        ({"max_completion_tokens": 7}, {"max_tokens": 7}),
        ({"temperature": 0.25}, {"temperature": 0.25}),
        ({"top_p": 0.25}, {"top_p": 0.25}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["END", "é"]}, {"stop_sequences": ["END", "é"]}),
        ({"user": "u-1"}, {"metadata": {"user_id": "u-1"}}),
        ({"safety_identifier": "u-1"}, {"metadata": {"user_id": "u-1"}}),
        ({"service_tier": "default"}, {"service_tier": "standard_only"}),
        # Anthropic's own, which OpenAI's dialect has no word for.
        ({"top_k": 5}, {"top_k": 5}),
        # Of OpenAI's, what asks for nothing.
        ({"n": 1, "logprobs": False, "frequency_penalty": 0, "seed": None, "store": False}, {}),
    ],
    ids=str,
)
def test_parameter_is_said_in_anthropics_words(client, claude, vendor, said, sent):
    name = claude("text")
    response = call(client, name, **said)
    assert dropped(response) == set()
    arrived = json.loads(vendor.call(name).body)
    assert arrived.pop("max_tokens") == sent.get("max_tokens", 4096)
    assert {name: value for name, value in sent.items() if name != "max_tokens"} == {
        name: value for name, value in arrived.items() if name not in ("model", "messages")
    }


@pytest.mark.parametrize(
    "said",
    [
        {"n": 2},
        {"logprobs": True},
        {"logprobs": True, "top_logprobs": 2},
        {"seed": 7},
        {"frequency_penalty": 0.5},
        {"presence_penalty": -0.5},
        {"logit_bias": {"1": -100}},
        {"modalities": ["text", "audio"]},
        {"audio": {"voice": "alloy", "format": "wav"}},
        {"temperature": 1.5},
        {"web_search_options": {}},
        # Anthropic refuses stop sequences without a visible character.
        {"stop": ["END", "\n\n"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_anthropic_cannot_say_is_refused_by_name(client, claude, vendor, said, streamed):
    name = claude("text")
    with pytest.raises(openai.BadRequestError) as raised:
        call(client, name, stream=streamed, **said)
    assert (raised.value.code, raised.value.type) == ("unsupported_capability", "invalid_request_error")
    assert raised.value.param in said
    assert raised.value.param in raised.value.message
    assert not [seen for seen in vendor.calls if seen.model == name], "nothing was sent"


@pytest.mark.parametrize(
    "said",
    [
        {"store": True},
        {"verbosity": "low"},
        {"prompt_cache_key": "a"},
        {"prediction": {"type": "content", "content": "a"}},
        {"store": True, "verbosity": "high"},
        {"service_tier": "flex"},
        {"metadata": {"team": "a"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_anthropic_has_no_use_for_is_dropped_with_word_of_it(client, claude, vendor, said, streamed):
    name = claude("text")
    response = call(client, name, stream=streamed, **said)
    assert dropped(response) == said.keys()
    assert not said.keys() & json.loads(vendor.call(name).body).keys()


def test_field_that_nobody_knows_is_the_vendors_to_refuse(client, claude):
    with pytest.raises(openai.BadRequestError, match="x_unknown: Extra inputs are not permitted") as raised:
        call(client, claude("text"), x_unknown=1)
    assert raised.value.code == "provider_rejected_request"


def test_name_of_a_speaker_is_not_sent_where_it_is_refused(client, claude, vendor):
    """OpenAI's messages have names; Anthropic's do not."""
    name = claude("text")
    messages = [{"role": "user", "name": "ada", "content": "hello"}]
    answer = client.chat.completions.create(model=name, messages=messages)
    assert answer.choices[0].finish_reason == "stop"
    assert "name" not in json.loads(vendor.call(name).body)["messages"][0]


def test_marks_for_the_prompt_cache_arrive_where_they_stood(client, claude, vendor):
    name = claude("text")
    mark = {"cache_control": {"type": "ephemeral"}}
    hour = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "Long.", **hour}]},
        {"role": "user", "content": [{"type": "text", "text": "Longer.", **mark}, {"type": "text", "text": "Short."}]},
    ]
    tools = [{**TOOLS[0], **mark}, TOOLS[1]]
    client.chat.completions.create(model=name, messages=messages, tools=tools)
    sent = json.loads(vendor.call(name).body)
    assert sent["system"] == [{"type": "text", "text": "Long.", **hour}]
    assert sent["messages"][0]["content"] == messages[1]["content"]
    assert [tool.get("cache_control") for tool in sent["tools"]] == [mark["cache_control"], None]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": ""}, *ask("hello")],
        [{"role": "user", "content": [{"type": "text", "text": " "}, {"type": "text", "text": "hello"}]}],
        [{"role": "system", "content": ""}, *ask("hello")],
        [*ask("one"), {"role": "assistant", "content": ""}, *ask("hello")],
        [*ask("one"), *ask("hello")],
        [{"role": "assistant", "content": "Welcome."}, *ask("hello")],
    ],
    ids=["empty turn", "blank part", "empty system prompt", "empty answer", "two turns of one side", "answer first"],
)
def test_conversation_that_openai_takes_is_taken(client, model, dialect, messages):
    """Anthropic refuses texts that are empty; clients of OpenAI have them."""
    answer = client.chat.completions.create(model=model("text"), messages=messages)
    assert "hello" in answer.choices[0].message.content
