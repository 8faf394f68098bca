"""The judge of Gemini and Vertex AI: it lets the documented pass and nothing else."""

import oracle_gemini
import pytest
from documents import MISSING, body, changed
from strict import Disagreement

SAID = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Weather?"}, {"inlineData": {"mimeType": "image/png", "data": "iVBO+/8="}}]},
        {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "weather", "args": {"any": [1]}}, "thoughtSignature": "c2ln+/8="}]},
        {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "weather", "response": {"output": "cold"}}}]},
    ],
    "tools": [{"functionDeclarations": [{"name": "weather", "description": "d", "parametersJsonSchema": {"type": "object", "$defs": {}}}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}},
    "generationConfig": {
        "temperature": 0.5, "topP": 1, "maxOutputTokens": 5, "stopSequences": ["a"], "seed": 1, "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"}, "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 128},
    },
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
}  # fmt: skip
ANSWER = {
    "candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "a", "thought": True}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 6},
    "modelVersion": "gemini-x", "responseId": "r",
}  # fmt: skip
BATCH = {"requests": [{"model": "models/m", "content": {"parts": [{"text": "a"}]}, "outputDimensionality": 3}]}
REFUSED = {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "t", "a": 1}]}}


@pytest.mark.parametrize("vertex", [False, True], ids=["gemini", "vertex"])
def test_what_is_documented_passes(vertex):
    assert oracle_gemini.request(body(SAID), vertex=vertex) == []
    assert oracle_gemini.request(body({"contents": SAID["contents"][:1]}), vertex=vertex) == []
    assert oracle_gemini.answer(ANSWER) == ANSWER
    assert oracle_gemini.embedding_request(body(BATCH), "batchEmbedContents") == []
    assert oracle_gemini.embeddings({"embeddings": [{"values": [0.5, 1]}]}, "batchEmbedContents")
    assert oracle_gemini.embeddings({"embedding": {"values": [0.5, 1]}}, "embedContent")
    assert oracle_gemini.error(REFUSED, 429) == REFUSED
    assert oracle_gemini.error([REFUSED], 429) == [REFUSED]


@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("model", "gemini-x"),
        ("contents", MISSING),
        ("contents", []),
        ("contents.0.role", "assistant"),
        ("contents.0.parts", []),
        ("contents.0.parts.0.x", 1),
        ("contents.0.parts.0.text", 1),
        ("contents.0.parts.0.inlineData", {"mimeType": "image/png", "data": "aa"}),
        ("contents.0.parts.1.inlineData.data", "not base64!"),
        ("contents.0.parts.1.inlineData.mimeType", MISSING),
        ("contents.0.parts.1", {"inline_data": {"mime_type": "image/png", "data": "aa=="}}),
        ("contents.1.parts.0.functionCall.args", "{}"),
        ("contents.1.parts.0.functionCall.name", MISSING),
        ("contents.1.role", "user"),
        ("contents.2.parts.0.functionResponse.name", "other"),
        ("contents.2.parts.0.functionResponse.id", "other"),
        ("contents.2.parts.0.functionResponse.response", "cold"),
        ("contents.2.parts.0", {"text": "no response"}),
        ("systemInstruction", "Be brief."),
        ("tools.0.functionDeclarations.0.name", "a b"),
        ("tools.0.functionDeclarations.0.strict", True),
        ("tools.0.functionDeclarations.0.parameters", {"type": "OBJECT"}),
        ("tools", [{"type": "function"}]),
        ("toolConfig.functionCallingConfig.mode", "REQUIRED"),
        ("toolConfig.functionCallingConfig.mode", "any"),
        ("toolConfig.functionCallingConfig.mode", "AUTO"),
        ("toolConfig.functionCallingConfig.allowedFunctionNames", ["other"]),
        ("generationConfig.max_output_tokens", 5),
        ("generationConfig.maxOutputTokens", "5"),
        ("generationConfig.temperature", None),
        ("generationConfig.stopSequences", list("abcdef")),
        ("generationConfig.responseMimeType", MISSING),
        ("generationConfig.thinkingConfig.thinkingLevel", "HIGH"),
        ("safetySettings.0.threshold", "NEVER"),
    ],
)
def test_request_beyond_the_documented_is_found(place, value):
    for vertex in (False, True):
        assert oracle_gemini.request(body(changed(SAID, place, value)), vertex=vertex), "nothing was found"


def test_what_only_vertex_takes_is_found_for_gemini():
    timestamps = body(changed(SAID, "generationConfig.audioTimestamp", True))
    assert oracle_gemini.request(timestamps, vertex=True) == []
    assert oracle_gemini.request(timestamps) != []


@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("parsed", {}),
        ("candidates.0.finishReason", "FUNCTION_CALL"),
        ("candidates.0.finishReason", "stop"),
        ("candidates.0.content.parts.0.x", 1),
        ("candidates.0.content.parts.0.text", MISSING),
        ("candidates.0.content.parts", "a"),
        ("usageMetadata.promptTokenCount", "1"),
        ("usageMetadata.x", 1),
    ],
)
def test_answer_beyond_the_documented_is_a_disagreement(place, value):
    with pytest.raises(Disagreement):
        oracle_gemini.answer(changed(ANSWER, place, value))


def test_answer_that_says_nothing_is_a_disagreement():
    with pytest.raises(Disagreement):
        oracle_gemini.answer({"responseId": "r"})


@pytest.mark.parametrize("place, value", [("requests.0.model", MISSING), ("requests.0.content", "a"), ("requests.0.dimensions", 3), ("requests", {})])
def test_embedding_request_beyond_the_documented_is_found(place, value):
    assert oracle_gemini.embedding_request(body(changed(BATCH, place, value)), "batchEmbedContents")


@pytest.mark.parametrize(
    "place, value", [("error.status", "TOO_MANY"), ("error.status", "INTERNAL"), ("error.code", 500), ("error.message", MISSING), ("error.type", "t")]
)
def test_error_beyond_the_documented_is_a_disagreement(place, value):
    with pytest.raises(Disagreement):
        oracle_gemini.error(changed(REFUSED, place, value), 429)
