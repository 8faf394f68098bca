use clap::Parser;
use dvara_testkit::database::TestDatabase;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    policy: PolicyArgs,
}

const TEXT: &str = "version: '1'\nrules:\n  - {id: r, conditions: {max_tokens: {limit: 5}}}\n";

/// What a command says with this text on its standard input.
async fn call_with(store: &Store, line: &str, input: &str) -> anyhow::Result<String> {
    let words = std::iter::once("dvara").chain(line.split(' '));
    let args = Line::try_parse_from(words)?.policy;
    let mut out = Vec::new();
    run(&args, store, &mut input.as_bytes(), &mut out).await?;
    Ok(String::from_utf8(out)?)
}

async fn call(store: &Store, line: &str) -> anyhow::Result<String> {
    call_with(store, line, "").await
}

async fn json_of(store: &Store, line: &str, input: &str) -> Value {
    serde_json::from_str(&call_with(store, line, input).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_policy_is_made_put_in_force_changed_rolled_back_and_deleted() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    let made = json_of(
        &store,
        "create --name small --description why - --json",
        TEXT,
    )
    .await;
    assert_eq!(
        (&made["status"], &made["version"]),
        (&json!("DRAFT"), &json!(1))
    );
    assert_eq!(
        (&made["dsl"], &made["description"]),
        (&json!(TEXT), &json!("why"))
    );
    let id = made["id"].as_str().unwrap();
    let active = call(&store, &format!("status {id} active")).await.unwrap();
    assert!(
        active.contains("ACTIVE") && active.contains("(all tenants)"),
        "{active}"
    );
    let text = TEXT.replace('5', "6");
    let changed = json_of(
        &store,
        &format!("update {id} --name smaller - --json"),
        &text,
    )
    .await;
    assert_eq!(
        (&changed["version"], &changed["name"]),
        (&json!(2), &json!("smaller"))
    );
    let shown = call(&store, &format!("show {id}")).await.unwrap();
    assert!(shown.ends_with(&format!("\n\n{text}")), "{shown}");
    let versions = json_of(&store, &format!("versions {id} --json"), "").await;
    assert_eq!(
        (&versions[0]["version"], &versions[1]["dsl"]),
        (&json!(2), &json!(TEXT))
    );
    let back = call(&store, &format!("rollback {id} 1")).await.unwrap();
    assert!(back.contains("v3") && back.ends_with("small\n"), "{back}");
    assert_eq!(call(&store, "list").await.unwrap(), back);
    assert_eq!(
        call(&store, &format!("delete {id}")).await.unwrap(),
        format!("deleted {id}\n")
    );
    assert_eq!(json_of(&store, "list --json", "").await, json!([]));
}

#[tokio::test]
async fn mistakes_say_what_is_wrong() {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    for (line, input, expected) in [
        ("create -", TEXT, "--name <NAME>"),
        (
            "create --name p --tenant ghost -",
            TEXT,
            "there is no tenant `ghost`",
        ),
        (
            "create --name p -",
            "version: '1'\nrule: []",
            "dsl: line 2, column 1: unknown key `rule`",
        ),
        ("create --name p /no/such/file", "", "read /no/such/file"),
        ("show pol_ghost", "", "there is no policy `pol_ghost`"),
        (
            "update pol_ghost --name p",
            "",
            "there is no policy `pol_ghost`",
        ),
        (
            "status pol_ghost ACTIVE",
            "",
            "there is no policy `pol_ghost`",
        ),
        (
            "status pol_ghost ENABLED",
            "",
            "use DRAFT, SHADOW, ACTIVE or ARCHIVED",
        ),
        ("versions pol_ghost", "", "there is no policy `pol_ghost`"),
        ("rollback pol_ghost 1", "", "there is no policy `pol_ghost`"),
        ("delete pol_ghost", "", "there is no policy `pol_ghost`"),
        ("delete Ghost!", "", "is not an id"),
    ] {
        let error = format!("{:#}", call_with(&store, line, input).await.unwrap_err());
        assert!(error.contains(expected), "{line}: {error}");
    }
}
