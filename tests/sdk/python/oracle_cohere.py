"""What Cohere's own SDK (`cohere`, its v2 client) says a request and its answer look like.

The SDK has no type for the body of a request: its parameters are those of the client's methods, whose signatures are read
here. What their documentation says in words, limits and what goes together, is below the types.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import cohere.v2.client
from cohere.types import EmbedByTypeResponse
from cohere.v2.types import V2ChatResponse, V2ChatStreamResponse
from pydantic import BaseModel
from strict import Strict, without
from typing_extensions import NotRequired, TypedDict

NOT_ON_THE_WIRE = {"self", "return", "request_options"}
MAX_TEXTS = 96
"""Of one call of embed."""

IN_THE_GUIDE = {"content", "tool_plan", "tool_calls", "citations"}
"""Members of the message that begins a stream which are in https://docs.cohere.com/v2/docs/streaming and not in the types."""

RANGES = {
    "temperature": (0, None), "frequency_penalty": (0, 1), "presence_penalty": (0, 1), "k": (0, 500), "p": (0.01, 0.99),
    "max_tokens": (1, None), "seed": (0, None),
}  # fmt: skip
"""From the documentation of the SDK's methods; the seed is unsigned in https://docs.cohere.com/v2/reference/chat."""

MAX_STOP_SEQUENCES = 5


def request(body: bytes) -> list[str]:
    """What Cohere would find wrong with a request for a chat."""
    return _request("chat").findings(body) or _beyond_types(json.loads(body))


def embedding_request(body: bytes) -> list[str]:
    """The same for embeddings."""
    found = _request("embed").findings(body)
    if found:
        return found
    said = json.loads(body)
    given = [name for name in ("texts", "images", "inputs") if name in said]
    found = [] if len(given) == 1 else [f"one of texts, images and inputs, not {given or 'none'}"]
    return found + [f"{name}: not from 1 to {MAX_TEXTS}" for name in given if not 1 <= len(said[name]) <= MAX_TEXTS]


def answer(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _answer(V2ChatResponse).checked(value, ignoring)


def event(value: object) -> dict:
    """An event of a stream, after the types and, in its first one, after the guide."""
    if isinstance(value, dict) and value.get("type") == "message-start":
        _answer(V2ChatStreamResponse).checked(without(value, IN_THE_GUIDE))
        return value
    return _answer(V2ChatStreamResponse).checked(value)


def embeddings(value: object) -> dict:
    return _answer(EmbedByTypeResponse).checked(value)


class Error(BaseModel):
    """https://docs.cohere.com/reference/errors has a message, and https://docs.cohere.com/v2/reference/chat an id beside it."""

    message: str
    id: str | None = None


def error(value: object) -> dict:
    return _answer(Error).checked(value)


# --- beyond types ------------------------------------------------------------------------------------------------


def _beyond_types(said: dict) -> list[str]:
    found = [f"{name}: {said[name]} is not from {low} to {high or 'anything'}" for name, (low, high) in RANGES.items() if _outside(said, name, low, high)]
    if len(said.get("stop_sequences", [])) > MAX_STOP_SEQUENCES:
        found.append(f"stop_sequences: more than {MAX_STOP_SEQUENCES}")
    if said.get("response_format", {}).get("type") == "json_object":
        found += [f"response_format: json_object is not supported beside {name}" for name in ("tools", "documents") if said.get(name)]
    if said.get("tool_choice") == "REQUIRED" and not said.get("tools"):
        found.append("tool_choice: REQUIRED without tools")
    if "safety_mode" in said and (said.get("tools") or said.get("documents")):
        found.append("safety_mode: beside tools or documents")
    return found + _conversation(said["messages"])


def _outside(said: dict, name: str, low: float, high: float | None) -> bool:
    return name in said and (said[name] < low or (high is not None and said[name] > high))


def _conversation(messages: list[dict]) -> list[str]:
    """Every call is answered by the tool messages right after it, and only calls are."""
    found = [] if messages else ["messages: empty"]
    waiting: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                found.append(f"messages.{index}: a result of no call before it")
            waiting = [call for call in waiting if call != message["tool_call_id"]]
            continue
        if waiting:
            found.append(f"messages.{index}: {waiting} are not answered")
        waiting = [call["id"] for call in message.get("tool_calls") or []]
        if message["role"] == "assistant" and not (message.get("content") or waiting):
            found.append(f"messages.{index}: says nothing")
    return found + ([f"messages: {waiting} are not answered"] if waiting else [])


# --- types -------------------------------------------------------------------------------------------------------


@cache
def _request(method: str) -> Strict:
    return Strict(_body(getattr(cohere.v2.client.V2Client, method)), nulls=False)


def _body(method: Callable) -> Any:
    """The body that a method of the client makes of its parameters, as a type. `stream` is what tells its methods apart."""
    hints = get_type_hints(method, include_extras=True)
    needed = {name for name, each in inspect.signature(method).parameters.items() if each.default is inspect.Parameter.empty}
    members = {name: hint if name in needed else NotRequired[_given(hint)] for name, hint in hints.items() if name not in NOT_ON_THE_WIRE}
    stream = {"stream": NotRequired[bool]} if hasattr(cohere.v2.client.V2Client, f"{method.__name__}_stream") else {}
    return TypedDict(method.__name__, members | stream)


def _given(hint: Any) -> Any:
    """What a parameter is when it is given: in the SDK, None is one way of not giving it."""
    if get_origin(hint) is not Union:
        return hint
    return Union[tuple(part for part in get_args(hint) if part is not type(None))]


@cache
def _answer(kind: Any) -> Strict:
    return Strict(kind)
