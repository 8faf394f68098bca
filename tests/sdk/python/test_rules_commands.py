"""Rules as operators write them: mistakes are named with place and hint, and what is wrong is never stored."""

import json
import subprocess

import pytest
from chat import ask
from dvara_up import program
from rules import hear

MISTAKES = [
    ("rule: []\n", "line 2, column 1: unknown key `rule` in a policy; did you mean `rules`?"),
    (
        "rules:\n  - id: a\n    condition: {max_tokens: {limit: 5}}\n",
        "line 4, column 5: unknown key `condition` in a rule; did you mean `conditions`?",
    ),
    ("rules:\n  - id: a\n    conditions: {max_tokens: {limit: 0}}\n", "line 4, column "),
    ("rules:\n  - id: a\n", "line 3, column "),
    ("rules:\n  - id: a\n    conditions: {tenant: acme}\n", "line 4, column 18: "),
    ("rules:\n  - {id: a, action: FORBID, conditions: {max_tokens: {limit: 5}}}\n", "line 3, column "),
    ("rules: [\n", "line "),
]

GOOD = 'version: "1"\nrules:\n  - {id: short, conditions: {max_tokens: {limit: 5}}, deny_message: Too long.}\n'


@pytest.fixture
def nothing_stored(gateway):
    """Whatever a test does, there are as many rules afterwards as before."""
    stored = lambda: [json.loads(gateway.run(kind, "list", "--json")) for kind in ("policy", "schema", "tenant")]  # noqa: E731
    before = stored()
    yield
    assert stored() == before


def failed(gateway, code: int, *arguments: str) -> str:
    """What a command says that has to end with this code; nothing of it is for other programs to read."""
    done = gateway.call(*arguments)
    assert done.returncode == code, done
    assert "panicked" not in done.stderr and len(done.stderr.splitlines()) <= 3, done.stderr
    return done.stderr


@pytest.mark.parametrize("text, said", MISTAKES, ids=range(len(MISTAKES)))
def test_wrong_policy_is_refused_with_line_and_column_and_hint(gateway, tenant, nothing_stored, text, said):
    file = tenant.file(f'version: "1"\n{text}')
    assert f"dsl: {said}" in failed(gateway, 1, "policy", "create", "--name", "wrong", file)
    assert f"{file}: {said}" in failed(gateway, 64, "policy", "test", file)


def test_every_mistake_of_a_policy_is_named_at_once(gateway, tenant, nothing_stored):
    rules = "rules:\n  - {id: a, condition: {}}\n  - {id: b, actoin: DENY, conditions: {max_tokens: {limit: 5}}}\n"
    file = tenant.file(f'version: "1"\n{rules}')
    for arguments in (["policy", "create", "--name", "wrong", file], ["policy", "test", file]):
        said = gateway.call(*arguments).stderr
        assert "line 3, column 13: unknown key `condition`" in said and "line 4, column 13: unknown key `actoin`" in said, said


def test_wrong_text_leaves_the_policy_as_it_was(gateway, tenant, model):
    id = tenant.policy(GOOD)
    assert "line 2, column 1" in failed(gateway, 1, "policy", "update", id, tenant.file('version: "1"\nrule: []\n'))
    shown = json.loads(gateway.run("policy", "show", id, "--json"))
    assert (shown["dsl"], shown["version"], shown["status"]) == (GOOD, 1, "ACTIVE")
    assert hear(tenant.client(), False, model("text"), ask(), max_tokens=5).end == "stop"


@pytest.mark.parametrize(
    "options, code, decision, rule",
    [
        (["--max-tokens", "5"], 0, "ALLOW", None),
        (["--max-tokens", "6"], 1, "DENY", "short"),
        ([], 0, "ALLOW", None),
    ],
)
def test_policy_is_tried_on_a_sample_call_and_stored_nowhere(gateway, tenant, nothing_stored, options, code, decision, rule):
    done = gateway.call("policy", "test", tenant.file(GOOD), *options)
    tried = json.loads(done.stdout)
    assert (done.returncode, tried["valid"], tried["decision"], tried["rule_id"]) == (code, True, decision, rule)
    assert tried["reason"] == ("Too long." if rule else None)
    assert (tried["errors"], done.stderr) == ([], "")


def test_policy_test_says_warnings_and_needs_no_database(tmp_path):
    warning = GOOD.replace("deny_message: Too long.", "action: WARN_AGENT, warn_message: Rather long.")
    (tmp_path / "rules.yaml").write_text(warning)
    command = [program(), "policy", "test", "rules.yaml", "--max-tokens", "6"]
    done = subprocess.run(command, env={"HOME": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["warnings"] == ["Rather long."]
    assert [file.name for file in tmp_path.iterdir()] == ["rules.yaml"], "it leaves nothing behind"


@pytest.mark.parametrize(
    "setting, said",
    [
        ("pii.action=REDCAT", "metadata.pii.action: write BLOCK, REDACT, TOKENIZE or LOG"),
        ("guardrail.action=REDACT", "metadata.guardrail.action: write BLOCK, FLAG or LOG"),
        ("guardrail.content.rivals.action=LOG", "metadata.guardrail.content.rivals.action: no such category"),
        ('pii.custom-patterns={"staff": "("}', "metadata.pii.custom-patterns.staff: not a regular expression"),
        ('pii.custom-patterns={"staff": "a+"}', "metadata.pii.custom-patterns.staff: "),
        ('pii.custom-patterns={"staff"', "metadata.pii.custom-patterns: write an object"),
        ("guardrail.max-message-length=ten", "metadata.guardrail.max-message-length: "),
        ("pii.auto-detokenize-response=maybe", "metadata.pii.auto-detokenize-response: "),
    ],
)
def test_wrong_setting_of_a_tenant_is_named_and_not_stored(gateway, tenant, nothing_stored, setting, said):
    assert said in failed(gateway, 1, "tenant", "set", tenant.id, setting)
    assert said in failed(gateway, 1, "tenant", "set", tenant.id, "pii.enabled=true", setting), "nor what stands beside it"


def test_tenant_that_is_not_there_has_no_rules(gateway, tenant, nothing_stored):
    assert "there is no tenant `nobody`" in failed(gateway, 1, "tenant", "set", "nobody", "pii.action=BLOCK")
    create = ["policy", "create", "--name", "x", "--tenant", "nobody", tenant.file(GOOD)]
    assert "there is no tenant `nobody`" in failed(gateway, 1, *create)


@pytest.mark.parametrize(
    "text, scope, said",
    [
        ('{"type": "object"}', [], "scope: give a model pattern or a route, or both"),
        ('{"type": "objet"}', ["--model", "gpt-*"], 'schema: /type: "objet"'),
        ('{"type":', ["--model", "gpt-*"], "is no JSON"),
    ],
)
def test_wrong_schema_is_refused(gateway, tenant, nothing_stored, text, scope, said):
    assert said in failed(gateway, 1, "schema", "create", *scope, tenant.file(text))


def test_answer_is_tried_on_a_schema(gateway, tenant, nothing_stored):
    schema = tenant.file('{"type": "object", "properties": {"age": {"type": "integer"}}}')
    fits, wrong = tenant.file('{"age": 5}'), tenant.file('{"age": "old"}')
    assert gateway.call("schema", "test", schema, fits).returncode == 0
    done = gateway.call("schema", "test", schema, wrong)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("/age: ") and len(done.stdout.splitlines()) == 1
    assert "/type" in failed(gateway, 64, "schema", "test", tenant.file('{"type": "objet"}'), fits)
