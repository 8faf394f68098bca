//! Provider credentials from the command that stores them to the call that shows them.

use std::sync::Arc;
use std::time::Duration;

use dvara_crypto::Secret;
use dvara_crypto::envelope::MasterKey;
use dvara_store::admin::{CredentialMode, NewCredential};
use dvara_store::snapshot::Overlay;
use dvara_store::{Admin, AdminError, Feed, FeedSettings, Store};
use dvara_types::{ProviderName, TenantId};
use sqlx::Row;

use crate::{store, tenant};

fn new(tenant: Option<&str>, secret: &str) -> NewCredential {
    NewCredential {
        tenant: tenant.map(|tenant| TenantId::parse(tenant).unwrap()),
        provider: ProviderName::parse("openai").unwrap(),
        mode: CredentialMode::Encrypted,
        secret: Secret::new(secret.to_owned()),
        grace: None,
    }
}

fn master() -> MasterKey {
    MasterKey::derive(&Secret::new("a password".to_owned()))
}

/// The secret that a tenant's call would show, as a fresh process sees it.
async fn shown(store: &Store, master: &MasterKey) -> Option<String> {
    let master = Some(Arc::new(master.clone()));
    let feed = Feed::start(
        store.clone(),
        Overlay::default(),
        master,
        FeedSettings::default(),
    )
    .await
    .unwrap();
    let tenant = TenantId::parse("acme").unwrap();
    let provider = ProviderName::parse("openai").unwrap();
    let snapshot = feed.current();
    snapshot.credential(Some(&tenant), &provider).map(|found| {
        found.map_or_else(
            |unusable| unusable.reason.clone(),
            |c| c.secret.expose().clone(),
        )
    })
}

#[tokio::test]
async fn without_an_encryption_password_nothing_is_stored() {
    let (database, store) = store().await;
    let error = Admin::new(&store)
        .put_credential(new(None, "sk-1"))
        .await
        .unwrap_err();
    assert!(matches!(error, AdminError::NoEncryptionPassword));
    assert!(
        error
            .to_string()
            .contains("DVARA_ENCRYPTION_MASTER_PASSWORD")
    );
    let mut connection = database.connection().await;
    let rows: i64 = sqlx::query("SELECT count(*) FROM dvara_main.provider_credentials")
        .fetch_one(&mut connection)
        .await
        .unwrap()
        .get(0);
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_credential_is_sealed_replaced_and_retired() {
    let (database, store) = store().await;
    let master = master();
    let admin = Admin::new(&store).with_master_key(Some(&master));
    tenant(&admin, "acme").await;
    admin
        .put_credential(new(None, "sk-platform"))
        .await
        .unwrap();
    let first = admin
        .put_credential(new(Some("acme"), "sk-first"))
        .await
        .unwrap();
    assert_eq!(shown(&store, &master).await.as_deref(), Some("sk-first"));

    let replacing = NewCredential {
        grace: Some(Duration::from_secs(3600)),
        ..new(Some("acme"), "sk-second")
    };
    let second = admin.put_credential(replacing).await.unwrap();
    assert_eq!(shown(&store, &master).await.as_deref(), Some("sk-second"));
    admin.retire_credential(&second).await.unwrap();
    assert_eq!(
        shown(&store, &master).await.as_deref(),
        Some("sk-first"),
        "in grace"
    );
    admin.retire_credential(&first).await.unwrap();
    admin.retire_credential(&first).await.unwrap();
    assert_eq!(shown(&store, &master).await.as_deref(), Some("sk-platform"));

    let told = format!("{:?}", admin.credentials().await.unwrap());
    assert!(
        told.contains(first.as_str()) && !told.contains("sk-"),
        "{told}"
    );
    let mut connection = database.connection().await;
    let rows = sqlx::query("SELECT to_jsonb(c)::text FROM dvara_main.provider_credentials c")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    for row in rows {
        let text: String = row.get(0);
        assert!(text.contains("ENC:v1:") && !text.contains("sk-"), "{text}");
    }
}

#[tokio::test]
async fn another_password_makes_it_unusable_and_the_platform_s_does_not_step_in() {
    let (_database, store) = store().await;
    let master = master();
    let admin = Admin::new(&store).with_master_key(Some(&master));
    tenant(&admin, "acme").await;
    admin
        .put_credential(new(Some("acme"), "sk-own"))
        .await
        .unwrap();
    let other = MasterKey::derive(&Secret::new("another".to_owned()));
    let reason = shown(&store, &other).await.unwrap();
    assert!(reason.contains("does not open"), "{reason}");
}

#[tokio::test]
async fn wrong_fields_of_a_credential_are_named() {
    let (_database, store) = store().await;
    let master = master();
    let admin = Admin::new(&store).with_master_key(Some(&master));
    let wrong = NewCredential {
        mode: CredentialMode::Reference,
        grace: Some(Duration::from_secs(u64::from(u32::MAX))),
        ..new(None, " ")
    };
    let text = admin.put_credential(wrong).await.unwrap_err().to_string();
    for field in ["mode:", "secret:", "grace:"] {
        assert!(text.contains(field), "{text}");
    }
    let ghost = admin
        .put_credential(new(Some("ghost"), "sk"))
        .await
        .unwrap_err();
    assert!(matches!(ghost, AdminError::NotFound { what: "tenant", .. }));
}
