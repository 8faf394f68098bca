use dvara_crypto::licence::{LicenceError, Roots, evaluation};

use super::*;
use crate::boot::conclude;
use crate::settings::Env;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A start that nothing is wrong with.
const SOUND: [(&str, &str); 4] = [
    ("SPRING_DATASOURCE_URL", "jdbc:postgresql://db:5432/dvara"),
    ("DVARA_AUDIT_HMAC_SECRET", SECRET),
    ("DVARA_ACTUATOR_API_KEY", "one"),
    ("DVARA_ACTUATOR_METRICS_API_KEY", "two"),
];

/// Problems and warnings of a sound start with these variables changed.
fn start(changes: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let mut env = Env::from_pairs(SOUND);
    for (name, value) in changes {
        env.set(*name, *value);
    }
    let mut loader = Loader::new(env, &[]);
    CommonSettings::load(&mut loader);
    match loader.finish() {
        Ok(loaded) => (Vec::new(), loaded.warnings),
        Err(problems) => (
            problems.iter().map(Problem::to_string).collect(),
            Vec::new(),
        ),
    }
}

fn with_fix(text: &str, fix: &str) -> String {
    format!("{text}; {fix}")
}

#[test]
fn sound_settings_start_without_a_word() {
    assert_eq!(start(&[]), (Vec::new(), Vec::new()));
}

