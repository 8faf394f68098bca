"""Bedrock behind the gateway: every call is signed for the account that the gateway was given, whatever the model is called."""

import json
from collections.abc import Iterator

import openai
import pytest
from aws_signature import Account
from dvara_up import DvaraUp
from envelope import check_envelope, sdk
from fake_bedrock import ARGUMENTS, REGION, SIGNATURE, THOUGHT, FakeBedrock
from providers import AT_ONCE
from streams import gathered

STATIC = Account("AKIDGATEWAY", "secret/of+the=gateway")
FOR_A_WHILE = Account("ASIDGATEWAY", "secret-of-a-session", "token/of+a/session==")
API_KEY = "bedrock-api-key-of-the-gateway"

GATEWAYS = {
    "static": {"AWS_ACCESS_KEY_ID": STATIC.access_key, "AWS_SECRET_ACCESS_KEY": STATIC.secret_key},
    "session": {
        "AWS_ACCESS_KEY_ID": FOR_A_WHILE.access_key,
        "AWS_SECRET_ACCESS_KEY": FOR_A_WHILE.secret_key,
        "AWS_SESSION_TOKEN": FOR_A_WHILE.session_token,
    },
    "api key": {"AWS_BEARER_TOKEN_BEDROCK": API_KEY},
    "wrong": {"AWS_ACCESS_KEY_ID": STATIC.access_key, "AWS_SECRET_ACCESS_KEY": "another"},
}
SIGNERS = {"static": STATIC.access_key, "session": FOR_A_WHILE.access_key, "api key": "api key"}

MODELS = [
    "amazon.nova-pro-v1:0",
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc123def456",
]
"""With what a path has to be encoded for: colons, and the slash of an ARN."""


@pytest.fixture(scope="module")
def bedrock() -> Iterator[FakeBedrock]:
    with FakeBedrock([STATIC, FOR_A_WHILE], API_KEY) as bedrock:
        yield bedrock


@pytest.fixture(scope="module")
def of(bedrock) -> Iterator:
    """The client of a gateway with some credentials; each is started once, when it is first asked for."""
    started: dict[str, DvaraUp] = {}

    def client(name: str) -> openai.OpenAI:
        if name not in started:
            settings = {"BEDROCK_ENABLED": "true", "AWS_REGION": REGION, "BEDROCK_BASE_URL": bedrock.url, **GATEWAYS[name]}
            started[name] = DvaraUp({**settings, **AT_ONCE})
            started[name].start()
        return sdk(started[name])

    try:
        yield client
    finally:
        for gateway in started.values():
            gateway.clean_up()


def say(text: str, model: str = MODELS[0], **more: object) -> dict:
    return {"model": f"bedrock/{model}", "messages": [{"role": "user", "content": text}], **more}


def served(bedrock: FakeBedrock) -> int:
    return len(bedrock.signers)


@pytest.mark.parametrize("model", MODELS, ids=["id", "profile", "arn"])
@pytest.mark.parametrize("name", SIGNERS)
def test_call_is_signed(of, bedrock, name, model):
    client, before = of(name), served(bedrock)
    answer = client.chat.completions.create(**say("hello – ✓", model))
    assert answer.choices[0].message.content == "I read: hello – ✓", bedrock.rejections[-1:]
    assert gathered(client, **say("hello – ✓", model)).text == "I read: hello – ✓"
    assert bedrock.signers[before:] == [SIGNERS[name]] * 2
    assert bedrock.models[-2:] == [model] * 2


@pytest.mark.parametrize("streamed", [False, True])
def test_wrong_secret_is_the_gateways_failure(of, bedrock, streamed):
    """And nothing of what AWS says about it is told to the caller."""
    with pytest.raises(openai.InternalServerError) as failed:
        of("wrong").chat.completions.create(**say("hello", stream=streamed))
    check_envelope(failed.value, status=502, code="provider_error", type="provider_error")
    assert bedrock.rejections[-1].error == "InvalidSignatureException"
    assert STATIC.access_key not in failed.value.response.text and "signature" not in failed.value.response.text


def test_tools_and_thoughts_come_whole_and_streamed(of):
    client = of("static")
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
    whole = client.chat.completions.create(**say("tools", tools=tools)).choices[0]
    found = gathered(client, **say("tools", tools=tools))
    assert (whole.finish_reason, found.finish) == ("tool_calls", "tool_calls")
    assert whole.message.tool_calls[0].id == found.calls[0]["id"] == "tooluse_1"
    for arguments in (whole.message.tool_calls[0].function.arguments, found.calls[0]["arguments"]):
        assert json.loads(arguments) == ARGUMENTS
    thinking = client.chat.completions.create(**say("thinking", MODELS[1], reasoning_effort="low", max_tokens=4000)).choices[0].message
    assert thinking.model_extra["reasoning_content"] == THOUGHT
    assert SIGNATURE in str(thinking.model_extra)


@pytest.mark.parametrize("said", ["throttled", "torn"])
def test_stream_that_breaks_off_is_no_answer(of, said):
    with pytest.raises(openai.APIError) as broken:
        for chunk in of("static").chat.completions.create(**say(f"{said} in the middle of it", stream=True)):
            assert not any(choice.finish_reason for choice in chunk.choices)
    assert broken.value.body["code"] in ("provider_error", "provider_rate_limited")


@pytest.mark.parametrize("streamed", [False, True])
def test_throttling_is_the_vendors_rate_limit(of, streamed):
    with pytest.raises(openai.RateLimitError) as limited:
        of("static").chat.completions.create(**say("busy", stream=streamed))
    check_envelope(limited.value, status=429, code="provider_rate_limited", type="provider_rate_limited")


def test_answers_of_many_calls_are_not_mixed_up(of):
    """Over connections that stay open."""
    client = of("static")
    for number in range(20):
        assert gathered(client, **say(f"call {number}")).text == f"I read: call {number}"
