"""Policies and output schemas: what is refused, with whose words, and what is only said or counted."""

import json

import openai
import pytest
from actuator import Growth
from chat import TOOLS, ask
from conftest import check_envelope, sdk
from database import usage_row
from rules import STREAMED, hear, refused

DENIED = {"status": 403, "code": "policy_denied", "type": "policy_violation"}
MISFIT = {"status": 422, "code": "schema_validation_failed", "type": "schema_validation_error"}

INHABITANTS = {"type": "object", "required": ["city"], "properties": {"inhabitants": {"type": "string"}}}
"""What the scenario `structured` does not fit: it says a number."""


def policy(id: str, conditions: str, rest: str = "") -> str:
    return f'version: "1"\nrules:\n  - id: {id}\n    conditions: {{{conditions}}}\n{rest}'


def not_this(model: str) -> str:
    return policy("not-this-model", f"model: {{denylist: [{model}]}}", "    deny_message: Ask for another model.\n")


def calls_of(vendor, model: str) -> int:
    return sum(call.model == model for call in vendor.calls)


# --- policies ----------------------------------------------------------------------------------------------------


@STREAMED
def test_denied_call_hears_the_policys_words_and_never_reaches_the_vendor(gateway, tenant, vendor, model, dialect, streamed):
    denied, allowed = model("text"), model("text")
    tenant.policy(not_this(denied))
    client = tenant.client()
    counted = Growth(gateway, "gateway_requests_total", tenant=tenant.id, status="403", model="unknown", provider="unknown")
    error = refused(client, streamed, denied, ask())
    assert type(error) is openai.PermissionDeniedError
    assert check_envelope(error, **DENIED)["message"] == "Ask for another model."
    counted.becomes(1)
    row = usage_row(gateway, denied)
    assert (row["outcome"], row["status"], row["error_code"]) == ("refused", 403, "policy_denied")
    assert (row["tenant"], row["provider"], row["output_tokens"]) == (tenant.id, None, None)
    assert hear(client, streamed, allowed, ask()).end == "stop"
    assert [calls_of(vendor, name) for name in (denied, allowed)] == [0, 1]


@STREAMED
def test_rule_without_a_message_is_named(tenant, model, streamed):
    tenant.policy(policy("short-answers", "max_tokens: {limit: 100}"))
    client, name = tenant.client(), model("text")
    error = refused(client, streamed, name, ask(), max_tokens=101)
    assert check_envelope(error, **DENIED)["message"] == "Request blocked by policy rule: short-answers"
    assert hear(client, streamed, name, ask(), max_tokens=100).end == "stop"
    assert hear(client, streamed, name, ask()).end == "stop", "who sets no bound is not above it"


@pytest.mark.parametrize("other", ["max_tokens", "max_completion_tokens"])
def test_bound_is_met_under_either_of_its_names(tenant, vendor, model, other):
    """Both go to the vendor, which chooses: the larger one is what may be spent."""
    tenant.policy(policy("short-answers", "max_tokens: {limit: 100}"))
    client, name = tenant.client(), model("text")
    small = {"max_tokens": 5, "max_completion_tokens": 5}
    check_envelope(refused(client, False, name, ask(), **(small | {other: 101})), **DENIED)
    check_envelope(refused(client, False, name, ask(), **{other: 101}), **DENIED)
    assert calls_of(vendor, name) == 0


CLOCK = {"type": "custom", "custom": {"name": "get_time"}}


@pytest.mark.parametrize(
    "offered",
    [{"tools": TOOLS}, {"tools": [TOOLS[0], CLOCK]}, {"functions": [TOOLS[1]["function"]]}],
    ids=["function", "custom", "before tools"],
)
def test_denied_tool_is_denied_in_whatever_form_it_is_offered(tenant, vendor, model, offered):
    tenant.policy(policy("no-clocks", "tools: {denylist: [get_time]}"))
    client, name = tenant.client(), model("text")
    check_envelope(refused(client, False, name, ask(), **offered), **DENIED)
    assert calls_of(vendor, name) == 0
    assert hear(client, False, name, ask(), tools=TOOLS[:1]).end == "stop"


