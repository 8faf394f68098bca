"""The table of providers says of each whether the program serves it."""

import openai
import pytest
from providers import AWAITED, PROVIDERS


@pytest.mark.parametrize("provider", [provider for provider in PROVIDERS if provider.name in AWAITED], ids=lambda provider: provider.name)
def test_awaited_provider_is_not_served(client, aimock, provider, topic):
    """Its tests are not run until it is; then it comes off the list."""
    aimock.says(topic, {"content": "ok"})
    with pytest.raises(openai.APIError):
        client.chat.completions.create(model=provider.model, messages=[{"role": "user", "content": topic}])


def test_awaited_providers_are_in_the_table():
    assert AWAITED <= {provider.name for provider in PROVIDERS}
