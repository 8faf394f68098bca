"""What Groq's own SDK (`groq`) says a request and its answer look like. It was generated as OpenAI's was, for another API."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import groq.types.chat
from groq.types.chat.completion_create_params import CompletionCreateParams
from openai.types.chat import ChatCompletionStreamOptionsParam
from strict import Strict


def request(body: bytes) -> list[str]:
    """What Groq would find wrong with the shape of a request for a chat completion.

    Its types of chunks say that `stream_options` asks for usage as at OpenAI; its type of a request has forgotten them.
    """
    said = json.loads(body)
    options = said.pop("stream_options", None) if isinstance(said, dict) and said.get("stream") else None
    found = [] if options is None else _kind(ChatCompletionStreamOptionsParam, models=False).findings(json.dumps(options).encode())
    return found + _kind(CompletionCreateParams, models=False).findings(json.dumps(said).encode())


def answer(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _kind(groq.types.chat.ChatCompletion).checked(value, ignoring)


def chunk(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _kind(groq.types.chat.ChatCompletionChunk).checked(value, ignoring)


@cache
def _kind(kind: Any, *, models: bool = True) -> Strict:
    return Strict(kind, models=models)
