"""`GET /v1/models`: what the providers serve, and what each can do."""

import fake_anthropic
import fake_openai
from conftest import sdk


def test_models_of_all_providers_are_listed(client):
    models = {model.id: model for model in client.models.list()}
    assert {"mock/test-model", *fake_openai.MODELS, *fake_anthropic.MODELS} <= models.keys()
    listed = models["gpt-4o-mini"]
    assert listed.object == "model"
    assert listed.created > 0
    capabilities = listed.model_extra["capabilities"]
    assert capabilities["supports_streaming"] is True
    assert capabilities["supports_tool_calls"] is True
    assert capabilities["max_context_tokens"] == 128_000


def test_models_of_anthropic_are_listed_as_openai_lists_its_own(client):
    listed = next(model for model in client.models.list() if model.id == fake_anthropic.MODELS[0])
    assert listed.object == "model"
    assert listed.created == 1777593600, "2026-05-01, in seconds"
    assert listed.owned_by
    capabilities = listed.model_extra["capabilities"]
    assert capabilities["supports_vision"] is True
    assert capabilities["max_context_tokens"] == 200_000


def test_provider_that_does_not_answer_is_left_out(deserted):
    """Its models are missing, the list is not."""
    assert [model.id for model in sdk(deserted).models.list()] == ["mock/test-model"]
