"""The chat completions API of OpenAI in its wire format, for the fake vendor.

The shapes are those of the published reference (API reference, "Chat": the chat completion object, the chat
completion chunk object; "Models"; "Errors"), including what today's answers carry beside the documented minimum:
`refusal`, `annotations`, `logprobs`, the token details, `service_tier`, `system_fingerprint`, and in streams
`obfuscation`. What it receives and what it says is checked against the types of the official SDK (oracle.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import oracle
from said import Said, Turn
from wire import Refused, pieces

PREFIX = "gpt-fake-"
PATH = "/v1/chat/completions"
EMBEDDINGS = "/v1/embeddings"
KEY = "sk-test-of-the-fake-vendor"
"""The only credential that the vendor accepts."""

MODELS = ["gpt-4o-mini", "gpt-fake-text"]
"""What `GET /v1/models` lists."""

USAGE = {
    "prompt_tokens": 1117,
    "completion_tokens": 46,
    "total_tokens": 1163,
    "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 12,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
"""What every call is said to have used."""

CALL_IDS = ["call_fake_1", "call_fake_2"]
END = b"data: [DONE]\n\n"
BEYOND_THE_TYPES = ["field_of_tomorrow", "reasoning_content", "reasoning"]
"""What answers carry that the SDK does not know: a field to come, and what servers of OpenAI's shape show of reasoning."""

FROM_ANSWERS = {"annotations", "parsed", "parsed_arguments", "index"}
"""What the SDK's messages carry that its types of requests do not have."""


def error(message: str, kind: str, code: str | None = None) -> dict:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def authorise(headers: dict[str, str]) -> None:
    given = headers.get("authorization", "nothing")
    if given != f"Bearer {KEY}":
        shown = given.removeprefix("Bearer ")
        raise Refused(401, _incorrect_key(shown))


def check(scenario: str, body: bytes) -> None:
    """Refuses what the types of the SDK do not describe, unless the scenario is that of a vendor with its own fields."""
    findings = [] if scenario == "lenient" else oracle.openai_request(_replayed(body))
    if findings:
        raise Refused(400, error(f"Invalid request: {'; '.join(findings[:5])}", "invalid_request_error", "invalid_value"))


def _replayed(body: bytes) -> bytes:
    """The body without what the SDK's own answers carry beyond its types of requests: clients give them back whole, and it is
    taken."""
    request = json.loads(body)
    messages = [
        oracle.without(message, FROM_ANSWERS) if message.get("role") == "assistant" else message
        for message in request.get("messages", [])
    ]
    return json.dumps(request | {"messages": messages}).encode()


def status(code: int) -> Refused:
    """One of the vendor's refusals and failures."""
    body = {
        400: error("Unsupported value: 'temperature' does not support 3 with this model.", "invalid_request_error", "unsupported_value"),
        401: _incorrect_key(KEY),
        403: error("Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"),
        404: error("The model `gpt-fake` does not exist or you do not have access to it.", "invalid_request_error", "model_not_found"),
        413: error("Request too large for gpt-fake.", "invalid_request_error", "request_too_large"),
        429: error("Rate limit reached for gpt-fake in organization org-fake on requests per min.", "requests", "rate_limit_exceeded"),
        500: error("The server had an error while processing your request. Sorry about that!", "server_error"),
        503: error("The engine is currently overloaded, please try again later. Sorry about that!", "server_error"),
        529: error("The server is overloaded. Sorry about that!", "server_error"),
    }[code]
    return Refused(code, body, {"retry-after": "7", "retry-after-ms": "7000"} if code == 429 else {})


def error_event() -> bytes:
    return _sse(error("The server had an error while processing your request.", "server_error"))


def models() -> dict:
    listed = [{"id": model, "object": "model", "created": 1721172741, "owned_by": "system"} for model in MODELS]
    return {"object": "list", "data": listed}


def embeddings(request: dict, body: bytes) -> dict:
    """The list of embeddings, as numbers, of one text or several: a vector says where its text stands and how long it is."""
    if findings := oracle.openai_embedding_request(body):
        raise Refused(400, error(f"Invalid request: {'; '.join(findings[:5])}", "invalid_request_error", "invalid_value"))
    texts = [request["input"]] if isinstance(request["input"], str) else request["input"]
    data = [{"object": "embedding", "index": index, "embedding": [index, len(text)]} for index, text in enumerate(texts)]
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    return oracle.openai_embeddings({"object": "list", "data": data, "model": request["model"], "usage": usage})


