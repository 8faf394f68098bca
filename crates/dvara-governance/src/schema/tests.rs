use proptest::prelude::*;
use serde_json::json;

use super::*;

fn refusal(schema: Value) -> String {
    Schema::compile(&schema).unwrap_err().to_string()
}

fn misfits(schema: Value, answer: &str) -> Vec<String> {
    let outcome = Schema::compile(&schema).unwrap().check(answer);
    let misfits = outcome.err().unwrap_or_default();
    misfits.iter().map(Misfit::to_string).collect()
}

fn person() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {"name": {"type": "string", "maxLength": 5}, "age": {"type": "integer", "minimum": 0}}
    })
}

#[test]
fn an_answer_that_fits_passes_and_so_does_a_blank_one() {
    for answer in [
        r#"{"name": "Ada"}"#,
        " {\"name\": \"Ada\", \"age\": 36}\n",
        "",
        " \n\t",
    ] {
        assert_eq!(misfits(person(), answer), [""; 0], "{answer}");
    }
}

#[test]
fn mistakes_are_named_by_place_and_never_quote_the_answer() {
    for (answer, expected) in [
        (
            r#"{"name": "secret-value"}"#,
            "/name: does not satisfy `maxLength` (/properties/name/maxLength)",
        ),
        (
            r#"{"name": "Ada", "age": "secret-value"}"#,
            "/age: is no integer",
        ),
        (
            r#"{"name": "Ada", "age": -7007}"#,
            "/age: does not satisfy `minimum` (/properties/age/minimum)",
        ),
        (
            r#"{"name": "Ada", "secret-value": 1}"#,
            "has properties that the schema does not name",
        ),
        (r#"{"age": 3}"#, "misses the property \"name\""),
        (r#"["secret-value"]"#, "is no object"),
        ("secret-value", "is not JSON: line 1, column 1"),
        (
            r#"{"name": "Ada"} secret-value"#,
            "is not JSON: line 1, column 17",
        ),
        (
            "```json\n{\"name\": \"Ada\"}\n```",
            "is not JSON: line 1, column 1",
        ),
    ] {
        assert_eq!(misfits(person(), answer), [expected], "{answer}");
    }
}

#[test]
fn only_the_first_mistakes_are_named() {
    let schema = json!({"items": {"type": "string"}});
    let answer = format!("[{}]", ["1"; 50].join(","));
    let misfits = misfits(schema, &answer);
    assert_eq!(misfits.len(), MAX_MISFITS);
    assert_eq!(misfits[4], "/4: is no string");
    let long = json!({"additionalProperties": {"type": "string"}});
    let answer = format!("{{\"{}\": 1}}", "x".repeat(5000));
    let said = self::misfits(long, &answer).concat();
    assert!(said.chars().count() < 2 * MAX_SAID, "{}", said.len());
}

#[test]
fn the_draft_is_the_schema_s_else_draft_7() {
    // Before 2019-09 what stands beside a reference is not asked.
    let beside = json!({"definitions": {"any": {}}, "$ref": "#/definitions/any", "type": "string"});
    assert_eq!(misfits(beside.clone(), "1"), [""; 0]);
    let mut newer = beside;
    newer["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    assert_eq!(misfits(newer, "1"), ["is no string"]);
    let older = json!({"$schema": "http://json-schema.org/draft-04/schema#"});
    assert!(refusal(older).starts_with("draft 4 is not supported"));
    let unknown = json!({"$schema": "https://example.com/my-own"});
    assert!(Schema::compile(&unknown).is_err());
}

#[test]
fn what_is_no_schema_is_refused() {
    assert_eq!(refusal(json!([])), "a schema is a JSON object");
    assert_eq!(refusal(json!(true)), "a schema is a JSON object");
    let said = refusal(json!({"type": "strin"}));
    assert!(
        said.starts_with("/type: ") && said.contains("strin"),
        "{said}"
    );
    let said = refusal(json!({"pattern": "("}));
    assert!(said.contains("/pattern"), "{said}");
}

#[test]
fn bounds_hold() {
    let with_text = |bytes| json!({"title": "x".repeat(bytes)});
    let frame = with_text(0).to_string().len();
    assert!(Schema::compile(&with_text(MAX_SCHEMA_BYTES - frame)).is_ok());
    let said = refusal(with_text(MAX_SCHEMA_BYTES - frame + 1));
    assert_eq!(said, "must not be larger than 64 KiB, and has 65537 bytes");
    let nested = |levels| (1..levels).fold(json!({}), |inner, _| json!({"items": inner}));
    assert!(Schema::compile(&nested(MAX_SCHEMA_DEPTH)).is_ok());
    let said = refusal(nested(MAX_SCHEMA_DEPTH + 1));
    assert_eq!(said, "must not be nested deeper than 64 levels");
    let answer = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert_eq!(misfits(json!({}), &answer(MAX_ANSWER_DEPTH)), [""; 0]);
    assert_eq!(
        misfits(json!({}), &answer(MAX_ANSWER_DEPTH + 1)),
        ["is nested deeper than 64 levels"]
    );
    assert_eq!(
        misfits(json!({}), &answer(100_000)),
        ["is not JSON: line 1, column 128"]
    );
}

#[test]
fn references_lead_into_the_schema_and_nowhere_else() {
    let tree = json!({
        "$id": "https://example.com/tree",
        "properties": {"children": {"type": "array", "items": {"$ref": "#"}}, "name": {"$ref": "#/definitions/a%20name"}},
        "definitions": {"a name": {"type": "string"}}
    });
    assert_eq!(
        misfits(tree, r#"{"children": [{"children": [{"name": 1}]}]}"#),
        ["/children/0/children/0/name: is no string"]
    );
    for (schema, expected) in [
        (
            json!({"$ref": "https://example.com/x.json"}),
            "#: `https://example.com/x.json` leads out of the schema",
        ),
        (
            json!({"items": {"$ref": "file:///etc/passwd"}}),
            "/items: `file:///etc/passwd` leads out",
        ),
        (json!({"not": {"$ref": "other.json#/a"}}), "leads out"),
        (json!({"allOf": [{"$ref": "#name"}]}), "`#name` leads out"),
        (
            json!({"items": {"$ref": "#/definitions/x"}}),
            "/items: `#/definitions/x` leads nowhere",
        ),
        (
            json!({"items": {"$id": "https://example.com/"}}),
            "/items: `$id` is not supported",
        ),
        (
            json!({"items": {"$recursiveRef": "#"}}),
            "`$recursiveRef` is not supported",
        ),
        (
            json!({"properties": {"default": {"$ref": "http://x/"}}}),
            "/properties/default: `http://x/` leads out",
        ),
    ] {
        let said = refusal(schema);
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_schema_that_would_never_end_or_take_for_ever_is_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"items": {"not": {"$ref": "#/items"}}}),
        json!({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"anyOf": [{"$ref": "#/definitions/a"}]}}}),
    ] {
        assert!(refusal(schema).contains("refers to itself without an end"));
    }
    let mut doubling = json!({"d11": {}});
    for step in 0..11 {
        let next = json!({"$ref": format!("#/d/d{}", step + 1)});
        doubling[format!("d{step}")] = json!({"allOf": [next, next]});
    }
    let said = refusal(json!({"d": doubling}));
    assert!(
        said.contains("more than 2000 schemas at one place"),
        "{said}"
    );
    let mut chain = json!({"c1000": {}});
    for step in 0..1000 {
        chain[format!("c{step}")] = json!({"$ref": format!("#/d/c{}", step + 1)});
    }
    let said = refusal(json!({"d": chain}));
    assert!(said.contains("in a row"), "{said}");
}

