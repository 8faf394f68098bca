"""What the vendors' own SDKs say a request and an answer look like: the judge that nobody here wrote.

The types are those of the pinned packages `openai` and `anthropic`, read into validators that are stricter than the SDKs
need them to be: a member that the type does not name is a finding, lists are looked into (the SDKs' `Iterable` would be
read lazily, that is never), and JSON types are not converted into one another.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import anthropic.types
import openai.types.chat
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from anthropic.types.shared import ErrorResponse
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming, CompletionCreateParamsStreaming
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, core_schema

OURS = {"reasoning_content", "thinking_blocks"}
"""What an answer of ours carries beside OpenAI's types: the reasoning of vendors who show it, as they sent it."""


class Disagreement(AssertionError):
    """A document that the vendor's types do not describe; one line per finding."""


def anthropic_request(body: bytes) -> list[str]:
    """What Anthropic would find wrong with the shape of a request for a message."""
    kind = MessageCreateParamsStreaming if _streams(body) else MessageCreateParamsNonStreaming
    return _findings(_request(kind), body)


def openai_request(body: bytes) -> list[str]:
    """What OpenAI would find wrong with the shape of a request for a chat completion."""
    kind = CompletionCreateParamsStreaming if _streams(body) else CompletionCreateParamsNonStreaming
    return _findings(_request(kind), body)


def anthropic_message(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _checked(anthropic.types.Message, value, ignoring)


def anthropic_event(value: object) -> dict:
    """An event of a stream; pings and errors are no part of the SDK's union and are judged by their own types."""
    if value == {"type": "ping"}:
        return value
    if value.get("type") == "error":
        return _checked(ErrorResponse, value)
    return _checked(anthropic.types.RawMessageStreamEvent, value)


def anthropic_error(value: object) -> dict:
    return _checked(ErrorResponse, value)


def openai_completion(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _checked(openai.types.chat.ChatCompletion, value, ignoring)


def openai_chunk(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _checked(openai.types.chat.ChatCompletionChunk, value, ignoring)


def without(value: Any, names: Iterable[str]) -> Any:
    """The document without the members of these names, at any depth."""
    if isinstance(value, dict):
        return {name: without(member, names) for name, member in value.items() if name not in names}
    return [without(item, names) for item in value] if isinstance(value, list) else value


def _checked(kind: Any, value: object, ignoring: Iterable[str] = ()) -> dict:
    findings = _findings(_answer(kind), json.dumps(without(value, set(ignoring))).encode())
    if findings:
        raise Disagreement("\n".join(findings + [json.dumps(value)]))
    return value


def _streams(body: bytes) -> bool:
    try:
        return json.loads(body).get("stream") is True
    except (ValueError, AttributeError):
        return False


def _findings(validator: SchemaValidator, document: bytes) -> list[str]:
    try:
        validator.validate_json(b"[" + document + b"]", strict=True)
    except ValidationError as error:
        return _telling(error.errors(include_url=False, include_input=False, include_context=False))
    return []


def _telling(errors: list[dict]) -> list[str]:
    """A union complains once per alternative: left out are the alternatives whose tag is another one."""
    errors = [error for error in errors if error["type"] != "needs_python_object"]
    # Whether a text or a list was meant is seen by which of them got further.
    errors = [error for error in errors if error["loc"][-1] != "str"] or errors
    others = [error["loc"][:-1] for error in errors if error["type"] == "literal_error" and error["loc"][-1] in ("type", "role")]
    fitting = [error for error in errors if not any(error["loc"][: len(other)] == other for other in others)]
    told = sorted(fitting or errors, key=lambda error: -len(error["loc"]))
    return [f"{_place(error['loc'])}: {error['msg']}" for error in told]


def _place(location: tuple) -> str:
    """Where, without the names of lists and unions, which say nothing that the members do not."""
    return ".".join(str(part) for part in location[1:] if "[" not in str(part))


@cache
def _request(kind: Any) -> SchemaValidator:
    return SchemaValidator(_strict(_schema(kind), models=False))


@cache
def _answer(kind: Any) -> SchemaValidator:
    return SchemaValidator(_strict(_schema(kind), models=True))


def _schema(kind: Any) -> Any:
    # Of a list, because the SDK's models build their own schemas late and only when they are asked for.
    return TypeAdapter(list[kind]).core_schema


def _named(choice: Any, before: Any) -> Any:
    """An alternative under the name of its type, for the place of a finding."""
    reference = before.get("schema_ref") if isinstance(before, dict) else None
    if reference:
        return choice, reference.split(":")[0].split(".")[-1]
    return (choice, before["cls"].__name__) if isinstance(before, dict) and before.get("type") == "model" else choice


def _strict(schema: Any, *, models: bool) -> Any:
    """The schema with nothing let through. Without `models`, the SDK's answer objects are no part of a request."""
    if isinstance(schema, list | tuple):
        return [_strict(item, models=models) for item in schema]
    if not isinstance(schema, dict):
        return schema
    unchanged, kind = schema, schema.get("type")
    if kind == "model":
        # Only its members: a model that is whole would be validated by its own validator, which is the lenient one.
        reference = {"ref": schema["ref"]} if "ref" in schema else {}
        inside = _strict(schema["schema"], models=True) if models else core_schema.is_instance_schema(schema["cls"])
        return inside | reference
    if not isinstance(kind, str):
        # The table of an object's members, not a schema itself.
        return {name: _strict(member, models=models) for name, member in schema.items()}
    schema = {name: _strict(value, models=models) for name, value in schema.items() if name not in ("metadata", "serialization")}
    if kind == "union":
        schema["choices"] = [_named(choice, before) for choice, before in zip(schema["choices"], unchanged["choices"], strict=True)]
    if kind == "generator":
        schema["type"] = "list"
    open_ended = (schema.get("config") or {}).get("extra_fields_behavior") == "allow"
    if kind == "typed-dict" and not open_ended:
        schema["extra_behavior"] = "forbid"
    if kind == "model-fields":
        schema["extra_behavior"] = "forbid"
    return schema