def turns(request: dict) -> list[Turn]:
    """The conversation as it arrived. Results of tools that follow one another are one turn."""
    told: list[Turn] = []
    for message in request["messages"]:
        text = _plain(message.get("content"))
        if message["role"] == "tool" and told and told[-1].results:
            told[-1].results.append(text)
        else:
            told.append(Turn(message["role"], text, [text] if message["role"] == "tool" else []))
    return told


def whole(request: dict, said: Said) -> dict:
    """The chat completion object."""
    message: dict = {"role": "assistant", "content": said.text, "refusal": None, "annotations": []}
    if said.calls:
        message["tool_calls"] = [
            {"id": CALL_IDS[index], "type": "function", "function": {"name": name, "arguments": arguments}}
            for index, (name, arguments) in enumerate(said.calls)
        ]
    if said.thinking:
        message[said.thinking_as] = said.thinking
    logprobs = _logprobs(request, pieces(said.text or ""))
    choices = [
        {"index": index, "message": message, "logprobs": logprobs, "finish_reason": said.stop}
        for index in range(request.get("n") or 1)
    ]
    answer = _head(request, "chat.completion") | {
        "choices": choices,
        "usage": USAGE,
        "service_tier": "default",
        "system_fingerprint": "fp_fake",
        "field_of_tomorrow": {"kept": [1, 2.50, None]},
    }
    return oracle.openai_completion(answer, BEYOND_THE_TYPES)


def events(request: dict, said: Said) -> Iterator[bytes]:
    """The chat completion chunk objects as events, in order, without the end."""
    for chunk in _chunks(request, said):
        yield _sse(oracle.openai_chunk(chunk, BEYOND_THE_TYPES))


def _chunks(request: dict, said: Said) -> list[dict]:
    asked = (request.get("stream_options") or {}).get("include_usage")
    head = _head(request, "chat.completion.chunk") | {"service_tier": "default", "system_fingerprint": "fp_fake"}

    def chunk(delta: dict, finish: str | None = None) -> dict:
        logprobs = _logprobs(request, [delta["content"]]) if delta.get("content") else None
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        # With include_usage every chunk has the member, null until the last one.
        return head | {"choices": [choice]} | ({"usage": None} if asked else {}) | {"obfuscation": "xY3"}

    deltas: list[dict] = [{"role": "assistant", "content": None if said.text is None else "", "refusal": None}]
    deltas += [{said.thinking_as: piece} for piece in pieces(said.thinking or "")]
    deltas += [{"content": piece} for piece in pieces(said.text or "")]
    for index, (name, arguments) in enumerate(said.calls):
        opening = {"index": index, "id": CALL_IDS[index], "type": "function", "function": {"name": name, "arguments": ""}}
        deltas.append({"tool_calls": [opening]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in pieces(arguments)]
    told = [chunk(delta) for delta in deltas] + [chunk({}, said.stop)]
    if asked:
        told.append(head | {"choices": [], "usage": USAGE, "obfuscation": ""})
    return told


def _logprobs(request: dict, tokens: list[str]) -> dict | None:
    """How probable each piece of the text was, which says the text once more."""
    if not request.get("logprobs"):
        return None
    told = [{"token": token, "logprob": -0.25, "bytes": list(token.encode()), "top_logprobs": []} for token in tokens]
    return {"content": told, "refusal": None}


def _incorrect_key(shown: str) -> dict:
    # As vendors do: parts of the key are echoed.
    message = f"Incorrect API key provided: {shown[:8]}***{shown[-4:]}."
    return error(message, "invalid_request_error", "invalid_api_key")


def _plain(content: object) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", f"<{part['type']}>") for part in content)
    return str(content)


def _head(request: dict, kind: str) -> dict:
    # Vendors answer with the dated name of the model that served.
    return {"id": "chatcmpl-fake", "object": kind, "created": 1795305600, "model": f"{request['model']}-2026-11-01"}


def _sse(event: dict) -> bytes:
    """One server-sent event. Not ASCII only: the pieces cut words, not characters."""
    return b"data: " + json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
