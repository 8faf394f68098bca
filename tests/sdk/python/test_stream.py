"""Streamed chat completions: the chunks of the vendor, usage only for who asked, and no clean end of a broken stream."""

import json
import time

import httpx2
import openai
import oracle
import pytest
from chat import WITH_USAGE, ask, text_of
from conftest import TRACE_ID
from database import usage_row
from dialects import ANTHROPIC
from dvara_up import eventually
from fake_vendor import USAGE

BROKEN = ["die", "cut", "cut-character", "stop-early", "error-event", "garbage-event"]


def stream(client, model, **options):
    return client.chat.completions.create(model=model, messages=ask(), stream=True, **options)


def raw_stream(gateway, model, **options) -> tuple[httpx2.Response, str]:
    """The same without the SDK: the bytes as they came."""
    body = {"model": model, "messages": ask(), "stream": True, **options}
    headers = {"authorization": f"Bearer {gateway.key}"}
    response = httpx2.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=30)
    return response, response.content.decode()


def events(text: str) -> list[str]:
    assert text.endswith("\n\n")
    lines = text.removesuffix("\n\n").split("\n\n")
    assert all(line.startswith("data: ") and "\n" not in line for line in lines), text
    return [line.removeprefix("data: ") for line in lines]


def test_mock_model_streams_word_by_word(client):
    chunks = list(stream(client, "mock/test-model"))
    assert text_of(chunks) == "This is a mock response"
    assert sum(1 for chunk in chunks if chunk.choices and chunk.choices[0].delta.content) == 5
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert not any(chunk.usage for chunk in chunks)


def test_mock_model_reports_usage_when_asked(client):
    chunks = list(stream(client, "mock/test-model", **WITH_USAGE))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0


def test_stream_without_usage_has_no_usage_chunk(client, model, dialect):
    name = model("text")
    chunks = list(stream(client, name))
    assert text_of(chunks) == "I read: user: hello – ok ✓"
    assert all(chunk.choices for chunk in chunks), "a chunk without choices is the usage chunk that nobody asked for"
    assert not any(chunk.usage for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_usage_is_asked_for_when_the_client_does_not(client, model, vendor):
    """The call has to be accounted for."""
    name = model("text")
    list(stream(client, name))
    assert json.loads(vendor.call(name).body)["stream_options"] == {"include_usage": True}


def test_stream_with_usage_ends_with_it(client, model, dialect):
    chunks = list(stream(client, model("text"), **WITH_USAGE))
    assert text_of(chunks) == "I read: user: hello – ok ✓"
    assert [bool(chunk.usage) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].choices == []
    usage = chunks[-1].usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (1117, 46, 1163)
    assert usage.prompt_tokens_details.cached_tokens == 1024
    assert usage.completion_tokens_details.reasoning_tokens == 12


def test_every_count_of_the_same_dialect_is_relayed(client, model):
    assert list(stream(client, model("text"), **WITH_USAGE))[-1].usage.to_dict() == USAGE


def test_stream_that_declines_usage_gets_none(client, model, vendor):
    name = model("text")
    chunks = list(stream(client, name, stream_options={"include_usage": False, "include_obfuscation": False}))
    assert all(chunk.choices for chunk in chunks)
    sent = json.loads(vendor.call(name).body)["stream_options"]
    assert sent == {"include_usage": True, "include_obfuscation": False}


def test_stream_is_settled_with_the_vendors_count(gateway, client, model, dialect):
    name = model("text")
    list(stream(client, name))
    row = usage_row(gateway, name)
    assert (row["outcome"], row["status"], row["stream"]) == ("completed", 200, True)
    assert [row[f"{kind}_tokens"] for kind in ("input", "cache_read", "output", "reasoning")] == [93, 1024, 34, 12]


def test_chunks_come_as_they_are_made(client, model, dialect):
    arrivals = []
    for _ in stream(client, model("slow")):
        arrivals.append(time.monotonic())
    # The vendor takes 50 ms a chunk; held back until the end they would all come at once.
    assert arrivals[-1] - arrivals[0] > 0.1


def test_stream_on_the_wire_is_sse_that_ends_with_done(gateway, model, dialect):
    response, text = raw_stream(gateway, model("text"))
    assert response.headers["content-type"].startswith("text/event-stream")
    assert TRACE_ID.fullmatch(response.headers["x-trace-id"])
    *chunks, last = events(text)
    assert last == "[DONE]"
    for chunk in chunks:
        oracle.openai_chunk(json.loads(chunk), dialect.beyond_the_types)


def test_stream_that_comes_byte_by_byte_is_the_same_stream(client, model, dialect):
    """Events, words and characters are cut in the vendor's chunks, and whole in ours."""
    chunks = list(stream(client, model("drip"), **WITH_USAGE))
    assert text_of(chunks) == "I read: user: hello – ok ✓"
    assert chunks[-1].usage.total_tokens == 1163


def test_chunks_of_one_stream_belong_together(client, model, dialect):
    chunks = list(stream(client, model("text")))
    assert {chunk.id for chunk in chunks} == {dialect.answer_id}
    assert len({chunk.created for chunk in chunks}) == 1
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant"] + [None] * (len(chunks) - 1)
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]


