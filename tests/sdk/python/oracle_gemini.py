"""What Google's own SDK (`google-genai`) says a request to Gemini and its answer look like, here and on Vertex AI.

A request passes three judges. The SDK's types say what each member is. `gemini_rules` has what the types' descriptions and
the documentation say in words. And the SDK itself is handed the same contents and settings: what it would have sent is what
we send, or it says that this API has no such thing (some parameters are Vertex AI's alone, others Gemini's).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Optional

import gemini_rules
import google.auth.credentials
import httpx
from google import genai
from google.genai import types
from google.genai._common import BaseModel
from pydantic import Field
from strict import Disagreement, Strict

BYTES = {"val_json_bytes": "base64"}
OF_THE_SDK = {"sdkHttpResponse", "automaticFunctionCallingHistory", "parsed"}
"""Members of the SDK's answer objects that are its own and never on the wire."""


class GenerationConfig(types.GenerationConfig):
    """The type of the wire, with the one setting that the SDK's type of that name does not have."""

    image_config: Optional[types.ImageConfig] = Field(default=None)


class GenerateContent(BaseModel):
    """A body of `:generateContent` and `:streamGenerateContent`; the SDK builds it member by member and has no type for it."""

    contents: list[types.Content]
    system_instruction: Optional[types.Content] = Field(default=None)
    tools: Optional[list[types.Tool]] = Field(default=None)
    tool_config: Optional[types.ToolConfig] = Field(default=None)
    safety_settings: Optional[list[types.SafetySetting]] = Field(default=None)
    generation_config: Optional[GenerationConfig] = Field(default=None)
    cached_content: Optional[str] = Field(default=None)
    labels: Optional[dict[str, str]] = Field(default=None)
    service_tier: Optional[types.ServiceTier] = Field(default=None)
    model_armor_config: Optional[types.ModelArmorConfig] = Field(default=None)
    store: Optional[bool] = Field(default=None)


class EmbedContent(BaseModel):
    """A body of `:embedContent`, and one of the requests of `:batchEmbedContents`."""

    model: Optional[str] = Field(default=None)
    content: types.Content
    task_type: Optional[str] = Field(default=None)
    title: Optional[str] = Field(default=None)
    output_dimensionality: Optional[int] = Field(default=None)


class EmbedContentOfBatch(EmbedContent):
    model: str


class BatchEmbedContents(BaseModel):
    requests: list[EmbedContentOfBatch]


class Embedding(BaseModel):
    embedding: types.ContentEmbedding


class PredictInstance(BaseModel):
    """A text for Vertex AI's embedding models (`_EmbedContentParametersPrivate_to_vertex`), whose words are in snake case."""

    content: str
    title: Optional[str] = Field(default=None)
    mime_type: Optional[str] = Field(default=None)
    task_type: Optional[str] = Field(default=None, alias="task_type")


class PredictParameters(BaseModel):
    output_dimensionality: Optional[int] = Field(default=None)
    auto_truncate: Optional[bool] = Field(default=None)


class Predict(BaseModel):
    instances: list[PredictInstance]
    parameters: Optional[PredictParameters] = Field(default=None)


class PredictStatistics(BaseModel):
    token_count: Optional[float] = Field(default=None, alias="token_count")
    truncated: Optional[bool] = Field(default=None)


class PredictedEmbedding(BaseModel):
    values: list[float]
    statistics: Optional[PredictStatistics] = Field(default=None)


class Prediction(BaseModel):
    embeddings: PredictedEmbedding


class Predictions(BaseModel):
    predictions: list[Prediction]
    metadata: Optional[types.EmbedContentMetadata] = Field(default=None)


# --- requests ----------------------------------------------------------------------------------------------------


def request(body: bytes, *, vertex: bool = False) -> list[str]:
    """What Gemini, or Vertex AI, would find wrong with a request for content."""
    found = _request(GenerateContent).findings(body)
    return found or gemini_rules.findings(json.loads(body)) or _as_the_sdk_sends_it(json.loads(body), vertex)


def embedding_request(body: bytes, method: str) -> list[str]:
    """The same for embeddings; `method` is what the path ends with: `embedContent`, `batchEmbedContents` or `predict`."""
    kind = {"embedContent": EmbedContent, "batchEmbedContents": BatchEmbedContents, "predict": Predict}[method]
    return _request(kind).findings(body)


