"""The table of providers says of each whether the program serves it."""

import openai
import pytest
from providers import AWAITED, PROVIDERS


@pytest.mark.parametrize("provider", [provider for provider in PROVIDERS if provider.name in AWAITED], ids=lambda provider: provider.name)
def test_provider_that_is_awaited_is_not_served(client, provider):
    """Its tests are left out until it is: then it has to come off the list."""
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=provider.model, messages=[{"role": "user", "content": "hello"}])
    assert refused.value.code == "no_provider", f"{provider.name} is served: take it out of AWAITED"
    pytest.skip(f"{provider.name} is not served yet")


def test_awaited_providers_are_in_the_table():
    assert AWAITED <= {provider.name for provider in PROVIDERS}
