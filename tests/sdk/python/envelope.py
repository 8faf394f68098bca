"""The official client, and what every error looks like to it."""

from __future__ import annotations

import re

import openai
from dvara_up import DvaraUp

TRACE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def sdk(gateway: DvaraUp, key: str | None = None) -> openai.OpenAI:
    """The official client with nothing but address and key, and without its own retries, which would hide answers."""
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key or gateway.key, max_retries=0, timeout=30)


def check_envelope(error: openai.APIStatusError, *, status: int, code: str, type: str) -> dict:
    """The one shape of every error, and that its trace id is the answer's. Returns the error object."""
    assert error.status_code == status
    body = error.response.json()["error"]
    assert {"message", "type", "code", "trace_id"} <= body.keys(), body
    assert (body["code"], body["type"]) == (code, type), body
    assert isinstance(body["message"], str) and body["message"]
    assert TRACE_ID.fullmatch(body["trace_id"])
    assert error.response.headers["x-trace-id"] == body["trace_id"]
    # What the SDK itself made of it.
    assert (error.code, error.type) == (code, type)
    return body
