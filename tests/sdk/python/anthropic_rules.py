"""What Anthropic's Messages API refuses with a 400, beyond what the types of its SDK already say.

The rules are those of the published documentation ("Messages", "Tool use", "Extended thinking", "Prompt caching",
"Errors"); the wording is that of its answers.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import oracle
from said import sign
from wire import Refused

NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
ID = re.compile(r"[a-zA-Z0-9_-]+")
MOST_CACHE_BREAKPOINTS = 4
LEAST_THINKING_TOKENS = 1024

BEYOND_THE_TYPES = {"request_too_large"}
"""Kinds of errors that the documentation names and the SDK's types do not."""


def error(kind: str, message: str) -> dict:
    """The error object, which the SDK's own type describes."""
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_01Fake"}
    return body if kind in BEYOND_THE_TYPES else oracle.anthropic_error(body)


def check(_: str, body: bytes) -> None:
    """Refuses the body, or does nothing."""
    for finding in findings(body):
        raise Refused(400, error("invalid_request_error", finding))


def findings(body: bytes) -> list[str]:
    """What is wrong with a body: with its shape, or else with what it says."""
    return oracle.anthropic_request(body) or list(_rules(json.loads(body)))


def _rules(request: dict) -> Iterator[str]:
    """What is wrong with a request whose shape is right."""
    yield from _limits(request)
    yield from _tools(request)
    yield from _messages(request["messages"])
    yield from _thinking(request)


def _limits(request: dict) -> Iterator[str]:
    if request["max_tokens"] < 1:
        yield "max_tokens: must be greater than or equal to 1"
    for name in ("temperature", "top_p"):
        if not 0 <= request.get(name, 0) <= 1:
            yield f"{name}: range: 0..1"
    for sequence in request.get("stop_sequences", []):
        if not sequence.strip():
            yield "stop_sequences: each stop sequence must contain non-whitespace"
    breakpoints = json.dumps(request).count('"cache_control": {')
    if breakpoints > MOST_CACHE_BREAKPOINTS:
        yield f"A maximum of {MOST_CACHE_BREAKPOINTS} blocks with cache_control may be provided. Found {breakpoints}."
    if not all(block["text"] for block in _of(request.get("system", []), "text")):
        yield "system: text content blocks must be non-empty"


def _tools(request: dict) -> Iterator[str]:
    tools = request.get("tools", [])
    names = Counter(tool["name"] for tool in tools)
    for name, count in names.items():
        if count > 1:
            yield "tools: Tool names must be unique."
        if not NAME.fullmatch(name):
            yield f"tools.0.custom.name: String should match pattern '^{NAME.pattern}$'"
    for index, tool in enumerate(tools):
        if tool.get("type", "custom") == "custom" and tool["input_schema"].get("type") != "object":
            yield f"tools.{index}.custom.input_schema.type: Field required"
    choice = request.get("tool_choice")
    if choice and not tools:
        yield "tool_choice may only be specified while providing tools"
    if choice and choice["type"] == "tool" and choice["name"] not in names:
        yield f"Tool '{choice['name']}' not found in provided tools"


def _messages(messages: list[dict]) -> Iterator[str]:
    if not messages:
        yield "messages: at least one message is required"
    for index, message in enumerate(messages):
        if message["role"] == "system":
            yield f'messages.{index}.role: Unexpected role "system". The Messages API accepts a top-level `system` parameter'
        last_of_assistant = index == len(messages) - 1 and message["role"] == "assistant"
        if not message["content"] and not last_of_assistant:
            yield f"messages.{index}: all messages must have non-empty content except for the optional final assistant message"
        for block in _of(message["content"], "text"):
            if not block["text"].strip():
                yield "messages: text content blocks must be non-empty and contain non-whitespace text"
        for block in _of(message["content"], "image", "document"):
            url = block["source"].get("url", "https:")
            if not url.startswith("https:"):
                yield f"messages.{index}: Only HTTPS URLs are supported."
        before = messages[index - 1] if index else {"role": "user", "content": []}
        after = messages[index + 1] if index + 1 < len(messages) else None
        yield from _uses_and_results(index, message, before, after)
    if messages and messages[-1]["role"] == "assistant" and _text_of(messages[-1]).endswith((" ", "\n")):
        yield "messages: final assistant content cannot end with trailing whitespace"