def test_event_larger_than_any_buffer_passes_whole(client, model, dialect):
    chunks = list(stream(client, model("huge-event")))
    assert text_of(chunks) == "x" * 300_000


@pytest.mark.parametrize("scenario", BROKEN)
def test_broken_stream_is_never_a_clean_end(gateway, client, model, dialect, scenario):
    name = model(scenario)
    seen = []
    with pytest.raises(openai.APIError):
        for chunk in stream(client, name):
            seen.append(chunk)
    assert text_of(seen) == "I read:", "what came before the break was relayed"
    row = usage_row(gateway, name)
    assert row["outcome"] == "failed"
    assert row["error_code"] == "provider_error"


@pytest.mark.parametrize("scenario", BROKEN)
def test_broken_stream_ends_with_one_error_event_and_no_done(gateway, model, dialect, scenario):
    response, text = raw_stream(gateway, model(scenario))
    *chunks, last = events(text)
    error = json.loads(last)["error"]
    assert {"message", "type", "code", "trace_id"} <= error.keys()
    assert (error["code"], error["type"]) == ("provider_error", "provider_error")
    assert error["trace_id"] == response.headers["x-trace-id"]
    assert not any("[DONE]" in chunk or "error" in json.loads(chunk) for chunk in chunks)


def test_failure_before_the_first_byte_is_an_ordinary_error(client, model, dialect):
    with pytest.raises(openai.BadRequestError) as raised:
        stream(client, model("status-400"))
    assert raised.value.code == "provider_rejected_request"


def test_cancelled_stream_closes_the_vendors_connection_and_is_marked(gateway, client, model, dialect, vendor):
    name = model("stall")
    opened = stream(client, name)
    next(iter(opened))
    assert not vendor.call(name).closed_by_client
    opened.close()
    eventually(lambda: vendor.call(name).closed_by_client, "the vendor's connection closes", seconds=15)
    row = usage_row(gateway, name)
    assert (row["outcome"], row["stream"]) == ("abandoned", True)


def test_cancelled_stream_is_paid_for_as_far_as_it_came(gateway, client, model, vendor, dialect):
    """What the vendor has said is counted, the rest is guessed from what was relayed, and the row says so."""
    name = model("stall")
    opened = stream(client, name)
    seen = [next(opened), next(opened)]
    opened.close()
    row = usage_row(gateway, name)
    assert text_of(seen) == "I read:"
    assert row["estimated"] is True
    assert row["output_tokens"] > 0
    if dialect is ANTHROPIC:
        # Anthropic tells at the start what went in.
        assert (row["input_tokens"], row["cache_read_tokens"]) == (93, 1024)
    else:
        assert row["input_tokens"] > 0


def test_client_that_gives_up_waiting_closes_the_vendors_connection(gateway, client, model, dialect, vendor):
    name = model("stall-head")
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.5).chat.completions.create(model=name, messages=ask())
    eventually(lambda: vendor.call(name).closed_by_client, "the vendor's connection closes", seconds=15)
    assert usage_row(gateway, name)["outcome"] == "abandoned"
