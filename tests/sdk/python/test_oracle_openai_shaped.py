"""The judges of vendors whose API has OpenAI's shape and who publish types of their own: what is theirs is told from what is OpenAI's."""

import oracle
import oracle_groq
import oracle_mistral
import pytest
from documents import MISSING, body, changed
from strict import Disagreement

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
    {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "cold"},
]
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "d", "parameters": {"type": "object", "$defs": {}}}}]
MISTRAL = {
    "model": "mistral-x", "messages": MESSAGES, "tools": TOOLS, "tool_choice": "any", "random_seed": 1, "temperature": 0.5, "stop": ["a"],
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True}},
}  # fmt: skip
GROQ = {
    "model": "llama-x", "messages": MESSAGES, "tools": TOOLS, "tool_choice": "required", "seed": 1, "temperature": 0.5,
    "reasoning_format": "parsed", "stream": True, "stream_options": {"include_usage": True},
}  # fmt: skip
ANSWER = {
    "id": "a", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}  # fmt: skip
CHUNK = {
    "id": "a", "object": "chat.completion.chunk", "created": 1, "model": "m",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": "a"}, "finish_reason": None}],
}  # fmt: skip


def test_what_is_documented_passes():
    for stream in (False, True):
        assert oracle_mistral.request(body(MISTRAL | {"stream": stream})) == []
    assert oracle_groq.request(body(GROQ)) == []
    for judge in (oracle_mistral, oracle_groq):
        assert judge.answer(ANSWER) == ANSWER
        assert judge.chunk(CHUNK) == CHUNK
    assert oracle_mistral.embedding_request(body({"model": "m", "input": ["a"], "output_dimension": 3})) == []
    assert oracle.openai_embedding_request(body({"model": "m", "input": ["a"], "dimensions": 3})) == []


@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("seed", 1),
        ("stream_options", {"include_usage": True}),
        ("max_completion_tokens", 5),
        ("temperature", {}),
        ("temperature", "0.5"),
        ("tool_choice", "sometimes"),
        ("tool_choice", None),
        ("messages.0.role", MISSING),
        ("messages.0.role", "developer"),
        ("messages.1.name", "n"),
        ("messages.1.content.0.type", "input_text"),
        ("messages.1.content.0.text", 1),
        ("messages.2.refusal", None),
        ("tools.0.type", "custom"),
        ("tools.0.function.parameters", MISSING),
        ("response_format.type", "grammar"),
    ],
)
def test_request_beyond_mistrals_is_found(place, value):
    assert oracle_mistral.request(body(changed(MISTRAL | {"stream": True}, place, value))), "nothing was found"


@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("random_seed", 1),
        ("stream_options.x", 1),
        ("stream_options.include_usage", "yes"),
        ("temperature", "0.5"),
        ("tool_choice", "any"),
        ("reasoning_format", "shown"),
        ("messages.0.role", MISSING),
        ("messages.1.content.0.x", 1),
        ("messages.2.tool_calls.0.function.arguments", {}),
    ],
)
def test_request_beyond_groqs_is_found(place, value):
    assert oracle_groq.request(body(changed(GROQ, place, value))), "nothing was found"


@pytest.mark.parametrize("judge", [oracle_mistral, oracle_groq], ids=["mistral", "groq"])
@pytest.mark.parametrize(
    "place, value",
    [
        ("x", 1),
        ("id", MISSING),
        ("choices.0.x", 1),
        ("choices.0.finish_reason", "end_turn"),
        ("choices.0.message.x", 1),
        ("usage.prompt_tokens", "1"),
    ],
)
def test_answer_beyond_theirs_is_a_disagreement(judge, place, value):
    with pytest.raises(Disagreement):
        judge.answer(changed(ANSWER, place, value))


@pytest.mark.parametrize("judge", [oracle_mistral, oracle_groq], ids=["mistral", "groq"])
@pytest.mark.parametrize("place, value", [("x", 1), ("choices.0.finish_reason", "end_turn"), ("choices.0.delta.x", 1), ("choices.0.delta.content", 1)])
def test_chunk_beyond_theirs_is_a_disagreement(judge, place, value):
    with pytest.raises(Disagreement):
        judge.chunk(changed(CHUNK, place, value))


def test_embedding_requests_are_told_apart():
    assert oracle_mistral.embedding_request(body({"model": "m", "input": ["a"], "dimensions": 3}))
    assert oracle.openai_embedding_request(body({"model": "m", "input": ["a"], "output_dimension": 3}))
    assert oracle.openai_embedding_request(body({"model": "m"}))
