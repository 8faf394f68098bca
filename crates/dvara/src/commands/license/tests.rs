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
    let code = run(&line.license, surroundings, &mut out).map_err(|error| format!("{error:#}"))?;
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
