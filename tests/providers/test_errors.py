"""What vendors refuse and fail at, as the official SDK sees it through the gateway."""

import openai
import pytest
from envelope import check_envelope

REFUSED = ("Judge: ‘temperature’ does not support 3", {"type": "invalid_request_error"})


def asked(client, provider, topic, streamed=False):
    return client.chat.completions.create(model=provider.model, messages=[{"role": "user", "content": topic}], stream=streamed)


def refusal(client, provider, topic, streamed, exception) -> openai.APIStatusError:
    with pytest.raises(exception) as raised:
        asked(client, provider, topic, streamed)
    assert type(raised.value) is exception
    return raised.value


def fails(aimock, topic, status: int, message: str = "Judge: no", **more: object) -> None:
    aimock.says(topic, {"error": {"message": message, "type": "judged"}, "status": status, **more})


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("status", [400, 404])
def test_refusal_keeps_the_vendors_text(client, aimock, provider, topic, status, streamed):
    fails(aimock, topic, status, "Judge: ‘temperature’ does not support 3")
    error = refusal(client, provider, topic, streamed, openai.BadRequestError)
    check_envelope(error, status=400, code="provider_rejected_request", type="invalid_request_error")
    assert not provider.errors or "‘temperature’ does not support 3" in error.message
    assert aimock.call(topic).status == status


@pytest.mark.parametrize("streamed", [False, True])
def test_rate_limit_keeps_its_horizon(client, aimock, provider, topic, streamed):
    fails(aimock, topic, 429, retryAfter=7)
    error = refusal(client, provider, topic, streamed, openai.RateLimitError)
    check_envelope(error, status=429, code="provider_rate_limited", type="provider_rate_limited")
    assert error.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_failure_is_told_in_the_gateways_words(client, aimock, provider, topic, status, streamed):
    fails(aimock, topic, status, "Judge: incorrect key sk-judge-0123")
    error = refusal(client, provider, topic, streamed, openai.InternalServerError)
    check_envelope(error, status=502, code="provider_error", type="provider_error")
    assert "Judge" not in error.response.text and "sk-" not in error.response.text
    # Once: this gateway does not try again.
    assert aimock.call(topic).status == status


@pytest.mark.parametrize("streamed", [False, True])
def test_answer_that_is_none_is_the_vendors_failure(client, aimock, provider, topic, streamed):
    aimock.says(topic, {"content": "hello"}, chaos={"malformedRate": 1})
    error = refusal(client, provider, topic, streamed, openai.InternalServerError)
    check_envelope(error, status=502, code="provider_error", type="provider_error")


def test_stream_that_breaks_off_is_no_answer(client, aimock, provider, topic):
    """What came is relayed; then the client is told, instead of being left with half an answer that looks whole."""
    aimock.says(topic, {"content": "word after word after word after word"}, truncateAfterChunks=4)
    came = ""
    with pytest.raises(openai.APIError) as broken:
        for chunk in asked(client, provider, topic, streamed=True):
            came += "".join(choice.delta.content or "" for choice in chunk.choices)
            assert not any(choice.finish_reason for choice in chunk.choices)
    assert "word".startswith(came) or came.startswith("word")
    assert broken.value.body["code"] == "provider_error"
