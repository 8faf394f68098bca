use clap::Parser;
use dvara_testkit::database::TestDatabase;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    prompt: PromptArgs,
}

/// What a command says with this text on its standard input.
async fn call(store: &Store, line: &str, input: &str) -> anyhow::Result<String> {
    let words = std::iter::once("dvara").chain(line.split(' '));
    let args = Line::try_parse_from(words)?.prompt;
    let mut out = Vec::new();
    run(&args, store, &mut input.as_bytes(), &mut out).await?;
    Ok(String::from_utf8(out)?)
}

async fn json_of(store: &Store, line: &str, input: &str) -> Value {
    serde_json::from_str(&call(store, line, input).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_template_is_made_changed_put_in_use_and_filled_in() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let folder = tempfile::tempdir().unwrap();
    let system = folder.path().join("system.txt");
    std::fs::write(&system, "You are {{role}}.\n").unwrap();
    let system = system.display();
    let made = json_of(
        &store,
        &format!("create --name greeting --system {system} - --json"),
        "Hello {{name}}!",
    )
    .await;
    assert_eq!(
        (&made["status"], &made["version"]),
        (&json!("DRAFT"), &json!(1))
    );
    assert_eq!(made["variables"], json!(["role", "name"]));
    let id = made["id"].as_str().unwrap();
    let changed = call(&store, &format!("update {id} -"), "Bye {{ name }}!")
        .await
        .unwrap();
    assert!(
        changed.contains("v2") && changed.ends_with("greeting\n"),
        "{changed}"
    );
    let active = call(&store, &format!("status {id} active"), "")
        .await
        .unwrap();
    assert!(active.contains("ACTIVE"), "{active}");
    assert_eq!(call(&store, "list", "").await.unwrap(), active);
    let shown = call(&store, &format!("show {id}"), "").await.unwrap();
    assert!(
        shown.ends_with("--- system\nYou are {{role}}.\n--- user\nBye {{ name }}!\n"),
        "{shown}"
    );
    let line = format!("render {id} --var role=kind --var name=Ada=B");
    let said = call(&store, &line, "").await.unwrap();
    assert_eq!(said, "--- system\nYou are kind.\n--- user\nBye Ada=B!\n");
    let said = json_of(&store, &format!("{line} --json"), "").await;
    assert_eq!(
        said,
        json!({"system": "You are kind.\n", "user": "Bye Ada=B!"})
    );
    let missing = call(&store, &format!("render {id} --var role=x"), "").await;
    assert_eq!(
        missing.unwrap_err().to_string(),
        "the variable `name` has no value: give it as --var NAME=VALUE"
    );
    let refused = call(&store, &format!("status {id} DRAFT"), "")
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("only ARCHIVED does"),
        "{refused}"
    );
}

#[tokio::test]
async fn mistakes_say_what_is_wrong() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    for (line, expected) in [
        ("create -", "--name <NAME>"),
        ("create --name p -", "user_prompt: must not be empty"),
        ("create --name p --system /no/such -", "read /no/such"),
        ("show prm_ghost", "there is no prompt template `prm_ghost`"),
        (
            "update prm_ghost --name p",
            "there is no prompt template `prm_ghost`",
        ),
        (
            "status prm_ghost ACTIVE",
            "there is no prompt template `prm_ghost`",
        ),
        ("status prm_ghost SHADOW", "use DRAFT, ACTIVE or ARCHIVED"),
        (
            "render prm_ghost",
            "there is no prompt template `prm_ghost`",
        ),
        ("render prm_ghost --var name", "write it as name=value"),
    ] {
        let error = format!("{:#}", call(&store, line, "").await.unwrap_err());
        assert!(error.contains(expected), "{line}: {error}");
    }
}
