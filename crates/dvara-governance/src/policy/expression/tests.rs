use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::policy::sample::{at, llm_call, mcp_call, rule_of};

fn compiled(source: &str) -> Result<Expression, ExpressionFault> {
    Expression::compile(source, &mut PatternBudget::of_a_policy())
}

fn holds(source: &str, facts: &Facts<'_>) -> Result<bool, NotEvaluable> {
    match compiled(source) {
        Ok(expression) => expression.holds(facts),
        Err(fault) => panic!("{source}: {fault:?}"),
    }
}

/// A call that has every fact of an LLM call.
fn full_call() -> Facts<'static> {
    Facts {
        max_tokens: Some(4096),
        tools: &["search", "shell"],
        stream: true,
        user: Some("ann"),
        tenant_region: Some("eu"),
        key_id: Some("key_1"),
        budget_utilization_pct: Some(80.0),
        now: at("2026-03-06T12:34:56Z"),
        ..llm_call()
    }
}

#[test]
fn every_fact_of_an_llm_call_can_be_read() {
    for source in [
        "request.model == 'gpt-4o'",
        "request.max_tokens > 4095 && request.max_tokens == 4096",
        "'shell' in request.tools && size(request.tools) == 2 && request.tools[0] == 'search'",
        "request.stream",
        "request.user == 'ann'",
        "tenant.id == 'acme' && tenant.region == 'eu' && key.id == 'key_1'",
        "region == 'eu-west-1'",
        "budget.utilization_pct >= 80 && budget.utilization_pct < 80.5",
        "time.unix == 1772800496 && time.hour == 12 && time.minute == 34 && time.weekday == 5",
        "type(request.model) == string && type(request.max_tokens) == int",
    ] {
        assert_eq!(holds(source, &full_call()), Ok(true), "{source}");
        assert_eq!(holds(&format!("!({source})"), &full_call()), Ok(false));
    }
}

#[test]
fn every_fact_of_a_tool_call_can_be_read() {
    let arguments = json!({
        "path": "/etc/passwd", "count": 3, "ratio": 0.5, "deep": {"list": [1, "two", null]},
        "large": u64::MAX, "flag": true,
    });
    for source in [
        "mcp.server == 'github' && mcp.tool == 'create_issue'",
        "mcp.arguments.path.startsWith('/etc/')",
        "mcp.arguments['path'].endsWith('passwd')",
        "mcp.arguments.count + 1 == 4 && mcp.arguments.ratio < 1.0",
        "mcp.arguments.deep.list[1] == 'two' && mcp.arguments.deep.list[2] == null",
        "mcp.arguments.large == 18446744073709551615u",
        "mcp.arguments.flag",
        "mcp.arguments.exists(name, name.contains('tio')) && size(mcp.arguments) == 6",
        "has(mcp.arguments.path) && !has(mcp.arguments.absent) && has(mcp.arguments.deep.list)",
        "!has(mcp.arguments.deep.absent)",
        "'path' in mcp.arguments",
    ] {
        assert_eq!(holds(source, &mcp_call(&arguments)), Ok(true), "{source}");
    }
}

#[test]
fn presence_can_be_asked_for() {
    let (bare, arguments) = (llm_call(), json!({}));
    let tool_call = mcp_call(&arguments);
    for (name, in_full, in_bare, in_tool_call) in [
        ("request.model", true, true, false),
        ("request.max_tokens", true, false, false),
        ("request.tools", true, true, false),
        ("request.stream", true, true, false),
        ("request.user", true, false, false),
        ("tenant.id", true, true, true),
        ("tenant.region", true, false, false),
        ("key.id", true, false, false),
        ("mcp.server", false, false, true),
        ("mcp.tool", false, false, true),
        ("mcp.arguments", false, false, true),
        ("budget.utilization_pct", true, false, false),
        ("time.hour", true, true, true),
    ] {
        let source = format!("has({name})");
        assert_eq!(holds(&source, &full_call()), Ok(in_full), "{name}");
        assert_eq!(holds(&source, &bare), Ok(in_bare), "{name}");
        assert_eq!(holds(&source, &tool_call), Ok(in_tool_call), "{name}");
    }
    let guarded = "has(request.max_tokens) && request.max_tokens > 10";
    assert_eq!(holds(guarded, &bare), Ok(false));
    assert_eq!(holds(guarded, &full_call()), Ok(true));
}

