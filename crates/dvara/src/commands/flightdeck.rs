//! `dvara flightdeck`: Flightdeck against a PostgreSQL of the operator's, as in the chart.

use std::process::ExitCode;

use dvara_crypto::licence::Roots;
use dvara_flightdeck::FlightdeckSettings;
use dvara_service::background::Background;
use dvara_service::boot::BootError;
use dvara_service::settings::{Env, common};

use crate::process::{LAST_WORK, Launch, everywhere, loader, serve};

/// Flightdeck's port unless `SERVER_PORT` says otherwise.
const PORT: u16 = 8090;

pub(crate) fn run(env: Env) -> Result<ExitCode, BootError> {
    let mut loader = loader(env);
    // Its work is done on the background; a core more would only wait.
    loader.bring(&common::CORES, "1", "dvara flightdeck");
    let background = Background::start().map_err(BootError::failure)?;
    let launch = Launch {
        service: "dvara-flightdeck",
        roots: &Roots::release(),
        private: None,
    };
    let outcome = serve(
        loader,
        &background,
        launch,
        FlightdeckSettings::load,
        async |settings, process, options| {
            let listen = everywhere(&process, PORT);
            Box::pin(dvara_flightdeck::start(settings, process, listen, options)).await
        },
        std::future::pending(),
    );
    background.stop(LAST_WORK);
    outcome
}
