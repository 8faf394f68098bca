"""The judge itself: it lets the documented pass and nothing else."""

import anthropic
import openai
import oracle
import pytest
from documents import body, changed

CLAUDE = {
    "model": "claude-x",
    "max_tokens": 5,
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "a", "signature": "b"},
                {"type": "tool_use", "id": "a", "name": "b", "input": {"anything": [1]}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "c"}]},
    ],
    "tools": [{"name": "b", "input_schema": {"type": "object", "$defs": {}}}],
    "temperature": 1,
}
GPT = {
    "model": "gpt-x",
    "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"anything": [1]}}}],
    "metadata": {"a": "b"},
    "stream": True,
}
MESSAGE = {
    "id": "a", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "a"}],
    "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 2},
}  # fmt: skip
COMPLETION = {
    "id": "a", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}],
}  # fmt: skip


def test_what_is_documented_passes():
    assert oracle.anthropic_request(body(CLAUDE)) == []
    assert oracle.openai_request(body(GPT)) == []
    assert oracle.anthropic_message(MESSAGE) == MESSAGE
    assert oracle.openai_completion(COMPLETION) == COMPLETION


@pytest.mark.parametrize(
    "judge, document, place, value",
    [
        (oracle.anthropic_request, CLAUDE, "x", 1),
        (oracle.anthropic_request, CLAUDE, "messages.0.x", 1),
        (oracle.anthropic_request, CLAUDE, "messages.0.content.0.x", 1),
        (oracle.anthropic_request, CLAUDE, "messages.0.content.0.text", None),
        (oracle.anthropic_request, CLAUDE, "messages.0.content.0.cache_control.x", 1),
        (oracle.anthropic_request, CLAUDE, "messages.1.content.0.index", 0),
        (oracle.anthropic_request, CLAUDE, "messages.1.content.1.input", "{}"),
        (oracle.anthropic_request, CLAUDE, "tools.0.x", 1),
        (oracle.anthropic_request, CLAUDE, "max_tokens", "5"),
        (oracle.anthropic_request, CLAUDE, "stream", "yes"),
        (oracle.anthropic_request, CLAUDE, "stop_sequences", "a"),
        (oracle.openai_request, GPT, "x", 1),
        (oracle.openai_request, GPT, "messages.0.x", 1),
        (oracle.openai_request, GPT, "messages.0.content.0.x", 1),
        (oracle.openai_request, GPT, "tools.0.function.x", 1),
        (oracle.openai_request, GPT, "metadata.a", 1),
    ],
)
def test_request_beyond_the_documented_is_found_where_it_is(judge, document, place, value):
    findings = judge(body(changed(document, place, value)))
    assert findings, "nothing was found"
    # Where, as the finding has it, with the names of types in between.
    places = [[step for step in finding.split(":")[0].split(".") if not step[:1].isupper()] for finding in findings]
    assert place.split(".") in places, findings


@pytest.mark.parametrize(
    "judge, document, place, value",
    [
        (oracle.anthropic_message, MESSAGE, "x", 1),
        (oracle.anthropic_message, MESSAGE, "content.0.x", 1),
        (oracle.anthropic_message, MESSAGE, "stop_reason", "stop"),
        (oracle.anthropic_message, MESSAGE, "usage", None),
        (oracle.openai_completion, COMPLETION, "x", 1),
        (oracle.openai_completion, COMPLETION, "choices.0.x", 1),
        (oracle.openai_completion, COMPLETION, "choices.0.message.reasoning_content", "hm"),
        (oracle.openai_completion, COMPLETION, "choices.0.finish_reason", "end_turn"),
        (oracle.openai_completion, COMPLETION, "created", "now"),
        (oracle.openai_chunk, COMPLETION, "id", "a"),
    ],
)
def test_answer_beyond_the_documented_is_a_disagreement(judge, document, place, value):
    with pytest.raises(oracle.Disagreement):
        judge(changed(document, place, value))


def test_answer_is_judged_the_same_after_the_sdk_has_read_one():
    """Reading builds the SDK's own validators, which let everything through."""
    openai.types.chat.ChatCompletion.model_validate(COMPLETION)
    anthropic.types.Message.model_validate(MESSAGE)
    oracle._answer.cache_clear()
    for judge, document in ((oracle.openai_completion, COMPLETION), (oracle.anthropic_message, MESSAGE)):
        judge(document)
        with pytest.raises(oracle.Disagreement):
            judge(changed(document, "x", 1))


def test_members_that_a_vendor_has_of_its_own_can_be_named():
    answer = changed(COMPLETION, "choices.0.message.reasoning_content", "hm")
    assert oracle.openai_completion(answer, oracle.OURS) == answer
