"""Who judges which vendor's wire: one entry per provider, so that golden files and live calls are judged by the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import anthropic_rules
import openai_shaped
import oracle
import oracle_bedrock
import oracle_cohere
import oracle_gemini
import oracle_groq
import oracle_mistral
from anthropic.lib.vertex._client import DEFAULT_VERSION as ANTHROPIC_OF_VERTEX
from openai_shaped import Own
from strict import Disagreement

CHAT = r"/chat/completions"
EMBED = r"/embeddings"


@dataclass(frozen=True)
class Judge:
    """What a vendor takes and what it says. Requests are told apart by their path; answers and events raise what is wrong."""

    paths: tuple[str, ...]
    """What paths look like, below the base URL that a provider is configured with."""
    of_request: Callable[[bytes, str], list[str]]
    answer: Callable[[Any], Any]
    event: Callable[..., Any]
    embeddings: Callable[[Any, str], Any]
    error: Callable[[Any, int, dict[str, str]], Any] = field(default=lambda body, status, headers: body)
    made: Callable[[Any], Any] = field(default=lambda value: oracle.openai_completion(value, oracle.OURS))
    """What becomes of an answer on its way to a client of ours."""
    made_event: Callable[[Any], Any] = field(default=lambda value: oracle.openai_chunk(value, oracle.OURS))
    in_clients_words: bool = False
    """Requests are judged by the types of what clients say: what is wrong with the client's own is the client's."""

    def request(self, body: bytes, path: str) -> list[str]:
        """What the vendor would find wrong with a request."""
        if not any(re.fullmatch(known, path) for known in self.paths):
            return [f"path: {path} is like none of {', '.join(self.paths)}"]
        return self.of_request(body, path)


# --- OpenAI's shape ----------------------------------------------------------------------------------------------


def _openai_shaped(own: Own, of_embeddings: Iterable[str] = ()) -> Judge:
    """OpenAI's types, beside what the vendor has of its own; `of_embeddings` are its members in answers to calls for embeddings."""
    return Judge(
        paths=(CHAT, EMBED),
        of_request=lambda body, path: oracle.openai_embedding_request(body) if path.endswith(EMBED) else own.request(body),
        answer=own.answer,
        event=own.chunk,
        embeddings=lambda value, _: oracle.openai_embeddings(value, of_embeddings),
        made=own.made,
        made_event=own.made_chunk,
        in_clients_words=True,
    )


def _azure_request(body: bytes, path: str) -> list[str]:
    """OpenAI's. Where the path says the deployment the body need not say a model, and may: OpenAI's SDK for Azure does."""
    named = {"model": "the deployment's"} if "/deployments/" in path else {}
    whole = json.dumps(named | json.loads(body)).encode()
    return oracle.openai_embedding_request(whole) if EMBED in path else openai_shaped.AZURE.request(whole)


def _azure_event(value: Any) -> Any:
    """A chunk of OpenAI's, or what the filter says of the prompt or of what was sent before, which is a chunk without content."""
    if value.get("object") != "":
        return openai_shaped.AZURE.made_chunk(value)
    said = [value, *value["choices"]]
    if not any(openai_shaped.AZURE.told & each.keys() for each in said) or any("delta" in choice for choice in value["choices"]):
        raise Disagreement(f"neither a chunk nor an annotation: {json.dumps(value)}")
    return value


def _anthropic_request(body: bytes, _: str) -> list[str]:
    return anthropic_rules.findings(body)


# --- Google ------------------------------------------------------------------------------------------------------

ANTHROPIC_PUBLISHER = "/publishers/anthropic/"


def _method(path: str) -> str:
    """`generateContent` of `/v1beta/models/m:generateContent?…`."""
    return path.partition("?")[0].rpartition(":")[2]


def _google_request(vertex: bool) -> Callable[[bytes, str], list[str]]:
    def findings(body: bytes, path: str) -> list[str]:
        if ANTHROPIC_PUBLISHER in path:
            return _anthropic_of_vertex(body, path)
        method = _method(path)
        if method in ("generateContent", "streamGenerateContent"):
            return oracle_gemini.request(body, vertex=vertex)
        return oracle_gemini.embedding_request(body, method)

    return findings


def _anthropic_of_vertex(body: bytes, path: str) -> list[str]:
    """Anthropic's body, with the model in the path and the version, which is a header otherwise, beside the messages."""
    said = json.loads(body)
    found = ["model: the path says it"] if "model" in said else []
    if said.pop("anthropic_version", None) != ANTHROPIC_OF_VERTEX:
        found.append(f"anthropic_version: {ANTHROPIC_OF_VERTEX}")
    if (said.get("stream") is True) != (_method(path) == "streamRawPredict"):
        found.append("stream: the path says otherwise")
    model = unquote(path).partition(f"{ANTHROPIC_PUBLISHER}models/")[2].partition(":")[0].partition("@")[0]
    return found or anthropic_rules.findings(json.dumps(said | {"model": model}).encode())


def _vertex_answer(value: Any) -> Any:
    return oracle.anthropic_message(value) if value.get("type") == "message" else oracle_gemini.answer(value)


def _vertex_event(value: Any) -> Any:
    return oracle.anthropic_event(value) if "type" in value else oracle_gemini.answer(value)


