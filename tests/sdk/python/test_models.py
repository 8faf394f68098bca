"""`GET /v1/models`: what the providers serve, and what each can do."""

import openai
from conftest import sdk
from dvara_up import DvaraUp
from fake_vendor import KEY, MODELS


def test_models_of_all_providers_are_listed(client):
    models = {model.id: model for model in client.models.list()}
    assert {"mock/test-model", *MODELS} <= models.keys()
    listed = models["gpt-4o-mini"]
    assert listed.object == "model"
    assert listed.created > 0
    capabilities = listed.model_extra["capabilities"]
    assert capabilities["supports_streaming"] is True
    assert capabilities["supports_tool_calls"] is True
    assert capabilities["max_context_tokens"] == 128_000


def test_provider_that_does_not_answer_is_left_out():
    """Its models are missing, the list is not."""
    environment = {"OPENAI_API_KEY": KEY, "DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    gateway = DvaraUp(environment)
    try:
        gateway.start()
        client: openai.OpenAI = sdk(gateway)
        assert [model.id for model in client.models.list()] == ["mock/test-model"]
    finally:
        gateway.clean_up()
