"""Vendors whose API has OpenAI's shape: judged by OpenAI's types, beside what they document of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import oracle
from strict import without


@dataclass(frozen=True)
class Own:
    """What a vendor has beyond OpenAI's types."""

    asked: frozenset[str] = frozenset()
    """Members of requests, wherever they are."""
    told: frozenset[str] = frozenset()
    """Members of answers and chunks, wherever they are."""
    places: tuple[str, ...] = ()
    """Members of answers and chunks whose names OpenAI has elsewhere: `choices.*.usage`."""
    finishes: frozenset[str] = frozenset()
    """Reasons for the end that it has and clients of ours never see."""

    def request(self, body: bytes) -> list[str]:
        return oracle.openai_request(_dumped(without(json.loads(body), self.asked)))

    def answer(self, value: Any) -> Any:
        """An answer as the vendor sends it."""
        oracle.openai_completion(self._openais(value), self.told)
        return value

    def chunk(self, value: Any) -> Any:
        oracle.openai_chunk(self._openais(value), self.told)
        return value

    def made(self, value: Any) -> Any:
        """An answer as we pass it on: with what it brought, and with OpenAI's reasons for the end."""
        oracle.openai_completion(without_places(value, self.places), self.told | oracle.OURS)
        return value

    def made_chunk(self, value: Any) -> Any:
        oracle.openai_chunk(without_places(value, self.places), self.told | oracle.OURS)
        return value

    def _openais(self, value: Any) -> Any:
        """The same with a reason of OpenAI's in the place of one of the vendor's."""
        value = without_places(value, self.places)
        if not isinstance(value, dict) or not isinstance(value.get("choices"), list):
            return value
        return value | {"choices": [self._choice(choice) for choice in value["choices"]]}

    def _choice(self, choice: Any) -> Any:
        if isinstance(choice, dict) and choice.get("finish_reason") in self.finishes:
            return choice | {"finish_reason": "stop"}
        return choice


def without_places(value: Any, places: Iterable[str]) -> Any:
    """The document without the members at these places; a star is every entry of a list."""
    copy = json.loads(json.dumps(value))
    for place in places:
        _drop(copy, place.split("."))
    return copy


def _drop(there: Any, way: list[str]) -> None:
    step, *rest = way
    if step == "*":
        for item in there if isinstance(there, list) else []:
            _drop(item, rest)
    elif isinstance(there, dict) and step in there:
        if rest:
            _drop(there[step], rest)
        else:
            del there[step]


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


INDEX_OF_CALLS = "choices.*.message.tool_calls.*.index"
"""OpenAI's whole answers have none; several vendors' have the index of their streams."""

REASONING = frozenset({"reasoning_content"})

QWEN = Own(  # https://help.aliyun.com/zh/model-studio/deep-thinking, …/use-qwen-by-calling-api
    asked=REASONING | {"enable_thinking", "thinking_budget", "top_k", "repetition_penalty", "enable_search", "search_options"},
    told=REASONING,
    places=(INDEX_OF_CALLS,),
)
DEEPSEEK = Own(  # https://api-docs.deepseek.com/api/create-chat-completion
    asked=REASONING | {"thinking", "prefix"},
    told=REASONING | {"prompt_cache_hit_tokens", "prompt_cache_miss_tokens"},
    places=(INDEX_OF_CALLS,),
    finishes=frozenset({"insufficient_system_resource"}),
)
MOONSHOT = Own(  # https://platform.moonshot.ai/docs/api/chat
    asked=REASONING | {"thinking", "partial"},
    told=REASONING | {"cached_tokens"},
    places=(INDEX_OF_CALLS, "choices.*.usage"),
)
CHATGLM = Own(  # https://docs.bigmodel.cn/api-reference
    asked=REASONING | {"thinking", "user_id", "request_id", "tool_stream", "do_sample"},
    told=REASONING | {"request_id", "web_search"},
    places=(INDEX_OF_CALLS,),
    finishes=frozenset({"sensitive", "network_error", "model_context_window_exceeded"}),
)
GROK = Own(  # https://docs.x.ai/docs/api-reference#chat-completions
    asked=REASONING | {"deferred", "search_parameters"},
    told=REASONING | {"num_sources_used", "citations", "text_tokens", "image_tokens", "cost_in_usd_ticks"},
    finishes=frozenset({"end_turn"}),
)
AZURE = Own(  # https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter-annotations, …/references/on-your-data
    asked=frozenset({"data_sources", "user_security_context"}),
    told=frozenset(
        {"content_filter_results", "prompt_filter_results", "content_filter_offsets", "content_filter_result", "context", "end_turn"}
    ),
)
MISTRAL = Own(  # https://docs.mistral.ai/api: what an answer of Mistral's brings beyond OpenAI's when it is passed on
    told=frozenset({"prefix", "num_cached_tokens", "prompt_audio_seconds", "prompt_token_details"}),
    places=(INDEX_OF_CALLS,),
)
GROQ = Own(  # https://console.groq.com/docs/api-reference#chat-create
    told=frozenset(
        {"x_groq", "reasoning", "executed_tools", "channel", "usage_breakdown", "queue_time", "prompt_time", "completion_time", "total_time", "service_tier"}
    ),
)
