//! Output schemas: what the writer accepts and refuses, and which of them a gateway holds an answer against.

use std::time::Duration;

use dvara_store::admin::{NewOutputSchema, OutputSchemaChange, OutputSchemaRecord};
use dvara_store::snapshot::Overlay;
use dvara_store::{Admin, AdminError, Feed, FeedSettings, Snapshot};
use dvara_types::{Glob, OutputSchemaId, RouteId, TenantId};
use serde_json::{Value, json};

use crate::{eventually, store, tenant};

fn new(tenant: Option<&str>, pattern: Option<&str>, route: Option<&str>) -> NewOutputSchema {
    NewOutputSchema {
        tenant: tenant.map(|id| TenantId::parse(id).unwrap()),
        model_pattern: pattern.map(str::to_owned),
        route: route.map(|id| RouteId::parse(id).unwrap()),
        schema: json!({"type": "object", "required": ["a"]}),
    }
}

async fn made(
    admin: &Admin<'_>,
    tenant: Option<&str>,
    pattern: Option<&str>,
    route: Option<&str>,
) -> OutputSchemaRecord {
    admin
        .create_output_schema(new(tenant, pattern, route))
        .await
        .unwrap()
}

/// The schema that an answer to this call is held against.
fn found(
    snapshot: &Snapshot,
    tenant: Option<&str>,
    model: &str,
    route: Option<&str>,
) -> Option<OutputSchemaId> {
    let tenant = tenant.map(|id| TenantId::parse(id).unwrap());
    let route = route.map(|id| RouteId::parse(id).unwrap());
    let schema = snapshot.output_schema(tenant.as_ref(), model, route.as_ref())?;
    Some(schema.id.clone())
}

async fn feed(store: dvara_store::Store) -> Feed {
    Feed::start(store, Overlay::default(), None, FeedSettings::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_schema_reads_as_it_was_written_and_changes() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let schema = made(&admin, Some("acme"), Some(" gpt-* "), Some("fast")).await;
    assert!(schema.id.as_str().starts_with("sch_") && schema.enabled);
    assert_eq!(schema.model_pattern, Some(Glob::new("gpt-*")));
    assert_eq!(schema.schema, json!({"type": "object", "required": ["a"]}));
    assert_eq!(
        admin.output_schemas().await.unwrap(),
        std::slice::from_ref(&schema)
    );
    let change = OutputSchemaChange {
        model_pattern: Some(None),
        schema: Some(json!({"type": "array"})),
        ..OutputSchemaChange::default()
    };
    let changed = admin
        .update_output_schema(&schema.id, change)
        .await
        .unwrap();
    assert_eq!((changed.model_pattern, changed.route), (None, schema.route));
    assert_eq!(changed.schema, json!({"type": "array"}));
    let off = admin
        .set_output_schema_enabled(&schema.id, false)
        .await
        .unwrap();
    assert!(!off.enabled);
    admin.delete_output_schema(&schema.id).await.unwrap();
    assert!(admin.output_schemas().await.unwrap().is_empty());
    let error = admin.set_output_schema_enabled(&schema.id, true).await;
    assert!(matches!(
        error,
        Err(AdminError::NotFound {
            what: "output schema",
            ..
        })
    ));
}

#[tokio::test]
async fn wrong_input_is_refused_with_its_text_and_changes_nothing() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let schema = made(&admin, None, Some("*"), None).await;
    let with = |value: Value| NewOutputSchema {
        schema: value,
        ..new(None, Some("*"), None)
    };
    for (refused, expected) in [
        (
            new(None, None, None),
            "scope: give a model pattern or a route",
        ),
        (
            new(None, Some(" "), None),
            "model_pattern: must be 1 to 200",
        ),
        (
            new(Some("ghost"), Some("*"), None),
            "there is no tenant `ghost`",
        ),
        (with(json!("x")), "schema: a schema is a JSON object"),
        (with(json!({"type": "strin"})), "schema: /type: "),
        (
            with(json!({"$ref": "https://x/"})),
            "schema: #: `https://x/` leads out of the schema",
        ),
        (
            with(json!({"title": "a\0b"})),
            "schema: must not contain a zero byte",
        ),
        (
            with(json!({"title": "x".repeat(65536)})),
            "schema: must not be larger than 64 KiB",
        ),
    ] {
        let error = admin.create_output_schema(refused).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    let nowhere = OutputSchemaChange {
        model_pattern: Some(None),
        ..OutputSchemaChange::default()
    };
    let error = admin
        .update_output_schema(&schema.id, nowhere)
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("scope: "), "{error}");
    assert_eq!(admin.output_schemas().await.unwrap(), [schema]);
}

