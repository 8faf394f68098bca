"""The judge of Cohere: it lets the documented pass and nothing else."""

import oracle_cohere
import pytest
from documents import MISSING, body, changed
from strict import Disagreement

SAID = {
    "model": "command-x",
    "stream": True,
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
        {
            "role": "assistant",
            "tool_plan": "look",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "document", "document": {"data": {"any": "thing"}}}]},
    ],
    "tools": [{"type": "function", "function": {"name": "weather", "description": "d", "parameters": {"type": "object", "$defs": {}}}}],
    "tool_choice": "REQUIRED",
    "p": 0.5,
    "max_tokens": 5,
    "stop_sequences": ["a"],
    "thinking": {"type": "enabled", "token_budget": 5},
}
ANSWER = {
    "id": "a",
    "finish_reason": "TOOL_CALL",
    "message": {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}],
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
    },
    "usage": {"billed_units": {"input_tokens": 1, "output_tokens": 2}, "tokens": {"input_tokens": 1, "output_tokens": 2}},
}
START = {"id": "a", "type": "message-start", "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}}}
DELTA = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "a"}}}}
END = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 1, "output_tokens": 2}}}}
EMBED = {"model": "embed-x", "input_type": "search_query", "texts": ["a"], "embedding_types": ["float"], "output_dimension": 3}
EMBEDDED = {"id": "a", "response_type": "embeddings_by_type", "embeddings": {"float": [[0.5, 1]]}, "texts": ["a"], "meta": {"api_version": {"version": "2"}}}


def test_what_is_documented_passes():
    assert oracle_cohere.request(body(SAID)) == []
    assert oracle_cohere.answer(ANSWER) == ANSWER
    for event in (START, DELTA, END):
        assert oracle_cohere.event(event) == event
    assert oracle_cohere.embedding_request(body(EMBED)) == []
    assert oracle_cohere.embeddings(EMBEDDED) == EMBEDDED
    assert oracle_cohere.error({"message": "m"})


@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("model", MISSING),
        ("stream", "yes"),
        ("messages", []),
        ("messages.0.role", "developer"),
        ("messages.0.role", MISSING),
        ("messages.1.name", "n"),
        ("messages.1.content.0.x", 1),
        ("messages.1.content.0.text", 1),
        ("messages.2.tool_calls.0.function.arguments", {}),
        ("messages.2.tool_calls.0.id", MISSING),
        ("messages.2", {"role": "assistant", "content": ""}),
        ("messages.3.tool_call_id", "c2"),
        ("messages.3", {"role": "user", "content": "no result"}),
        ("tools.0.type", MISSING),
        ("tools.0.function.strict", True),
        ("tools.0.function.parameters", "{}"),
        ("tools", MISSING),
        ("tool_choice", "auto"),
        ("tool_choice", "AUTO"),
        ("p", 1),
        ("p", None),
        ("top_p", 0.5),
        ("k", 501),
        ("temperature", -1),
        ("frequency_penalty", 1.5),
        ("stop_sequences", list("abcdef")),
        ("response_format", {"type": "json_schema"}),
        ("response_format", {"type": "json_object"}),
        ("thinking.type", "on"),
        ("safety_mode", "STRICT"),
    ],
)
def test_request_beyond_the_documented_is_found(place, value):
    assert oracle_cohere.request(body(changed(SAID, place, value))), "nothing was found"


@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("id", MISSING),
        ("finish_reason", "stop"),
        ("message.role", MISSING),
        ("message.content.0.x", 1),
        ("message.tool_calls.0.function.arguments", {}),
        ("usage.tokens.input_tokens", "1"),
        ("usage.x", 1),
    ],
)
def test_answer_beyond_the_documented_is_a_disagreement(place, value):
    with pytest.raises(Disagreement):
        oracle_cohere.answer(changed(ANSWER, place, value))


@pytest.mark.parametrize(
    "event, place, value",
    [
        (START, "delta.message.x", 1),
        (START, "type", "start"),
        (DELTA, "delta.message.content.text", 1),
        (DELTA, "delta.text", "a"),
        (DELTA, "index", "0"),
        (END, "delta.finish_reason", "stop"),
        (END, "usage", {}),
    ],
)
def test_event_beyond_the_documented_is_a_disagreement(event, place, value):
    with pytest.raises(Disagreement):
        oracle_cohere.event(changed(event, place, value))


@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("input_type", MISSING),
        ("input_type", "query"),
        ("texts", MISSING),
        ("texts", []),
        ("texts", ["a"] * 97),
        ("texts", "a"),
        ("images", ["data:image/png;base64,aGk="]),
        ("embedding_types", ["float16"]),
    ],
)
def test_embedding_request_beyond_the_documented_is_found(place, value):
    assert oracle_cohere.embedding_request(body(changed(EMBED, place, value)))


@pytest.mark.parametrize("value", [{}, {"message": 1}, {"error": {"message": "m"}}, {"message": "m", "type": "t"}])
def test_error_beyond_the_documented_is_a_disagreement(value):
    with pytest.raises(Disagreement):
        oracle_cohere.error(value)
