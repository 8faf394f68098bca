"""The Messages API of Anthropic, version 2023-06-01, in its wire format, for the fake vendor.

Answers are built from the response types of the official SDK, so their members and values are those that Anthropic
publishes; the order of a stream's events follows the reference ("Streaming Messages"). What it refuses is in
anthropic_rules.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import oracle
from anthropic import types
from anthropic.types.raw_message_delta_event import Delta
from anthropic.types.shared import ErrorResponse
from anthropic_rules import check, error
from pydantic import BaseModel
from said import Said, Turn, sign
from wire import Refused, pieces

PREFIX = "claude-fake-"
PATH = "/anthropic/v1/messages"
KEY = "sk-ant-test-of-the-fake-vendor"
"""The only credential that the vendor accepts."""

VERSION = "2023-06-01"
MODELS = ["claude-sonnet-4-5", "claude-fake-text"]
"""What `GET /anthropic/v1/models` lists."""

CALL_IDS = ["toolu_01Fake1", "toolu_01Fake2"]
STRUCTURED_OUTPUT = "structured_output"
"""The tool that the gateway offers where an answer must keep to a schema (data-plane sheet §15)."""

END = b""
"""After `message_stop` nothing follows."""

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}

# 1117 tokens went in, of which 1024 were read from the cache, and 46 came out, of which 12 were thoughts: what the other
# dialect says in its words.
_CACHE = {
    "usual": {"read": 1024, "5m": 0, "1h": 0},
    "cache-write": {"read": 1024, "5m": 200, "1h": 56},
}
INPUT_TOKENS, OUTPUT_TOKENS, THINKING_TOKENS = 93, 46, 12

__all__ = ["END", "KEY", "PATH", "PREFIX", "authorise", "check", "error", "error_event", "events", "models", "status", "turns", "whole"]


def authorise(headers: dict[str, str]) -> None:
    if headers.get("x-api-key") != KEY:
        raise Refused(401, error("authentication_error", "invalid x-api-key"))
    if headers.get("anthropic-version") != VERSION:
        raise Refused(400, error("invalid_request_error", "anthropic-version: header is required"))


def status(code: int) -> Refused:
    """One of the vendor's refusals and failures ("Errors" of the reference)."""
    body = {
        400: error("invalid_request_error", "temperature: 'temperature' does not support 3 with this model."),
        401: error("authentication_error", f"invalid x-api-key {KEY[:8]}"),
        403: error("permission_error", "Incorrect permissions: your API key may not use this resource."),
        404: error("not_found_error", "model: claude-fake"),
        413: error("request_too_large", "Request exceeds the maximum size"),
        429: error("rate_limit_error", "This request would exceed your organization's rate limit of 50 requests per minute."),
        500: error("api_error", "Internal server error. Sorry about that!"),
        503: error("api_error", "Service unavailable. Sorry about that!"),
        529: error("overloaded_error", "Overloaded. Sorry about that!"),
    }[code]
    return Refused(code, body, {"retry-after": "7"} if code == 429 else {})


def error_event() -> bytes:
    answer = ErrorResponse.model_validate(error("overloaded_error", "Overloaded"))
    return _sse("error", oracle.anthropic_event(_json(answer)))


def models() -> dict:
    listed = [
        types.ModelInfo(id=id, type="model", display_name=id.title(), created_at="2026-05-01T00:00:00Z").to_dict(mode="json")
        for id in MODELS
    ]
    return {"data": listed, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}


def turns(request: dict) -> list[Turn]:
    """The conversation as it arrived, the system prompt as a turn of its own."""
    told = [Turn("system", _plain(request["system"]))] if request.get("system") else []
    for message in request["messages"]:
        blocks = message["content"] if isinstance(message["content"], list) else []
        results = [_plain(block.get("content", "")) for block in blocks if block["type"] == "tool_result"]
        told.append(Turn(message["role"], _plain(message["content"]), results))
    return told


def whole(request: dict, said: Said) -> dict:
    """The message object."""
    message = _message(request, said, content=[*_blocks(request, said)], stop_reason=_stop(request, said))
    if said.stop == "content_filter":
        message.stop_details = _refusal()
    return oracle.anthropic_message(_json(message))


def events(request: dict, said: Said) -> Iterator[bytes]:
    """The events of a stream, in order."""
    for event in _events(request, said):
        told = oracle.anthropic_event(event if isinstance(event, dict) else _json(event))
        yield _sse(told["type"], told)


