"""Vendors that do not answer, or not on time: the defined error after the configured time, and no connection left behind."""

import json

import httpx2
import openai
import pytest
from chat import ask, text_of
from conftest import check_envelope, sdk, settings
from database import usage_row
from dvara_up import DvaraUp, eventually

LIMITS = {
    f"DVARA_LLM_GATEWAY_RESILIENCE_TIMEOUT_{name}_TIMEOUT_MS": str(milliseconds)
    for name, milliseconds in {"CHAT": 400, "FIRST_BYTE": 400, "IDLE": 400}.items()
}


@pytest.fixture(scope="module")
def impatient(vendor):
    """A gateway that waits for nobody."""
    gateway = DvaraUp(settings(vendor) | LIMITS)
    try:
        yield gateway.start()
    finally:
        gateway.clean_up()


@pytest.mark.parametrize("streamed", [False, True])
def test_vendor_that_thinks_for_too_long_is_left(impatient, model, dialect, vendor, streamed):
    name = model("stall-head")
    with pytest.raises(openai.InternalServerError) as raised:
        sdk(impatient).chat.completions.create(model=name, messages=ask(), stream=streamed)
    check_envelope(raised.value, status=502, code="provider_error", type="provider_error")
    eventually(lambda: vendor.call(name).closed_by_client, "the vendor's connection closes")
    row = usage_row(impatient, name)
    assert (row["outcome"], row["status"], row["error_code"]) == ("failed", 502, "provider_error")


def test_stream_that_falls_silent_is_never_a_clean_end(impatient, model, dialect, vendor):
    name = model("stall")
    seen = []
    with pytest.raises(openai.APIError):
        for chunk in sdk(impatient).chat.completions.create(model=name, messages=ask(), stream=True):
            seen.append(chunk)
    assert text_of(seen) == "I read:"
    eventually(lambda: vendor.call(name).closed_by_client, "the vendor's connection closes")
    assert usage_row(impatient, name)["outcome"] == "failed"


def test_stream_that_falls_silent_ends_with_the_error_event(impatient, model, dialect):
    body = {"model": model("stall"), "messages": ask(), "stream": True}
    headers = {"authorization": f"Bearer {impatient.key}"}
    text = httpx2.post(f"{impatient.url}/v1/chat/completions", json=body, headers=headers, timeout=30).text
    last = text.removesuffix("\n\n").split("\n\n")[-1]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "provider_error"
    assert "[DONE]" not in text


def test_limit_between_chunks_is_none_for_the_whole_stream(impatient, model, dialect):
    """Nine chunks of 50 ms take longer than any limit here, and each is on time."""
    chunks = list(sdk(impatient).chat.completions.create(model=model("slow"), messages=ask(), stream=True))
    assert text_of(chunks) == "I read: user: hello – ok ✓"
