"""Personal data: what reaches the vendor, what comes back, and what is counted of it."""

import json
import re

import httpx2
import openai
import pytest
from actuator import Growth
from chat import TOOLS, ask
from conftest import check_envelope, sdk
from database import rows, usage_row
from dialects import OPENAI
from dvara_up import eventually
from rules import MAIL, SEND_MAIL, STREAMED, findings, hear, refused
from said import LEAK

CARD = "4111 1111 1111 1111"
FOUND = {"status": 400, "code": "pii_detected", "type": "pii_violation"}


def events(gateway, trace: str) -> list[str]:
    """What the log has for auditors of one call."""
    lines = gateway.log.read_text().splitlines()
    return [re.search(r'event="(\w+)"', line)[1] for line in lines if "audit event" in line and trace in line]


# --- what is asked -----------------------------------------------------------------------------------------------


@STREAMED
def test_blocked_card_number_never_reaches_the_vendor(gateway, tenant, vendor, model, dialect, streamed):
    tenant.set("pii.action=BLOCK")
    client, name = tenant.client(), model("text")
    found = findings(gateway, "CREDIT_CARD", "BLOCK", "request")
    counted = Growth(gateway, "gateway_requests_total", tenant=tenant.id, status="400", model="unknown", provider="unknown")
    error = refused(client, streamed, name, ask(f"My card is {CARD}."))
    assert type(error) is openai.BadRequestError
    message = check_envelope(error, **FOUND)["message"]
    assert "CREDIT_CARD" in message and "4111" not in error.response.text
    found.becomes(1)
    counted.becomes(1)
    row = usage_row(gateway, name)
    assert (row["outcome"], row["status"], row["error_code"]) == ("refused", 400, "pii_detected")
    assert not [call for call in vendor.calls if call.model == name]
    # One digit of it wrong, and it is nobody's card.
    fine = hear(client, streamed, model("text"), ask("My card is 4111 1111 1111 1112."))
    assert fine.text == "I read: user: My card is 4111 1111 1111 1112. – ok ✓"


@STREAMED
def test_redacted_value_never_reaches_the_vendor(gateway, tenant, vendor, model, dialect, streamed):
    tenant.set("pii.action=REDACT")
    client, name = tenant.client(), model("text")
    mails, cards = (findings(gateway, type, "REDACT", "request") for type in ("EMAIL", "CREDIT_CARD"))
    leaks = findings(gateway, "EMAIL", "REDACT", "response")
    messages = [{"role": "system", "content": "Mail ops@example.com."}, *ask(f'I am "{MAIL}",\ncard {CARD}.')]
    heard = hear(client, streamed, name, messages)
    told = 'system: Mail [REDACTED_EMAIL]. | user: I am "[REDACTED_EMAIL]",\ncard [REDACTED_CREDIT_CARD].'
    assert (heard.text, heard.end) == (f"I read: {told} – ok ✓", "stop")
    sent = vendor.call(name).body
    assert "example.com" not in sent and "4111" not in sent
    mails.becomes(2)
    cards.becomes(1)
    leaks.becomes(0)


def test_calls_of_tools_and_their_results_are_redacted_too(tenant, vendor, model, dialect):
    tenant.set("pii.action=REDACT")
    name = model("tools")
    arguments = json.dumps({"to": MAIL, "card": 4111111111111111, "copies": 1})
    called = {"id": "call_1", "type": "function", "function": {"name": "send_mail", "arguments": arguments}}
    messages = [
        *ask("Write to her."),
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "call_1", "content": f"Sent to {MAIL}"},
    ]
    heard = hear(tenant.client(), False, name, messages, tools=SEND_MAIL)
    assert heard.text == "The tools said: Sent to [REDACTED_EMAIL]."
    assert "example.com" not in vendor.call(name).body
    said = dialect.sent(vendor.call(name))["messages"][1]
    sent = json.loads(said["tool_calls"][0]["function"]["arguments"]) if dialect is OPENAI else said["content"][0]["input"]
    assert sent == {"to": "[REDACTED_EMAIL]", "card": "[REDACTED_CREDIT_CARD]", "copies": 1}


@STREAMED
def test_pattern_of_a_tenant_is_its_own(gateway, tenant, neighbour, model, streamed):
    tenant.set("pii.action=REDACT", 'pii.custom-patterns={"staff id": "\\\\bEMP-[0-9]{6}\\\\b"}')
    neighbour.set("pii.action=REDACT")
    client, stranger = tenant.client(), neighbour.client()
    found = findings(gateway, "CUSTOM", "REDACT", "request")
    said = ask("EMP-123456 and EMP-12345")
    assert hear(client, streamed, model("text"), said).text == "I read: user: [REDACTED_STAFF_ID] and EMP-12345 – ok ✓"
    assert hear(stranger, streamed, model("text"), said).text == "I read: user: EMP-123456 and EMP-12345 – ok ✓"
    found.becomes(1)


