//! Which database the administrative commands work on: that of `SPRING_DATASOURCE_URL`, else that of a running `dvara up`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use dvara_crypto::licence::{Roots, verify};
use dvara_service::background::Background;
use dvara_service::boot::BootError;
use dvara_service::settings::{Env, Loader, common, datasource};
use dvara_store::private::PrivateServer;
use dvara_store::{SettingNames, Store, StoreSettings};

use super::up::folder::DataFolder;

/// Opens the store, works on it, and closes it.
pub(super) fn with<T>(
    env: &Env,
    data_dir: Option<PathBuf>,
    work: impl AsyncFnOnce(&Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let settings = settings(env, data_dir)?;
    let background = Background::start()?;
    background.block_on(async {
        let store = Store::open(&settings).await?;
        let outcome = work(&store).await;
        store.close().await;
        outcome
    })
}

/// How many tenants the licence allows: that of the environment, else that of the data folder's `dvara up`.
pub(super) fn max_tenants(
    env: &Env,
    data_dir: Option<PathBuf>,
    now: DateTime<Utc>,
) -> Result<Option<u32>, BootError> {
    let mut loader = Loader::new(env.clone(), &[]);
    let own_database = data_dir.is_none() && loader.is_given(&datasource::URL);
    let given = loader.secret(&common::LICENSE_KEY);
    let (licence, roots) = if own_database {
        (given, Roots::release())
    } else {
        let kept = DataFolder::locate(data_dir, env)?.licence();
        (given.or(kept), Roots::release().with_evaluation())
    };
    let licence = licence.as_ref().map(|licence| licence.expose().as_str());
    let verified =
        verify(licence, &roots, now).map_err(|error| BootError::configuration([error]))?;
    Ok(verified.licence.max_tenants)
}

/// `--data-dir` names its database outright; without it, `SPRING_DATASOURCE_URL` counts before the default folder.
fn settings(env: &Env, data_dir: Option<PathBuf>) -> Result<StoreSettings, BootError> {
    let mut loader = Loader::new(env.clone(), &[]);
    if data_dir.is_none() && loader.is_given(&datasource::URL) {
        let given = datasource::Datasource::load(&mut loader);
        return StoreSettings::parse(
            SettingNames::SPRING,
            &given.url,
            given.username.as_deref(),
            given.password.as_ref(),
        )
        .map_err(BootError::configuration);
    }
    let folder = DataFolder::locate(data_dir, env)?;
    PrivateServer::find(folder.path()).ok_or_else(|| {
        BootError::database(format!(
            "no `dvara up` runs on {}: start it, name its folder with --data-dir, or set SPRING_DATASOURCE_URL",
            folder.path().display()
        ))
    })
}
