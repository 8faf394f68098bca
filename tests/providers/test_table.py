"""The table of providers says of each whether the program serves it."""

import openai
import pytest
from providers import AWAITED, EMBEDDINGS_AWAITED, PROVIDERS


@pytest.mark.parametrize("provider", [provider for provider in PROVIDERS if provider.name in AWAITED], ids=lambda provider: provider.name)
def test_awaited_provider_is_not_served(client, provider):
    """Its tests are not run until it is; then it comes off the list."""
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=provider.model, messages=[{"role": "user", "content": "hello"}])
    assert refused.value.code == "no_provider", f"{provider.name} is served: take it out of AWAITED"


def test_embeddings_are_served_or_awaited(client):
    with pytest.raises(openai.APIStatusError) as refused:
        client.embeddings.create(model="nobody-serves-this", input="hello")
    assert (refused.value.status_code == 404) is EMBEDDINGS_AWAITED, "set EMBEDDINGS_AWAITED right"


def test_awaited_providers_are_in_the_table():
    assert AWAITED <= {provider.name for provider in PROVIDERS}
