//! `dvara config explain` and `dvara config validate`: what the services would start with, without starting one.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use dvara_flightdeck::FlightdeckSettings;
use dvara_gateway::GatewayConfig;
use dvara_mcp::McpSettings;
use dvara_service::process::ProcessConfig;
use dvara_service::settings::{Env, write_explained, write_validated};

use crate::process::loader;

/// Look at the settings of all services.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every effective setting and where it came from; secrets are masked.
    Explain,
    /// Check the settings as a start does, except for the license. Exits 64 when a start would be refused.
    Validate,
}

pub(crate) fn run(
    args: &ConfigArgs,
    env: Env,
    mut out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let mut loader = loader(env);
    // Reading the settings is what finds their mistakes; what they come to is not needed here.
    let _process = ProcessConfig::load(&mut loader, None);
    let _gateway = GatewayConfig::load(&mut loader);
    let _mcp = McpSettings::load(&mut loader);
    let _flightdeck = FlightdeckSettings::load(&mut loader);
    match args.command {
        ConfigCommand::Explain => {
            write_explained(&mut out, &loader.explained())?;
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Validate => {
            let holds = write_validated(&mut out, &loader.finish())?;
            Ok(if holds {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(64)
            })
        }
    }
}