def test_tool_in_the_list_of_allowed_ones_is_allowed_in_every_form(tenant, model):
    tenant.policy(policy("clocks-only", "tools: {allowlist: [get_time]}"))
    client = tenant.client()
    check_envelope(refused(client, False, model("text"), ask(), tools=TOOLS), **DENIED)
    assert hear(client, False, model("text"), ask(), tools=TOOLS[1:]).end == "stop"
    assert hear(client, False, model("text"), ask(), tools=[CLOCK]).end == "stop"


def test_model_outside_the_list_of_allowed_ones_is_denied(tenant, model):
    allowed, other = model("text"), model("text")
    tenant.policy(policy("only-this", f"model: {{allowlist: [{allowed}]}}"))
    client = tenant.client()
    check_envelope(refused(client, False, other, ask()), **DENIED)
    assert hear(client, False, allowed, ask()).end == "stop"


@STREAMED
def test_denied_model_is_not_reached_by_another_name(tenant, vendor, model, streamed):
    """The model that would be sent is asked about too, not only the name that the caller knows."""
    denied, alias = model("text"), model("alias")
    tenant.route(alias, "--provider", "openai", "--pin", denied)
    assert hear(tenant.client(), streamed, alias, ask()).end == "stop"
    assert calls_of(vendor, denied) == 1, "the alias leads there"
    tenant.policy(not_this(denied))
    error = refused(tenant.client(), streamed, alias, ask())
    assert check_envelope(error, **DENIED)["message"] == "Ask for another model."
    assert calls_of(vendor, denied) == 1


def test_denied_fallback_does_not_stand_in(tenant, vendor, model):
    failing, alias, fallback = model("status-500"), model("alias"), model("text")
    tenant.route(alias, "--provider", "openai", "--pin", failing, "--fallback", f"openai:{fallback}")
    assert hear(tenant.client(), False, alias, ask()).end == "stop"
    assert calls_of(vendor, fallback) == 1, "it stands in"
    tenant.policy(not_this(fallback))
    error = refused(tenant.client(), False, alias, ask())
    check_envelope(error, status=502, code="provider_error", type="provider_error")
    assert calls_of(vendor, fallback) == 1


@STREAMED
def test_warning_is_said_in_the_head_and_the_call_goes_on(tenant, model, dialect, streamed):
    rest = "    action: WARN_AGENT\n    warn_message: Clocks are watched.\n"
    tenant.policy(policy("clocks", "tools: {denylist: [get_time]}", rest))
    client = tenant.client()
    warned = hear(client, streamed, model("text"), ask(), tools=TOOLS)
    assert warned.text == "I read: user: hello – ok ✓"
    assert warned.headers["x-budget-warning"] == "true"
    assert warned.headers["x-gateway-policy-warning"] == "Clocks are watched."
    quiet = hear(client, streamed, model("text"), ask())
    assert not {"x-budget-warning", "x-gateway-policy-warning"} & quiet.headers.keys()


@STREAMED
def test_policy_in_shadow_is_counted_and_meets_nobody(gateway, tenant, model, streamed):
    met, other = model("text"), model("text")
    id = tenant.policy(not_this(met), "SHADOW")
    client = tenant.client()
    counted = Growth(gateway, "gateway_policy_shadow_divergence_total", policy_id=id, divergence_type="would_deny")
    assert hear(client, streamed, met, ask()).text == "I read: user: hello – ok ✓"
    assert hear(client, streamed, other, ask()).end == "stop"
    counted.becomes(1)


def test_policy_binds_only_while_it_is_active(gateway, tenant, model):
    name = model("text")
    id = tenant.policy(not_this(name), "DRAFT")
    for status, denies in [("DRAFT", False), ("ACTIVE", True), ("ARCHIVED", False)]:
        gateway.run("policy", "status", id, status)
        client = tenant.client()
        if denies:
            check_envelope(refused(client, False, name, ask()), **DENIED)
        else:
            assert hear(client, False, name, ask()).end == "stop", status


def test_rolled_back_policy_denies_what_it_did(gateway, tenant, model):
    first, second = model("text"), model("text")
    id = tenant.policy(not_this(first))
    gateway.run("policy", "update", id, tenant.file(not_this(second)))
    client = tenant.client()
    assert hear(client, False, first, ask()).end == "stop"
    check_envelope(refused(client, False, second, ask()), **DENIED)
    gateway.run("policy", "rollback", id, "1")
    client = tenant.client()
    check_envelope(refused(client, False, first, ask()), **DENIED)
    assert hear(client, False, second, ask()).end == "stop"