/// The deepest chain at every level of the deepest answer.
#[test]
fn the_bounds_keep_within_a_worker_s_stack() {
    let mut schema = json!({"items": {"$ref": "#"}});
    for _ in 0..20 {
        schema = json!({"allOf": [schema]});
    }
    let work = move || {
        let schema = Schema::compile(&schema).unwrap();
        let answer = "[".repeat(MAX_ANSWER_DEPTH) + &"]".repeat(MAX_ANSWER_DEPTH);
        assert_eq!(schema.check(&answer), Ok(()));
    };
    let worker = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    worker.spawn(work).unwrap().join().unwrap();
}

#[test]
fn patterns_are_linear_and_bounded() {
    let schema = json!({"pattern": "^(a+)+$"});
    let answer = format!("\"{}b\"", "a".repeat(100_000));
    assert_eq!(
        misfits(schema, &answer),
        ["does not satisfy `pattern` (/pattern)"]
    );
    assert!(
        Schema::compile(&json!({"pattern": "(?=a)b"})).is_err(),
        "look-around is not linear"
    );
    assert!(
        Schema::compile(&json!({"pattern": "(a{1000}){1000}"})).is_err(),
        "too large"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_answer_gets_an_answer(answer in "[\\[\\]{}\",:a1 ]{0,30}") {
        let schema = Schema::compile(&person()).unwrap();
        if let Err(misfits) = schema.check(&answer) {
            prop_assert!((1..=MAX_MISFITS).contains(&misfits.len()));
        }
    }
}
