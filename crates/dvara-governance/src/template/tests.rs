use proptest::prelude::*;
use serde_json::json;

use super::*;

fn values(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn variables(text: &str) -> Vec<String> {
    let template = Template::parse(text).unwrap();
    template.variables().map(str::to_owned).collect()
}

fn rendered(text: &str, with: Value) -> Result<String, RenderError> {
    Template::parse(text).unwrap().render(&values(with))
}

#[test]
fn variables_are_found_in_order_and_once() {
    for (text, expected) in [
        ("", &[][..]),
        ("no braces", &[]),
        ("{{a}}", &["a"]),
        ("{{b}} {{ a }} {{\ta  }} {{b}}", &["b", "a"]),
        ("{{Größe_2}}{{_}}{{9}}", &["Größe_2", "_", "9"]),
        ("{{{a}}}", &["a"]),
        ("{{ {{a}}", &["a"]),
        ("{{a{{b}}", &["b"]),
    ] {
        assert_eq!(variables(text), expected, "{text}");
    }
}

#[test]
fn other_braces_are_text() {
    for text in [
        "{a}", "{{}}", "{{ }}", "{{a b}}", "{{a-b}}", "{{a.b}}", "{{a}", "{{a} }", "{ {a}}", "{{a",
        "{{", "{{\na}}", "{{{{", "}}{{",
    ] {
        assert_eq!(variables(text), [""; 0], "{text}");
        assert_eq!(rendered(text, json!({"a": "x"})).unwrap(), text);
    }
}

#[test]
fn every_place_is_filled_in() {
    let with =
        json!({"name": "Ada", "n": 3, "list": ["a", 1], "on": true, "empty": "", "unused": "x"});
    for (text, expected) in [
        ("Dear {{name}}!", "Dear Ada!"),
        ("{{name}}{{ name }}", "AdaAda"),
        ("{{{name}}}", "{Ada}"),
        ("{{n}} {{on}} {{list}}", r#"3 true ["a",1]"#),
        ("[{{empty}}]", "[]"),
        ("ä{{name}}ö", "äAdaö"),
    ] {
        assert_eq!(rendered(text, with.clone()).unwrap(), expected);
    }
}

#[test]
fn a_variable_without_a_value_is_named() {
    let missing = |name: &str| Err(RenderError::MissingVariable(name.to_owned()));
    assert_eq!(
        rendered("{{a}} {{b}} {{c}}", json!({"a": "1"})),
        missing("b")
    );
    assert_eq!(rendered("{{a}}", json!({"a": null})), missing("a"));
    assert_eq!(rendered("{{a}}", json!({"A": "1"})), missing("a"));
}

#[test]
fn a_value_is_never_filled_in_itself() {
    let with = json!({"a": "{{b}}", "b": "{{a}}", "open": "{{", "close": "b}}"});
    assert_eq!(
        rendered("{{a}} {{b}}", with.clone()).unwrap(),
        "{{b}} {{a}}"
    );
    assert_eq!(rendered("{{open}}{{close}}", with).unwrap(), "{{b}}");
}

#[test]
fn bounds_hold_and_the_bound_itself_is_allowed() {
    let text = "x".repeat(MAX_TEMPLATE_BYTES);
    assert!(Template::parse(&text).is_ok());
    assert_eq!(
        Template::parse(&(text + "x")).unwrap_err(),
        TemplateError::TooLong {
            bytes: MAX_TEMPLATE_BYTES + 1
        }
    );
    let many = |count: usize| {
        (0..count)
            .map(|n| format!("{{{{v{n}}}}}"))
            .collect::<String>()
    };
    assert_eq!(variables(&many(MAX_VARIABLES)).len(), MAX_VARIABLES);
    assert_eq!(
        Template::parse(&many(MAX_VARIABLES + 1)).unwrap_err(),
        TemplateError::TooManyVariables
    );
    let half = "x".repeat(MAX_RENDERED_BYTES / 2);
    assert_eq!(
        rendered("{{a}}{{a}}", json!({"a": half})).unwrap().len(),
        MAX_RENDERED_BYTES
    );
    assert_eq!(
        rendered("{{a}}{{a}}!", json!({"a": half})),
        Err(RenderError::TooLarge)
    );
}

#[test]
fn a_prompt_is_both_texts_and_all_their_variables() {
    let prompt = Prompt::parse(
        Some("You are {{role}}, {{name}}."),
        "{{name}} asks {{what}}",
    )
    .unwrap();
    assert_eq!(prompt.variables(), ["role", "name", "what"]);
    let with = values(json!({"role": "kind", "name": "Ada", "what": "why"}));
    let rendered = prompt.render(&with).unwrap();
    assert_eq!(rendered.system.as_deref(), Some("You are kind, Ada."));
    assert_eq!(rendered.user, "Ada asks why");
    let alone = Prompt::parse(None, "hello").unwrap();
    assert_eq!(alone.render(&Map::new()).unwrap().system, None);
    let long = "x".repeat(MAX_TEMPLATE_BYTES + 1);
    let error = Prompt::parse(Some(&long), "").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("system_prompt: must not be longer than 256 KiB")
    );
    assert!(!format!("{prompt:?}").contains("kind") && !format!("{prompt:?}").contains("asks"));
}

#[test]
fn a_text_of_open_braces_is_read_once() {
    // Quadratic reading would take minutes.
    for unit in ["{{", "{{a", "{{ ", "{{a}"] {
        let text = unit.repeat(MAX_TEMPLATE_BYTES / unit.len());
        assert!(variables(&text).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn filling_in_is_replacing_each_placeholder(
        parts in prop::collection::vec(prop_oneof!["[a-z {}é]{0,4}", Just("{{x}}".to_owned())], 0..8),
        value in "[a-z{}]{0,6}",
    ) {
        let text = parts.concat();
        let template = Template::parse(&text).unwrap();
        let names: Vec<String> = template.variables().map(str::to_owned).collect();
        let with: Map<String, Value> =
            names.iter().map(|name| (name.clone(), Value::from(value.clone()))).collect();
        let pattern = regex::Regex::new(r"\{\{[ \t]*\w+[ \t]*\}\}").unwrap();
        let expected = pattern.replace_all(&text, regex::NoExpand(&value));
        prop_assert_eq!(template.render(&with).unwrap(), expected);
    }
}
