//! The cluster key: one for a database, whoever asks first, and shut to who has another password.

use dvara_crypto::Secret;
use dvara_crypto::envelope::MasterKey;
use dvara_store::Store;
use dvara_store::cluster_key::{Chance, ClusterKeyError, ensure};
use sqlx::Row;

use crate::store;

fn chance(byte: u8) -> Chance {
    Chance {
        key: [byte; 32],
        nonce: [byte; 12],
    }
}

fn master(password: &str) -> MasterKey {
    MasterKey::derive(&Secret::new(password.to_owned()))
}

async fn key(store: &Store, master: Option<&MasterKey>, byte: u8) -> [u8; 32] {
    *ensure(store, master, chance(byte)).await.unwrap().expose()
}

#[tokio::test]
async fn the_first_gateway_makes_the_key_and_all_others_get_it() {
    let (_database, store) = store().await;
    let (one, two, three) = tokio::join!(
        key(&store, None, 1),
        key(&store, None, 2),
        key(&store, None, 3)
    );
    assert!([[1; 32], [2; 32], [3; 32]].contains(&one));
    assert_eq!([one, one], [two, three]);
    assert_eq!(key(&store, None, 4).await, one);
}

#[tokio::test]
async fn a_master_password_seals_it() {
    let (database, store) = store().await;
    let password = master("a long password of the fleet");
    assert_eq!(key(&store, Some(&password), 9).await, [9; 32]);
    assert_eq!(key(&store, Some(&password), 8).await, [9; 32]);
    let mut connection = database.connection().await;
    let row = sqlx::query("SELECT key FROM dvara_main.cluster_key")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let kept: String = row.try_get(0).unwrap();
    assert!(kept.starts_with("ENC:v1:"), "{kept}");
    let none = ensure(&store, None, chance(1)).await;
    assert!(
        matches!(none, Err(ClusterKeyError::PasswordMissing)),
        "{none:?}"
    );
    let other = ensure(&store, Some(&master("another")), chance(1)).await;
    assert!(
        matches!(other, Err(ClusterKeyError::OtherPassword(_))),
        "{other:?}"
    );
    let text = format!("{}", other.unwrap_err());
    assert!(text.contains("DVARA_ENCRYPTION_MASTER_PASSWORD"), "{text}");
}

#[tokio::test]
async fn a_key_that_was_made_without_a_password_serves_who_has_one_too() {
    let (_database, store) = store().await;
    assert_eq!(key(&store, None, 5).await, [5; 32]);
    assert_eq!(key(&store, Some(&master("set later")), 6).await, [5; 32]);
}

#[tokio::test]
async fn a_row_that_holds_no_key_is_refused_and_left_alone() {
    let (database, store) = store().await;
    database
        .execute("INSERT INTO dvara_main.cluster_key (key) VALUES ('c2hvcnQ=')")
        .await;
    let damaged = ensure(&store, None, chance(1)).await;
    assert!(
        matches!(damaged, Err(ClusterKeyError::Damaged)),
        "{damaged:?}"
    );
}
