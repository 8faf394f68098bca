"""Refusals and failures as the SDK's own exception classes, all with one envelope."""

from collections.abc import Iterator
from datetime import datetime

import openai
import pytest
from chat import ask
from conftest import check_envelope, sdk
from database import usage_row
from dvara_up import DvaraUp, eventually

import keys


def refused(exception, call) -> openai.APIStatusError:
    with pytest.raises(exception) as raised:
        call()
    assert type(raised.value) is exception
    return raised.value


def chat(client, model="mock/test-model", **options):
    return client.chat.completions.create(model=model, messages=ask(), **options)


# --- who calls ---------------------------------------------------------------------------------------------------


def test_missing_key(gateway):
    no_key = {"Authorization": openai.Omit()}
    error = refused(openai.AuthenticationError, lambda: chat(sdk(gateway), extra_headers=no_key))
    check_envelope(error, status=401, code="api_key_required", type="authentication_error")


@pytest.mark.parametrize("key", ["gw_" + "0" * 40, "sk-something-else", "gw_", "gw_" + "0" * 8000])
def test_unknown_key(gateway, key):
    error = refused(openai.AuthenticationError, lambda: chat(sdk(gateway, key)))
    check_envelope(error, status=401, code="invalid_api_key", type="authentication_error")
    assert key not in error.message


def test_key_of_another_case_is_another_key(gateway):
    error = refused(openai.AuthenticationError, lambda: chat(sdk(gateway, gateway.key.upper())))
    assert error.code == "invalid_api_key"


def test_revoked_key_is_refused_within_a_second(gateway):
    key, key_id = keys.create(gateway, "to-be-revoked")
    client = sdk(gateway, key)

    def answer():
        try:
            chat(client)
            return "served"
        except openai.AuthenticationError as error:
            return error

    eventually(lambda: answer() == "served", "the new key is known", seconds=5)
    keys.revoke(gateway, key_id)
    error = eventually(lambda: answer() != "served" and answer(), "the revoked key is refused", seconds=1)
    check_envelope(error, status=401, code="api_key_revoked", type="authentication_error")


def test_scope_is_enforced(gateway):
    key, _ = keys.create(gateway, "models-only", "models:read")
    client = sdk(gateway, key)
    eventually(lambda: known(client), "the new key is known", seconds=5)
    error = refused(openai.PermissionDeniedError, lambda: chat(client))
    check_envelope(error, status=403, code="api_key_scope", type="permission_error")


def known(client) -> bool:
    try:
        client.models.list()
        return True
    except openai.AuthenticationError:
        return False


def test_stranger_learns_nothing_of_what_is_behind_the_key(gateway):
    """On the head alone: neither a path that does not exist nor a broken body changes the answer."""
    client = sdk(gateway, "gw_" + "0" * 40)
    for path, body in [("/nope", {}), ("/chat/completions", {"model": 5})]:
        error = refused(openai.AuthenticationError, lambda: client.post(path, body=body, cast_to=object))
        assert error.code == "invalid_api_key"


# --- what is asked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, code, param",
    [
        ({}, "validation_error", "model, messages"),
        ({"model": "mock/test-model"}, "validation_error", "messages"),
        ({"model": "mock/test-model", "messages": []}, "validation_error", "messages"),
        ({"model": " ", "messages": ask()}, "validation_error", "model"),
        ({"model": 5, "messages": ask()}, "validation_error", "model"),
        ({"model": "mock/test-model", "messages": ask(), "stream": "yes"}, "validation_error", "stream"),
        ({"model": "nobody-serves-this", "messages": ask()}, "no_provider", "model"),
    ],
)
def test_invalid_body(client, body, code, param):
    error = refused(openai.BadRequestError, lambda: client.post("/chat/completions", body=body, cast_to=object))
    envelope = check_envelope(error, status=400, code=code, type="invalid_request_error")
    assert envelope["param"] == error.param == param


def test_model_without_its_provider_names_the_variable_to_set(client):
    """`ollama/…` has a provider by its prefix, which this gateway was not given."""
    error = refused(openai.BadRequestError, lambda: chat(client, "ollama/llama3"))
    check_envelope(error, status=400, code="no_provider", type="invalid_request_error")
    assert "OLLAMA_ENABLED" in error.message


def test_unknown_path(client):
    error = refused(openai.NotFoundError, lambda: client.get("/nope", cast_to=object))
    check_envelope(error, status=404, code="resource_not_found", type="not_found_error")


def test_wrong_method_names_the_right_one(client):
    error = refused(openai.APIStatusError, lambda: client.get("/chat/completions", cast_to=object))
    check_envelope(error, status=405, code="method_not_allowed", type="invalid_request_error")
    assert error.response.headers["allow"] == "POST"


def test_wrong_media_type(client):
    call = lambda: chat(client, extra_headers={"content-type": "text/plain"})  # noqa: E731
    check_envelope(refused(openai.APIStatusError, call), status=415, code="unsupported_media_type", type="invalid_request_error")


