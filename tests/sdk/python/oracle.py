"""What the vendors' own SDKs say a request and an answer look like: the judge that nobody here wrote.

The types are those of the pinned packages `openai` and `anthropic`, read as strict.py reads them. Each of the other vendors
has a module of its own beside this one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import anthropic.types
import openai.types
import openai.types.chat
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from anthropic.types.shared import ErrorResponse
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming, CompletionCreateParamsStreaming
from openai.types.embedding_create_params import EmbeddingCreateParams
from strict import Disagreement, Strict, without

__all__ = ["Disagreement", "without"]

OURS = {"reasoning_content", "thinking_blocks", "extra_content"}
"""What an answer of ours carries beside OpenAI's types: the reasoning of vendors who show it, as they sent it, and what Google
signs, where Google's own API of OpenAI's shape has it."""


@cache
def _request(kind: Any) -> Strict:
    return Strict(kind, models=False)


@cache
def _answer(kind: Any) -> Strict:
    return Strict(kind)


def anthropic_request(body: bytes) -> list[str]:
    """What Anthropic would find wrong with the shape of a request for a message."""
    return _request(MessageCreateParamsStreaming if streams(body) else MessageCreateParamsNonStreaming).findings(body)


def openai_request(body: bytes) -> list[str]:
    """What OpenAI would find wrong with the shape of a request for a chat completion."""
    return _request(CompletionCreateParamsStreaming if streams(body) else CompletionCreateParamsNonStreaming).findings(body)


def openai_embedding_request(body: bytes) -> list[str]:
    """What OpenAI would find wrong with the shape of a request for embeddings."""
    return _request(EmbeddingCreateParams).findings(body)


def anthropic_message(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _answer(anthropic.types.Message).checked(value, ignoring)


def anthropic_event(value: object) -> dict:
    """An event of a stream; pings and errors are no part of the SDK's union and are judged by their own types."""
    if value == {"type": "ping"}:
        return value
    if value.get("type") == "error":
        return anthropic_error(value)
    return _answer(anthropic.types.RawMessageStreamEvent).checked(value)


def anthropic_error(value: object) -> dict:
    return _answer(ErrorResponse).checked(value)


def openai_completion(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _answer(openai.types.chat.ChatCompletion).checked(value, ignoring)


def openai_chunk(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _answer(openai.types.chat.ChatCompletionChunk).checked(value, ignoring)


def openai_embeddings(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _answer(openai.types.CreateEmbeddingResponse).checked(value, ignoring)


def streams(body: bytes) -> bool:
    """Whether a request asks for a stream, in the words of OpenAI and Anthropic."""
    try:
        return json.loads(body).get("stream") is True
    except (ValueError, AttributeError):
        return False
