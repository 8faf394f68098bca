//! `dvara mcp`: the MCP plane against a PostgreSQL of the operator's, as in the chart.

use std::process::ExitCode;

use dvara_crypto::licence::Roots;
use dvara_mcp::McpSettings;
use dvara_service::background::Background;
use dvara_service::boot::BootError;
use dvara_service::settings::Env;

use crate::process::{LAST_WORK, Launch, everywhere, loader, serve};

/// The plane's port unless `SERVER_PORT` says otherwise.
const PORT: u16 = 8070;

pub(crate) fn run(env: Env) -> Result<ExitCode, BootError> {
    let background = Background::start().map_err(BootError::failure)?;
    let launch = Launch {
        service: "dvara-mcp-gateway",
        roots: &Roots::release(),
        private: None,
    };
    let outcome = serve(
        loader(env),
        &background,
        launch,
        McpSettings::load,
        async |settings, process, options| {
            let listen = everywhere(&process, PORT);
            Box::pin(dvara_mcp::start(settings, process, listen, options)).await
        },
        std::future::pending(),
    );
    background.stop(LAST_WORK);
    outcome
}
