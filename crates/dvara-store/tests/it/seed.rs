//! Seeds: inserted where absent, as often as a pod starts.

use dvara_crypto::api_key;
use dvara_store::admin::{Seed, SeedReport};
use dvara_store::file::GatewayFile;
use dvara_store::{Admin, AdminError};
use dvara_types::{RouteId, TenantId};
use serde_json::{Value, json};

use crate::store;

const STATIC_KEY: &str = "gw_0123456789abcdef0123456789abcdef01234567";

fn file(sections: &Value) -> GatewayFile {
    GatewayFile::parse(sections.as_object().unwrap()).unwrap()
}

fn bootstrap() -> Seed {
    Seed::of_bootstrap_file(&file(&json!({
        "tenants": [{"id": "acme", "name": "Acme", "status": "active"}],
        "api_keys": [
            {"generate": true, "tenant": "acme", "name": "generated"},
            {"key": STATIC_KEY, "tenant": "acme", "name": "static"},
            {"generate": true, "tenant": "implied"},
        ],
        "routes": [{"id": "fast", "model": "gpt-*", "provider": "openai"}, {"model": "x"}],
    })))
}

async fn seed(admin: &Admin<'_>, seed: &Seed) -> SeedReport {
    admin.seed(seed).await.unwrap()
}

#[tokio::test]
async fn a_seed_inserts_what_is_absent_and_the_second_time_nothing() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let first = seed(&admin, &bootstrap()).await;
    let tenants: Vec<&str> = first.tenants.iter().map(TenantId::as_str).collect();
    assert_eq!(tenants, ["acme", "implied"]);
    assert_eq!(first.api_keys.len(), 3);
    assert_eq!(first.routes.len(), 2);
    let generated = first.api_keys[0].generated.as_ref().unwrap().expose();
    assert_eq!(api_key::hash(generated), first.api_keys[0].record.hash);
    assert!(
        first.api_keys[1].generated.is_none(),
        "a key of the file is not shown"
    );
    let second = seed(&admin, &bootstrap()).await;
    assert!(second.is_empty(), "{second:?}");
    assert_eq!(second.present, 6);
}

#[tokio::test]
async fn what_somebody_took_away_counts_as_present() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let first = seed(&admin, &bootstrap()).await;
    for key in &first.api_keys {
        admin.revoke_key(&key.record.id).await.unwrap();
    }
    let acme = TenantId::parse("acme").unwrap();
    admin.suspend_tenant(&acme, None).await.unwrap();
    admin
        .delete_route(&RouteId::parse("fast").unwrap())
        .await
        .unwrap();
    assert!(seed(&admin, &bootstrap()).await.is_empty());
}

#[tokio::test]
async fn replicas_that_start_together_seed_once() {
    let (database, store) = store().await;
    let other = database.store().await;
    let (one, two) = (Admin::new(&store), Admin::new(&other));
    let seeds = bootstrap();
    let (a, b) = tokio::join!(one.seed(&seeds), two.seed(&seeds));
    let inserted = a.unwrap().api_keys.len() + b.unwrap().api_keys.len();
    assert_eq!(inserted, 3);
}

#[tokio::test]
async fn a_key_that_was_changed_in_its_file_comes_in_beside_the_old_one() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let with = |key: &str| {
        Seed::of_gateway_file(&file(
            &json!({"api_keys": [{"key": key, "name": "ci", "tenant": "acme"}]}),
        ))
    };
    seed(&admin, &with(STATIC_KEY)).await;
    let changed = seed(&admin, &with(&STATIC_KEY.replace('0', "f"))).await;
    assert_eq!(changed.api_keys[0].record.name, "ci-2");
    assert_eq!(admin.keys(None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn gateway_yaml_stores_no_routes() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let sections = file(&json!({"routes": [{"model": "x"}], "tenants": [{"id": "acme"}]}));
    seed(&admin, &Seed::of_gateway_file(&sections)).await;
    assert!(admin.routes().await.unwrap().is_empty());
    assert_eq!(sections.overlay().routes.len(), 1);
}

#[tokio::test]
async fn a_seed_over_the_licence_s_limit_inserts_nothing() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store).with_max_tenants(Some(1));
    let error = admin.seed(&bootstrap()).await.unwrap_err();
    assert!(
        matches!(error, AdminError::TenantLimit { max_tenants: 1 }),
        "{error}"
    );
    assert!(admin.tenants().await.unwrap().is_empty());
}
