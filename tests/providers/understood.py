"""What aimock took a request for, beside what the client said: the same conversation, whatever became of it on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from aimock import Call


@dataclass
class Turn:
    """One message."""

    role: str
    text: str = ""
    calls: list[tuple[str, dict]] = field(default_factory=list)
    """Calls of tools: name and arguments."""
    answers: str | None = None
    """The function whose call it answers."""


def conversation(call: Call) -> list[Turn]:
    """The turns that aimock understood."""
    assert call.understood, f"aimock took {call.method} {call.path} for no call of a model"
    return turns(call.understood["messages"])


def turns(messages: list[dict]) -> list[Turn]:
    """The turns of messages in OpenAI's words, without the ids that tie calls and answers, which may be a vendor's own."""
    called: dict[str, str] = {}
    found = []
    for message in messages:
        calls = message.get("tool_calls") or []
        called |= {call["id"]: call["function"]["name"] for call in calls}
        turn = Turn(message["role"], _text(message.get("content")))
        turn.calls = [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]
        if message["role"] == "tool":
            turn.answers = called.get(message["tool_call_id"], f"no call: {message['tool_call_id']}")
        found.append(turn)
    return found


def _text(content: str | list | None) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""


def functions(call: Call) -> list[tuple[str, str | None]]:
    """The functions that aimock understood to be offered: name and description."""
    offered = (call.understood or {}).get("tools") or []
    return [(tool["function"]["name"], tool["function"].get("description")) for tool in offered]
