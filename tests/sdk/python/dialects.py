"""The vendors' dialects behind the gateway, for tests whose text is the same for all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import ModuleType

import fake_anthropic
import fake_openai
from fake_vendor import Call


@dataclass(frozen=True)
class Dialect:
    """One vendor: how its models are called, and what differs in what its answers say."""

    name: str
    wire: ModuleType
    answer_id: str

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


OPENAI = Dialect("openai", fake_openai, "chatcmpl-fake")
ANTHROPIC = Dialect("anthropic", fake_anthropic, "msg_01Fake")
DIALECTS = [OPENAI, ANTHROPIC]
