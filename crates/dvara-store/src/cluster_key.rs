//! The key that all gateways of one database share: made by the first that starts, and never changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dvara_crypto::Secret;
use dvara_crypto::cluster::ClusterKey;
use dvara_crypto::envelope::{Context, MasterKey, OpenError, Purpose, is_sealed, open, seal};
use sqlx::Row;

use crate::statements::{query, statements};
use crate::{Store, StoreError};

/// Where the key lies, for the envelope: no tenant's and no provider's.
const PLACE: Context<'static> = Context {
    purpose: Purpose::CLUSTER,
    tenant: "",
    provider: "",
    row: "cluster_key",
};

/// Random bytes for a key that may have to be made.
pub struct Chance {
    /// The key.
    pub key: [u8; 32],
    /// The nonce that it is sealed with.
    pub nonce: [u8; 12],
}

/// Why there is no cluster key.
#[derive(Debug, thiserror::Error)]
pub enum ClusterKeyError {
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is sealed, and there is nothing to open it with.
    #[error(
        "the cluster key in the database is sealed, and DVARA_ENCRYPTION_MASTER_PASSWORD is not set: give this gateway the password that \
         the others have"
    )]
    PasswordMissing,
    /// It is sealed with another password.
    #[error(
        "the cluster key in the database does not open: DVARA_ENCRYPTION_MASTER_PASSWORD is not the password that the other gateways have"
    )]
    OtherPassword(#[source] OpenError),
    /// What lies there is no key.
    #[error(
        "dvara_main.cluster_key holds no key of 32 bytes in base64; delete the row, and restart all gateways, to have a new one made"
    )]
    Damaged,
}

/// The key of this database; made from `chance` if there is none yet. Of several that make one at once all get the same.
///
/// # Errors
/// When the store cannot be used, or the key that is there does not open.
pub async fn ensure(
    store: &Store,
    master: Option<&MasterKey>,
    chance: Chance,
) -> Result<ClusterKey, ClusterKeyError> {
    let made = Secret::new(STANDARD.encode(chance.key));
    let kept = match master {
        Some(master) => Secret::new(seal(master, &PLACE, chance.nonce, made.expose().as_bytes())),
        None => made,
    };
    let kept = insert_or_read(store, &kept).await?;
    let text = match (master, is_sealed(kept.expose())) {
        (_, false) => kept,
        (None, true) => return Err(ClusterKeyError::PasswordMissing),
        (Some(master), true) => {
            open(master, &PLACE, kept.expose()).map_err(ClusterKeyError::OtherPassword)?
        }
    };
    let bytes = STANDARD.decode(text.expose()).map(Secret::new);
    bytes
        .ok()
        .and_then(|bytes| ClusterKey::from_slice(bytes.expose()))
        .ok_or(ClusterKeyError::Damaged)
}

async fn insert_or_read(store: &Store, key: &Secret<String>) -> Result<Secret<String>, StoreError> {
    let failed = StoreError::doing("read the cluster key");
    let mut transaction = store.begin().await?;
    let work = async {
        query(INSERT)
            .bind(key.expose())
            .execute(&mut *transaction)
            .await?;
        let row = query(READ).fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        row.try_get("key").map(Secret::new)
    };
    work.await.map_err(failed)
}

statements! {
    // Waits for whoever is making one, so that what is read after it is there.
    INSERT = "INSERT INTO dvara_main.cluster_key (key) VALUES ($1) ON CONFLICT DO NOTHING";
    READ = "SELECT key FROM dvara_main.cluster_key";
}
