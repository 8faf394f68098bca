//! One file per subcommand. Here they are given what they need of the world: environment, clock, chance, standard streams.

pub(crate) mod config;
pub(crate) mod encrypt;
pub(crate) mod flightdeck;
pub(crate) mod gateway;
pub(crate) mod healthcheck;
pub(crate) mod key;
pub(crate) mod license;
pub(crate) mod mcp;
pub(crate) mod migrate;
mod plain_http;
pub(crate) mod policy;
pub(crate) mod prompt;
pub(crate) mod route;
pub(crate) mod schema;
pub(crate) mod sleep;
pub(crate) mod tenant;
pub(crate) mod up;

mod listing;
mod store;
mod text_file;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::Utc;
use dvara_crypto::Secret;
use dvara_crypto::licence::Roots;
use dvara_service::boot::BootError;
use dvara_service::random;
use dvara_service::settings::Env;

use crate::Command;

/// Runs a command and reports what went wrong.
pub(crate) fn run(command: Command, data_dir: Option<PathBuf>, env: Env) -> ExitCode {
    match dispatch(command, data_dir, env) {
        Ok(code) => code,
        Err(error) => match error.downcast_ref::<BootError>() {
            Some(refused) => refused.report(),
            None => report(&error),
        },
    }
}

/// What a person reads when a command fails: the error with its causes, one line.
fn report(error: &anyhow::Error) -> ExitCode {
    // Nothing is left to tell when standard error is gone.
    let _written = writeln!(io::stderr().lock(), "dvara: {error:#}");
    ExitCode::FAILURE
}

fn dispatch(command: Command, data_dir: Option<PathBuf>, env: Env) -> anyhow::Result<ExitCode> {
    // Not locked: what serves writes its log there from other threads.
    let out = &mut io::stdout();
    match command {
        Command::Up(args) => Ok(up::run(&args, data_dir, env)?),
        Command::Gateway => Ok(gateway::run(env)?),
        Command::Flightdeck => Ok(flightdeck::run(env)?),
        Command::Mcp => Ok(mcp::run(env)?),
        Command::Migrate(_) => {
            store::with(&env, data_dir, async |store| migrate::run(store, out).await)
        }
        Command::Tenant(args) => {
            let max_tenants = if args.creates() {
                store::max_tenants(&env, data_dir.clone(), Utc::now())?
            } else {
                None
            };
            store::with(&env, data_dir, async |store| {
                tenant::run(&args, store, max_tenants, out).await
            })
        }
        Command::Key(args) => store::with(&env, data_dir, async |store| {
            key::run(&args, store, out).await
        }),
        Command::Route(route::RouteArgs {
            json,
            command: route::RouteCommand::Explain(explain),
        }) => explain.run(json, env.get("DVARA_INTERNAL_SECRET"), out),
        Command::Route(args) => store::with(&env, data_dir, async |store| {
            route::run(&args, store, out).await
        }),
        Command::Policy(policy::PolicyArgs {
            command: policy::PolicyCommand::Test(test),
            ..
        }) => test.run(Utc::now(), &mut io::stdin(), out, &mut io::stderr()),
        Command::Policy(args) => store::with(&env, data_dir, async |store| {
            policy::run(&args, store, &mut io::stdin(), out).await
        }),
        Command::Prompt(args) => store::with(&env, data_dir, async |store| {
            prompt::run(&args, store, &mut io::stdin(), out).await
        }),
        Command::Schema(schema::SchemaArgs {
            command: schema::SchemaCommand::Test(test),
            ..
        }) => test.run(&mut io::stdin(), out, &mut io::stderr()),
        Command::Schema(args) => store::with(&env, data_dir, async |store| {
            schema::run(&args, store, &mut io::stdin(), out).await
        }),
        Command::License(args) => {
            let surroundings = license::Surroundings {
                now: Utc::now(),
                random: Secret::new(random::bytes()),
                roots: Roots::release(),
                configured: env.get("DVARA_LICENSE_KEY"),
                input: &mut io::stdin().lock(),
            };
            license::run(&args, surroundings, out)
        }
        Command::Encrypt(args) => {
            let password = env
                .get("DVARA_ENCRYPTION_MASTER_PASSWORD")
                .map(|text| Secret::new(text.to_owned()));
            encrypt::run(
                &args,
                password.as_ref(),
                random::bytes(),
                &mut io::stdin().lock(),
                out,
            )
        }
        Command::Config(args) => config::run(&args, env, out),
        Command::Healthcheck(args) => healthcheck::run(&args, out),
        Command::Sleep(args) => sleep::run(&args),
    }
}