def _vertex_error(value: Any, status: int, _: dict[str, str]) -> Any:
    of_anthropic = isinstance(value, dict) and value.get("type") == "error"
    return oracle.anthropic_error(value) if of_anthropic else oracle_gemini.error(value, status)


VERTEX = r"(?:(?:/v1)?/projects/[^/]+/locations/[^/]+)?/publishers"
"""A base URL may name the project and its location, or paths do."""


# --- Bedrock -----------------------------------------------------------------------------------------------------

BESIDE_THE_MESSAGE = {"additionalModelResponseFields", "trace"}
"""What Converse says beside the message, passed on as it came."""

INVOKE = r"/model/[^/]+/invoke"


def _bedrock_request(body: bytes, path: str) -> list[str]:
    """Bodies of InvokeModel belong to the models' vendors; no package here has types of them."""
    return [] if path.endswith("/invoke") else oracle_bedrock.request(body, path)


def _of_the_model(value: Any, _: str) -> Any:
    if not isinstance(value, dict):
        raise Disagreement(f"no object: {value}")
    return value


JUDGES = {
    "openai": _openai_shaped(Own()),
    "azure-openai": Judge(
        # The newer API has its version in the base URL, and the deployment in the body.
        paths=(rf"/deployments/[^/]+({CHAT}|{EMBED})(\?api-version=[0-9a-z-]+)?", CHAT, EMBED),
        of_request=_azure_request,
        answer=openai_shaped.AZURE.answer,
        event=_azure_event,
        embeddings=lambda value, _: oracle.openai_embeddings(value),
        made=openai_shaped.AZURE.made,
        made_event=_azure_event,
        in_clients_words=True,
    ),
    "mistral": Judge(
        paths=(CHAT, EMBED),
        of_request=lambda body, path: oracle_mistral.embedding_request(body) if path.endswith(EMBED) else oracle_mistral.request(body),
        answer=oracle_mistral.answer,
        event=oracle_mistral.chunk,
        embeddings=lambda value, _: oracle_mistral.embeddings(value),
        made=openai_shaped.MISTRAL.made,
        made_event=openai_shaped.MISTRAL.made_chunk,
    ),
    "groq": Judge(
        paths=(CHAT,),
        of_request=lambda body, _: oracle_groq.request(body),
        answer=oracle_groq.answer,
        event=oracle_groq.chunk,
        embeddings=_of_the_model,
        made=openai_shaped.GROQ.made,
        made_event=openai_shaped.GROQ.made_chunk,
    ),
    "qwen": _openai_shaped(openai_shaped.QWEN, {"id"}),
    "deepseek": _openai_shaped(openai_shaped.DEEPSEEK),
    "moonshot": _openai_shaped(openai_shaped.MOONSHOT),
    "chatglm": _openai_shaped(openai_shaped.CHATGLM),
    "grok": _openai_shaped(openai_shaped.GROK),
    "anthropic": Judge(
        paths=("/v1/messages",),
        of_request=_anthropic_request,
        answer=oracle.anthropic_message,
        event=oracle.anthropic_event,
        embeddings=_of_the_model,
        error=lambda value, *_: oracle.anthropic_error(value),
    ),
    "gemini": Judge(
        paths=(
            r"/v1beta/models/[^/:?]+:generateContent",
            r"/v1beta/models/[^/:?]+:streamGenerateContent\?alt=sse",
            r"/v1beta/models/[^/:?]+:(embedContent|batchEmbedContents)",
        ),
        of_request=_google_request(vertex=False),
        answer=oracle_gemini.answer,
        event=oracle_gemini.answer,
        embeddings=lambda value, path: oracle_gemini.embeddings(value, _method(path)),
        error=lambda value, status, _: oracle_gemini.error(value, status),
    ),
    "vertex": Judge(
        paths=(
            rf"{VERTEX}/google/models/[^/:?]+:(generateContent|predict|embedContent)",
            rf"{VERTEX}/google/models/[^/:?]+:streamGenerateContent\?alt=sse",
            rf"{VERTEX}/anthropic/models/[^/:?]+:(rawPredict|streamRawPredict)",
        ),
        of_request=_google_request(vertex=True),
        answer=_vertex_answer,
        event=_vertex_event,
        embeddings=lambda value, path: oracle_gemini.embeddings(value, _method(path)),
        error=_vertex_error,
    ),
    "bedrock": Judge(
        paths=(r"/model/[^/]+/converse(-stream)?", INVOKE),
        of_request=_bedrock_request,
        answer=oracle_bedrock.answer,
        event=oracle_bedrock.event,
        embeddings=_of_the_model,
        error=oracle_bedrock.error,
        made=lambda value: oracle.openai_completion(value, oracle.OURS | BESIDE_THE_MESSAGE),
        made_event=lambda value: oracle.openai_chunk(value, oracle.OURS | BESIDE_THE_MESSAGE),
    ),
    "cohere": Judge(
        paths=("/v2/chat", "/v2/embed"),
        of_request=lambda body, path: oracle_cohere.embedding_request(body) if path.endswith("/embed") else oracle_cohere.request(body),
        answer=oracle_cohere.answer,
        event=oracle_cohere.event,
        embeddings=lambda value, _: oracle_cohere.embeddings(value),
        error=lambda value, *_: oracle_cohere.error(value),
    ),
}
