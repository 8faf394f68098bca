"""The vendors' dialects behind the gateway, for tests whose text is the same for all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import ModuleType

import fake_anthropic
import fake_openai
import oracle
from fake_vendor import Call
from said import Turn


@dataclass(frozen=True)
class Dialect:
    """One vendor: how its models are called, and what differs in what its answers say."""

    name: str
    wire: ModuleType
    answer_id: str
    beyond_the_types: frozenset[str]
    """Members of its answers to our clients that OpenAI's SDK does not know."""

    @property
    def prefix(self) -> str:
        return self.wire.PREFIX

    @property
    def call_ids(self) -> list[str]:
        """The ids that the vendor gives to calls of tools."""
        return self.wire.CALL_IDS

    def sent(self, call: Call) -> dict:
        """The body that reached the vendor."""
        return json.loads(call.body)

    def turns(self, call: Call) -> list[Turn]:
        """The conversation that reached the vendor."""
        return self.wire.turns(self.sent(call))


OPENAI = Dialect("openai", fake_openai, "chatcmpl-fake", frozenset(fake_openai.BEYOND_THE_TYPES))
ANTHROPIC = Dialect("anthropic", fake_anthropic, "msg_01Fake", frozenset(oracle.OURS))
DIALECTS = [OPENAI, ANTHROPIC]
