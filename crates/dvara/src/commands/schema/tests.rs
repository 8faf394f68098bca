use clap::Parser;
use dvara_testkit::database::TestDatabase;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    schema: SchemaArgs,
}

/// What a command says with this text on its standard input.
async fn call(store: &Store, line: &str, input: &str) -> anyhow::Result<String> {
    let words = std::iter::once("dvara").chain(line.split(' '));
    let args = Line::try_parse_from(words)?.schema;
    let mut out = Vec::new();
    run(&args, store, &mut input.as_bytes(), &mut out).await?;
    Ok(String::from_utf8(out)?)
}

#[tokio::test]
async fn a_schema_is_made_listed_and_deleted() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let schema = json!({"type": "object"});
    let line = "create --model gpt-* --route fast - --json";
    let made = call(&store, line, &schema.to_string()).await.unwrap();
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((&made["schema"], &made["enabled"]), (&schema, &json!(true)));
    let id = made["id"].as_str().unwrap();
    let listed = call(&store, "list", "").await.unwrap();
    assert!(
        listed.starts_with(id) && listed.ends_with("gpt-* by fast\n"),
        "{listed}"
    );
    let deleted = call(&store, &format!("delete {id}"), "").await.unwrap();
    assert_eq!(deleted, format!("deleted {id}\n"));
    assert_eq!(call(&store, "list --json", "").await.unwrap(), "[]\n");
}

#[tokio::test]
async fn mistakes_say_what_is_wrong() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    for (line, input, expected) in [
        ("create -", "{}", "scope: give a model pattern or a route"),
        ("create --model * -", "{", "standard input is no JSON"),
        (
            "create --model * -",
            "[]",
            "schema: a schema is a JSON object",
        ),
        (
            "create --model * -",
            r#"{"$ref": "http://x/"}"#,
            "schema: #: `http://x/` leads out",
        ),
        (
            "create --model * --tenant ghost -",
            "{}",
            "there is no tenant `ghost`",
        ),
        ("create --route R! -", "{}", "is not an id"),
        (
            "delete sch_ghost",
            "",
            "there is no output schema `sch_ghost`",
        ),
    ] {
        let error = format!("{:#}", call(&store, line, input).await.unwrap_err());
        assert!(error.contains(expected), "{line}: {error}");
    }
}

/// The exit code with what was written to standard output and to standard error.
fn tried(schema: &str, answer: &str) -> (ExitCode, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schema.json");
    std::fs::write(&file, schema).unwrap();
    let test = TestArgs {
        schema: file,
        answer: "-".into(),
    };
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let code = test
        .run(&mut answer.as_bytes(), &mut out, &mut errors)
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (code, text(out), text(errors))
}

#[test]
fn an_answer_is_held_against_a_schema_without_a_database() {
    let schema = r#"{"properties": {"a": {"type": "string"}}}"#;
    let nothing = String::new;
    assert_eq!(
        tried(schema, r#"{"a": "x"}"#),
        (ExitCode::SUCCESS, nothing(), nothing())
    );
    assert_eq!(
        tried(schema, r#"{"a": 1}"#),
        (
            ExitCode::FAILURE,
            "/a: is no string\n".to_owned(),
            nothing()
        )
    );
    for (wrong, expected) in [
        ("{", "is no JSON"),
        (r#"{"$ref": "x"}"#, "schema.json: #: `x` leads out"),
    ] {
        let (code, out, errors) = tried(wrong, "{}");
        assert_eq!((code, out), (ExitCode::from(64), nothing()));
        assert!(errors.contains(expected), "{errors}");
    }
}
