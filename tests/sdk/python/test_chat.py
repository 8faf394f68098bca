"""Plain chat completions: what goes in arrives at the vendor, what the vendor says comes out."""

import json

import openai
from chat import ask
from conftest import sdk
from database import usage_row
from fake_vendor import KEY, USAGE


def test_mock_model_answers_without_a_vendor(client):
    answer = client.chat.completions.create(model="mock/test-model", messages=ask())
    assert answer.object == "chat.completion"
    assert answer.model == "mock/test-model"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content == "This is a mock response"
    assert answer.choices[0].finish_reason == "stop"
    usage = answer.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 0


def test_plain_answer_is_the_vendors(client, model):
    name = model("text")
    answer = client.chat.completions.create(model=name, messages=ask("hello"))
    assert answer.choices[0].message.content == "I read: user: hello – ok ✓"
    assert answer.id == "chatcmpl-fake"
    assert answer.model == f"{name}-2026-11-01"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.to_dict() == USAGE


def test_system_message_and_turns_arrive_in_order(client, model):
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": [{"type": "text", "text": "thr"}, {"type": "text", "text": "ee"}]},
    ]
    answer = client.chat.completions.create(model=model("text"), messages=messages)
    said = "system: Be brief. | user: one | assistant: two | user: three"
    assert answer.choices[0].message.content == f"I read: {said} – ok ✓"


def test_async_client_is_served_too(gateway, model):
    import asyncio

    async def call():
        async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0) as client:
            calls = [client.chat.completions.create(model=model("text"), messages=ask(str(n))) for n in range(8)]
            return await asyncio.gather(*calls)

    answers = [answer.choices[0].message.content for answer in asyncio.run(call())]
    assert answers == [f"I read: user: {n} – ok ✓" for n in range(8)]


def test_unknown_fields_arrive_and_nothing_is_added(client, model, vendor):
    name = model("lenient")
    unknown = {"x_unknown": {"list": [1, 2.5, None, "ü"]}, "verbosity": "low"}
    client.chat.completions.create(model=name, messages=ask(), temperature=0.25, extra_body=unknown)
    sent = json.loads(vendor.call(name).body)
    assert sent == {"model": name, "messages": ask(), "temperature": 0.25, **unknown}


def test_fields_that_the_sdk_does_not_know_come_back(client, model):
    answer = client.chat.completions.create(model=model("text"), messages=ask())
    assert answer.model_extra["field_of_tomorrow"] == {"kept": [1, 2.5, None]}


def test_vendor_sees_its_own_credential_and_never_ours(gateway, client, model, vendor):
    name = model("text")
    client.chat.completions.create(model=name, messages=ask(), extra_headers={"x-api-key": gateway.key})
    call = vendor.call(name)
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert gateway.key not in str(call.headers) + call.body


def test_key_may_come_in_x_api_key(gateway, model):
    headers = {"Authorization": openai.Omit(), "x-api-key": gateway.key}
    answer = sdk(gateway).chat.completions.create(model=model("text"), messages=ask(), extra_headers=headers)
    assert answer.choices[0].finish_reason == "stop"


def test_long_prompt_and_odd_characters_arrive_unchanged(client, model, vendor):
    name = model("text")
    text = "\u0000\u001f\u2028\u2029 \U0001f600 é " + "x" * 2_000_000
    client.chat.completions.create(model=name, messages=ask(text))
    assert json.loads(vendor.call(name).body)["messages"][0]["content"] == text


def test_call_is_settled_with_the_vendors_count(gateway, client, model):
    name = model("text")
    client.chat.completions.create(model=name, messages=ask())
    row = usage_row(gateway, name)
    assert (row["outcome"], row["status"], row["provider"], row["stream"]) == ("completed", 200, "openai", False)
    # Classes that do not overlap: 1117 prompt tokens of which 1024 cached, 46 completion tokens of which 12 reasoning.
    tokens = [row[f"{kind}_tokens"] for kind in ("input", "cache_read", "output", "reasoning")]
    assert tokens == [93, 1024, 34, 12]
    assert row["estimated"] is False
