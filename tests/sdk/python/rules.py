"""Rules as an operator sets them, with the product's own commands, and what a client under them hears."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

import openai
import pytest
from actuator import Growth
from dvara_up import DvaraUp, eventually
from envelope import sdk

import keys

MAIL = "jane.doe@example.com"

SEND_MAIL = [
    {
        "type": "function",
        "function": {"name": "send_mail", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}},
    }
]

STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
"""A test that takes `streamed` runs once for each kind of answer."""

_numbers = itertools.count(1)


class Tenant:
    """A tenant whose rules are set by commands. A test waits for them by asking for a client."""

    def __init__(self, gateway: DvaraUp, id: str):
        self.gateway, self.id = gateway, id
        self._undo: list[tuple[str, ...]] = []
        if id not in {tenant["id"] for tenant in json.loads(gateway.run("tenant", "list", "--json"))}:
            gateway.run("tenant", "create", id.title(), "--id", id)

    def set(self, *settings: str) -> Tenant:
        self.gateway.run("tenant", "set", self.id, *settings)
        self._undo += [("tenant", "set", self.id, "--unset", setting.split("=")[0]) for setting in settings]
        return self

    def policy(self, text: str, status: str = "ACTIVE", *, for_everybody: bool = False) -> str:
        """A policy that binds this tenant; its id."""
        whose = () if for_everybody else ("--tenant", self.id)
        made = self._made("policy", "create", "--name", f"policy {next(_numbers)}", *whose, self.file(text))
        self.gateway.run("policy", "status", made["id"], status)
        return made["id"]

    def schema(self, schema: dict, *scope: str) -> str:
        return self._made("schema", "create", *scope, "--tenant", self.id, self.file(json.dumps(schema)))["id"]

    def route(self, pattern: str, *options: str) -> str:
        return self._made("route", "create", pattern, *options, "--tenant", self.id)["id"]

    def prompt(self, user: str, system: str, status: str = "ACTIVE") -> str:
        """A prompt template. There is no command that deletes one; a test's is known by its id alone."""
        texts = ("--system", self.file(system), self.file(user))
        output = self.gateway.run("prompt", "create", "--name", f"prompt {next(_numbers)}", "--tenant", self.id, *texts, "--json")
        made = json.loads(output)
        if status != made["status"]:
            self.gateway.run("prompt", "status", made["id"], status)
        return made["id"]

    def file(self, text: str) -> str:
        """A file with this text, as commands name it."""
        name = f"rules-{next(_numbers)}"
        (self.gateway.home / name).write_text(text)
        return name

    def client(self) -> openai.OpenAI:
        """The SDK with a new key of this tenant. Once a gateway knows it, whatever was changed before is in force there: what
        changes is read together."""
        output = self.gateway.run("key", "create", f"key {next(_numbers)}", "--tenant", self.id)
        client = sdk(self.gateway, keys.KEY.search(output)[0])
        eventually(lambda: _is_known(client), "the new key is known")
        return client

    def let_go(self) -> None:
        while self._undo:
            self.gateway.run(*self._undo.pop())

    def _made(self, kind: str, *arguments: str) -> dict:
        made = json.loads(self.gateway.run(kind, *arguments, "--json"))
        self._undo.append((kind, "delete", made["id"]))
        return made


def _is_known(client: openai.OpenAI) -> bool:
    try:
        client.models.list()
        return True
    except openai.AuthenticationError:
        return False


@dataclass(frozen=True)
class Heard:
    """An answer as the SDK read it, whole or put together from a stream."""

    text: str
    end: str
    arguments: str
    """Those of the calls of tools, one after the other."""
    headers: dict[str, str]


def hear(client: openai.OpenAI, streamed: bool, model: str, messages: list[dict], **options) -> Heard:
    request = {"model": model, "messages": messages, "stream": streamed, **options}
    raw = client.chat.completions.with_raw_response.create(**request)
    answer = raw.parse()
    choices = [chunk.choices[0] for chunk in answer if chunk.choices] if streamed else answer.choices
    said = [choice.delta if streamed else choice.message for choice in choices]
    calls = [call for message in said for call in message.tool_calls or []]
    return Heard(
        "".join(message.content or "" for message in said),
        choices[-1].finish_reason,
        "".join(call.function.arguments for call in calls),
        dict(raw.headers),
    )


def refused(client: openai.OpenAI, streamed: bool, model: str, messages: list[dict], **options) -> openai.APIStatusError:
    """The error of a call, which comes as JSON with its status whatever was asked for."""
    with pytest.raises(openai.APIStatusError) as raised:
        client.chat.completions.create(model=model, messages=messages, stream=streamed, **options)
    assert raised.value.response.headers["content-type"] == "application/json"
    return raised.value


def findings(gateway: DvaraUp, type: str, action: str, source: str) -> Growth:
    """How many values of a type were found in calls (`request`) or answers (`response`), by what became of them."""
    return Growth(gateway, "gateway_pii_findings_total", type=type, action=action, source=source)
