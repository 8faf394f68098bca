//! Rows that make no sense, put there behind the writer's back: named, left out, and the rest stays in force.

use dvara_crypto::api_key;
use dvara_store::snapshot::Overlay;
use dvara_store::{Admin, Feed, FeedSettings};

use crate::{key, store, tenant};

#[tokio::test]
async fn broken_rows_are_named_and_the_rest_stays_in_force() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let good = key(&admin, "acme", "good").await;
    database
        .execute(
            "INSERT INTO dvara_main.tenants (id, name, status) VALUES ('Bad Id', 'x', 'ACTIVE'), ('odd', 'x', 'MAYBE');
             INSERT INTO dvara_main.api_keys (id, tenant_id, name, prefix, hash, status) VALUES
                 ('key-hash', 'acme', 'a', 'p', 'not a hash', 'ACTIVE'),
                 ('key-orphan', 'odd', 'b', 'p', repeat('ab', 32), 'ACTIVE'),
                 ('key-status', 'acme', 'c', 'p', repeat('cd', 32), 'PERHAPS');
             INSERT INTO dvara_main.routes (id, version, position, model_pattern, strategy, definition) VALUES
                 ('rte-strategy', 1, 1, 'a', 'intelligent', '{}'),
                 ('rte-field', 1, 2, 'a', 'model-prefix', '{\"shadow\": 1}'),
                 ('rte-good', 1, 3, 'a', 'model-prefix', '{\"providers\": [{\"provider\": \"openai\"}]}');
             INSERT INTO dvara_main.provider_credentials (id, provider, mode, sealed, status) VALUES
                 ('crd-sealed', 'openai', 'ENCRYPTED', 'ENC:v1:rubbish', 'ACTIVE')",
        )
        .await;
    let feed = Feed::start(store, Overlay::default(), None, FeedSettings::default())
        .await
        .unwrap();
    let snapshot = feed.current();
    assert!(snapshot.key(&api_key::hash(good.key.expose())).is_some());
    assert_eq!(snapshot.key_count(), 1);
    assert_eq!(
        snapshot.route_for("a", None).unwrap().record.id.as_str(),
        "rte-good"
    );
    let mut named: Vec<String> = snapshot
        .broken()
        .iter()
        .map(|row| format!("{}/{}", row.table, row.id))
        .collect();
    named.sort();
    assert_eq!(
        named,
        [
            "api_keys/key-hash",
            "api_keys/key-orphan",
            "api_keys/key-status",
            "provider_credentials/crd-sealed",
            "routes/rte-field",
            "routes/rte-strategy",
            "tenants/Bad Id",
            "tenants/odd",
        ]
    );
    assert!(snapshot.broken().iter().all(|row| !row.reason.is_empty()));
}
