"""What the model of the fake vendors says in each scenario, before any vendor's dialect has put it on the wire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field


@dataclass
class Said:
    """An answer. `thinking` comes first, then `text`, then the calls of tools; what is None is not said at all."""

    text: str | None = None
    thinking: str | None = None
    thinking_as: str = "reasoning_content"
    """Under which name servers of OpenAI's shape show it: there are two."""
    redacted: str | None = None
    """Thinking that only its vendor can read."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Name and arguments, the arguments as JSON text."""
    stop: str = "stop"
    """OpenAI's word for why it ended; the dialects know their vendor's."""
    usage: str = "usual"


@dataclass
class Turn:
    """One message of a conversation as any dialect would tell it: what reached the model."""

    role: str
    text: str
    results: list[str] = field(default_factory=list)
    """What tools answered, where the turn brings that."""


WEATHER = ("get_weather", '{"city": "Zürich", "unit": "celsius"}')
PARALLEL = [("get_weather", '{"city": "Zürich"}'), ("get_time", '{"zone": "Europe/Zurich", "style": {"seconds": false}}')]
CITY = '{"city": "Zürich", "inhabitants": 434008, "lakes": ["Zürichsee", "Katzensee"]}'
THINKING = "Zürich lies on a lake – “See” – so…\n\\u00fc \\ / \u2028 1 < 2 && \U0001f914"
"""With what JSON writers like to write differently: escapes, slashes, separators, characters beyond the first plane."""

HUGE = "x" * 300_000
FILLERS = {"\u0178": 40 * 1024 * 1024, "\u0176": 70 * 1024 * 1024}
"""Characters that stand for so many `x` until the bytes are sent: below and above what the gateway takes in (64 MiB)."""

ECHO = "I read: {} – ok ✓"

LEAK = "Ask jane.doe@example.com or call (212) 555-0143 now, please."
"""Personal data that nobody has asked for."""


def said(scenario: str, turns: list[Turn]) -> Said:
    """The answer of a scenario to a conversation."""
    results = turns[-1].results if turns else []
    return SCENARIOS.get(scenario, _text)(turns, results)


def sign(thinking: str) -> str:
    """The signature of a thought. Who changes a thought by one byte cannot sign it again."""
    mac = hmac.new(b"only the vendor knows", thinking.encode(), hashlib.sha256).digest()
    return "ErUB" + base64.b64encode(mac).decode()


def _text(turns: list[Turn], _: list[str]) -> Said:
    """Says what it was told, so that a test sees what reached the vendor."""
    return Said(text=ECHO.format(" | ".join(f"{turn.role}: {turn.text}" for turn in turns)))


def _tools(_: list[Turn], results: list[str]) -> Said:
    return _after(results) or Said(calls=[WEATHER], stop="tool_calls")


def _text_and_tools(_: list[Turn], results: list[str]) -> Said:
    return _after(results) or Said(text="Let me look – ✓", calls=[WEATHER], stop="tool_calls")


def _parallel_tools(_: list[Turn], results: list[str]) -> Said:
    return _after(results) or Said(calls=PARALLEL, stop="tool_calls")


def _thinking_tools(_: list[Turn], results: list[str]) -> Said:
    after = _after(results)
    if after:
        after.thinking = "And now the answer. " + THINKING
    return after or Said(thinking=THINKING, text="Let me look.", calls=PARALLEL, stop="tool_calls")


def _thought_of_her(turns: list[Turn], results: list[str]) -> Said:
    """Has personal data on its mind before it calls a tool."""
    return _after(results) or Said(thinking="She is jane.doe@example.com, I think.", calls=[WEATHER], stop="tool_calls")


def _mail(turns: list[Turn], _: list[str]) -> Said:
    """Calls a tool with what it was told."""
    return Said(calls=[("send_mail", json.dumps({"to": turns[-1].text, "copies": 1}))], stop="tool_calls")


def _after(results: list[str]) -> Said | None:
    """The final answer, once the tools have answered."""
    return Said(text=f"The tools said: {' and '.join(results)}.") if results else None


SCENARIOS = {
    "tools": _tools,
    "text-and-tools": _text_and_tools,
    "parallel-tools": _parallel_tools,
    "thinking-tools": _thinking_tools,
    "mail": _mail,
    "thought-of-her": _thought_of_her,
    "structured": lambda *_: Said(text=CITY),
    "thinking": lambda turns, _: Said(thinking=THINKING, text=_text(turns, _).text),
    "redacted": lambda turns, _: Said(redacted=sign("unreadable"), text=_text(turns, _).text),
    "length": lambda *_: Said(text="I was about to", stop="length"),
    "content-filter": lambda *_: Said(text="I would", stop="content_filter"),
    "cache-write": lambda *_: Said(text="Remembered.", usage="cache-write"),
    "no-text": lambda *_: Said(text=""),
    "leak": lambda *_: Said(text=LEAK),
    "leak-in-reasoning-content": lambda *_: Said(thinking=LEAK, text="Done."),
    "leak-in-reasoning": lambda *_: Said(thinking=LEAK, thinking_as="reasoning", text="Done."),
    "slow-leak": lambda *_: Said(text=LEAK + " Goodbye." * 12),
    "rival": lambda *_: Said(text="You should rather buy it from Globex."),
    "huge-event": lambda *_: Said(text=HUGE),
    "forty-megabytes": lambda *_: Said(text="\u0178"),
    "seventy-megabytes": lambda *_: Said(text="\u0176"),
}