def test_inputs_of_embeddings_meet_the_rules(gateway, tenant, vendor, model):
    tenant.set("pii.action=REDACT")
    name, blocked = model("text"), model("text")
    found = findings(gateway, "EMAIL", "REDACT", "request")
    answer = tenant.client().embeddings.create(model=name, input=[MAIL, "plain"], encoding_format="float")
    assert [one.embedding for one in answer.data] == [[0, len("[REDACTED_EMAIL]")], [1, len("plain")]]
    assert json.loads(vendor.call(name).body)["input"] == ["[REDACTED_EMAIL]", "plain"]
    found.becomes(1)
    tenant.set("pii.action=BLOCK")
    with pytest.raises(openai.BadRequestError) as raised:
        tenant.client().embeddings.create(model=blocked, input=MAIL)
    check_envelope(raised.value, **FOUND)
    assert not [call for call in vendor.calls if call.model == blocked]


# --- what is answered --------------------------------------------------------------------------------------------


def test_leak_in_a_whole_answer_is_refused(gateway, tenant, model, dialect):
    tenant.set("pii.action=BLOCK")
    client, name = tenant.client(), model("leak")
    mails, phones = (findings(gateway, type, "BLOCK", "response") for type in ("EMAIL", "PHONE_NUMBER"))
    counted = Growth(gateway, "gateway_requests_total", tenant=tenant.id, status="400", provider=dialect.name)
    error = refused(client, False, name, ask())
    assert type(error) is openai.BadRequestError
    message = check_envelope(error, **FOUND)["message"]
    assert "EMAIL, PHONE_NUMBER" in message and not re.search("jane|0143", error.response.text)
    mails.becomes(1)
    phones.becomes(1)
    counted.becomes(1)
    row = usage_row(gateway, name)
    assert (row["outcome"], row["status"], row["error_code"]) == ("refused", 400, "pii_detected")
    assert row["output_tokens"] == 34, "the vendor has answered, and wants its money"


def test_leak_in_a_stream_ends_it_before_the_first_letter(gateway, tenant, vendor, model, dialect):
    tenant.set("pii.action=BLOCK")
    client, name = tenant.client(), model("slow-leak")
    mails, phones = (findings(gateway, type, "BLOCK", "response") for type in ("EMAIL", "PHONE_NUMBER"))
    counted = Growth(gateway, "gateway_requests_total", tenant=tenant.id, status="200", provider=dialect.name)
    heard = hear(client, True, name, ask())
    assert (heard.text, heard.end) == ("Ask ", "content_filter")
    eventually(lambda: vendor.call(name).closed_by_client, "the vendor's connection closes")
    mails.becomes(1)
    # Nothing after the end was looked at.
    phones.becomes(0)
    counted.becomes(1)
    assert usage_row(gateway, name)["stream"] is True


def test_stream_that_was_ended_is_a_whole_one_on_the_wire(gateway, tenant, model, dialect):
    tenant.set("pii.action=BLOCK")
    body = {"model": model("leak"), "messages": ask(), "stream": True, "stream_options": {"include_usage": True}}
    headers = {"authorization": f"Bearer {tenant.client().api_key}"}
    answer = httpx2.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=30)
    assert answer.status_code == 200
    *_, last, done, rest = answer.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    (choice,) = json.loads(last.removeprefix("data: "))["choices"]
    assert (choice["finish_reason"], choice["delta"]) == ("content_filter", {})
    assert not re.search("jane|example|0143|error", answer.text)


@pytest.mark.parametrize("action", ["REDACT", "TOKENIZE"])
@STREAMED
def test_leak_in_an_answer_is_replaced_for_good(gateway, tenant, model, dialect, action, streamed):
    """Also where calls get tokens: the caller has not said it, so there is nothing to give back."""
    tenant.set(f"pii.action={action}", "pii.auto-detokenize-response=true")
    client = tenant.client()
    mails, phones = (findings(gateway, type, action, "response") for type in ("EMAIL", "PHONE_NUMBER"))
    heard = hear(client, streamed, model("leak"), ask())
    assert (heard.text, heard.end) == ("Ask [REDACTED_EMAIL] or call [REDACTED_PHONE_NUMBER] now, please.", "stop")
    mails.becomes(1)
    phones.becomes(1)


