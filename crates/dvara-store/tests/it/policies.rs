//! Policies: what the writer accepts and refuses, what it keeps, and what the gateways see of it.

use std::time::Duration;

use chrono::Utc;
use dvara_governance::policy::{Facts, PolicyStatus};
use dvara_store::admin::{NewPolicy, PolicyChange, PolicyRecord};
use dvara_store::snapshot::Overlay;
use dvara_store::{Admin, AdminError, Feed, FeedSettings, Snapshot};
use dvara_types::{PolicyId, TenantId};

use crate::{eventually, store, tenant};

/// A policy that denies one model.
fn denying(model: &str) -> String {
    format!("version: '1'\nrules:\n  - {{id: r, conditions: {{model: {{denylist: [{model}]}}}}}}\n")
}

async fn made(admin: &Admin<'_>, tenant: Option<&str>, dsl: &str) -> PolicyRecord {
    let new = NewPolicy {
        tenant: tenant.map(|id| TenantId::parse(id).unwrap()),
        name: "a policy".to_owned(),
        description: None,
        dsl: dsl.to_owned(),
    };
    admin.create_policy(new).await.unwrap()
}

async fn active(admin: &Admin<'_>, tenant: Option<&str>, dsl: &str) -> PolicyRecord {
    let policy = made(admin, tenant, dsl).await;
    admin
        .set_policy_status(&policy.id, PolicyStatus::Active)
        .await
        .unwrap()
}

async fn with_text(
    admin: &Admin<'_>,
    id: &PolicyId,
    dsl: String,
) -> Result<PolicyRecord, AdminError> {
    let change = PolicyChange {
        dsl: Some(dsl),
        ..PolicyChange::default()
    };
    admin.update_policy(id, change).await
}

/// The policy that denies a model to a tenant.
fn denier(snapshot: &Snapshot, tenant: &str, model: &str) -> Option<String> {
    let facts = Facts {
        model: Some(model),
        max_tokens: None,
        tools: &[],
        stream: false,
        user: None,
        tenant_id: tenant,
        tenant_region: None,
        key_id: None,
        region: None,
        mcp: None,
        budget_utilization_pct: None,
        now: Utc::now(),
    };
    let tenant = TenantId::parse(tenant).unwrap();
    let denial = snapshot.policies(Some(&tenant)).evaluate(&facts).denial?;
    Some(denial.policy_id.to_string())
}

async fn feed(store: dvara_store::Store) -> Feed {
    Feed::start(store, Overlay::default(), None, FeedSettings::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_policy_begins_as_a_draft_and_reads_as_it_was_written() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let new = NewPolicy {
        tenant: Some(TenantId::parse("acme").unwrap()),
        name: " No o1 ".to_owned(),
        description: Some("too dear\nfor now".to_owned()),
        dsl: denying("o1"),
    };
    let policy = admin.create_policy(new).await.unwrap();
    assert!(policy.id.as_str().starts_with("pol_"));
    assert_eq!((policy.status, policy.version), (PolicyStatus::Draft, 1));
    assert_eq!(policy.name, "No o1");
    assert_eq!(policy.description.as_deref(), Some("too dear\nfor now"));
    assert_eq!(policy.dsl, denying("o1"));
    assert_eq!(admin.policy(&policy.id).await.unwrap(), policy);
    assert_eq!(admin.policies().await.unwrap(), [policy]);
}

#[tokio::test]
async fn wrong_input_is_refused_with_its_text_and_changes_nothing() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let policy = active(&admin, None, &denying("o1")).await;
    let wrong = "version: '1'\nrules:\n  - {id: r, conditions: {modl: {denylist: [o1]}}}\n";
    let error = with_text(&admin, &policy.id, wrong.to_owned())
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("dsl: line 3, column "), "{text}");
    assert!(
        text.contains("`modl`") && text.contains("did you mean `model`"),
        "{text}"
    );
    let new = NewPolicy {
        name: " ".to_owned(),
        description: Some("x".repeat(2001)),
        dsl: "rules: [".to_owned(),
        ..NewPolicy::default()
    };
    let text = admin.create_policy(new).await.unwrap_err().to_string();
    for expected in [
        "name: must not be empty",
        "description: must not be longer",
        "dsl: line ",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    assert_eq!(admin.policies().await.unwrap(), [policy]);
}