def _as_the_sdk_sends_it(said: dict, vertex: bool) -> list[str]:
    config = {name: value for name, value in said.items() if name not in ("contents", "generationConfig")}
    sent: list[httpx.Request] = []
    try:
        client(lambda request: sent.append(request) or httpx.Response(200, json={}), vertex).models.generate_content(
            model="gemini",
            contents=[types.Content.model_validate(content) for content in said["contents"]],
            config=types.GenerateContentConfig.model_validate(config | said.get("generationConfig", {})),
        )
    except ValueError as refused:
        return [str(refused)]
    # What is empty and what is absent is the same to both.
    theirs = json.loads(sent[0].content)
    names = sorted({*theirs, *said})
    return [
        f"{name}: the SDK sends {json.dumps(theirs.get(name))}, we {json.dumps(said.get(name))}"
        for name in names
        if _written_alike(theirs.get(name) or None, name) != _written_alike(said.get(name) or None, name)
    ]


def client(handler: Any, vertex: bool = False) -> genai.Client:
    """The SDK on a wire of ours: `handler` gets each request and makes its answer."""
    options = types.HttpOptions(httpx_client=httpx.Client(transport=httpx.MockTransport(handler)))
    if vertex:
        return genai.Client(vertexai=True, project="p", location="l", credentials=_Anyone(), http_options=options)
    return genai.Client(vertexai=False, api_key="k", http_options=options)


class _Anyone(google.auth.credentials.Credentials):
    """Whose calls the handler above answers, whoever they are."""

    def __init__(self):
        super().__init__()
        self.token = "t"

    def refresh(self, request: Any) -> None:
        """Stays who it is."""


def _written_alike(value: Any, name: str = "") -> Any:
    """One way of writing for both: Google takes camel and snake case and both alphabets of base64, and its SDK mixes them."""
    if isinstance(value, dict):
        return {(camel := _camel(name)): _written_alike(member, camel) for name, member in value.items()}
    if isinstance(value, list):
        alike = [_written_alike(item, name) for item in value]
        # The SDK puts functions behind the other tools.
        return sorted(alike, key=str) if name == "tools" else alike
    if isinstance(value, str) and name in ("data", "thoughtSignature"):
        return value.replace("-", "+").replace("_", "/")
    return value


def _camel(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])_([a-z])", lambda found: found[1].upper(), name)


# --- answers -----------------------------------------------------------------------------------------------------


def answer(value: object, ignoring: Iterable[str] = ()) -> dict:
    """An answer, and equally an event of a stream."""
    if own := OF_THE_SDK & (value.keys() if isinstance(value, dict) else set()):
        raise Disagreement(f"{own}: the SDK's own, and nothing that a server says")
    _answer(types.GenerateContentResponse).checked(value, ignoring)
    if not (value.get("candidates") or value.get("promptFeedback") or value.get("usageMetadata")):
        raise Disagreement(f"an answer says something, or why it does not: {json.dumps(value)}")
    for candidate in value.get("candidates") or []:
        for part in candidate.get("content", {}).get("parts") or []:
            if found := gemini_rules.part(part, "a candidate's part"):
                raise Disagreement("\n".join(found))
    return value


def embeddings(value: object, method: str) -> dict:
    """An answer to a request for embeddings; `method` as in `embedding_request`."""
    kinds = {"embedContent": Embedding, "batchEmbedContents": types.EmbedContentResponse, "predict": Predictions}
    return _answer(kinds[method]).checked(value)


class Status(BaseModel):
    """google.rpc.Status in JSON, as https://cloud.google.com/apis/design/errors#http_mapping has it."""

    code: int
    message: str
    status: str
    details: Optional[list[dict[str, Any]]] = Field(default=None)


class Error(BaseModel):
    error: Status


HTTP_OF_STATUS = {
    "INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400, "OUT_OF_RANGE": 400, "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404, "ABORTED": 409, "ALREADY_EXISTS": 409, "RESOURCE_EXHAUSTED": 429, "CANCELLED": 499, "DATA_LOSS": 500,
    "UNKNOWN": 500, "INTERNAL": 500, "UNIMPLEMENTED": 501, "UNAVAILABLE": 503, "DEADLINE_EXCEEDED": 504,
}  # fmt: skip
"""The canonical codes and their HTTP statuses, from the same page."""


def error(value: object, status: int) -> dict:
    """An error's body, which comes with the HTTP status that its own says. Streams' errors may come within a list."""
    only = value[0] if isinstance(value, list) and len(value) == 1 else value
    said = _answer(Error).checked(only)["error"]
    if (said["code"], HTTP_OF_STATUS.get(said["status"])) != (status, status):
        raise Disagreement(f"{said['code']} {said['status']} is no error of HTTP status {status}")
    return value


@cache
def _request(kind: Any) -> Strict:
    return Strict(kind, nulls=False, config=BYTES)


@cache
def _answer(kind: Any) -> Strict:
    return Strict(kind, config=BYTES)
