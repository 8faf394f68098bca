//! What a newcomer needs to make a first call: a key, and where to send it.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;

use dvara_crypto::api_key;
use dvara_flightdeck::FLIGHTDECK;
use dvara_gateway::GATEWAY;
use dvara_mcp::MCP;
use dvara_service::boot::BootError;
use dvara_service::error_chain;
use dvara_service::process::Running;
use dvara_store::admin::{NewKey, Seed, SeedTenant};
use dvara_store::{Admin, Store, StoreSettings};
use dvara_types::{KeyStatus, Scopes, TenantId, TenantStatus};
use serde::{Deserialize, Serialize};

use super::folder::DataFolder;

const FILE: &str = "quickstart.json";
const TENANT: &str = "default";
const KEY_NAME: &str = "quickstart";

/// `quickstart.json`. `setup_url`, where the first owner is claimed, comes with sign-in.
#[derive(Serialize)]
struct Quickstart<'a> {
    gateway_url: &'a str,
    flightdeck_url: &'a str,
    mcp_url: &'a str,
    api_key: &'a str,
}

/// What a start wants of the file that an earlier one left, whatever else that version wrote.
#[derive(Deserialize)]
struct Left {
    api_key: String,
}

/// The key of the last start while it still works, else a new one.
pub(super) async fn ensure_key(
    settings: &StoreSettings,
    folder: &DataFolder,
) -> Result<String, BootError> {
    let store = Store::open(settings).await.map_err(failed)?;
    store.migrate().await.map_err(failed)?;
    let admin = Admin::new(&store).acting_as("dvara up");
    let tenant = TenantId::parse(TENANT).map_err(failed)?;
    let known = admin.keys(Some(&tenant)).await.map_err(failed)?;
    let works = |key: &str| {
        let hash = api_key::hash(key);
        known
            .iter()
            .any(|record| record.hash == hash && record.status == KeyStatus::Active)
    };
    let key = match last_key(folder).filter(|key| works(key)) {
        Some(key) => key,
        None => make_key(&admin, tenant, known.len()).await?,
    };
    store.close().await;
    Ok(key)
}

fn last_key(folder: &DataFolder) -> Option<String> {
    let text = fs::read(folder.path().join(FILE)).ok()?;
    Some(serde_json::from_slice::<Left>(&text).ok()?.api_key)
}

async fn make_key(admin: &Admin<'_>, tenant: TenantId, known: usize) -> Result<String, BootError> {
    let seed = Seed {
        tenants: vec![SeedTenant {
            id: tenant.clone(),
            name: "Default".to_owned(),
            status: TenantStatus::Active,
            metadata: serde_json::Map::new(),
        }],
        ..Seed::default()
    };
    admin.seed(&seed).await.map_err(failed)?;
    let name = if known == 0 {
        KEY_NAME.to_owned()
    } else {
        format!("{KEY_NAME}-{}", known + 1)
    };
    let created = admin
        .create_key(NewKey {
            tenant,
            name,
            scopes: Scopes::default(),
            expires_at: None,
        })
        .await
        .map_err(failed)?;
    Ok(created.key.expose().clone())
}

/// Writes `quickstart.json` and says where to go.
pub(super) fn write(folder: &DataFolder, running: &Running, key: &str) -> Result<(), BootError> {
    let gateway_url = url(running, GATEWAY)?;
    let flightdeck_url = url(running, FLIGHTDECK)?;
    let mcp_url = url(running, MCP)?;
    folder.write_private(
        FILE,
        &Quickstart {
            gateway_url: &gateway_url,
            flightdeck_url: &flightdeck_url,
            mcp_url: &mcp_url,
            api_key: key,
        },
    )?;
    let text = format!(
        "\nDVARA is up.\n  gateway     {gateway_url}\n  flightdeck  {flightdeck_url}\n  mcp         {mcp_url}/mcp\n\n  export OPENAI_BASE_URL={gateway_url}/v1\n  export OPENAI_API_KEY={key}\n\n\
         The same is in {}. Stop with Ctrl-C.\n\n",
        folder.path().join(FILE).display()
    );
    // A start is not worth failing for a closed terminal.
    let _written = io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}

/// Where a service of this process can be called from this machine.
fn url(running: &Running, service: &str) -> Result<String, BootError> {
    let address = running
        .address(service)
        .ok_or_else(|| BootError::failure(format!("the {service} does not run")))?;
    Ok(format!("{}://{}", running.scheme(), reachable(address)))
}

fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::from(([127, 0, 0, 1], address.port()))
    } else {
        address
    }
}

fn failed(error: impl std::error::Error) -> BootError {
    BootError::failure(error_chain(&error))
}
