"""The judge of Bedrock: it lets the service model pass and nothing else."""

import oracle_bedrock
import pytest
from botocore.eventstream import ChecksumMismatch
from documents import MISSING, body, changed
from event_stream import frame
from strict import Disagreement

PATH = "/model/anthropic.claude-3-5-sonnet-20240620-v1%3A0/converse"
SAID = {
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {"role": "user", "content": [{"text": "Weather?"}, {"image": {"format": "png", "source": {"bytes": "aGk="}}}]},
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
                {"toolUse": {"toolUseId": "c1", "name": "weather", "input": {"any": [1]}}},
            ],
        },
        {"role": "user", "content": [{"toolResult": {"toolUseId": "c1", "content": [{"text": "cold"}], "status": "success"}}]},
    ],
    "inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "topP": 1, "stopSequences": ["a"]},
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "weather", "description": "d", "inputSchema": {"json": {"type": "object", "$defs": {}}}}}],
        "toolChoice": {"tool": {"name": "weather"}},
    },
    "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
}
ANSWER = {
    "output": {"message": {"role": "assistant", "content": [{"text": "a"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "cacheReadInputTokens": 0},
    "metrics": {"latencyMs": 5},
}
DELTA = {"contentBlockIndex": 0, "delta": {"toolUse": {"input": '{"a":'}}}
THROTTLED = {"x-amzn-ErrorType": "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/"}


def test_what_is_documented_passes():
    assert oracle_bedrock.request(body(SAID), PATH) == []
    assert oracle_bedrock.request(body(SAID), PATH + "-stream") == []
    assert oracle_bedrock.answer(ANSWER) == ANSWER
    assert oracle_bedrock.event("contentBlockDelta", DELTA) == DELTA
    assert oracle_bedrock.event("throttlingException", {"message": "m"})
    assert oracle_bedrock.error({"message": "m"}, 429, THROTTLED)


@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("modelId", "m"),
        ("messages.0.role", "tool"),
        ("messages.0.role", MISSING),
        ("messages.0.content", "Weather?"),
        ("messages.0.content", []),
        ("messages.0.content.0.text", 1),
        ("messages.0.content.0.text", " "),
        ("messages.0.content.0.type", "text"),
        ("messages.0.content.1.image.format", "image/png"),
        ("messages.0.content.1.image.source.bytes", "not base64!"),
        ("messages.0.content.1.image.source.bytes", ""),
        ("messages.0.content.1.image.source.s3Location", {"uri": "s3://b"}),
        ("messages.1.role", "user"),
        ("messages.1.content.1.toolUse.toolUseId", "not an id"),
        ("messages.1.content.1.toolUse.name", "w" * 65),
        ("messages.2.content.0.toolResult.toolUseId", "c2"),
        ("messages.2.content.0.toolResult.status", "failed"),
        ("messages.2.content", [{"text": "no result"}]),
        ("inferenceConfig.temperature", 1.5),
        ("inferenceConfig.temperature", None),
        ("inferenceConfig.maxTokens", 0),
        ("inferenceConfig.maxTokens", 5.0),
        ("inferenceConfig.topK", 1),
        ("toolConfig", MISSING),
        ("toolConfig.tools", []),
        ("toolConfig.tools.0.toolSpec.inputSchema", {"type": "object"}),
        ("toolConfig.tools.0.toolSpec.description", ""),
        ("toolConfig.toolChoice", {"none": {}}),
        ("toolConfig.toolChoice", {}),
        ("toolConfig.toolChoice.tool.name", "other"),
    ],
)
def test_request_beyond_the_documented_is_found(place, value):
    assert oracle_bedrock.request(body(changed(SAID, place, value)), PATH), "nothing was found"


@pytest.mark.parametrize("path", ["/model/a:0/converse", "/model/a/b/converse", "/v1/model/a/converse", "/model/a/invoke"])
def test_path_that_botocore_would_not_call_is_found(path):
    assert oracle_bedrock.request(body(SAID), path)


@pytest.mark.parametrize(
    "name, ok", [("report 2024 (final)", True), ("report.pdf", False), ("two  spaces", False)], ids=["as documented", "with a dot", "with two spaces"]
)
def test_documents_have_names_of_few_characters(name, ok):
    document = {"document": {"format": "pdf", "name": name, "source": {"bytes": "aGk="}}}
    assert (oracle_bedrock.request(body(changed(SAID, "messages.0.content.1", document)), PATH) == []) is ok


@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("output", MISSING),
        ("metrics", MISSING),
        ("stopReason", "stop"),
        ("usage.totalTokens", MISSING),
        ("usage.inputTokens", -1),
        ("output.message.content.0.x", 1),
    ],
)
def test_answer_beyond_the_documented_is_a_disagreement(place, value):
    with pytest.raises(Disagreement):
        oracle_bedrock.answer(changed(ANSWER, place, value))


@pytest.mark.parametrize(
    "kind, payload",
    [
        ("contentBlock", DELTA),
        ("contentBlockStop", DELTA),
        ("contentBlockDelta", {"delta": {"text": "a"}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "a", "toolUse": {"input": ""}}}),
        ("messageStop", {"stopReason": "stop"}),
        ("messageStart", {}),
        ("throttlingException", {"Message": "m"}),
    ],
)
def test_event_beyond_the_documented_is_a_disagreement(kind, payload):
    with pytest.raises(Disagreement):
        oracle_bedrock.event(kind, payload)


@pytest.mark.parametrize(
    "value, status, headers",
    [
        ({"message": "m"}, 429, {}),
        ({"message": "m"}, 400, THROTTLED),
        ({"error": "m"}, 429, THROTTLED),
        ({"message": "m"}, 429, {"x-amzn-ErrorType": "TooManyRequests"}),
    ],
)
def test_error_beyond_the_documented_is_a_disagreement(value, status, headers):
    with pytest.raises(Disagreement):
        oracle_bedrock.error(value, status, headers)


def test_stream_of_frames_is_read_and_a_broken_one_is_not():
    whole = frame("messageStart", {"role": "assistant"}) + frame("messageStop", {"stopReason": "end_turn"})
    assert oracle_bedrock.events(whole) == [("messageStart", {"role": "assistant"}), ("messageStop", {"stopReason": "end_turn"})]
    assert oracle_bedrock.events(whole[:-1]) == [("messageStart", {"role": "assistant"})]
    with pytest.raises(ChecksumMismatch):
        oracle_bedrock.events(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(Disagreement):
        oracle_bedrock.events(frame("messageStart", {}, content_type="text/plain"))
