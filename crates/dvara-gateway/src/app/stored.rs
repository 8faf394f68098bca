//! The store at a start: opened, migrated, seeded; and what the store's own errors become.

use std::sync::Arc;

use dvara_crypto::envelope::MasterKey;
use dvara_crypto::licence::Verified;
use dvara_ledger::{LedgerSettings, SPOOL_LIMIT};
use dvara_service::boot::BootError;
use dvara_service::error_chain;
use dvara_store::admin::{Seed, SeedReport};
use dvara_store::{Admin, Store, StoreError};

use super::{GatewayConfig, boot_failure};

/// Opens the store and brings its schema up to date.
pub(super) async fn open_store(config: &GatewayConfig) -> Result<Store, BootError> {
    let store = Store::open(&config.store).await.map_err(database_failure)?;
    let applied = store.migrate().await.map_err(database_failure)?;
    if !applied.is_empty() {
        tracing::info!(migrations = applied.join(", "), "the schema was migrated");
    }
    Ok(store)
}

/// The key that opens stored credentials; derived once, apart from the runtime, since it takes tens of milliseconds.
pub(super) async fn master_key(
    config: &GatewayConfig,
    derived: Option<MasterKey>,
) -> Result<Option<Arc<MasterKey>>, BootError> {
    if let Some(key) = derived {
        return Ok(Some(Arc::new(key)));
    }
    let Some(password) = config.common.master_password.clone() else {
        return Ok(None);
    };
    let key = tokio::task::spawn_blocking(move || MasterKey::derive(&password))
        .await
        .map_err(boot_failure)?;
    Ok(Some(Arc::new(key)))
}

/// Inserts what `gateway.yaml` and the bootstrap file name and the store does not have.
pub(super) async fn seed(
    store: &Store,
    config: &GatewayConfig,
    licence: &Verified,
) -> Result<SeedReport, BootError> {
    let admin = Admin::new(store)
        .acting_as("file")
        .with_max_tenants(licence.licence.max_tenants);
    let mut report = admin
        .seed(&Seed::of_gateway_file(&config.file))
        .await
        .map_err(boot_failure)?;
    let Some(bootstrap) = &config.bootstrap else {
        return Ok(report);
    };
    // A bootstrap file is a convenience: what is wrong with it is said, and the gateway starts (data-plane sheet §28).
    match admin.seed(&Seed::of_bootstrap_file(bootstrap)).await {
        Ok(more) => {
            report.tenants.extend(more.tenants);
            report.api_keys.extend(more.api_keys);
            report.routes.extend(more.routes);
            report.present += more.present;
        }
        Err(error) => tracing::warn!(
            error = error_chain(&error),
            "the bootstrap file was not seeded"
        ),
    }
    Ok(report)
}

pub(super) fn database_failure(error: StoreError) -> BootError {
    let fix = error
        .fix()
        .map_or_else(String::new, |fix| format!("; {fix}"));
    BootError::database(format!("{}{fix}", error_chain(&error)))
}

pub(super) fn ledger_settings(config: &GatewayConfig) -> LedgerSettings {
    let common = &config.common;
    LedgerSettings {
        spool_limit: common.spool_max_size.unwrap_or(SPOOL_LIMIT),
        keep_days: common.usage_retention_days,
        ..LedgerSettings::new(
            &common.spool_dir,
            "gateway",
            &config.host,
            env!("CARGO_PKG_VERSION"),
        )
    }
}