/// S28, S29, S63, S81, S146, S147, S157 and design §3.
#[test]
fn refusals_of_production() {
    let audit = |text| with_fix(text, texts::AUDIT_SECRET_FIX);
    let cases: Vec<(Vec<(&str, &str)>, String)> = vec![
        (vec![("DVARA_AUDIT_HMAC_SECRET", "")], audit(texts::AUDIT_SECRET_MISSING)),
        (vec![("DVARA_AUDIT_HMAC_SECRET", "default-dev-secret-change-in-production")], audit(texts::AUDIT_SECRET_PLACEHOLDER)),
        (vec![("DVARA_AUDIT_HMAC_SECRET", "dev-only-change-me")], audit(texts::AUDIT_SECRET_PLACEHOLDER)),
        (vec![("DVARA_AUDIT_HMAC_SECRET", "local-only-change-me")], audit(texts::AUDIT_SECRET_PLACEHOLDER)),
        (vec![("DVARA_AUDIT_HMAC_SECRET", "Replace-with-openssl-rand-output")], audit(texts::AUDIT_SECRET_PLACEHOLDER)),
        (vec![("DVARA_AUDIT_HMAC_SECRET", &SECRET[1..])], audit(texts::AUDIT_SECRET_SHORT)),
        (vec![("DVARA_ACTUATOR_METRICS_API_KEY", "one")], with_fix(texts::ACTUATOR_KEYS_EQUAL, texts::ACTUATOR_KEYS_FIX)),
        (vec![("SPRING_DATASOURCE_URL", " ")], with_fix(texts::DATASOURCE_MISSING, texts::DATASOURCE_FIX)),
        (vec![("KUBERNETES_NAMESPACE", "prod")], texts::CACHE_SERVICE_NAME_MISSING.to_owned()),
        (vec![("MANAGEMENT_ENDPOINT_HEALTH_SHOW_DETAILS", "always")], with_fix(texts::SHOW_DETAILS_ALWAYS, texts::SHOW_DETAILS_FIX)),
        (vec![("MANAGEMENT_ENDPOINT_HEALTH_SHOWDETAILS", "ALWAYS")], with_fix(texts::SHOW_DETAILS_ALWAYS, texts::SHOW_DETAILS_FIX)),
        (vec![("MANAGEMENT_SERVER_PORT", "9090")], with_fix(texts::MANAGEMENT_PORT, texts::MANAGEMENT_PORT_FIX)),
        (
            vec![("DVARA_REGION_ID", "a"), ("DVARA_LLM_GATEWAY_REGION_ID", "b")],
            "Conflicting region configuration: dvara.region.id is `a` and dvara.llm-gateway.region.id is `b`; set dvara.region.id alone".to_owned(),
        ),
        (
            vec![("DVARA_REGION_NAME", "A"), ("DVARA_LLM_GATEWAY_REGION_NAME", "B")],
            "Conflicting region configuration: dvara.region.name is `A` and dvara.llm-gateway.region.name is `B`; set dvara.region.name alone".to_owned(),
        ),
        (vec![("SERVER_PORT", "65536")], "server.port (environment SERVER_PORT): `65536` is not a number from 0 to 65535".to_owned()),
        (vec![("DVARA_CORES", "0")], "dvara.cores (environment DVARA_CORES): `0` is not a number from 1 to 1024".to_owned()),
        (vec![("DVARA_CONFIG_POLL_INTERVAL_MS", "0")], "dvara.config.poll-interval-ms (environment DVARA_CONFIG_POLL_INTERVAL_MS): `0` is less than 10 ms".to_owned()),
        (vec![("DVARA_CONFIG_MAX_STALENESS", "x")], "dvara.config.max-staleness (environment DVARA_CONFIG_MAX_STALENESS): `x` is not a whole number with a unit".to_owned()),
        (vec![("TRACING_SAMPLING_PROBABILITY", "1.5")], "management.tracing.sampling.probability (environment TRACING_SAMPLING_PROBABILITY): `1.5` is not a number from 0 to 1".to_owned()),
        (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")], "otel.exporter.otlp.endpoint (environment OTEL_EXPORTER_OTLP_ENDPOINT): `collector` is not an http or https URL".to_owned()),
        (vec![("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "otel.exporter.otlp.protocol (environment OTEL_EXPORTER_OTLP_PROTOCOL): `grpc` is not one of http/protobuf".to_owned()),
        (vec![("LOGGING_LEVEL_ROOT", "loud")], "logging.level.root (environment LOGGING_LEVEL_ROOT): `loud` is not one of trace, debug, info, warn, error, off".to_owned()),
    ];
    for (changes, expected) in cases {
        assert_eq!(start(&changes).0, [expected], "{changes:?}");
    }
}

/// S63 by way of the chart's `gatewayConfig`.
#[test]
fn file_is_held_to_the_same_rules() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let text = "management.endpoint.health.show-details: always\nserver: {port: x}\ndvara.config.file: other.yaml\n";
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    let name = file.path().to_str().unwrap();
    assert_eq!(
        start(&[("DVARA_CONFIG_FILE", name)]).0,
        [
            format!(
                "{name} line 3: a file cannot name the file to read; set DVARA_CONFIG_FILE in the environment"
            ),
            format!("server.port ({name} line 2): `x` is not a number from 0 to 65535"),
            with_fix(texts::SHOW_DETAILS_ALWAYS, texts::SHOW_DETAILS_FIX),
        ]
    );
}

#[test]
fn other_profiles_warn_where_production_refuses() {
    let changes = [
        ("SPRING_PROFILES_ACTIVE", "dev"),
        ("DVARA_AUDIT_HMAC_SECRET", "dev-only-change-me"),
        ("DVARA_ACTUATOR_METRICS_API_KEY", "one"),
    ];
    let expected = [
        with_fix(texts::ACTUATOR_KEYS_EQUAL, texts::ACTUATOR_KEYS_FIX),
        with_fix(texts::AUDIT_SECRET_PLACEHOLDER, texts::AUDIT_SECRET_FIX),
    ];
    assert_eq!(start(&changes), (Vec::new(), expected.to_vec()));
    let everywhere = [
        ("SPRING_PROFILES_ACTIVE", "local"),
        ("MANAGEMENT_ENDPOINT_HEALTH_SHOW_DETAILS", "always"),
        ("KUBERNETES_NAMESPACE", "x"),
        ("SPRING_DATASOURCE_URL", ""),
    ];
    assert_eq!(start(&everywhere).0.len(), 3);
}

#[test]
fn warnings_name_what_is_missing() {
    let (api, metrics) = ("DVARA_ACTUATOR_API_KEY", "DVARA_ACTUATOR_METRICS_API_KEY");
    let legacy = texts::region_legacy("dvara.region.id", "dvara.llm-gateway.region.id");
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[(api, ""), (metrics, " ")], texts::ACTUATOR_CLOSED),
        (&[(api, "")], texts::ACTUATOR_API_KEY_UNSET),
        (&[(metrics, "")], texts::ACTUATOR_METRICS_KEY_UNSET),
        (&[("DVARA_LLM_GATEWAY_REGION_ID", "a")], &legacy),
        (&[("JAVA_OPTS", "-Xmx1g")], texts::JAVA_OPTS_IGNORED),
        (
            &[("DVARA_ACTUATOR_KEY", "x")],
            "DVARA_ACTUATOR_KEY is not a variable that this process reads; did you mean DVARA_ACTUATOR_API_KEY?",
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(
            start(changes),
            (Vec::new(), vec![expected.to_owned()]),
            "{changes:?}"
        );
    }
}

#[test]
fn settings_arrive_typed() {
    let mut env = Env::from_pairs(SOUND);
    let given = [
        ("SERVER_PORT", "0"),
        ("DVARA_CORES", "3"),
        ("DVARA_REGION_ID", "us-east-1"),
        ("DVARA_LLM_GATEWAY_REGION_ID", "us-east-1"),
        ("DVARA_LLM_GATEWAY_REGION_NAME", "US East"),
        ("KUBERNETES_NAMESPACE", "prod"),
        ("CACHE_SERVICE_NAME", "dvara-server-cluster"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
        ("TRACING_SAMPLING_PROBABILITY", "0.25"),
        ("RUST_LOG", "warn,dvara_store=debug"),
        ("DVARA_SPOOL_DIR", "/data/spool"),
        ("DVARA_USAGE_RETENTION_DAYS", "90"),
    ];
    for (name, value) in given {
        env.set(name, value);
    }
    let mut loader = Loader::new(env, &[]);
    let settings = CommonSettings::load(&mut loader);
    assert!(loader.finish().is_ok());
    assert_eq!(settings.port, Some(0));
    assert_eq!(settings.cores, NonZeroUsize::new(3));
    let region = (
        settings.region.id.as_deref(),
        settings.region.name.as_deref(),
    );
    assert_eq!(region, (Some("us-east-1"), Some("US East")));
    let service = settings.cluster.service.unwrap();
    assert_eq!(service.name, "dvara-server-cluster");
    assert_eq!(settings.poll_interval, Duration::from_millis(500));
    assert_eq!(settings.max_staleness, Duration::from_secs(900));
    assert_eq!(settings.spool_dir, PathBuf::from("/data/spool"));
    assert_eq!(settings.spool_max_size, Some(256 << 20));
    assert_eq!(settings.usage_retention_days, Some(90));
    assert_eq!(settings.show_details, ShowDetails::WhenAuthorized);
    let otlp = settings.telemetry.otlp.unwrap();
    assert_eq!(
        (otlp.endpoint.as_str(), otlp.sampling),
        ("http://collector:4318/v1/traces", 0.25)
    );
    assert!(settings.telemetry.json);
    assert!(
        settings
            .telemetry
            .levels
            .would_enable("dvara_store", &tracing::Level::DEBUG)
    );
    assert!(
        !settings
            .telemetry
            .levels
            .would_enable("hyper", &tracing::Level::INFO)
    );
}

#[test]
fn debug_of_the_settings_shows_no_secret() {
    let mut env = Env::from_pairs(SOUND);
    env.set("SPRING_DATASOURCE_PASSWORD", "hunter2");
    env.set("DVARA_ENCRYPTION_MASTER_PASSWORD", "hunter3");
    let mut loader = Loader::new(env, &[]);
    let text = format!("{:?}", CommonSettings::load(&mut loader));
    for secret in ["hunter", SECRET, "\"one\"", "\"two\"", "postgresql"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// S25, S85: the licence is the first line, everything else follows, exit code 64.
#[test]
fn licence_comes_first_and_the_rest_follows() {
    let mut loader = Loader::new(
        Env::from_pairs([("DVARA_LICENSE_KEY", ""), ("DVARA_LICENCE_KEY", "DVARA-x")]),
        &[],
    );
    let licence = crate::licence::gate(&mut loader, &Roots::release(), chrono::Utc::now());
    assert_eq!(licence, Err(LicenceError::Missing));
    CommonSettings::load(&mut loader);
    let refused = conclude(licence, loader).err().unwrap();
    assert_eq!(refused.code(), 64);
    assert_eq!(
        refused.messages(),
        [
            "LicenseValidationException: No license key configured".to_owned(),
            with_fix(texts::DATASOURCE_MISSING, texts::DATASOURCE_FIX),
            with_fix(texts::AUDIT_SECRET_MISSING, texts::AUDIT_SECRET_FIX),
        ]
    );
    assert!(
        refused
            .to_string()
            .starts_with("LicenseValidationException: No license key configured\n")
    );
    let hint = "DVARA_LICENCE_KEY is not a variable that this process reads; did you mean DVARA_LICENSE_KEY?";
    assert!(refused.warnings().iter().any(|warning| warning == hint));
}

#[test]
fn good_licence_and_good_settings_start() {
    let now = chrono::Utc::now();
    let mut env = Env::from_pairs(SOUND);
    env.set("DVARA_LICENSE_KEY", evaluation(now, [7; 10]));
    let start = |env: &Env, roots: &Roots| {
        let mut loader = Loader::new(env.clone(), &[]);
        let licence = crate::licence::gate(&mut loader, roots, now);
        CommonSettings::load(&mut loader);
        conclude(licence, loader)
    };
    let (verified, loaded) = start(&env, &Roots::release().with_evaluation())
        .ok()
        .unwrap();
    assert_eq!(verified.days_remaining, 29);
    assert!(loaded.warnings.is_empty());
    // The evaluation root counts in `dvara up` alone.
    let refused = start(&env, &Roots::release()).err().unwrap();
    assert!(refused.messages()[0].starts_with("LicenseValidationException: "));
    assert_eq!(refused.messages().len(), 1);
}

#[test]
fn table_has_no_property_twice_and_documents_each() {
    let mut paths: Vec<&str> = TABLE.iter().map(|property| property.path).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), TABLE.len());
    assert!(TABLE.iter().all(|property| property.doc.ends_with('.')));
}