@pytest.mark.parametrize("action, streamed", [("REDACT", False), ("REDACT", True), ("BLOCK", True)])
def test_what_is_withheld_is_not_told_by_probabilities_either(tenant, model, action, streamed):
    """Who asks for `logprobs` gets every piece of the text once more, beside the message."""
    tenant.set(f"pii.action={action}")
    request = {"model": model("leak"), "messages": ask(), "logprobs": True, "stream": streamed}
    answer = tenant.client().chat.completions.create(**request)
    choices = [chunk.choices[0] for chunk in answer] if streamed else answer.choices
    told = [token.token for choice in choices if choice.logprobs for token in choice.logprobs.content or []]
    assert "jan" not in "".join(told)


@pytest.mark.parametrize("member", ["reasoning_content", "reasoning"])
@STREAMED
def test_leak_in_reasoning_is_met_under_either_of_its_names(tenant, model, member, streamed):
    """Servers of OpenAI's shape do not agree on it, and the pieces of a stream are no texts of their own."""
    tenant.set("pii.action=REDACT")
    request = {"model": model(f"leak-in-{member.replace('_', '-')}"), "messages": ask(), "stream": streamed}
    answer = tenant.client().chat.completions.create(**request)
    said = [chunk.choices[0].delta for chunk in answer] if streamed else [answer.choices[0].message]
    reasoning = "".join((message.model_extra or {}).get(member) or "" for message in said)
    assert reasoning == "Ask [REDACTED_EMAIL] or call [REDACTED_PHONE_NUMBER] now, please."


@STREAMED
def test_tools_are_called_on_where_a_thought_was_redacted(gateway, tenant, claude, streamed):
    """A vendor that signs its thoughts takes none that is not its own: whoever gives the answer back must not be refused for it."""
    tenant.set("pii.action=REDACT")
    client, request = tenant.client(), {"messages": ask(), "tools": TOOLS, "reasoning_effort": "low"}
    if streamed:
        with client.chat.completions.stream(model=claude("thought-of-her"), **request) as stream:
            message = stream.get_final_completion().choices[0].message.to_dict()
    else:
        message = client.chat.completions.create(model=claude("thought-of-her"), **request).choices[0].message.to_dict()
    assert message["reasoning_content"] == "She is [REDACTED_EMAIL], I think."
    assert "jane" not in json.dumps(message)
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "21"}
    request["messages"] = [*ask(), message, result]
    assert hear(client, streamed, claude("thought-of-her"), **request).text == "The tools said: 21."


@STREAMED
def test_leak_in_an_answer_passes_where_only_calls_are_searched(gateway, tenant, model, streamed):
    tenant.set("pii.action=BLOCK", "pii.scan-responses=false")
    client = tenant.client()
    leaks = findings(gateway, "EMAIL", "BLOCK", "response")
    assert hear(client, streamed, model("leak"), ask()).text == LEAK
    check_envelope(refused(client, streamed, model("leak"), ask(MAIL)), **FOUND)
    leaks.becomes(0)


@STREAMED
def test_leak_in_the_arguments_of_a_tool_is_met_too(tenant, model, dialect, streamed):
    tenant.set("pii.action=REDACT", 'pii.custom-patterns={"city": "Z.rich"}')
    heard = hear(tenant.client(), streamed, model("tools"), ask(), tools=SEND_MAIL)
    assert json.loads(heard.arguments) == {"city": "[REDACTED_CITY]", "unit": "celsius"}


# --- what is only recorded ---------------------------------------------------------------------------------------


@STREAMED
def test_what_is_found_by_default_goes_on_and_is_counted_and_never_written_down(gateway, model, names, streamed):
    mail = f"jane.{next(names)}.{'streamed' if streamed else 'whole'}@example.com"
    asked, answered = (findings(gateway, "EMAIL", "LOG", source) for source in ("request", "response"))
    name = model("text")
    heard = hear(sdk(gateway), streamed, name, ask(mail))
    assert heard.text == f"I read: user: {mail} – ok ✓"
    asked.becomes(1)
    answered.becomes(1)
    trace = heard.headers["x-trace-id"]
    eventually(lambda: events(gateway, trace) == ["PII_DETECTED", "PII_OUTPUT_LEAK"], "both are recorded")
    assert mail not in gateway.log.read_text()
    assert mail not in json.dumps(usage_row(gateway, name)) + json.dumps(rows(gateway, "SELECT * FROM dvara_main.usage"))


@STREAMED
def test_rule_that_was_taken_back_binds_nobody(tenant, gateway, model, streamed):
    tenant.set("pii.action=BLOCK")
    check_envelope(refused(tenant.client(), streamed, model("text"), ask(MAIL)), **FOUND)
    gateway.run("tenant", "set", tenant.id, "--unset", "pii.action")
    assert hear(tenant.client(), streamed, model("text"), ask(MAIL)).text == f"I read: user: {MAIL} – ok ✓"