def test_compressed_body_is_refused_and_not_guessed_at(client):
    call = lambda: chat(client, extra_headers={"content-encoding": "gzip"})  # noqa: E731
    check_envelope(refused(openai.APIStatusError, call), status=415, code="unsupported_media_type", type="invalid_request_error")


def test_too_large_body_is_answered_and_not_reset(client):
    """Just over the limit of 32 MiB: the client is still sending when the answer comes."""
    messages = ask("x" * (32 * 1024 * 1024 + 1))
    call = lambda: client.chat.completions.create(model="mock/test-model", messages=messages)  # noqa: E731
    check_envelope(refused(openai.APIStatusError, call), status=413, code="input_too_large", type="input_size_error")


# --- how often -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hurried() -> Iterator[DvaraUp]:
    """A gateway that serves three calls per key and minute."""
    gateway = DvaraUp(
        {
            "DVARA_LLM_GATEWAY_RATE_LIMIT_ENABLED": "true",
            "DVARA_LLM_GATEWAY_RATE_LIMIT_PER_KEY_REQUESTS_PER_MINUTE": "3",
        }
    )
    try:
        yield gateway.start()
    finally:
        gateway.clean_up()


@pytest.mark.parametrize("streamed", [False, True])
def test_call_too_many_is_a_rate_limit_error_with_its_horizon(hurried, streamed):
    key, _ = keys.create(hurried, f"hurried-{streamed}")
    client = sdk(hurried, key)
    eventually(lambda: known(client), "the new key is known", seconds=5)
    for _ in range(2):
        chat(client)
    error = refused(openai.RateLimitError, lambda: chat(client, stream=streamed))
    envelope = check_envelope(error, status=429, code="rate_limit_exceeded", type="rate_limit_error")
    limit = envelope["rate_limit"]
    reset_at = datetime.fromisoformat(limit.pop("reset_at"))
    seconds = limit.pop("retry_after_seconds")
    assert limit == {"limited_resource": "requests", "limit_type": "requests_per_minute", "limit": 3, "remaining": 0}
    assert error.body["rate_limit"]["limit"] == 3
    headers = error.response.headers
    assert 1 <= seconds <= 61
    assert headers["retry-after"] == headers["x-ratelimit-retry-after-seconds"] == str(seconds)
    assert abs((datetime.fromisoformat(headers["x-ratelimit-reset"]) - reset_at).total_seconds()) < 1
    # The SDK's own reading of the header, by which its retries wait.
    assert client._parse_retry_after_header(headers) == seconds


# --- what the vendor says ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True])
def test_vendors_refusal_keeps_its_text(client, model, dialect, streamed):
    error = refused(openai.BadRequestError, lambda: chat(client, model("status-400"), stream=streamed))
    check_envelope(error, status=400, code="provider_rejected_request", type="invalid_request_error")
    assert "'temperature' does not support 3" in error.message


@pytest.mark.parametrize("status, said", [(404, "fake"), (413, "Request")])
def test_vendors_other_refusals_are_the_callers_mistake(client, model, dialect, status, said):
    """A model that the vendor does not have, a request that is too large for it."""
    error = refused(openai.BadRequestError, lambda: chat(client, model(f"status-{status}")))
    check_envelope(error, status=400, code="provider_rejected_request", type="invalid_request_error")
    assert said in error.message


@pytest.mark.parametrize("streamed", [False, True])
def test_vendors_rate_limit_is_one_with_its_horizon(client, model, dialect, streamed):
    error = refused(openai.RateLimitError, lambda: chat(client, model("status-429"), stream=streamed))
    check_envelope(error, status=429, code="provider_rate_limited", type="provider_rate_limited")
    assert error.response.headers["retry-after"] == "7"


FAILURES = [*(f"status-{status}" for status in (401, 403, 500, 503, 529)), "garbage", "html", "html-success", "hang-up"]


@pytest.mark.parametrize("scenario", FAILURES)
@pytest.mark.parametrize("streamed", [False, True])
def test_vendors_failure_is_told_in_our_words(client, model, dialect, scenario, streamed):
    """Vendors echo parts of keys; their 401 is about our credential, not the caller's."""
    error = refused(openai.InternalServerError, lambda: chat(client, model(scenario), stream=streamed))
    check_envelope(error, status=502, code="provider_error", type="provider_error")
    shown = error.response.text
    assert "Incorrect" not in shown and dialect.wire.KEY[:8] not in shown and "Sorry" not in shown and "<html" not in shown


def test_failure_of_the_vendor_is_settled_as_one(gateway, client, model, dialect):
    name = model("status-529")
    refused(openai.InternalServerError, lambda: chat(client, name))
    row = usage_row(gateway, name)
    assert (row["outcome"], row["status"], row["error_code"], row["provider"]) == ("failed", 502, "provider_error", dialect.name)


def test_vendor_that_is_not_there_is_a_bad_gateway(deserted, model, dialect):
    error = refused(openai.InternalServerError, lambda: chat(sdk(deserted), model("text")))
    check_envelope(error, status=502, code="provider_error", type="provider_error")