#[test]
fn expression_about_the_other_kind_of_call_does_not_apply() {
    let arguments = json!({"path": "x"});
    for source in [
        "mcp.tool != 'safe'",
        "!mcp.arguments.path.startsWith('/')",
        "!(mcp.server == 'github')",
    ] {
        assert_eq!(holds(source, &llm_call()), Ok(false), "{source}");
        assert_eq!(holds(source, &full_call()), Ok(false), "{source}");
    }
    for source in [
        "request.model != 'safe'",
        "!request.stream",
        "size(request.tools) == 0",
        "request.max_tokens < 5",
    ] {
        assert_eq!(holds(source, &mcp_call(&arguments)), Ok(false), "{source}");
    }
}

#[test]
fn what_cannot_be_evaluated_says_why_and_quotes_nothing() {
    use NotEvaluable::{Absent, Failed, NoSuchMember, NotABoolean, WrongType};
    let arguments = json!({"path": "secret-value", "n": 0});
    let call = mcp_call(&arguments);
    for (source, facts, expected) in [
        (
            "request.max_tokens > 5",
            &llm_call(),
            Absent(Variable::MaxTokens),
        ),
        ("request.user == 'a'", &llm_call(), Absent(Variable::User)),
        (
            "tenant.region == 'eu'",
            &llm_call(),
            Absent(Variable::TenantRegion),
        ),
        (
            "region == 'eu'",
            &Facts {
                region: None,
                ..llm_call()
            },
            Absent(Variable::Region),
        ),
        ("request.model > 5", &llm_call(), WrongType),
        ("request.tools[7] == 'a'", &full_call(), NoSuchMember),
        ("mcp.arguments.absent == 'a'", &call, NoSuchMember),
        ("mcp.arguments.path > 5", &call, WrongType),
        (
            "mcp.arguments.path.matches('a') && mcp.arguments.n.matches('a')",
            &call,
            WrongType,
        ),
        ("mcp.arguments.path", &call, NotABoolean),
        ("1 / mcp.arguments.n == 1", &call, Failed),
    ] {
        let said = holds(source, facts);
        assert_eq!(said, Err(expected), "{source}");
        assert!(!said.unwrap_err().to_string().contains("secret-value"));
    }
}

#[test]
fn rule_that_cannot_be_evaluated_denies_and_never_warns() {
    let call = llm_call();
    let denies = rule_of("expression: request.max_tokens > 5");
    assert_eq!(
        denies.fires(&call).as_deref(),
        Some(
            "Request blocked by policy rule: r (its expression cannot be evaluated: \
             the call has no `request.max_tokens`)"
        )
    );
    let warns = rule_of("expression: request.max_tokens > 5\n  action: WARN_AGENT");
    assert_eq!(warns.fires(&call), None);
}

#[test]
fn other_sides_of_a_logical_operator_can_still_decide() {
    for (source, expected) in [
        (
            "request.max_tokens > 5 || request.model == 'gpt-4o'",
            Ok(true),
        ),
        (
            "request.max_tokens > 5 && request.model == 'other'",
            Ok(false),
        ),
        (
            "request.max_tokens > 5 || request.model == 'other'",
            Err(NotEvaluable::Absent(Variable::MaxTokens)),
        ),
    ] {
        assert_eq!(holds(source, &llm_call()), expected, "{source}");
    }
}

#[test]
fn lists_can_be_gone_through_once() {
    for (source, expected) in [
        ("request.tools.exists(tool, tool.startsWith('sh'))", true),
        ("request.tools.all(tool, tool in ['search', 'shell'])", true),
        ("request.tools.exists_one(tool, tool == 'shell')", true),
        (
            "size(request.tools.filter(tool, tool != 'shell')) == 1",
            true,
        ),
        ("request.tools.exists(tool, tool == request.model)", false),
        (
            "request.tools.exists(a, a == 'x') || request.tools.exists(b, b == 'shell')",
            true,
        ),
        ("['a', 'b'].exists(x, x == 'b')", true),
    ] {
        assert_eq!(holds(source, &full_call()), Ok(expected), "{source}");
    }
}

#[test]
fn patterns_are_compiled_once() {
    let call = full_call();
    assert_eq!(
        holds("request.model.matches('^gpt-[0-9]')", &call),
        Ok(true)
    );
    assert_eq!(holds("matches(request.model, '^o[0-9]')", &call), Ok(false));
    let two = "request.tools.exists(t, t.matches('^sh')) && !request.model.matches('sh')";
    assert_eq!(holds(two, &call), Ok(true));
}