def _uses_and_results(index: int, message: dict, before: dict, after: dict | None) -> Iterator[str]:
    """Each use of a tool has its result in the next message, and no result stands for itself."""
    used = [block["id"] for block in _of(message["content"], "tool_use")]
    answered = [block["tool_use_id"] for block in _of(after["content"] if after else [], "tool_result")]
    if len(set(used)) < len(used):
        yield f"messages.{index}: `tool_use` ids must be unique"
    if missing := [id for id in used if id not in answered]:
        yield (
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(missing)}."
            " Each `tool_use` block must have a corresponding `tool_result` block in the next message."
        )
    asked = [block["id"] for block in _of(before["content"], "tool_use")]
    results = [block["tool_use_id"] for block in _of(message["content"], "tool_result")]
    for id in (id for id in results if id not in asked):
        yield (
            f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {id}."
            " Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
        )
    if len(set(results)) < len(results):
        yield f"messages.{index}: each `tool_use` must have a single result"
    kinds = [block["type"] for block in _of(message["content"])]
    if results and kinds[: len(results)] != ["tool_result"] * len(results):
        yield f"messages.{index}: `tool_result` blocks must come first in the content"
    for id in used:
        if not ID.fullmatch(id):
            yield f"messages.{index}: tool_use.id: String should match pattern '^{ID.pattern}$'"


def _thinking(request: dict) -> Iterator[str]:
    thinking = request.get("thinking", {"type": "disabled"})
    for index, message in enumerate(request["messages"]):
        for place, block in enumerate(_of(message["content"])):
            where = f"messages.{index}.content.{place}"
            if block["type"] == "thinking" and block["signature"] != sign(block["thinking"]):
                yield f"{where}: Invalid `signature` in `thinking` block"
            if block["type"] == "redacted_thinking" and block["data"] != sign("unreadable"):
                yield f"{where}: Invalid `data` in `redacted_thinking` block"
    if thinking["type"] == "disabled":
        return
    if thinking["type"] == "enabled":
        if thinking["budget_tokens"] < LEAST_THINKING_TOKENS:
            yield f"thinking.enabled.budget_tokens: Input should be greater than or equal to {LEAST_THINKING_TOKENS}"
        if thinking["budget_tokens"] >= request["max_tokens"]:
            yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    if request.get("temperature", 1) != 1:
        yield "`temperature` may only be set to 1 when thinking is enabled."
    if request.get("top_k") is not None:
        yield "`top_k` must be unset when thinking is enabled."
    if request.get("top_p", 1) < 0.95:
        yield "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled."
    if request.get("tool_choice", {"type": "auto"})["type"] in ("any", "tool"):
        yield "Thinking may not be enabled when tool_choice forces tool use."
    yield from _last_turn_begins_with_its_thoughts(request["messages"])


def _last_turn_begins_with_its_thoughts(messages: list[dict]) -> Iterator[str]:
    answers = [(index, message) for index, message in enumerate(messages) if message["role"] == "assistant"]
    if not answers or not list(_of(answers[-1][1]["content"], "tool_use")):
        return
    index, message = answers[-1]
    first = next(_of(message["content"]))["type"]
    if first not in ("thinking", "redacted_thinking"):
        yield (
            f"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. When `thinking` is"
            " enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use`"
            " and `tool_result` blocks)."
        )


def _of(content: str | list[dict], *kinds: str) -> Iterator[dict]:
    """The blocks of a content, of these kinds or of any; a text by itself is one block."""
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) and content else content
    return (block for block in blocks or [] if not kinds or block["type"] in kinds)


def _text_of(message: dict) -> str:
    return "".join(block["text"] for block in _of(message["content"], "text"))
