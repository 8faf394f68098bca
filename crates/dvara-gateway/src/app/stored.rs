//! What a gateway's start adds to the store, and how its ledger writes.

use dvara_crypto::licence::Verified;
use dvara_ledger::{LedgerSettings, SPOOL_LIMIT};
use dvara_service::boot::BootError;
use dvara_service::error_chain;
use dvara_service::process::{ProcessConfig, boot_failure};
use dvara_store::admin::{Seed, SeedReport};
use dvara_store::{Admin, Store};

use super::GatewayConfig;

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

pub(super) fn ledger_settings(process: &ProcessConfig) -> LedgerSettings {
    let common = &process.common;
    LedgerSettings {
        spool_limit: common.spool_max_size.unwrap_or(SPOOL_LIMIT),
        keep_days: common.usage_retention_days,
        ..LedgerSettings::new(
            &common.spool_dir,
            "gateway",
            &process.host,
            env!("CARGO_PKG_VERSION"),
        )
    }
}
