"""Plain chat completions: what goes in arrives at the vendor, what the vendor says comes out."""

import json

import httpx2
import openai
import oracle
import pytest
from chat import WITH_USAGE, ask
from conftest import check_envelope, sdk
from database import usage_row
from fake_vendor import USAGE


def test_mock_model_answers_without_a_vendor(client):
    answer = client.chat.completions.create(model="mock/test-model", messages=ask())
    assert answer.object == "chat.completion"
    assert answer.model == "mock/test-model"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content == "This is a mock response"
    assert answer.choices[0].finish_reason == "stop"
    usage = answer.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 0


def test_plain_answer_is_the_vendors(client, model, dialect):
    name = model("text")
    answer = client.chat.completions.create(model=name, messages=ask("hello"))
    assert answer.choices[0].message.content == "I read: user: hello – ok ✓"
    assert answer.id == dialect.answer_id
    assert answer.model == f"{name}-2026-11-01"
    assert answer.choices[0].finish_reason == "stop"
    assert counted(answer.usage) == counted(USAGE)


def counted(usage) -> list[int]:
    """What an answer says that it came to."""
    usage = usage if isinstance(usage, dict) else usage.to_dict()
    details = usage["prompt_tokens_details"]["cached_tokens"], usage["completion_tokens_details"]["reasoning_tokens"]
    return [usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"], *details]


def test_every_count_of_the_same_dialect_is_relayed(client, model):
    assert client.chat.completions.create(model=model("text"), messages=ask()).usage.to_dict() == USAGE


def test_system_message_and_turns_arrive_in_order(client, model, dialect):
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": [{"type": "text", "text": "thr"}, {"type": "text", "text": "ee"}]},
    ]
    answer = client.chat.completions.create(model=model("text"), messages=messages)
    said = "system: Be brief. | user: one | assistant: two | user: three"
    assert answer.choices[0].message.content == f"I read: {said} – ok ✓"


def test_every_system_message_arrives(client, model, vendor, dialect):
    """Also those of developers, and wherever they stand: none is lost, none comes before its time among its kind."""
    name = model("text")
    messages = [
        {"role": "system", "content": "First."},
        *ask("one"),
        {"role": "developer", "content": [{"type": "text", "text": "Second."}]},
        *ask("two"),
    ]
    client.chat.completions.create(model=name, messages=messages)
    arrived = " ".join(turn.text for turn in dialect.turns(vendor.call(name)))
    for said in ("First.", "Second.", "one", "two"):
        assert arrived.count(said) == 1
    assert arrived.index("First.") < arrived.index("Second.")
    assert arrived.index("one") < arrived.index("two")


def test_async_client_is_served_too(gateway, model, dialect):
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


def test_vendor_sees_its_own_credential_and_never_ours(gateway, client, model, vendor, dialect):
    name = model("text")
    client.chat.completions.create(model=name, messages=ask(), extra_headers={"x-api-key": gateway.key})
    call = vendor.call(name)
    shown = call.headers.get("authorization", "").removeprefix("Bearer ") or call.headers["x-api-key"]
    assert shown == dialect.wire.KEY
    assert gateway.key not in str(call.headers) + call.body


def test_key_may_come_in_x_api_key(gateway, model):
    headers = {"Authorization": openai.Omit(), "x-api-key": gateway.key}
    answer = sdk(gateway).chat.completions.create(model=model("text"), messages=ask(), extra_headers=headers)
    assert answer.choices[0].finish_reason == "stop"


def test_long_prompt_and_odd_characters_arrive_unchanged(client, model, vendor, dialect):
    name = model("text")
    text = "\u0000\u001f\u2028\u2029 \U0001f600 é " + "x" * 2_000_000
    client.chat.completions.create(model=name, messages=ask(text))
    assert [turn.text for turn in dialect.turns(vendor.call(name))] == [text]


def test_call_is_settled_with_the_vendors_count(gateway, client, model, dialect):
    name = model("text")
    client.chat.completions.create(model=name, messages=ask())
    row = usage_row(gateway, name)
    assert (row["outcome"], row["status"], row["provider"], row["stream"]) == ("completed", 200, dialect.name, False)
    # Classes that do not overlap: 1117 prompt tokens of which 1024 cached, 46 completion tokens of which 12 reasoning.
    tokens = [row[f"{kind}_tokens"] for kind in ("input", "cache_read", "output", "reasoning")]
    assert tokens == [93, 1024, 34, 12]
    assert row["estimated"] is False


@pytest.mark.parametrize("scenario, finish", [("length", "length"), ("content-filter", "content_filter")])
@pytest.mark.parametrize("streamed", [False, True])
def test_reason_to_stop_is_told_in_openais_words(client, model, dialect, scenario, finish, streamed):
    answered = client.chat.completions.create(model=model(scenario), messages=ask(), stream=streamed)
    choice = [chunk.choices[0] for chunk in answered][-1] if streamed else answered.choices[0]
    assert choice.finish_reason == finish


@pytest.mark.parametrize("streamed", [False, True])
def test_answer_that_says_nothing_is_an_answer(client, model, dialect, streamed):
    answered = client.chat.completions.create(model=model("no-text"), messages=ask(), stream=streamed)
    choices = [chunk.choices[0] for chunk in answered] if streamed else answered.choices
    assert choices[-1].finish_reason == "stop"
    assert all(not (choice.delta if streamed else choice.message).content for choice in choices)


@pytest.mark.parametrize("streamed", [False, True])
def test_tokens_written_to_a_cache_are_counted_once(gateway, client, claude, streamed):
    name = claude("cache-write")
    options = {"stream": True, **WITH_USAGE} if streamed else {}
    answered = client.chat.completions.create(model=name, messages=ask(), **options)
    usage = list(answered)[-1].usage if streamed else answered.usage
    assert usage.prompt_tokens == 93 + 1024 + 256
    assert usage.prompt_tokens_details.cached_tokens == 1024
    assert usage.prompt_tokens_details.cache_write_tokens == 256
    row = usage_row(gateway, name)
    assert [row[f"{kind}_tokens"] for kind in ("input", "cache_read", "cache_write")] == [93, 1024, 256]


def test_answer_of_forty_megabytes_is_served_whole(client, model, dialect):
    answer = client.chat.completions.create(model=model("forty-megabytes"), messages=ask())
    # Not compared whole, which would be shown whole.
    text = answer.choices[0].message.content
    assert (len(text), set(text)) == (40 * 1024 * 1024, {"x"})


def test_answer_beyond_the_limit_is_a_failure_of_the_vendor(gateway, client, model, dialect):
    name = model("seventy-megabytes")
    with pytest.raises(openai.InternalServerError) as raised:
        client.chat.completions.create(model=name, messages=ask())
    check_envelope(raised.value, status=502, code="provider_error", type="provider_error")
    assert usage_row(gateway, name)["outcome"] == "failed"


def test_answer_in_the_sdks_own_types(gateway, model, dialect):
    """To the letter, and not only as far as the SDK cares to read."""
    body = {"model": model("text"), "messages": ask()}
    headers = {"authorization": f"Bearer {gateway.key}"}
    answer = httpx2.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=30).json()
    oracle.openai_completion(answer, dialect.beyond_the_types)
