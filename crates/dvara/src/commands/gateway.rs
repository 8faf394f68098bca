//! `dvara gateway`: the LLM gateway against a PostgreSQL of the operator's, as in the chart.

use std::process::ExitCode;

use dvara_crypto::licence::Roots;
use dvara_gateway::GatewayConfig;
use dvara_service::background::Background;
use dvara_service::boot::BootError;
use dvara_service::settings::Env;

use crate::process::{LAST_WORK, Launch, everywhere, loader, serve, show_generated_keys};

/// The gateway's port unless `SERVER_PORT` says otherwise.
const PORT: u16 = 8080;

pub(crate) fn run(env: Env) -> Result<ExitCode, BootError> {
    let background = Background::start().map_err(BootError::failure)?;
    let launch = Launch {
        service: "dvara-llm-gateway",
        roots: &Roots::release(),
        private: None,
    };
    let outcome = serve(
        loader(env),
        &background,
        launch,
        GatewayConfig::load,
        async |config, process, options| {
            let listen = everywhere(&process, PORT);
            // A start is awaited once; its state need not lie on the stack.
            let starting = dvara_gateway::start(config, process, listen, options);
            let (running, seeded) = Box::pin(starting).await?;
            show_generated_keys(&seeded);
            Ok(running)
        },
        std::future::pending(),
    );
    background.stop(LAST_WORK);
    outcome
}
