"""Trace ids: the caller's where it is harmless, ours where not, and the same one everywhere."""

import pytest
from chat import ask
from conftest import TRACE_ID
from database import usage_row


def trace_id(client, model, **headers):
    response = client.chat.completions.with_raw_response.create(model=model, messages=ask(), extra_headers=headers)
    return response.headers["x-trace-id"]


def test_callers_trace_id_is_echoed_and_recorded(gateway, client, model):
    name = model("text")
    sent = "caller.trace:1-2_3"
    assert trace_id(client, name, **{"X-Trace-ID": sent, "X-Session-Id": "session-7"}) == sent
    row = usage_row(gateway, name)
    assert (row["trace_id"], row["session_id"]) == (sent, "session-7")


@pytest.mark.parametrize("sent", ["with space", "a" * 129, 'quote"quote', "slash/slash", "<script>", "a,b"])
def test_malformed_trace_id_is_replaced(client, sent):
    got = trace_id(client, "mock/test-model", **{"X-Trace-ID": sent})
    assert got != sent
    assert TRACE_ID.fullmatch(got)


def test_every_call_without_one_gets_its_own(client):
    ids = {trace_id(client, "mock/test-model") for _ in range(5)}
    assert len(ids) == 5
    assert all(TRACE_ID.fullmatch(id) for id in ids)
