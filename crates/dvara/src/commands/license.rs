//! `dvara license …`: mints evaluation licences, shows what a licence says, and signs licences for whoever holds a
//! release key. None of it starts a service, and nothing here can add a root to one.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use clap::{Args, Subcommand, value_parser};
use dvara_crypto::Secret;
use dvara_crypto::licence::{
    EVALUATION_KID, Feature, Licence, MAX_ENVELOPE_LENGTH, MAX_GRACE_DAYS, Opened, Plan, Root,
    Roots, SigningKey, evaluation, evaluation_for, issue, new_id, open, verify,
};

/// Grace of a licence that says nothing about it, in days: time for a renewal that got stuck in somebody's mailbox.
const DEFAULT_GRACE_DAYS: u32 = 14;

/// Make, show and sign licenses.
#[derive(Debug, Args)]
pub(crate) struct LicenseArgs {
    #[command(subcommand)]
    command: LicenseCommand,
}

#[derive(Debug, Subcommand)]
enum LicenseCommand {
    /// Print an evaluation license: 30 days, 3 tenants, accepted by `dvara up` only.
    Evaluation(EvaluationArgs),
    /// Show what a license says, how far it has run, and which root signed it.
    Inspect(InspectArgs),
    /// Sign a license with the private half of a release root.
    Issue(IssueArgs),
    /// Make a release root: writes its private half to a file, prints the other for DVARA_LICENSE_ROOTS.
    Keygen(KeygenArgs),
}

#[derive(Debug, Args)]
struct EvaluationArgs {
    /// A name to put on it.
    #[arg(long)]
    customer: Option<String>,
}

#[derive(Debug, Args)]
struct InspectArgs {
    /// The license (`DVARA-…`), or `-` for standard input; without it, DVARA_LICENSE_KEY.
    envelope: Option<String>,
}

#[derive(Debug, Args)]
struct IssueArgs {
    /// The Ed25519 private key, unencrypted PKCS#8 in PEM or DER.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// The name of the root in DVARA_LICENSE_ROOTS.
    #[arg(long)]
    kid: String,
    /// Whom the license is for.
    #[arg(long)]
    customer: String,
    /// trial, enterprise or evaluation.
    #[arg(long)]
    plan: Plan,
    /// How many days it runs from now on.
    #[arg(long, value_parser = value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// How many tenants may exist; unlimited when absent.
    #[arg(long, value_parser = value_parser!(u32).range(1..))]
    max_tenants: Option<u32>,
    /// gateway, flightdeck, mcp or multi-region, repeatable; all of them when absent.
    #[arg(long = "feature", value_name = "FEATURE")]
    features: Vec<Feature>,
    /// How many days after its end a service still starts with it.
    #[arg(long, default_value_t = DEFAULT_GRACE_DAYS, value_parser = value_parser!(u32).range(..=i64::from(MAX_GRACE_DAYS)))]
    grace_days: u32,
    /// Its id; a new one when absent.
    #[arg(long)]
    license_id: Option<String>,
}

#[derive(Debug, Args)]
struct KeygenArgs {
    /// The name of the root: a-z, 0-9, `.`, `_` and `-`. Names that start with `test-` are for tests.
    #[arg(long)]
    kid: String,
    /// Where the private key goes; must not exist yet.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
}

/// What the process gives to these commands.
pub(crate) struct Surroundings<'a> {
    /// The time.
    pub(crate) now: DateTime<Utc>,
    /// Random bytes, fresh for this call.
    pub(crate) random: Secret<[u8; 32]>,
    /// The release roots of this build.
    pub(crate) roots: Roots,
    /// The licence that a service of this environment would start with.
    pub(crate) configured: Option<&'a str>,
    /// Standard input.
    pub(crate) input: &'a mut dyn Read,
}

/// Runs one of the commands and writes what it found to `out`.
///
/// The exit code is 1 when `inspect` was shown a licence that no service would start with.
///
/// # Errors
/// When a file cannot be read or written, or the licence asked for would be refused everywhere.
pub(crate) fn run(
    args: &LicenseArgs,
    surroundings: Surroundings<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    match &args.command {
        LicenseCommand::Evaluation(args) => mint(args, &surroundings, out),
        LicenseCommand::Inspect(args) => inspect(args, surroundings, out),
        LicenseCommand::Issue(args) => sign(args, &surroundings, out),
        LicenseCommand::Keygen(args) => generate(args, &surroundings, out),
    }
}

