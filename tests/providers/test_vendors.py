"""aimock and the judges themselves, without the gateway: each vendor's own SDK is answered, and nobody finds fault with what it sends."""

import anthropic
import botocore.session
import cohere
import google.auth.credentials
import groq
import openai
import oracle_bedrock
import pytest
from aimock import KEY
from botocore.config import Config
from google import genai
from mistralai.client import Mistral
from providers import PROVIDERS

SAID = "Zürich lies at the lake – ✓"
OPENAI_SHAPED = ("openai", "ollama", "qwen", "deepseek", "moonshot", "chatglm", "grok")


class Anyone(google.auth.credentials.Credentials):
    """The door asks nobody at Vertex AI who they are; that is for test_vertex_tokens.py."""

    def __init__(self):
        super().__init__()
        self.token = "t"

    def refresh(self, request: object) -> None:
        """Stays who it is."""


def of_openai(client: openai.OpenAI, model: str, topic: str, streamed: bool) -> str:
    asked = {"model": model, "messages": [{"role": "user", "content": topic}]}
    if not streamed:
        return client.chat.completions.create(**asked).choices[0].message.content
    chunks = client.chat.completions.create(**asked, stream=True)
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def of_anthropic(client: anthropic.Anthropic, model: str, topic: str, streamed: bool) -> str:
    asked = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": topic}]}
    if not streamed:
        return client.messages.create(**asked).content[0].text
    with client.messages.stream(**asked) as stream:
        return "".join(stream.text_stream)


def of_google(client: genai.Client, model: str, topic: str, streamed: bool) -> str:
    if not streamed:
        return client.models.generate_content(model=model, contents=topic).text
    return "".join(event.text or "" for event in client.models.generate_content_stream(model=model, contents=topic))


def of_cohere(client: cohere.ClientV2, model: str, topic: str, streamed: bool) -> str:
    asked = {"model": model, "messages": [{"role": "user", "content": topic}]}
    if not streamed:
        return client.chat(**asked).message.content[0].text
    events = client.chat_stream(**asked)
    return "".join(event.delta.message.content.text for event in events if event.type == "content-delta")


def of_bedrock(client, model: str, topic: str, streamed: bool) -> str:
    asked = {"modelId": model, "messages": [{"role": "user", "content": [{"text": topic}]}]}
    if not streamed:
        return client.converse(**asked)["output"]["message"]["content"][0]["text"]
    # Frame by frame: aimock begins a text with an event that says of what kind it is by saying nothing. AWS sends none, and its
    # SDK refuses one.
    frames = b"".join(client.converse_stream(**asked)["stream"]._raw_stream.stream())
    return "".join(event["delta"]["text"] for kind, event in oracle_bedrock.events(frames) if kind == "contentBlockDelta")


def of_mistral(client: Mistral, model: str, topic: str, streamed: bool) -> str:
    asked = {"model": model, "messages": [{"role": "user", "content": topic}]}
    if not streamed:
        return client.chat.complete(**asked).choices[0].message.content
    return "".join(choice.delta.content or "" for event in client.chat.stream(**asked) for choice in event.data.choices)


def answered(aimock, provider, topic: str, streamed: bool) -> str:
    """What the vendor's own SDK reads of aimock's answer."""
    server, model = aimock.url(provider.provider), provider.sent_model
    if provider.name in OPENAI_SHAPED:
        return of_openai(openai.OpenAI(api_key=KEY, base_url=server + provider.path), model, topic, streamed)
    if provider.name == "azure-openai":
        client = openai.AzureOpenAI(api_key=KEY, azure_endpoint=server, api_version="2024-10-21")
        return of_openai(client, model, topic, streamed)
    if provider.name == "groq":
        return of_openai(groq.Groq(api_key=KEY, base_url=server), model, topic, streamed)
    if provider.name == "anthropic":
        return of_anthropic(anthropic.Anthropic(api_key=KEY, base_url=server), model, topic, streamed)
    if provider.name == "vertex-anthropic":
        client = anthropic.AnthropicVertex(project_id="p", region="l", access_token="t", base_url=f"{server}/v1")
        return of_anthropic(client, model, topic, streamed)
    if provider.name == "gemini":
        options = genai.types.HttpOptions(base_url=server, api_version="v1beta")
        return of_google(genai.Client(api_key=KEY, http_options=options), model, topic, streamed)
    if provider.name == "vertex":
        options = genai.types.HttpOptions(base_url=server, api_version="v1")
        client = genai.Client(vertexai=True, project="p", location="l", credentials=Anyone(), http_options=options)
        return of_google(client, model, topic, streamed)
    if provider.name == "cohere":
        return of_cohere(cohere.ClientV2(api_key=KEY, base_url=server), model, topic, streamed)
    if provider.name == "mistral":
        return of_mistral(Mistral(api_key=KEY, server_url=server), model, topic, streamed)
    assert provider.provider == "bedrock", f"which SDK is {provider.name}'s?"
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "l"}
    client = botocore.session.get_session().create_client(
        "bedrock-runtime", endpoint_url=server, config=Config(retries={"total_max_attempts": 1}), **keys
    )
    return of_bedrock(client, model, topic, streamed)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_vendors_own_sdk_is_answered_and_not_found_fault_with(aimock, provider, topic, streamed):
    aimock.says(topic, {"content": SAID})
    assert answered(aimock, provider, topic, streamed) == SAID
    assert provider.judged(aimock.call(topic)) == []


@pytest.mark.parametrize("path", ["/openai/v1/chat/completions", "/gemini/v1beta/models/m:generateContent", "/cohere/v2/chat"])
def test_another_key_is_refused(aimock, topic, path):
    client = openai.OpenAI(api_key="sk-another", base_url=aimock.url(path.split("/")[1]), max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        client.post("/" + path.split("/", 2)[2], body={"model": "m", "messages": [{"role": "user", "content": topic}]}, cast_to=object)
