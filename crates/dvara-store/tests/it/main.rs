//! The store against real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod admin;
mod broken;
mod cluster_key;
mod credentials;
mod feed;
mod migrations;
mod output_schemas;
mod policies;
mod private;
mod prompt_templates;
mod rates;
mod seed;
mod statements;
mod tls;

use std::time::{Duration, Instant};

use dvara_store::admin::{CreatedKey, NewKey, NewTenant};
use dvara_store::{Admin, Store};
use dvara_testkit::database::TestDatabase;
use dvara_types::{TenantId, TenantRecord};

/// A migrated database and a store on it.
async fn store() -> (TestDatabase, Store) {
    let database = TestDatabase::new().await;
    let store = database.store().await;
    (database, store)
}

/// A tenant called as its id.
async fn tenant(admin: &Admin<'_>, id: &str) -> TenantRecord {
    let new = NewTenant {
        id: Some(TenantId::parse(id).unwrap()),
        name: id.to_owned(),
        ..NewTenant::default()
    };
    admin.create_tenant(new).await.unwrap()
}

/// A key of a tenant.
async fn key(admin: &Admin<'_>, tenant: &str, name: &str) -> CreatedKey {
    let new = NewKey::new(TenantId::parse(tenant).unwrap(), name);
    admin.create_key(new).await.unwrap()
}

/// Waits until something holds; fails after `limit`.
async fn eventually(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}
