"""The providers that aimock has a vendor for: how the gateway is pointed at each, and what is particular about it.

One line per provider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from aimock import KEY, Aimock, Call
from service_account import ServiceAccounts
from vendor_judges import JUDGES


@dataclass(frozen=True)
class Provider:
    """A provider of the gateway, and its vendor as aimock plays it."""

    name: str
    """What golden files, usage rows and judges call it."""
    model: str
    """What a client asks for."""
    sent_model: str
    """What the vendor is asked for."""
    path: str
    """What the vendor's paths begin with: the end of the base URL."""
    settings: Callable[[str], dict[str, str]]
    """The environment that registers it, from its base URL."""
    headers: dict[str, str]
    """What has to be in the head of its requests."""
    kind: str = ""
    """The provider's own name, where the table has it twice."""
    reasoning: bool = True
    """aimock sends reasoning in the vendor's own words."""
    thinker: str = ""
    """A model that reasons, where the usual one does not."""
    errors: bool = True
    """aimock's errors have the vendor's form, so that their text is found."""
    images: bool = True
    """The vendor takes images."""
    schema: bool = True
    """The vendor takes a schema for its answer."""
    forces: bool = True
    """The vendor can be told to call a tool."""
    most_stops: int = 2
    """How many sequences end an answer, where it matters to these tests."""
    filters: bool = False
    """aimock can end an answer by the vendor's filter of content."""
    embeddings: str | None = None
    """A model for embeddings, if aimock has the vendor's."""
    most_texts: int | None = None
    """How many texts the vendor takes in one call, where more are split."""
    call_ids: bool = True
    """Calls of tools have the ids that aimock's script gives them."""

    @property
    def provider(self) -> str:
        return self.kind or self.name

    def environment(self, aimock: Aimock) -> dict[str, str]:
        return self.settings(aimock.url(self.provider, self.path))

    def judged(self, call: Call) -> list[str]:
        """What the vendor's own types find wrong with a request."""
        judge = JUDGES["openai" if self.name == "ollama" else self.provider]
        return judge.request(call.body, call.path.removeprefix(self.path))


def keyed(prefix: str, key: str = "") -> Callable[[str], dict[str, str]]:
    """Most are registered by a key."""
    return lambda url: {key or f"{prefix}_API_KEY": KEY, f"{prefix}_BASE_URL": url}


def shaped(name: str, model: str, path: str, *, sent: str = "", key: str = "", **more: object) -> Provider:
    """A vendor with an API in OpenAI's shape, which aimock has at any path."""
    return Provider(name, model, sent or model, path, keyed(name.upper(), key), BEARER, **more)


BEARER = {"authorization": f"Bearer {KEY}"}
BEDROCK = {
    "BEDROCK_ENABLED": "true", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "of-the-tests",
}  # fmt: skip
VERTEX = {"VERTEX_PROJECT_ID": "judge-project", "VERTEX_LOCATION": "europe-west4"}
CLAUDE_OF_BEDROCK = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"

PROVIDERS = [
    Provider(
        "openai", "gpt-4o-mini", "gpt-4o-mini", "/v1",
        lambda url: {"OPENAI_API_KEY": KEY, "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_BASE_URL": url},
        BEARER, thinker="o3-mini", filters=True, embeddings="text-embedding-3-small",
    ),
    Provider(
        "anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5", "", keyed("ANTHROPIC"), {"x-api-key": KEY, "anthropic-version": "2023-06-01"},
    ),
    Provider(
        "ollama", "ollama/llama3", "llama3", "/v1", lambda url: {"OLLAMA_ENABLED": "true", "OLLAMA_BASE_URL": url}, {}, filters=True,
        embeddings="ollama/nomic-embed-text",
    ),
    Provider("gemini", "gemini-2.5-flash", "gemini-2.5-flash", "", keyed("GEMINI"), {"x-goog-api-key": KEY}, filters=True, call_ids=False),
    Provider(
        "bedrock", "bedrock/amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", "", lambda url: {**BEDROCK, "BEDROCK_BASE_URL": url}, {},
        errors=False,
    ),
    Provider(
        "bedrock-anthropic", f"bedrock/{CLAUDE_OF_BEDROCK}", CLAUDE_OF_BEDROCK, "", lambda url: {}, {}, kind="bedrock", errors=False,
    ),
    Provider(
        "azure-openai", "azure/my-gpt-4o", "my-gpt-4o", "/openai", keyed("AZURE_OPENAI"), {"api-key": KEY}, filters=True,
        embeddings="azure/my-embeddings",
    ),
    Provider(
        "cohere", "command-a-03-2025", "command-a-03-2025", "", keyed("COHERE"), BEARER, reasoning=False, errors=False, embeddings="embed-v4.0", most_texts=96,
    ),
    Provider(
        "vertex", "vertex/gemini-2.5-flash", "gemini-2.5-flash", "", lambda url: {**VERTEX, "VERTEX_BASE_URL": url}, {}, filters=True,
        call_ids=False,
    ),
    Provider(
        "vertex-anthropic", "vertex/claude-sonnet-4-5@20250929", "claude-sonnet-4-5@20250929", "", lambda url: {}, {}, kind="vertex",
    ),
    shaped("mistral", "mistral-small-latest", "/v1", embeddings="mistral-embed", reasoning=False),
    shaped("groq", "groq/llama-3.3-70b-versatile", "/openai/v1", sent="llama-3.3-70b-versatile", reasoning=False),
    shaped("qwen", "qwen-plus", "/compatible-mode/v1"),
    shaped("deepseek", "deepseek-chat", "/v1", images=False, schema=False),
    shaped("moonshot", "moonshot-v1-8k", "/v1", schema=False),
    shaped("chatglm", "glm-4.6", "/api/paas/v4", key="ZHIPU_API_KEY", schema=False, forces=False, most_stops=1),
    shaped("grok", "grok-4", "/v1", key="XAI_API_KEY"),
]  # fmt: skip


def having(feature: str) -> pytest.MarkDecorator:
    """For tests of the providers that have something, as the table says."""
    return pytest.mark.parametrize("provider", [provider for provider in PROVIDERS if getattr(provider, feature)], ids=lambda provider: provider.name)


AT_ONCE = {
    "DVARA_LLM_GATEWAY_RESILIENCE_RETRY_MAX_ATTEMPTS": "1",
    "DVARA_LLM_GATEWAY_RESILIENCE_CIRCUIT_BREAKER_ENABLED": "false",
    "DVARA_LLM_GATEWAY_RESILIENCE_VENDOR_LIMITS_ENABLED": "false",
}
"""What a vendor says is said at once, and tests of its failures keep no other test from asking it."""


def environment(aimock: Aimock, accounts: ServiceAccounts) -> dict[str, str]:
    """The environment of a gateway that has them all."""
    each = {name: value for provider in PROVIDERS for name, value in provider.environment(aimock).items()}
    return each | {"VERTEX_CREDENTIALS": accounts.key_file}