fn mint(
    args: &EvaluationArgs,
    surroundings: &Surroundings<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let (now, random) = (surroundings.now, id_bytes(surroundings));
    let envelope = match &args.customer {
        Some(customer) => evaluation_for(customer, now, random),
        None => evaluation(now, random),
    };
    let roots = Roots::parse("")?.with_evaluation();
    verify(Some(&envelope), &roots, now)?;
    writeln!(out, "{envelope}")?;
    Ok(ExitCode::SUCCESS)
}

fn inspect(
    args: &InspectArgs,
    surroundings: Surroundings<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let mut typed = String::new();
    let envelope = match args.envelope.as_deref() {
        Some("-") => {
            // One byte more than is looked at, so that a longer one is called too long and not cut.
            let mut limited = surroundings.input.take(MAX_ENVELOPE_LENGTH as u64 + 1);
            limited
                .read_to_string(&mut typed)
                .context("the license cannot be read from standard input")?;
            Some(typed.as_str())
        }
        Some(envelope) => Some(envelope),
        None => surroundings.configured,
    };
    let (roots, now) = (surroundings.roots.with_evaluation(), surroundings.now);
    match open(envelope, &roots) {
        Ok(opened) => show(&opened, now, out)?,
        Err(error) => writeln!(out, "{error}")?,
    }
    let accepted = verify(envelope, &roots, now).is_ok();
    Ok(if accepted {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn show(opened: &Opened, now: DateTime<Utc>, out: &mut dyn Write) -> anyhow::Result<()> {
    let Opened { licence, root } = opened;
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let features: Vec<&str> = licence
        .features
        .iter()
        .map(|feature| feature.as_str())
        .collect();
    let verified_by = match root {
        Root::Release => format!("release root {}", licence.kid),
        Root::Evaluation => {
            format!("evaluation root {EVALUATION_KID}, accepted by `dvara up` only")
        }
    };
    let rows = [
        ("license_id", licence.license_id.clone()),
        ("customer", licence.customer.clone()),
        ("plan", licence.plan.as_str().to_owned()),
        ("features", features.join(", ")),
        (
            "max_tenants",
            licence
                .max_tenants
                .map_or("unlimited".to_owned(), |tenants| tenants.to_string()),
        ),
        ("issued_at", time(licence.issued_at)),
        ("expires_at", time(licence.expires_at)),
        ("grace_days", licence.grace_days.to_string()),
        ("days_remaining", licence.days_remaining_at(now).to_string()),
        ("state", licence.state_at(now).as_str().to_owned()),
        ("verified_by", verified_by),
    ];
    for (name, value) in rows {
        writeln!(out, "{name:<16}{value}")?;
    }
    Ok(())
}

fn sign(
    args: &IssueArgs,
    surroundings: &Surroundings<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let key = read_key(&args.key_file)?;
    let now = surroundings.now;
    let features = if args.features.is_empty() {
        Feature::ALL.to_vec()
    } else {
        args.features.clone()
    };
    let licence = Licence {
        kid: args.kid.clone(),
        license_id: args
            .license_id
            .clone()
            .unwrap_or_else(|| new_id(id_bytes(surroundings))),
        customer: args.customer.clone(),
        plan: args.plan,
        features,
        max_tenants: args.max_tenants,
        issued_at: now,
        expires_at: now + Duration::days(args.days.into()),
        grace_days: args.grace_days,
    };
    let envelope = issue(&licence, &key);
    // What comes out must pass where it will be used: a mistake is cheaper here than at the customer's.
    let roots = Roots::of(&args.kid, key.public_key())?;
    verify(Some(&envelope), &roots, now)?;
    writeln!(out, "{envelope}")?;
    Ok(ExitCode::SUCCESS)
}

fn generate(
    args: &KeygenArgs,
    surroundings: &Surroundings<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let key = SigningKey::from_seed(&surroundings.random);
    let public = key.public_key();
    // Checks the name before anything is written.
    Roots::of(&args.kid, public)?;
    let path = &args.key_file;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(key.to_pem().expose().as_bytes()))
        .with_context(|| format!("the private key cannot be written to {}", path.display()))?;
    writeln!(out, "{}:{}", args.kid, public.to_base64())?;
    Ok(ExitCode::SUCCESS)
}

fn read_key(path: &Path) -> anyhow::Result<SigningKey> {
    let file = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    match SigningKey::from_pkcs8(Secret::new(file).expose()) {
        Ok(key) => Ok(key),
        Err(error) => bail!("{}: {error}", path.display()),
    }
}

fn id_bytes(surroundings: &Surroundings<'_>) -> [u8; 10] {
    let random = surroundings.random.expose();
    std::array::from_fn(|at| random[at])
}

#[cfg(test)]
mod tests;