#[tokio::test]
async fn the_last_ten_versions_are_kept_and_can_be_restored() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let id = active(&admin, None, &denying("m1")).await.id;
    for number in 2..=12 {
        let policy = with_text(&admin, &id, denying(&format!("m{number}")))
            .await
            .unwrap();
        assert_eq!(policy.version, number);
    }
    let again = with_text(&admin, &id, denying("m12")).await.unwrap();
    assert_eq!(again.version, 12, "the same text is no new version");
    let versions = admin.policy_versions(&id).await.unwrap();
    let numbers: Vec<i32> = versions.iter().map(|version| version.version).collect();
    assert_eq!(numbers, (3..=12).rev().collect::<Vec<_>>());
    assert_eq!(versions[0].status, PolicyStatus::Active);
    let gone = admin.restore_policy_version(&id, 2).await.unwrap_err();
    assert!(
        gone.to_string()
            .contains("no policy version that can be restored"),
        "{gone}"
    );
    admin
        .set_policy_status(&id, PolicyStatus::Archived)
        .await
        .unwrap();
    let back = admin.restore_policy_version(&id, 3).await.unwrap();
    assert_eq!((back.version, back.dsl), (13, denying("m3")));
    assert_eq!(
        back.status,
        PolicyStatus::Archived,
        "a restored text arms nothing"
    );
    admin.delete_policy(&id).await.unwrap();
    for error in [
        admin.policy(&id).await.map(drop),
        admin.policy_versions(&id).await.map(drop),
        admin.restore_policy_version(&id, 12).await.map(drop),
        admin.delete_policy(&id).await,
    ] {
        assert!(matches!(
            error,
            Err(AdminError::NotFound { what: "policy", .. })
        ));
    }
}

#[tokio::test]
async fn a_gateway_sees_a_policy_within_a_second_and_only_while_it_is_in_force() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let feed = feed(database.store().await).await;
    let running = feed.clone();
    let task = tokio::spawn(async move { running.run().await });
    eventually(Duration::from_secs(30), "it listens", || {
        feed.counters().listening
    })
    .await;
    let policy = active(&admin, Some("acme"), &denying("o1")).await;
    let id = policy.id.to_string();
    let took = eventually(Duration::from_secs(30), "it denies", || {
        denier(&feed.current(), "acme", "o1").as_ref() == Some(&id)
    })
    .await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(denier(&feed.current(), "globex", "o1"), None);
    with_text(&admin, &policy.id, denying("o3")).await.unwrap();
    eventually(Duration::from_secs(30), "the new text holds", || {
        let snapshot = feed.current();
        denier(&snapshot, "acme", "o3").is_some() && denier(&snapshot, "acme", "o1").is_none()
    })
    .await;
    for status in [
        PolicyStatus::Draft,
        PolicyStatus::Archived,
        PolicyStatus::Shadow,
    ] {
        admin.set_policy_status(&policy.id, status).await.unwrap();
        eventually(Duration::from_secs(30), "it denies no more", || {
            denier(&feed.current(), "acme", "o3").is_none()
        })
        .await;
        admin
            .set_policy_status(&policy.id, PolicyStatus::Active)
            .await
            .unwrap();
        eventually(Duration::from_secs(30), "it denies again", || {
            denier(&feed.current(), "acme", "o3").is_some()
        })
        .await;
    }
    task.abort();
}

#[tokio::test]
async fn a_broken_policy_is_named_and_the_others_bind() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    let good = active(&admin, None, &denying("o1")).await;
    database
        .execute(
            "INSERT INTO dvara_main.policies (id, name, dsl, status, version) VALUES
                 ('pol-text', 'x', 'version: ''1''
rule: []
rulez: []', 'ACTIVE', 1),
                 ('Not An Id', 'x', 'version: ''1''', 'SHADOW', 1),
                 ('pol-draft', 'x', 'not a policy', 'DRAFT', 1)",
        )
        .await;
    let text = PolicyId::parse("pol-text").unwrap();
    let feed = feed(store.clone()).await;
    let snapshot = feed.current();
    assert_eq!(denier(&snapshot, "acme", "o1"), Some(good.id.to_string()));
    let mut broken: Vec<String> = snapshot
        .broken()
        .iter()
        .map(|row| format!("{}/{}: {}", row.table, row.id, row.reason))
        .collect();
    broken.sort();
    assert_eq!(broken.len(), 2, "{broken:?}");
    assert!(broken[0].starts_with("policies/Not An Id: "), "{broken:?}");
    assert!(
        broken[1].starts_with("policies/pol-text: line 2, column 1: unknown key"),
        "{broken:?}"
    );
    assert!(broken[1].ends_with("(and 1 more)"), "{broken:?}");
    // It can be taken out of force and not put back as it is.
    admin
        .set_policy_status(&text, PolicyStatus::Archived)
        .await
        .unwrap();
    let error = admin
        .set_policy_status(&text, PolicyStatus::Active)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("unknown key"), "{error}");
}

#[tokio::test]
async fn a_tenant_that_goes_takes_its_policies_with_it_and_no_other() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    active(&admin, Some("acme"), &denying("o3")).await;
    let global = active(&admin, None, &denying("o1")).await;
    database
        .execute("DELETE FROM dvara_main.tenants WHERE id = 'acme'")
        .await;
    assert_eq!(
        admin.policies().await.unwrap(),
        std::slice::from_ref(&global)
    );
    let feed = feed(store.clone()).await;
    assert!(feed.current().broken().is_empty());
    assert_eq!(
        denier(&feed.current(), "acme", "o1"),
        Some(global.id.to_string())
    );
    let ghost = NewPolicy {
        tenant: Some(TenantId::parse("acme").unwrap()),
        name: "p".to_owned(),
        dsl: denying("o1"),
        ..NewPolicy::default()
    };
    let error = admin.create_policy(ghost).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no tenant `acme`");
}
