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
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use chrono::TimeZone as _;
    use clap::Parser;
    use dvara_crypto::licence::State;

    use super::*;

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(flatten)]
        license: LicenseArgs,
    }

    /// A folder that goes away with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("dvara-license-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str) -> String {
            self.0.join(name).to_str().unwrap().to_owned()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 1, 9, 0, 0).unwrap()
    }

    /// Runs a command line; its code and what it printed, or its error.
    fn dvara(
        line: &[&str],
        roots: &str,
        configured: Option<&str>,
        input: &str,
    ) -> Result<(ExitCode, String), String> {
        let line = CommandLine::try_parse_from(["license"].iter().chain(line))
            .map_err(|error| error.to_string())?;
        let surroundings = Surroundings {
            now: now(),
            random: Secret::new([0xab; 32]),
            roots: Roots::parse(roots).unwrap(),
            configured,
            input: &mut input.as_bytes(),
        };
        let mut out = Vec::new();
        let code =
            run(&line.license, surroundings, &mut out).map_err(|error| format!("{error:#}"))?;
        Ok((code, String::from_utf8(out).unwrap()))
    }

    fn printed(line: &[&str]) -> String {
        let (code, text) = dvara(line, "", None, "").unwrap();
        assert_eq!(code, ExitCode::SUCCESS);
        text.trim_end().to_owned()
    }

    #[test]
    fn an_evaluation_licence_shows_its_fields_and_its_root() {
        let envelope = printed(&["evaluation", "--customer", "Acme"]);
        let expected = "\
license_id      lic_abababababababababab
customer        Acme
plan            evaluation
features        gateway, flightdeck, mcp, multi-region
max_tenants     3
issued_at       2026-03-01T09:00:00Z
expires_at      2026-03-31T09:00:00Z
grace_days      0
days_remaining  30
state           EXPIRING
verified_by     evaluation root evaluation-1, accepted by `dvara up` only
";
        assert_eq!(printed(&["inspect", &envelope]), expected.trim_end());
        let from_input = dvara(&["inspect", "-"], "", None, &format!("{envelope}\n")).unwrap();
        assert_eq!(from_input, (ExitCode::SUCCESS, expected.to_owned()));
        let from_environment = dvara(&["inspect"], "", Some(&envelope), "").unwrap();
        assert_eq!(from_environment, (ExitCode::SUCCESS, expected.to_owned()));
        assert!(dvara(&["evaluation", "--customer", " "], "", None, "").is_err());
    }

    #[test]
    fn a_made_root_signs_licences_that_a_build_with_it_accepts() {
        let folder = Folder::new("sign");
        let key_file = folder.file("prod.pem");
        let root = printed(&["keygen", "--kid", "prod-1", "--key-file", &key_file]);
        let mode = fs::metadata(&key_file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let issue = [
            "issue",
            "--key-file",
            &key_file,
            "--kid",
            "prod-1",
            "--customer",
            "Acme",
        ];
        let bounded = [
            "--plan",
            "trial",
            "--days",
            "45",
            "--max-tenants",
            "5",
            "--feature",
            "mcp",
            "--feature",
            "gateway",
        ];
        let envelope = printed(&[&issue[..], &bounded[..]].concat());
        let verified = verify(Some(&envelope), &Roots::parse(&root).unwrap(), now()).unwrap();
        assert_eq!(
            (verified.state, verified.days_remaining),
            (State::Valid, 45)
        );
        let licence = verified.licence;
        assert_eq!(
            (licence.plan, licence.max_tenants, licence.grace_days),
            (Plan::Trial, Some(5), 14)
        );
        assert_eq!(licence.features, [Feature::Mcp, Feature::Gateway]);

        let unbounded = [
            "--plan",
            "enterprise",
            "--days",
            "365",
            "--grace-days",
            "0",
            "--license-id",
            "lic_acme",
        ];
        let envelope = printed(&[&issue[..], &unbounded[..]].concat());
        let (code, text) = dvara(&["inspect", &envelope], &root, None, "").unwrap();
        assert_eq!(code, ExitCode::SUCCESS);
        for row in [
            "license_id      lic_acme\n",
            "max_tenants     unlimited\n",
            "verified_by     release root prod-1\n",
        ] {
            assert!(text.contains(row), "{text}");
        }
    }

    #[test]
    fn a_licence_that_no_service_would_take_ends_inspect_with_one() {
        let (code, text) = dvara(&["inspect"], "", None, "").unwrap();
        assert_eq!(
            (code, &*text),
            (
                ExitCode::FAILURE,
                "LicenseValidationException: No license key configured\n"
            )
        );

        let folder = Folder::new("refused");
        let key_file = folder.file("prod.pem");
        let root = printed(&["keygen", "--kid", "prod-1", "--key-file", &key_file]);
        let key = read_key(Path::new(&key_file)).unwrap();
        let over = Licence {
            kid: "prod-1".to_owned(),
            license_id: "lic_over".to_owned(),
            customer: "Acme".to_owned(),
            plan: Plan::Trial,
            features: vec![],
            max_tenants: None,
            issued_at: now() - Duration::days(60),
            expires_at: now() - Duration::days(30),
            grace_days: 14,
        };
        let over = dvara_crypto::licence::issue(&over, &key);
        let (code, text) = dvara(&["inspect", &over], &root, None, "").unwrap();
        assert_eq!(code, ExitCode::FAILURE);
        assert!(
            text.contains("days_remaining  -30\nstate           EXPIRED\n"),
            "{text}"
        );
        let (code, text) = dvara(&["inspect", &over], "", None, "").unwrap();
        assert_eq!(code, ExitCode::FAILURE);
        assert!(
            text.contains("signed with root `prod-1`, which this build does not trust"),
            "{text}"
        );
        let long = format!("DVARA-{}", "A".repeat(100_000));
        let (code, text) = dvara(&["inspect", "-"], "", None, &long).unwrap();
        assert_eq!(code, ExitCode::FAILURE);
        assert!(text.contains("longer than 16384 bytes"), "{text}");
    }

    #[test]
    fn a_root_is_never_written_over_another_and_never_named_like_the_evaluation_root() {
        let folder = Folder::new("keygen");
        let key_file = folder.file("prod.pem");
        printed(&["keygen", "--kid", "prod-1", "--key-file", &key_file]);
        let before = fs::read(&key_file).unwrap();
        let error = dvara(
            &["keygen", "--kid", "prod-1", "--key-file", &key_file],
            "",
            None,
            "",
        )
        .unwrap_err();
        assert!(
            error.starts_with("the private key cannot be written to "),
            "{error}"
        );
        assert_eq!(fs::read(&key_file).unwrap(), before);
        for kid in ["evaluation-1", "Prod", "a:b", ""] {
            let other = folder.file("other.pem");
            assert!(
                dvara(
                    &["keygen", "--kid", kid, "--key-file", &other],
                    "",
                    None,
                    ""
                )
                .is_err(),
                "{kid}"
            );
            assert!(!Path::new(&other).exists(), "{kid}");
        }
    }

    #[test]
    fn a_licence_that_would_be_refused_is_not_issued() {
        let folder = Folder::new("issue");
        let key_file = folder.file("prod.pem");
        printed(&["keygen", "--kid", "prod-1", "--key-file", &key_file]);
        let garbage = folder.file("garbage.pem");
        fs::write(&garbage, "secret garbage").unwrap();
        let absent = folder.file("absent.pem");
        let cases = [
            (
                [&*key_file, "prod-1", "", "trial", "30"],
                "`customer` must be",
            ),
            (
                [&*key_file, "evaluation-1", "Acme", "trial", "30"],
                "name of the evaluation root",
            ),
            (
                [&*key_file, "prod-1", "Acme", "platinum", "30"],
                "not a plan; there are trial",
            ),
            (
                [&*key_file, "prod-1", "Acme", "trial", "0"],
                "0 is not in 1..=36500",
            ),
            (
                [&*garbage, "prod-1", "Acme", "trial", "30"],
                "not an unencrypted Ed25519 private key",
            ),
            (
                [&*absent, "prod-1", "Acme", "trial", "30"],
                "cannot be read",
            ),
        ];
        for ([key_file, kid, customer, plan, days], expected) in cases {
            let line = [
                "issue",
                "--key-file",
                key_file,
                "--kid",
                kid,
                "--customer",
                customer,
                "--plan",
                plan,
                "--days",
                days,
            ];
            let error = dvara(&line, "", None, "").unwrap_err();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("secret garbage"), "{error}");
        }
    }
}
