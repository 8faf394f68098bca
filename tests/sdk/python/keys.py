"""API keys through the admin commands (`dvara key …`), as an operator makes and withdraws them."""

from __future__ import annotations

import re

from dvara_up import DvaraUp

KEY = re.compile(r"\bgw_[0-9a-f]{40}\b")
KEY_ID = re.compile(r"\bkey_[0-9a-z]+\b")


def create(gateway: DvaraUp, name: str, *scopes: str) -> tuple[str, str]:
    """A new key of the tenant that `dvara up` made; the key and its id."""
    options = [option for scope in scopes for option in ("--scope", scope)]
    output = gateway.run("key", "create", name, "--tenant", "default", *options)
    return KEY.search(output)[0], KEY_ID.search(output)[0]


def revoke(gateway: DvaraUp, key_id: str) -> None:
    gateway.run("key", "revoke", key_id)