#[tokio::test]
async fn the_closest_schema_is_found_and_the_oldest_of_those() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let by_model = made(&admin, None, Some("gpt-*"), None).await.id;
    let by_route = made(&admin, None, None, Some("fast")).await.id;
    let by_both = made(&admin, None, Some("gpt-4?"), Some("fast")).await.id;
    let later = made(&admin, None, Some("gpt-4*"), Some("fast")).await.id;
    let own = made(&admin, Some("acme"), Some("*"), None).await.id;
    let feed = feed(store.clone()).await;
    let snapshot = feed.current();
    for (tenant, model, route, expected) in [
        (None, "gpt-4o", Some("fast"), Some(&by_both)),
        (None, "gpt-4o-mini", Some("fast"), Some(&later)),
        (None, "gpt-3", Some("fast"), Some(&by_model)),
        (None, "gpt-4o", Some("slow"), Some(&by_model)),
        (None, "gpt-4o", None, Some(&by_model)),
        (None, "claude", Some("fast"), Some(&by_route)),
        (None, "claude", None, None),
        (Some("globex"), "gpt-4o", Some("fast"), Some(&by_both)),
        (Some("acme"), "gpt-4o", Some("fast"), Some(&own)),
        (Some("acme"), "claude", None, Some(&own)),
    ] {
        let found = found(&snapshot, tenant, model, route);
        assert_eq!(found.as_ref(), expected, "{tenant:?} {model} {route:?}");
    }
    let schema = snapshot.output_schema(None, "gpt-4o", None).unwrap();
    assert_eq!(schema.schema.check(r#"{"a": 1}"#), Ok(()));
    let misfits = schema.schema.check("{}").unwrap_err();
    assert_eq!(misfits[0].to_string(), "misses the property \"a\"");
}

#[tokio::test]
async fn a_gateway_sees_a_schema_within_a_second_and_only_while_it_is_enabled() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    let feed = feed(database.store().await).await;
    let running = feed.clone();
    let task = tokio::spawn(async move { running.run().await });
    eventually(Duration::from_secs(30), "it listens", || {
        feed.counters().listening
    })
    .await;
    let id = made(&admin, None, Some("*"), None).await.id;
    let holds = || found(&feed.current(), None, "m", None).as_ref() == Some(&id);
    let took = eventually(Duration::from_secs(30), "it holds", holds).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    admin.set_output_schema_enabled(&id, false).await.unwrap();
    eventually(Duration::from_secs(30), "it holds no more", || !holds()).await;
    admin.set_output_schema_enabled(&id, true).await.unwrap();
    eventually(Duration::from_secs(30), "it holds again", holds).await;
    admin.delete_output_schema(&id).await.unwrap();
    eventually(Duration::from_secs(30), "it is gone", || !holds()).await;
    task.abort();
}

#[tokio::test]
async fn a_broken_schema_is_named_and_the_others_hold() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    let good = made(&admin, None, Some("*"), None).await.id;
    database
        .execute(
            "INSERT INTO dvara_main.output_schemas (id, model_pattern, route_id, schema, enabled) VALUES
                 ('sch-remote', '*', 'r', '{\"$ref\": \"http://x/\"}', true),
                 ('sch-route', '*', 'Not An Id', '{}', true),
                 ('sch-off', '*', 'r', '[]', false)",
        )
        .await;
    let feed = feed(store.clone()).await;
    let snapshot = feed.current();
    assert_eq!(found(&snapshot, None, "m", Some("r")), Some(good));
    let mut broken: Vec<String> = snapshot
        .broken()
        .iter()
        .map(|row| format!("{}/{}: {}", row.table, row.id, row.reason))
        .collect();
    broken.sort();
    assert_eq!(broken.len(), 2, "{broken:?}");
    assert!(broken[0].starts_with("output_schemas/sch-remote: #: `http://x/` leads out"));
    assert!(broken[1].starts_with("output_schemas/sch-route: `Not An Id` is not an id"));
}
