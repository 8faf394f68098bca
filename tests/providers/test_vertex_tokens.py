"""Vertex AI's tokens: the server that gives them out is called by Google's own library, and then by the gateway."""

import json

import google.auth.exceptions
import google.auth.transport.requests
import pytest
from google.oauth2 import service_account
from providers import PROVIDERS
from service_account import SCOPE, ServiceAccounts


def refreshed(info: dict, scopes: list[str]) -> str:
    credentials = service_account.Credentials.from_service_account_info(info, scopes=scopes)
    credentials.refresh(google.auth.transport.requests.Request())
    return credentials.token


def test_googles_library_gets_a_token_that_is_accepted(accounts):
    token = refreshed(json.loads(accounts.key_file), [SCOPE])
    assert accounts.accepts(f"Bearer {token}")
    assert not accounts.accepts(f"Bearer {token}x")
    assert not accounts.accepts(token)


def test_token_that_the_account_signs_for_itself_is_accepted(accounts):
    """Without a call of the server (AIP-4111)."""
    info = json.loads(accounts.key_file)
    credentials = service_account.Credentials.from_service_account_info(info, scopes=[SCOPE], always_use_jwt_access=True)
    credentials._create_self_signed_jwt("https://aiplatform.googleapis.com/")
    given = len(accounts.tokens)
    credentials.refresh(google.auth.transport.requests.Request())
    assert accounts.accepts(f"Bearer {credentials.token}")
    assert len(accounts.tokens) == given


@pytest.mark.parametrize(
    "change, scopes, why",
    [
        ({"client_email": "somebody@else"}, [SCOPE], "iss or scope"),
        ({}, ["https://www.googleapis.com/auth/drive"], "iss or scope"),
        ({"private_key": None}, [SCOPE], "signature"),
    ],
    ids=["another account", "another scope", "another key"],
)
def test_grant_of_somebody_else_is_refused(accounts, change, scopes, why):
    info = json.loads(accounts.key_file) | change
    if info["private_key"] is None:
        info["private_key"] = json.loads(ServiceAccounts().key_file_for(accounts.token_uri))["private_key"]
    with pytest.raises(google.auth.exceptions.RefreshError):
        refreshed(info, scopes)
    assert why in accounts.refusals[-1]


@pytest.mark.parametrize("provider", [each for each in PROVIDERS if each.provider == "vertex"], ids=lambda provider: provider.name)
def test_gateway_shows_a_token_and_asks_for_it_once(client, aimock, accounts, provider, topic):
    for number in range(3):
        aimock.says(f"{number} {topic}", {"content": "ok"})
        client.chat.completions.create(model=provider.model, messages=[{"role": "user", "content": f"{number} {topic}"}])
    shown = {call.headers.get("authorization", "none") for call in aimock.calls(topic)}
    assert len(shown) == 1
    assert accounts.accepts(*shown)
