//! The only writer of configuration: what it accepts, what it refuses and what it leaves behind.

use chrono::{TimeDelta, Utc};
use dvara_store::admin::{
    CanaryDraft, NewKey, NewTenant, RouteDraft, RouteTargetDraft, ShadowDraft,
};
use dvara_store::{Admin, AdminError, Store};
use dvara_testkit::database::TestDatabase;
use dvara_types::{ApiKeyId, KeyStatus, RouteId, Scopes, TenantId, TenantStatus};
use sqlx::Row;

use crate::{key, store, tenant};

async fn versions(database: &TestDatabase) -> Vec<(String, i64)> {
    let mut connection = database.connection().await;
    let rows = sqlx::query("SELECT area, version FROM dvara_main.config_versions ORDER BY area")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn version_of(versions: &[(String, i64)], area: &str) -> i64 {
    versions.iter().find(|(name, _)| name == area).unwrap().1
}

fn new_tenant(id: Option<&str>, name: &str) -> NewTenant {
    NewTenant {
        id: id.map(|id| TenantId::parse(id).unwrap()),
        name: name.to_owned(),
        ..NewTenant::default()
    }
}

fn new_key(tenant: &str, name: &str) -> NewKey {
    NewKey::new(TenantId::parse(tenant).unwrap(), name)
}

fn draft(id: &str, pattern: &str) -> RouteDraft {
    RouteDraft {
        id: Some(id.to_owned()),
        model_pattern: pattern.to_owned(),
        ..RouteDraft::default()
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_written() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let before = versions(&database).await;
    let past = Utc::now() - TimeDelta::minutes(1);
    let refused: Vec<(&str, AdminError)> = vec![
        (
            "name: must not be empty",
            admin
                .create_tenant(new_tenant(None, "  "))
                .await
                .unwrap_err(),
        ),
        (
            "name: must not contain line breaks",
            admin
                .create_tenant(new_tenant(None, "a\nb"))
                .await
                .unwrap_err(),
        ),
        (
            "name: must not be longer than 200",
            admin
                .create_tenant(new_tenant(None, &"n".repeat(201)))
                .await
                .unwrap_err(),
        ),
        (
            "there is already a tenant `acme`",
            admin
                .create_tenant(new_tenant(Some("acme"), "x"))
                .await
                .unwrap_err(),
        ),
        (
            "there is no tenant `ghost`",
            admin.create_key(new_key("ghost", "ci")).await.unwrap_err(),
        ),
        (
            "name: must not look like the beginning of a key; \
             scopes: `models:reed` is no scope; did you mean `models:read`?; expires_at: must lie in the future",
            admin
                .create_key(NewKey {
                    scopes: Scopes(vec!["models:reed".to_owned()]),
                    expires_at: Some(past),
                    ..new_key("acme", "gw_0123abcd")
                })
                .await
                .unwrap_err(),
        ),
        (
            "there is no key `key_x`",
            admin
                .revoke_key(&ApiKeyId::parse("key_x").unwrap())
                .await
                .unwrap_err(),
        ),
        (
            "model: must not be empty",
            admin.put_route(draft("r", "")).await.unwrap_err(),
        ),
        (
            "strategy: the strategy `INTELLIGENT` is not built yet; use one of `model-prefix`",
            admin
                .put_route(RouteDraft {
                    strategy: Some("INTELLIGENT".to_owned()),
                    ..draft("r", "a")
                })
                .await
                .unwrap_err(),
        ),
        (
            "providers: `model-prefix` uses one provider",
            admin
                .put_route(RouteDraft {
                    providers: vec![RouteTargetDraft::named("a"), RouteTargetDraft::named("b")],
                    ..draft("r", "a")
                })
                .await
                .unwrap_err(),
        ),
        (
            "there is no route `r`",
            admin
                .delete_route(&RouteId::parse("r").unwrap())
                .await
                .unwrap_err(),
        ),
        (
            "there is no route version that can be restored `r 1`",
            admin
                .restore_route_version(&RouteId::parse("r").unwrap(), 1)
                .await
                .unwrap_err(),
        ),
    ];
    for (expected, error) in refused {
        let text = error.to_string();
        assert!(text.contains(expected), "{text}\n{expected}");
    }
    assert_eq!(versions(&database).await, before);
}

#[tokio::test]
async fn the_licence_s_limit_counts_suspended_tenants_and_holds_for_two_at_once() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store).with_max_tenants(Some(3));
    let first = tenant(&admin, "one").await;
    admin.suspend_tenant(&first.id, None).await.unwrap();
    tenant(&admin, "two").await;
    let (a, b) = tokio::join!(
        admin.create_tenant(new_tenant(Some("three"), "three")),
        admin.create_tenant(new_tenant(Some("four"), "four")),
    );
    let refused = [a, b]
        .into_iter()
        .filter_map(Result::err)
        .collect::<Vec<_>>();
    assert!(
        matches!(refused[..], [AdminError::TenantLimit { max_tenants: 3 }]),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_suspended_tenant_carries_its_reason_until_it_is_resumed() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    let id = tenant(&admin, "acme").await.id;
    let suspended = admin.suspend_tenant(&id, Some("unpaid")).await.unwrap();
    assert_eq!(suspended.status, TenantStatus::Suspended);
    assert_eq!(suspended.metadata["suspendedReason"], "unpaid");
    let before = versions(&database).await;
    admin.suspend_tenant(&id, Some("unpaid")).await.unwrap();
    assert_eq!(versions(&database).await, before, "nothing changed");
    let resumed = admin.resume_tenant(&id).await.unwrap();
    assert_eq!(resumed.status, TenantStatus::Active);
    assert!(resumed.metadata.is_empty());
    assert_eq!(admin.tenant(&id).await.unwrap(), resumed);
    let ghost = TenantId::parse("ghost").unwrap();
    assert!(matches!(
        admin.suspend_tenant(&ghost, None).await,
        Err(AdminError::NotFound { what: "tenant", .. })
    ));
}

#[tokio::test]
async fn a_key_is_shown_once_stored_as_a_hash_and_revoked_for_good() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let made = key(&admin, "acme", "ci").await;
    let plain = made.key.expose().clone();
    assert!(plain.starts_with("gw_") && plain.len() == 43);
    assert_eq!(made.record.prefix, plain[..11]);
    let mut connection = database.connection().await;
    let stored: String = sqlx::query("SELECT to_jsonb(k)::text FROM dvara_main.api_keys k")
        .fetch_one(&mut connection)
        .await
        .unwrap()
        .get(0);
    assert!(!stored.contains(&plain[11..]), "{stored}");
    let taken = admin.create_key(new_key("acme", "ci")).await.unwrap_err();
    assert!(
        matches!(&taken, AdminError::Conflict { what, .. } if what.contains("`ci`")),
        "{taken}"
    );
    let revoked = admin.revoke_key(&made.record.id).await.unwrap();
    assert_eq!(revoked.status, KeyStatus::Revoked);
    let before = versions(&database).await;
    admin.revoke_key(&made.record.id).await.unwrap();
    assert_eq!(
        versions(&database).await,
        before,
        "revoking twice changes nothing"
    );
    key(&admin, "acme", "ci").await;
    let listed = admin
        .keys(Some(&TenantId::parse("acme").unwrap()))
        .await
        .unwrap();
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn every_write_moves_the_version_of_its_area_and_of_no_other() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    key(&admin, "acme", "ci").await;
    key(&admin, "acme", "cd").await;
    admin.put_route(draft("r", "gpt-*")).await.unwrap();
    admin.put_route(draft("r", "gpt-*")).await.unwrap();
    let versions = versions(&database).await;
    assert_eq!(version_of(&versions, "tenants"), 1);
    assert_eq!(version_of(&versions, "api_keys"), 2);
    assert_eq!(
        version_of(&versions, "routes"),
        1,
        "writing the same again changes nothing"
    );
    assert_eq!(version_of(&versions, "provider_credentials"), 0);
}

