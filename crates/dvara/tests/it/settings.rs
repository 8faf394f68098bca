//! `dvara config`, `dvara encrypt`, `dvara license`: settings and secrets as an operator handles them.

use crate::run::{run, run_with_input};

#[test]
fn explain_names_every_source_and_masks_every_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    std::fs::write(&file, "request: {max-body-bytes: 4096}\n").unwrap();
    let explained = run(
        &["config", "explain"],
        &[
            ("DVARA_CONFIG_FILE", file.to_str().unwrap()),
            ("OPENAI_API_KEY", "sk-canary"),
            ("SERVER_PORT", "9999"),
            ("DVARA_INTERNAL_SECRET", "internal-canary"),
            ("DVARA_FLIGHTDECK_GATEWAY_URL", "http://dvara-server:8080"),
        ],
    );
    assert_eq!(explained.code, 0, "{}", explained.err);
    let line = |path: &str| {
        explained
            .out
            .lines()
            .find(|line| line.starts_with(path))
            .unwrap_or_default()
            .to_owned()
    };
    assert!(
        line("dvara.llm-gateway.request.max-body-bytes").contains("4096")
            && line("dvara.llm-gateway.request.max-body-bytes").contains("line 1")
    );
    assert!(line("server.port").contains("9999") && line("server.port").contains("SERVER_PORT"));
    assert!(line("dvara.llm-gateway.providers.openai.api-key").contains("OPENAI_API_KEY"));
    // The other services' too: one file and one environment may serve them all.
    assert!(line("dvara.flightdeck.gateway-url").contains("http://dvara-server:8080"));
    assert!(line("dvara.mcp-gateway.request.max-body-bytes").contains("4194304"));
    assert!(line("dvara.internal.secret").contains("DVARA_INTERNAL_SECRET"));
    assert!(!explained.out.contains("canary"), "{}", explained.out);
}

#[test]
fn validate_exits_64_and_lists_what_a_start_would_refuse() {
    let wrong = run(
        &["config", "validate"],
        &[("DVARA_AUDIT_HMAC_SECRET", "short")],
    );
    assert_eq!(wrong.code, 64);
    assert!(
        wrong.out.contains("fewer than 32") && wrong.out.contains("SPRING_DATASOURCE_URL"),
        "{}",
        wrong.out
    );
    let right = run(
        &["config", "validate"],
        &[
            ("SPRING_PROFILES_ACTIVE", "dev"),
            ("SPRING_DATASOURCE_URL", "jdbc:postgresql://db:5432/x"),
            ("SPRING_DATASOURCE_USERNAME", "u"),
        ],
    );
    assert_eq!(right.code, 0, "{}", right.out);
}

#[test]
fn an_encrypted_value_is_opened_where_a_setting_is_expected() {
    let password = (
        "DVARA_ENCRYPTION_MASTER_PASSWORD",
        "a password for this test",
    );
    let sealed = run_with_input(&["encrypt"], &[password], "8123\n");
    assert_eq!(sealed.code, 0, "{}", sealed.err);
    let sealed = sealed.out.trim();
    assert!(sealed.starts_with("ENC:v1:"), "{sealed}");
    let opened = run(&["config", "explain"], &[password, ("SERVER_PORT", sealed)]);
    assert!(
        opened
            .out
            .lines()
            .any(|line| line.starts_with("server.port") && line.contains("8123")),
        "{}",
        opened.out
    );
    for env in [
        &[("SERVER_PORT", sealed)][..],
        &[
            ("SERVER_PORT", sealed),
            ("DVARA_ENCRYPTION_MASTER_PASSWORD", "another"),
        ],
    ] {
        let shut = run(&["config", "validate"], env);
        assert_eq!(shut.code, 64);
        assert!(
            shut.out.contains("server.port") || shut.out.contains("SERVER_PORT"),
            "{}",
            shut.out
        );
    }
}

#[test]
fn a_licence_can_be_made_signed_and_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("root.pem");
    let key_file = key_file.to_str().unwrap();
    let root = run(&["license", "keygen", "--help"], &[]);
    assert_eq!(root.code, 0);
    let made = run(
        &[
            "license",
            "keygen",
            "--key-file",
            key_file,
            "--kid",
            "test-1",
        ],
        &[],
    );
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.out.contains("test-1:"), "{}", made.out);
    let issued = run(
        &[
            "license",
            "issue",
            "--key-file",
            key_file,
            "--kid",
            "test-1",
            "--customer",
            "Acme",
            "--plan",
            "trial",
            "--days",
            "30",
        ],
        &[],
    );
    assert_eq!(issued.code, 0, "{}", issued.err);
    assert!(issued.out.starts_with("DVARA-"));
    let looked_at = run(&["license", "inspect", issued.out.trim()], &[]);
    assert_eq!(
        looked_at.code, 1,
        "a root that is not compiled in counts for nothing"
    );
    let evaluation = run(&["license", "evaluation"], &[]);
    let looked_at = run(&["license", "inspect", evaluation.out.trim()], &[]);
    assert!(
        looked_at.out.contains("valuation"),
        "{}{}",
        looked_at.out,
        looked_at.err
    );
}
