"""A streamed call, gathered by the official SDK, with every chunk judged by the SDK's types on its way."""

from __future__ import annotations

from dataclasses import dataclass, field

import openai
import oracle


@dataclass
class Gathered:
    """What a stream came to."""

    text: str = ""
    reasoning: str = ""
    pieces: int = 0
    """How many chunks brought text."""
    calls: dict[int, dict[str, str]] = field(default_factory=dict)
    """Calls of tools by index: id, name, arguments."""
    finish: str | None = None
    usage: dict | None = None
    ids: set[str] = field(default_factory=set)


def gathered(client: openai.OpenAI, **body: object) -> Gathered:
    """Asks for a stream, with the usage at its end."""
    found = Gathered()
    for chunk in client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **body):
        said = chunk.model_dump(mode="json", exclude_unset=True)
        oracle.openai_chunk(said, oracle.OURS)
        found.ids.add(said["id"])
        found.usage = said.get("usage") or found.usage
        for choice in said["choices"]:
            assert found.finish is None, f"after the finish: {said}"
            found.finish = choice.get("finish_reason")
            _add(found, choice["delta"])
    return found


def _add(found: Gathered, delta: dict) -> None:
    if delta.get("content"):
        found.text += delta["content"]
        found.pieces += 1
    found.reasoning += delta.get("reasoning_content") or ""
    for call in delta.get("tool_calls") or []:
        known = found.calls.setdefault(call["index"], {"id": "", "name": "", "arguments": ""})
        known["id"] = call.get("id") or known["id"]
        known["name"] += call["function"].get("name") or ""
        known["arguments"] += call["function"].get("arguments") or ""