/// What compiling says about each, with the hint.
#[test]
fn what_is_refused_is_said() {
    for (source, expected) in [
        (
            "request.modle == 'a'",
            "unknown variable `request.modle`; did you mean `request.model`?",
        ),
        (
            "has(request.modle)",
            "unknown variable `request.modle`; did you mean `request.model`?",
        ),
        (
            "now > 5",
            "unknown variable `now`; use `time.unix`, `time.hour`, `time.minute` or `time.weekday`, all in UTC",
        ),
        (
            "size(request) > 1",
            "`request` can only be read member by member",
        ),
        (
            "request['model'] == 'a'",
            "`request` can only be read member by member",
        ),
        (".request.model == 'a'", "unknown variable `.request`"),
        ("banana", "unknown variable `banana`"),
        ("lower(request.model) == 'a'", "unknown function `lower`"),
        (
            "request.model.startswith('a')",
            "unknown function `startswith`; did you mean `startsWith`?",
        ),
        ("_hidden(1)", "unknown function `_hidden`"),
        (
            "request.tools.map(t, t == 'a') == [true]",
            "`map` is not available; use `exists`, `all`, `exists_one` or `filter`",
        ),
        (
            "request.tools.map(t, t != 'a', [t, t]) == []",
            "`map` is not available; use `exists`, `all`, `exists_one` or `filter`",
        ),
        (
            "request.tools.exists(a, ['x'].exists(b, a == b))",
            "a comprehension stands within another or on its result; join what they ask with `&&` in one",
        ),
        (
            "request.tools.filter(a, a != 'x').exists(b, b == 'y')",
            "a comprehension stands within another or on its result; join what they ask with `&&` in one",
        ),
        (
            "request.tools.exists(t, t in request.tools)",
            "`request.tools` is read again for each item of a list",
        ),
        (
            "request.tools.exists(t, t == mcp.arguments.tool)",
            "`mcp.arguments` is read again for each item of a list",
        ),
        (
            "request.tools.exists(request, request == 'a')",
            "`request` cannot be the name of an item",
        ),
        (
            "request.tools.exists(region, region == 'a')",
            "`region` cannot be the name of an item",
        ),
        (
            "request.model.matches(tenant.id)",
            "the pattern of `matches` must be written down as a text",
        ),
        (
            "request.model.matches('(')",
            "the pattern is not valid: unclosed group",
        ),
        (
            "request.model.matches()",
            "`matches` takes a text and a pattern",
        ),
        (
            "1+1+1+1+1+1+1+1+1+1 == 10",
            "it has more than 8 signs of `+`",
        ),
        ("Message{a: 1} == 1", "it builds a message"),
        ("request.model", "it must give true or false"),
        ("request.tools", "it must give true or false"),
        ("region", "it must give true or false"),
        ("'true'", "it must give true or false"),
        ("size(request.tools)", "it must give true or false"),
        ("request.max_tokens - 5", "it must give true or false"),
        (
            "request.stream ? request.stream : 'no'",
            "it must give true or false",
        ),
        (
            "request.tools.filter(t, t == 'a')",
            "it must give true or false",
        ),
        ("[true]", "it must give true or false"),
    ] {
        let fault = compiled(source).err().unwrap_or_else(|| panic!("{source}"));
        let hint = fault.hint.map(|hint| format!("; {hint}"));
        let said = fault.message + hint.as_deref().unwrap_or_default();
        // Where nothing is near the hint lists everything.
        let listed = said.starts_with(expected) && said.contains("; known are `");
        assert!(said == expected || listed, "{source}: {said}");
    }
}

#[test]
fn syntax_fault_is_placed_within_the_expression() {
    let fault = compiled("request.stream &&\n  request.model ==")
        .err()
        .unwrap();
    assert!(fault.message.contains("line 2"), "{}", fault.message);
    for source in [
        "",
        "has(region)",
        "request.",
        "a b",
        "'open",
        "mcp.arguments.?path == 'a'",
    ] {
        assert!(compiled(source).is_err(), "{source}");
    }
}