async fn patterns(admin: &Admin<'_>, id: &RouteId) -> Vec<(i32, String)> {
    let versions = admin.route_versions(id).await.unwrap();
    versions
        .into_iter()
        .map(|version| {
            (
                version.record.version,
                version.record.model_pattern.as_str().to_owned(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_route_keeps_its_versions_and_the_last_ten_can_be_restored() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let id = RouteId::parse("fast").unwrap();
    for number in 1..=12 {
        let route = admin
            .put_route(draft("fast", &format!("m{number}")))
            .await
            .unwrap();
        assert_eq!(route.version, number);
    }
    assert_eq!(patterns(&admin, &id).await.len(), 10);
    assert!(
        admin.restore_route_version(&id, 2).await.is_err(),
        "the eleventh is too old"
    );
    let restored = admin.restore_route_version(&id, 3).await.unwrap();
    assert_eq!(
        (restored.version, restored.model_pattern.as_str()),
        (13, "m3")
    );
    admin.delete_route(&id).await.unwrap();
    assert!(admin.routes().await.unwrap().is_empty());
    let back = admin.restore_route_version(&id, 12).await.unwrap();
    assert_eq!((back.version, back.model_pattern.as_str()), (14, "m12"));
    assert_eq!(admin.routes().await.unwrap().len(), 1);
    let newest = &patterns(&admin, &id).await[0];
    assert_eq!(newest, &(14, "m12".to_owned()));
}

#[tokio::test]
async fn a_route_with_everything_survives_the_store_and_comes_back() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    admin
        .create_tenant(new_tenant(Some("acme"), "Acme"))
        .await
        .unwrap();
    let target = |provider: &str, model: Option<&str>| RouteTargetDraft {
        weight: Some(3),
        region: Some("eu-west-1".to_owned()),
        model: model.map(str::to_owned),
        price_input: Some("0.15".to_owned()),
        price_output: Some("0.60".to_owned()),
        ..RouteTargetDraft::named(provider)
    };
    let everything = RouteDraft {
        strategy: Some("canary".to_owned()),
        tenant: Some("acme".to_owned()),
        providers: vec![target("a", None), target("b", Some("small"))],
        fallbacks: vec![("c".to_owned(), None)],
        model_tiers: vec!["large".to_owned(), "small".to_owned()],
        canary_config: Some(CanaryDraft {
            baseline_provider: "a".to_owned(),
            candidate_provider: "b".to_owned(),
            split_pct: 5,
            tenant_scope: vec!["acme".to_owned()],
            test_name: Some("small".to_owned()),
        }),
        shadow_config: Some(ShadowDraft {
            shadow_provider: "c".to_owned(),
            shadow_model: Some("next".to_owned()),
            sample_pct: 10,
            tenant_scope: Vec::new(),
            test_name: None,
        }),
        hedge_after_ms: Some(800),
        ..draft("r", "m*")
    };
    let made = admin.put_route(everything.clone()).await.unwrap();
    let again = admin.put_route(everything).await.unwrap();
    assert_eq!(again, made, "nothing changed, so there is no new version");
    assert_eq!(admin.routes().await.unwrap()[0].record, made);
    admin.put_route(draft("r", "m*")).await.unwrap();
    let back = admin.restore_route_version(&made.id, 1).await.unwrap();
    assert_eq!(back.options, made.options);
    assert_eq!(back.providers, made.providers);
    let stranger = RouteDraft {
        tenant: Some("ghost".to_owned()),
        ..draft("s", "m*")
    };
    let error = admin.put_route(stranger).await.unwrap_err();
    assert!(
        error.to_string().contains("there is no tenant `ghost`"),
        "{error}"
    );
}

#[tokio::test]
async fn routes_stand_in_the_order_they_came_unless_told_otherwise() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    for id in ["c", "a", "b"] {
        admin.put_route(draft(id, "x")).await.unwrap();
    }
    let first = RouteDraft {
        position: Some(0),
        ..draft("z", "x")
    };
    admin.put_route(first).await.unwrap();
    admin.put_route(draft("a", "changed")).await.unwrap();
    let order: Vec<String> = admin
        .routes()
        .await
        .unwrap()
        .into_iter()
        .map(|version| version.record.id.to_string())
        .collect();
    assert_eq!(order, ["z", "c", "a", "b"]);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let (_database, store): (_, Store) = store().await;
    store.close().await;
    let error = Admin::new(&store).tenants().await.unwrap_err();
    assert!(matches!(error, AdminError::Store(_)), "{error}");
}
