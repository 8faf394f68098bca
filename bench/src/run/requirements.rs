//! What has to be on the machine. Nothing is installed here; everything that is missing is said at once.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::bail;

use super::plan::{Plan, Target};
use super::{Mode, Options, postgres};
use crate::proc;

/// Refuses to start when a program is missing, with the list of all of them.
pub(super) fn check(options: &Options, plan: &Plan) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    if !runs("taskset", "--version") {
        missing.push("taskset: pins programs to CPUs (Debian package util-linux)".to_owned());
    }
    if plan.includes(Target::Nginx) && !options.nginx.exists() {
        let path = options.nginx.display();
        missing.push(format!(
            "nginx: not at {path} (Debian package nginx-light, or --nginx PATH)"
        ));
    }
    if plan.includes(Target::Dvara) {
        missing.extend(of_gateway(options));
    }
    if !missing.is_empty() {
        bail!("missing on this machine:\n  {}", missing.join("\n  "));
    }
    Ok(())
}

fn of_gateway(options: &Options) -> Vec<String> {
    let mut missing = Vec::new();
    match &options.dvara {
        Some(path) if !path.exists() => {
            missing.push(format!("the gateway: no file {}", path.display()))
        }
        None if !runs("cargo", "--version") => {
            missing.push("cargo: builds the gateway (or --dvara PATH)".to_owned())
        }
        Some(_) | None => {}
    }
    let bin = options.postgres_bin.clone().or_else(postgres::find_bin);
    let has = |bin: &Path| {
        ["initdb", "postgres", "createdb", "psql"]
            .iter()
            .all(|name| bin.join(name).exists())
    };
    if !bin.as_deref().is_some_and(has) {
        missing.push(
            "PostgreSQL's server programs: not in /usr/lib/postgresql/*/bin (Debian package postgresql, or \
             --postgres-bin FOLDER)"
                .to_owned(),
        );
    }
    if proc::is_root() && proc::account("postgres").is_none() {
        missing.push("a user `postgres`: PostgreSQL does not run as root".to_owned());
    }
    if options.mode == Mode::Gateway && options.license_key.is_none() && !runs("openssl", "version")
    {
        missing.push(
            "openssl: signs the throwaway licence (or --license-key with --dvara)".to_owned(),
        );
    }
    missing
}

fn runs(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
