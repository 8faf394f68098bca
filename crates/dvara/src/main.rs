//! The binary: subcommands and wiring, nothing else.

mod commands;
mod process;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use dvara_service::settings::Env;

// A gateway allocates and frees small pieces on every core all day.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A self-hosted AI governance platform.
#[derive(Debug, Parser)]
#[command(name = "dvara", version, arg_required_else_help = true)]
struct Cli {
    /// The data folder of `dvara up`. Default: dvara in the user's data home; as root /var/lib/dvara.
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything in one process on a private PostgreSQL: the single-machine product, and the quick start.
    Up(commands::up::UpArgs),
    /// Run the LLM gateway against a PostgreSQL of yours.
    Gateway,
    /// Run Flightdeck against a PostgreSQL of yours.
    Flightdeck,
    /// Run the MCP gateway against a PostgreSQL of yours.
    Mcp,
    /// Bring the schema up to date, and nothing else.
    Migrate(commands::migrate::MigrateArgs),
    /// Manage tenants.
    Tenant(commands::tenant::TenantArgs),
    /// Manage API keys.
    Key(commands::key::KeyArgs),
    /// Manage routes.
    Route(commands::route::RouteArgs),
    /// Manage policies, and try them.
    Policy(commands::policy::PolicyArgs),
    /// Manage prompt templates.
    Prompt(commands::prompt::PromptArgs),
    /// Manage output schemas, and try them.
    Schema(commands::schema::SchemaArgs),
    /// Make, show and sign licenses.
    License(commands::license::LicenseArgs),
    /// Seal a value for a settings file.
    Encrypt(commands::encrypt::EncryptArgs),
    /// Look at the settings of all services.
    Config(commands::config::ConfigArgs),
    /// Ask a URL for its health; exits 0 when it answers 2xx.
    Healthcheck(commands::healthcheck::HealthcheckArgs),
    /// Wait; a pre-stop hook for images without a shell.
    Sleep(commands::sleep::SleepArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    commands::run(cli.command, cli.data_dir, Env::from_process())
}
