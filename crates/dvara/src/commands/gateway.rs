//! `dvara gateway`: the LLM gateway against a PostgreSQL of the operator's, as in the chart.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use dvara_crypto::licence::Roots;
use dvara_service::background::Background;
use dvara_service::boot::BootError;
use dvara_service::settings::Env;

use crate::process::{LAST_WORK, Launch, loader, serve};

/// The gateway's port unless `SERVER_PORT` says otherwise.
const PORT: u16 = 8080;

pub(crate) fn run(env: Env) -> Result<ExitCode, BootError> {
    let background = Background::start().map_err(BootError::failure)?;
    let launch = Launch {
        service: "dvara-llm-gateway",
        roots: &Roots::release(),
        private: None,
        listen: &|port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port.unwrap_or(PORT))),
    };
    let outcome = serve(
        loader(env),
        &background,
        launch,
        |_gateway| Ok(()),
        std::future::pending(),
    );
    background.stop(LAST_WORK);
    outcome
}