/// Whatever an author writes, no thread may run out of its stack over it: that would end the process.
#[test]
fn deep_nesting_is_refused_and_long_chains_are_not() {
    let nested = |open: &str, close: &str, levels| {
        format!("{}true{}", open.repeat(levels), close.repeat(levels))
    };
    assert_eq!(holds(&nested("!(", ")", 24), &llm_call()), Ok(true));
    for (open, close) in [
        ("!(", ")"),
        ("[", "]"),
        ("{1:", "}"),
        ("bool(", ")"),
        ("true?true:", ""),
        ("true?", ":true"),
        ("!-", ""),
        ("true==", ""),
        ("true.", ""),
        ("1<(2*(", "))"),
    ] {
        let levels = (MAX_EXPRESSION_BYTES - 8) / (open.len() + close.len());
        assert!(compiled(&nested(open, close, levels)).is_err(), "{open}");
    }
    // Idle brackets are read in a loop, so they do no harm.
    assert_eq!(holds(&nested("(", ")", 1000), &llm_call()), Ok(true));
    let long = vec!["region=='a'"; 120].join("||");
    assert_eq!(holds(&long, &llm_call()), Ok(false));
    let deepest = vec!["true"; 33].join("==");
    assert_eq!(holds(&deepest, &llm_call()), Ok(true));
    assert!(compiled(&format!("{deepest}==true")).is_err());
    let within = vec!["true"; 30].join("==");
    let each = format!("request.tools.all(tool, {within})");
    assert_eq!(holds(&each, &full_call()), Ok(true));
}

#[test]
fn facts_above_their_bounds_are_not_evaluated() {
    let name = "x".repeat(257);
    let facts = Facts {
        model: Some(&name),
        ..llm_call()
    };
    let too_large = |variable| Err(NotEvaluable::TooLarge(variable));
    assert_eq!(
        holds("request.model == 'a'", &facts),
        too_large(Variable::Model)
    );
    assert_eq!(
        holds(
            "request.model == 'a'",
            &Facts {
                model: Some(&name[1..]),
                ..facts
            }
        ),
        Ok(false)
    );
    assert_eq!(holds("tenant.id == 'acme'", &facts), Ok(true));

    let tools = vec!["t"; 1025];
    let facts = Facts {
        tools: &tools,
        ..llm_call()
    };
    assert_eq!(
        holds("'a' in request.tools", &facts),
        too_large(Variable::Tools)
    );
    assert_eq!(
        holds(
            "'a' in request.tools",
            &Facts {
                tools: &tools[1..],
                ..facts
            }
        ),
        Ok(false)
    );
}

#[test]
fn members_that_are_not_read_do_not_count() {
    let arguments = json!({"path": "/tmp/a", "content": "x".repeat(300 * 1024)});
    let call = mcp_call(&arguments);
    let too_large = Err(NotEvaluable::TooLarge(Variable::McpArguments));
    assert_eq!(holds("mcp.arguments.path == '/tmp/a'", &call), Ok(true));
    assert_eq!(holds("has(mcp.arguments.path)", &call), Ok(true));
    assert_eq!(holds("mcp.arguments.content == ''", &call), too_large);
    assert_eq!(holds("mcp.arguments.exists(k, k == 'a')", &call), too_large);
    assert_eq!(holds("mcp.arguments['path'] == 'a'", &call), too_large);
}

#[test]
fn arguments_that_are_no_object_are_refused_and_none_are_an_empty_object() {
    let source = "mcp.arguments.path == 'a'";
    let list = json!(["a"]);
    assert!(holds(source, &mcp_call(&list)).is_err());
    let none = Json::Null;
    assert_eq!(
        holds("has(mcp.arguments.path)", &mcp_call(&none)),
        Ok(false)
    );
    assert_eq!(
        holds("size(mcp.arguments) == 0", &mcp_call(&none)),
        Ok(true)
    );
}

/// Small expressions of known parts.
fn expressions() -> impl Strategy<Value = String> {
    let variable = proptest::sample::select(Variable::ALL.map(Variable::name).to_vec());
    let part = prop_oneof![
        variable.prop_map(str::to_owned),
        Just("'a'".to_owned()),
        Just("5".to_owned()),
        Just("['a']".to_owned()),
    ];
    part.prop_recursive(4, 24, 2, |inner| {
        let operator = proptest::sample::select(vec!["==", "<", "in", "&&", "||", "+", "/"]);
        (inner.clone(), operator, inner)
            .prop_map(|(left, operator, right)| format!("({left} {operator} {right})"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_compiles_is_answered(source in expressions()) {
        if let Ok(expression) = compiled(&source) {
            let arguments = json!({"a": [1, {"b": "c"}]});
            for facts in [llm_call(), full_call(), mcp_call(&arguments)] {
                // An answer or a reason: what a name stands for is always known.
                if let Err(why) = expression.holds(&facts) {
                    prop_assert!(!why.to_string().is_empty());
                }
            }
        }
    }

    #[test]
    fn whatever_is_written_compiles_or_is_refused(source in "[ -~\\n]{0,80}") {
        let _ = compiled(&source);
    }
}
