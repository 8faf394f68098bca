//! `dvara up`: everything in one process on a private PostgreSQL in a data folder (design §3).

pub(crate) mod folder;
mod quickstart;
mod together;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::Utc;
use clap::Args;
use dvara_crypto::Secret;
use dvara_crypto::licence::Roots;
use dvara_gateway::settings::MOCK_ENABLED;
use dvara_service::background::Background;
use dvara_service::boot::BootError;
use dvara_service::error_chain;
use dvara_service::settings::{Env, Loader, cluster, common, datasource};
use dvara_store::private::{PrivateError, PrivateServer};
use dvara_store::{SettingNames, StoreSettings};

use crate::process::{LAST_WORK, Launch, loader, serve, show_generated_keys};
use folder::{DataFolder, Secrets};
use together::Together;

const COMMAND: &str = "dvara up";

/// Run everything in one process.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// The gateway's port; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    gateway_port: u16,
    /// Flightdeck's port; 0 takes any free one.
    #[arg(long, default_value_t = 8090)]
    flightdeck_port: u16,
    /// The MCP gateway's port; 0 takes any free one.
    #[arg(long, default_value_t = 8070)]
    mcp_port: u16,
    /// Use this PostgreSQL instead of a private one: postgres://… or jdbc:postgresql://…
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

pub(crate) fn run(
    args: &UpArgs,
    data_dir: Option<PathBuf>,
    env: Env,
) -> Result<ExitCode, BootError> {
    let folder = DataFolder::locate(data_dir, &env)?;
    let background = Background::start().map_err(BootError::failure)?;
    let database =
        background.block_on(Database::open(args.database_url.as_deref(), &folder, &env))?;
    let outcome = serve_on(args, &folder, env, &background, &database);
    let stopped = background.block_on(database.stop());
    background.stop(LAST_WORK);
    outcome.and_then(|code| stopped.map(|()| code))
}

fn serve_on(
    args: &UpArgs,
    folder: &DataFolder,
    env: Env,
    background: &Background,
    database: &Database,
) -> Result<ExitCode, BootError> {
    let roots = Roots::release().with_evaluation();
    let mut loader = loader(env);
    bring(
        &mut loader,
        folder,
        &folder.secrets(&roots, Utc::now())?,
        &database.settings(),
    );
    let key = background.block_on(quickstart::ensure_key(&database.settings(), folder))?;
    let launch = Launch {
        service: "dvara",
        roots: &roots,
        private: Some(database.settings()),
    };
    serve(
        loader,
        background,
        launch,
        Together::load,
        async |together, process, options| {
            let (running, seeded) = Box::pin(together.start(args, process, options)).await?;
            show_generated_keys(&seeded);
            quickstart::write(folder, &running, &key)?;
            Ok(running)
        },
        database.supervise(),
    )
}

/// The database of this process: a private server, or one that somebody else runs.
enum Database {
    Private(Box<PrivateServer>),
    Given(Box<StoreSettings>),
}

impl Database {
    async fn open(url: Option<&str>, folder: &DataFolder, env: &Env) -> Result<Self, BootError> {
        let Some(url) = url else {
            let server = PrivateServer::start(&folder.private_options(env))
                .await
                .map_err(failed)?;
            return Ok(Self::Private(Box::new(server)));
        };
        let names = SettingNames {
            url: "--database-url",
            ..SettingNames::SPRING
        };
        folder.create()?;
        let password = env
            .get("SPRING_DATASOURCE_PASSWORD")
            .map(|text| Secret::new(text.to_owned()));
        let username = env.get("SPRING_DATASOURCE_USERNAME");
        StoreSettings::parse(
            names,
            &Secret::new(url.to_owned()),
            username,
            password.as_ref(),
        )
        .map(|settings| Self::Given(Box::new(settings)))
        .map_err(BootError::configuration)
    }

    fn settings(&self) -> StoreSettings {
        match self {
            Self::Private(server) => server.settings(),
            Self::Given(settings) => (**settings).clone(),
        }
    }

    /// Keeps a private server running; resolves when that is hopeless.
    async fn supervise(&self) -> BootError {
        match self {
            Self::Private(server) => failed(server.supervise().await),
            Self::Given(_) => std::future::pending().await,
        }
    }

    async fn stop(&self) -> Result<(), BootError> {
        match self {
            Self::Private(server) => server.stop().await.map_err(failed),
            Self::Given(_) => Ok(()),
        }
    }
}

fn failed(error: PrivateError) -> BootError {
    BootError::database(error_chain(&error))
}

/// What `dvara up` brings to the settings; the environment and `gateway.yaml` count more.
fn bring(loader: &mut Loader, folder: &DataFolder, secrets: &Secrets, database: &StoreSettings) {
    loader.bring(&datasource::URL, database.target(), COMMAND);
    loader.bring(&common::PROFILES, "local", COMMAND);
    loader.bring(&MOCK_ENABLED, "true", COMMAND);
    // One process is no fleet; seeds make it one.
    loader.bring(&cluster::MULTICAST, "off", COMMAND);
    loader.bring(
        &common::SPOOL_DIR,
        folder.path().join("spool").to_string_lossy(),
        COMMAND,
    );
    loader.bring(
        &common::LICENSE_KEY,
        secrets.licence.expose().as_str(),
        COMMAND,
    );
    loader.bring(
        &common::AUDIT_SECRET,
        secrets.audit_hmac_secret.expose().as_str(),
        COMMAND,
    );
    loader.bring(
        &common::MASTER_PASSWORD,
        secrets.encryption_master_password.expose().as_str(),
        COMMAND,
    );
    loader.bring(
        &common::ACTUATOR_API_KEY,
        secrets.actuator_api_key.expose().as_str(),
        COMMAND,
    );
    loader.bring(
        &common::ACTUATOR_METRICS_API_KEY,
        secrets.actuator_metrics_api_key.expose().as_str(),
        COMMAND,
    );
}
