"""Tokens: what a vendor gets in the place of a value, and who gets the value back."""

import json
import re

import pytest
from chat import ask
from rules import MAIL, SEND_MAIL, STREAMED, findings, hear

TOKEN = re.compile(r"\{\{PII_EMAIL_[0-9a-f]+\}\}")
RESTORING = ("pii.action=TOKENIZE", "pii.auto-detokenize-response=true")


@pytest.mark.parametrize("scenario", ["text", "drip"])
@STREAMED
def test_token_goes_to_the_vendor_and_its_value_comes_back(gateway, tenant, vendor, model, dialect, scenario, streamed):
    """Also where a stream cuts the token into pieces, and into single bytes."""
    tenant.set(*RESTORING)
    client, name = tenant.client(), model(scenario)
    found, leaked = (findings(gateway, "EMAIL", "TOKENIZE", source) for source in ("request", "response"))
    heard = hear(client, streamed, name, ask(f"Write to {MAIL}, please."))
    assert (heard.text, heard.end) == (f"I read: user: Write to {MAIL}, please. – ok ✓", "stop")
    assert "x-gateway-pii-unresolved" not in heard.headers
    sent = vendor.call(name).body
    assert len(TOKEN.findall(sent)) == 1 and "jane" not in sent
    found.becomes(1)
    # What the caller has said itself is no leak when it comes back.
    leaked.becomes(0)


@STREAMED
def test_token_stays_where_nobody_asked_for_values(tenant, vendor, model, dialect, streamed):
    tenant.set("pii.action=TOKENIZE")
    name = model("text")
    heard = hear(tenant.client(), streamed, name, ask(f"Write to {MAIL}."))
    token = TOKEN.search(vendor.call(name).body)[0]
    assert heard.text == f"I read: user: Write to {token}. – ok ✓"


@STREAMED
def test_value_comes_back_in_the_arguments_of_a_tool(tenant, vendor, model, dialect, streamed):
    tenant.set(*RESTORING)
    name = model("mail")
    heard = hear(tenant.client(), streamed, name, ask(MAIL), tools=SEND_MAIL)
    assert (json.loads(heard.arguments), heard.end) == ({"to": MAIL, "copies": 1}, "tool_calls")
    assert "jane" not in vendor.call(name).body


def test_value_is_one_token_in_every_turn(tenant, vendor, model, dialect):
    """So that the model can tell persons apart, and a vendor's cache finds its prompt again."""
    tenant.set(*RESTORING)
    client, first, second = tenant.client(), model("text"), model("text")
    answer = hear(client, False, first, ask(f"I am {MAIL}."))
    turns = [*ask(f"I am {MAIL}."), {"role": "assistant", "content": answer.text}, *ask(f"{MAIL} and john@example.com")]
    hear(client, True, second, turns)
    (jane,) = set(TOKEN.findall(vendor.call(first).body))
    told = TOKEN.findall(vendor.call(second).body)
    assert told[:3] == [jane] * 3 and len(told) == 4 and told[3] != jane


@STREAMED
def test_token_of_another_tenant_is_not_read_back(tenant, neighbour, vendor, model, streamed):
    tenant.set(*RESTORING)
    neighbour.set(*RESTORING)
    client, thief, name = tenant.client(), neighbour.client(), model("text")
    hear(client, False, name, ask(MAIL))
    token = TOKEN.search(vendor.call(name).body)[0]
    stolen = hear(thief, streamed, model("text"), ask(f"Who is {token}?"))
    assert stolen.text == f"I read: user: Who is {token}? – ok ✓"
    assert hear(client, streamed, model("text"), ask(f"Who is {token}?")).text == f"I read: user: Who is {MAIL}? – ok ✓"


def test_answer_whose_token_cannot_be_read_back_says_so(tenant, model):
    """The header of the data plane's sheet (§3); what it says is not documented."""
    tenant.set(*RESTORING)
    nobodys = "{{PII_EMAIL_" + "0" * 96 + "}}"
    heard = hear(tenant.client(), False, model("text"), ask(nobodys))
    assert nobodys in heard.text
    assert "x-gateway-pii-unresolved" in heard.headers