def _events(request: dict, said: Said) -> Iterator[BaseModel | dict]:
    started = _message(request, said, content=[], stop_reason=None)
    started.usage.output_tokens = 1
    yield types.RawMessageStartEvent(type="message_start", message=started)
    for index, block in enumerate(_blocks(request, said)):
        empty, deltas = _streamed(block)
        yield types.RawContentBlockStartEvent(type="content_block_start", index=index, content_block=empty)
        if index == 0:
            yield {"type": "ping"}
        for delta in deltas:
            yield types.RawContentBlockDeltaEvent(type="content_block_delta", index=index, delta=delta)
        yield types.RawContentBlockStopEvent(type="content_block_stop", index=index)
    delta = Delta(stop_reason=_stop(request, said), stop_sequence=None)
    if said.stop == "content_filter":
        delta.stop_details = _refusal()
    yield types.RawMessageDeltaEvent(type="message_delta", delta=delta, usage=_delta_usage(said))
    yield types.RawMessageStopEvent(type="message_stop")


def _streamed(block: types.ContentBlock) -> tuple[types.ContentBlock, list]:
    """How a block opens, and what is then added to it."""
    match block:
        case types.TextBlock():
            return types.TextBlock(type="text", text=""), [types.TextDelta(type="text_delta", text=piece) for piece in pieces(block.text)]
        case types.ThinkingBlock():
            empty = types.ThinkingBlock(type="thinking", thinking="", signature="")
            deltas = [types.ThinkingDelta(type="thinking_delta", thinking=piece) for piece in pieces(block.thinking)]
            return empty, [*deltas, types.SignatureDelta(type="signature_delta", signature=block.signature)]
        case types.ToolUseBlock():
            empty = types.ToolUseBlock(type="tool_use", id=block.id, name=block.name, input={})
            fragments = ["", *pieces(json.dumps(block.input, ensure_ascii=False))]
            return empty, [types.InputJSONDelta(type="input_json_delta", partial_json=fragment) for fragment in fragments]
        case _:
            return block, []


def _blocks(request: dict, said: Said) -> Iterator[types.ContentBlock]:
    if said.thinking is not None:
        yield types.ThinkingBlock(type="thinking", thinking=said.thinking, signature=sign(said.thinking))
    if said.redacted is not None:
        yield types.RedactedThinkingBlock(type="redacted_thinking", data=said.redacted)
    if _answers_by_tool(request, said):
        yield types.ToolUseBlock(type="tool_use", id=CALL_IDS[0], name=STRUCTURED_OUTPUT, input=json.loads(said.text))
        return
    if said.text:
        yield types.TextBlock(type="text", text=said.text)
    for index, (name, arguments) in enumerate(said.calls):
        yield types.ToolUseBlock(type="tool_use", id=CALL_IDS[index], name=name, input=json.loads(arguments))


def _answers_by_tool(request: dict, said: Said) -> bool:
    """Offered a tool for its answer, the model puts what it says into a call of it: forced to, or because it was told to."""
    offered = any(tool["name"] == STRUCTURED_OUTPUT for tool in request.get("tools", []))
    return offered and not said.calls


def _stop(request: dict, said: Said) -> types.StopReason:
    return "tool_use" if _answers_by_tool(request, said) else STOP_REASONS[said.stop]


def _message(request: dict, said: Said, **members) -> types.Message:
    cache = _CACHE[said.usage]
    usage = types.Usage(
        input_tokens=INPUT_TOKENS,
        cache_read_input_tokens=cache["read"],
        cache_creation_input_tokens=cache["5m"] + cache["1h"],
        cache_creation=types.CacheCreation(ephemeral_5m_input_tokens=cache["5m"], ephemeral_1h_input_tokens=cache["1h"]),
        output_tokens=OUTPUT_TOKENS,
        output_tokens_details=types.OutputTokensDetails(thinking_tokens=THINKING_TOKENS),
        service_tier="standard",
    )
    # Vendors answer with the dated name of the model that served.
    model = f"{request['model']}-2026-11-01"
    return types.Message(
        id="msg_01Fake", type="message", role="assistant", model=model, stop_sequence=None, usage=usage, **members
    )


def _delta_usage(said: Said) -> types.MessageDeltaUsage:
    """The usage at the end of a stream is cumulative."""
    cache = _CACHE[said.usage]
    return types.MessageDeltaUsage(
        input_tokens=INPUT_TOKENS,
        cache_read_input_tokens=cache["read"],
        cache_creation_input_tokens=cache["5m"] + cache["1h"],
        output_tokens=OUTPUT_TOKENS,
        output_tokens_details=types.OutputTokensDetails(thinking_tokens=THINKING_TOKENS),
    )


def _refusal() -> types.RefusalStopDetails:
    return types.RefusalStopDetails(type="refusal", category=None, explanation=None)


def _plain(content: str | list[dict]) -> str:
    if isinstance(content, str):
        return content
    return "".join(block.get("text", f"<{block['type']}>") for block in content)


def _json(value: BaseModel) -> dict:
    return value.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _sse(name: str, event: dict) -> bytes:
    return f"event: {name}\ndata: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
