"""Who judges whom: paths tell requests apart, and what is in the path is not in the body."""

import pytest
from documents import MISSING, body, changed
from strict import Disagreement
from vendor_judges import JUDGES

CHAT = {"messages": [{"role": "user", "content": "a"}]}
CLAUDE = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 5, "messages": [{"role": "user", "content": "a"}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "a"}]}]}
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "a"}]}]}

TAKEN = [
    ("openai", "/chat/completions", CHAT | {"model": "m"}),
    ("openai", "/embeddings", {"model": "m", "input": "a"}),
    ("azure-openai", "/deployments/d/chat/completions?api-version=2024-10-21", CHAT),
    ("azure-openai", "/deployments/d/embeddings", {"input": "a"}),
    ("azure-openai", "/chat/completions", CHAT | {"model": "d"}),
    ("anthropic", "/v1/messages", {"model": "claude-sonnet-4-5", "max_tokens": 5, "messages": CLAUDE["messages"]}),
    ("gemini", "/v1beta/models/gemini-2.5-flash:generateContent", GEMINI),
    ("gemini", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", GEMINI),
    ("vertex", "/publishers/google/models/gemini-2.5-flash:generateContent", GEMINI),
    ("vertex", "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse", GEMINI),
    ("vertex", "/publishers/google/models/e:predict", {"instances": [{"content": "a"}]}),
    ("vertex", "/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict", CLAUDE),
    ("vertex", "/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict", CLAUDE | {"stream": True}),
    ("bedrock", "/model/amazon.nova-pro-v1%3A0/converse-stream", CONVERSE),
    ("bedrock", "/model/amazon.titan-embed-text-v2%3A0/invoke", {"inputText": "a"}),
    ("cohere", "/v2/chat", CHAT | {"model": "m"}),
    ("cohere", "/v2/embed", {"model": "m", "input_type": "search_query", "texts": ["a"]}),
    ("mistral", "/chat/completions", CHAT | {"model": "m"}),
    ("groq", "/chat/completions", CHAT | {"model": "m"}),
]

REFUSED = [
    ("openai", "/v1/chat/completions", CHAT | {"model": "m"}),
    ("azure-openai", "/chat/completions", CHAT),
    ("azure-openai", "/openai/deployments/d/chat/completions", CHAT),
    ("gemini", "/v1beta/models/gemini-2.5-flash:streamGenerateContent", GEMINI),
    ("gemini", "/v1beta/models/gemini-2.5-flash:generateContent", CLAUDE),
    ("vertex", "/publishers/anthropic/models/claude-sonnet-4-5:rawPredict", GEMINI),
    ("vertex", "/publishers/anthropic/models/claude-sonnet-4-5:rawPredict", CLAUDE | {"model": "claude-sonnet-4-5"}),
    ("vertex", "/publishers/anthropic/models/claude-sonnet-4-5:rawPredict", CLAUDE | {"stream": True}),
    ("vertex", "/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict", CLAUDE),
    ("vertex", "/publishers/anthropic/models/claude-sonnet-4-5:rawPredict", changed(CLAUDE, "anthropic_version", "2023-06-01")),
    ("vertex", "/publishers/anthropic/models/claude-sonnet-4-5:rawPredict", changed(CLAUDE, "max_tokens", MISSING)),
    ("bedrock", "/model/a/converse", CHAT),
    ("cohere", "/v1/chat", CHAT | {"model": "m"}),
    ("mistral", "/chat/completions", CHAT | {"model": "m", "seed": 1}),
]


@pytest.mark.parametrize("vendor, path, said", TAKEN)
def test_documented_request_passes(vendor, path, said):
    assert JUDGES[vendor].request(body(said), path) == []


@pytest.mark.parametrize("vendor, path, said", REFUSED)
def test_request_of_another_kind_or_place_is_found(vendor, path, said):
    assert JUDGES[vendor].request(body(said), path)


ANSWER = {
    "id": "a", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}],
}  # fmt: skip


@pytest.mark.parametrize(
    "vendor, member, value",
    [
        ("azure-openai", "content_filter_results", {}),
        ("deepseek", "reasoning_content", "hm"),
        ("qwen", "reasoning_content", "hm"),
        ("grok", "citations", []),
    ],
)
def test_members_that_a_vendor_has_of_its_own_are_its_alone(vendor, member, value):
    answer = changed(ANSWER, f"choices.0.message.{member}", value)
    assert JUDGES[vendor].answer(answer) == answer
    with pytest.raises(Disagreement):
        JUDGES["openai"].answer(answer)
    with pytest.raises(Disagreement):
        JUDGES[vendor].answer(changed(answer, "x", 1))


def test_azures_annotations_are_chunks_without_content():
    annotation = {
        "id": "", "object": "", "created": 0, "model": "", "choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}}],
    }  # fmt: skip
    assert JUDGES["azure-openai"].event(annotation)
    with pytest.raises(Disagreement):
        JUDGES["azure-openai"].event(changed(annotation, "choices.0.delta", {"content": "a"}))
    with pytest.raises(Disagreement):
        JUDGES["azure-openai"].event(changed(annotation, "choices", []))
