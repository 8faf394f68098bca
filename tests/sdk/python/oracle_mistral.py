"""What Mistral's own SDK (`mistralai`) says a request and its answer look like."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from mistralai.client import models
from oracle import streams
from strict import Strict


def request(body: bytes) -> list[str]:
    """What Mistral would find wrong with the shape of a request for a chat completion."""
    return _request(models.ChatCompletionStreamRequest if streams(body) else models.ChatCompletionRequest).findings(body)


def embedding_request(body: bytes) -> list[str]:
    """The same for embeddings."""
    return _request(models.EmbeddingRequest).findings(body)


def answer(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _answer(models.ChatCompletionResponse).checked(value, ignoring)


def chunk(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _answer(models.CompletionChunk).checked(value, ignoring)


def embeddings(value: object, ignoring: Iterable[str] = ()) -> dict:
    return _answer(models.EmbeddingResponse).checked(value, ignoring)


@cache
def _request(kind: Any) -> Strict:
    return Strict(kind, nulls=False)


@cache
def _answer(kind: Any) -> Strict:
    return Strict(kind)