def test_tenants_policy_binds_it_alone_and_everybodys_binds_all(gateway, tenant, model):
    own, common = model("text"), model("text")
    tenant.policy(not_this(own))
    tenant.policy(not_this(common), for_everybody=True)
    client, stranger = tenant.client(), sdk(gateway)
    for name, caller in [(own, client), (common, client), (common, stranger)]:
        check_envelope(refused(caller, False, name, ask()), **DENIED)
    assert hear(stranger, False, own, ask()).end == "stop"


def test_lower_number_speaks_first(tenant, model):
    name = model("text")
    text = not_this(name).replace("Ask for another model.", "Second.") + "    priority: 50\n"
    tenant.policy(text)
    tenant.policy(text.replace("50", "7").replace("Second.", "First."))
    assert check_envelope(refused(tenant.client(), False, name, ask()), **DENIED)["message"] == "First."


# --- output schemas ----------------------------------------------------------------------------------------------


def test_answer_that_does_not_fit_is_refused_and_says_where(gateway, tenant, vendor, model, dialect):
    tenant.schema(INHABITANTS, "--model", f"{dialect.prefix}structured*")
    client, name = tenant.client(), model("structured")
    invalid = Growth(gateway, "gateway_schema_validations_total", tenant=tenant.id, model=name, result="invalid")
    counted = Growth(gateway, "gateway_requests_total", tenant=tenant.id, status="422", provider=dialect.name)
    error = refused(client, False, name, ask())
    assert type(error) is openai.UnprocessableEntityError
    message = check_envelope(error, **MISFIT)["message"]
    assert "/inhabitants" in message and "434008" not in message, "the place, and nothing of the answer"
    invalid.becomes(1)
    counted.becomes(1)
    row = usage_row(gateway, name)
    assert (row["outcome"], row["status"], row["error_code"]) == ("refused", 422, "schema_validation_failed")
    assert row["output_tokens"] == 34, "the vendor has answered, and wants its money"
    assert calls_of(vendor, name) == 1, "an answer that does not fit is not asked for again"


def test_stream_is_not_held_against_the_schema(gateway, tenant, model, dialect):
    tenant.schema(INHABITANTS, "--model", f"{dialect.prefix}structured*")
    client = tenant.client()
    held = Growth(gateway, "gateway_schema_validations_total", tenant=tenant.id)
    heard = hear(client, True, model("structured"), ask())
    assert (json.loads(heard.text)["inhabitants"], heard.end) == (434008, "stop")
    # The same call without a stream is: the schema was in force all the time.
    check_envelope(refused(client, False, model("structured"), ask()), **MISFIT)
    held.becomes(1)


@pytest.mark.parametrize("scenario, result", [("structured", "valid"), ("text", "invalid"), ("no-text", "valid")])
def test_answer_is_held_against_the_schema_of_its_model(gateway, tenant, model, scenario, result):
    """What fits passes, what is no JSON does not; an answer that says nothing is not judged."""
    fitting = {"type": "object", "properties": {"inhabitants": {"type": "integer"}}}
    tenant.schema(fitting, "--model", f"gpt-fake-{scenario}*")
    client, name = tenant.client(), model(scenario)
    counted = Growth(gateway, "gateway_schema_validations_total", tenant=tenant.id, model=name, result=result)
    if result == "valid":
        assert hear(client, False, name, ask()).end == "stop"
    else:
        check_envelope(refused(client, False, name, ask()), **MISFIT)
    counted.becomes(1)


def test_schema_is_for_its_models_and_its_tenant_alone(gateway, tenant, model):
    tenant.schema(INHABITANTS, "--model", "gpt-fake-structured--none*")
    client = tenant.client()
    check_envelope(refused(client, False, model("structured"), ask()), **MISFIT)
    assert hear(client, False, model("structured", "4-6"), ask()).end == "stop"
    assert hear(sdk(gateway), False, model("structured"), ask()).end == "stop"


def test_schema_of_model_and_route_comes_before_one_of_either(tenant, model):
    alias, target = model("alias"), model("structured")
    route = tenant.route(alias, "--provider", "openai", "--pin", target)
    tenant.schema(INHABITANTS, "--model", "*")
    check_envelope(refused(tenant.client(), False, alias, ask()), **MISFIT)
    tenant.schema({"type": "object"}, "--model", "gpt-fake-*", "--route", route)
    assert hear(tenant.client(), False, alias, ask()).end == "stop"
