use std::io::Write as _;
use std::time::Duration;

use dvara_crypto::Secret;
use tempfile::NamedTempFile;

use super::*;
use crate::settings::{seal_config_value, write_validated};

const MODE: Property = Property::new("dvara.llm-gateway.mode", "").default("full");
const LIMIT: Property = Property::new("dvara.llm-gateway.rate-limit.limit", "").default("100");
const ENABLED: Property =
    Property::new("dvara.llm-gateway.rate-limit.enabled", "").default("false");
const WAIT: Property = Property::new("dvara.llm-gateway.wait", "").default("5s");
const SIZE: Property = Property::new("dvara.llm-gateway.size", "").default("100MB");
const ORIGINS: Property = Property::new("dvara.llm-gateway.origins", "");
const KEY: Property = Property::new("openai.api-key", "").secret();
const LATER: Property = Property::new("dvara.llm-gateway.cache.enabled", "").unbuilt();
static TABLE: &[Property] = &[MODE, LIMIT, ENABLED, WAIT, SIZE, ORIGINS, KEY, LATER];

fn loader(pairs: &[(&str, &str)]) -> Loader {
    Loader::new(Env::from_pairs(pairs.iter().copied()), &[TABLE])
}

fn with_file(text: &str, pairs: &[(&str, &str)]) -> (Loader, NamedTempFile) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let mut env = Env::from_pairs(pairs.iter().copied());
    env.set("DVARA_CONFIG_FILE", name(&file));
    (Loader::new(env, &[TABLE]), file)
}

fn name(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

fn problems(loader: Loader) -> Vec<String> {
    let problems = loader.finish().err().unwrap_or_default();
    problems.iter().map(Problem::to_string).collect()
}

#[test]
fn values_are_typed() {
    let mut loader = loader(&[
        ("DVARA_LLM_GATEWAY_RATE_LIMIT_ENABLED", "yes"),
        ("DVARA_LLM_GATEWAY_ORIGINS", "a, b,,c "),
        ("OPENAI_API_KEY", "sk-1\n"),
    ]);
    assert_eq!(loader.text(&MODE), "full");
    assert_eq!(loader.parse::<u32>(&LIMIT), Some(100));
    assert_eq!(loader.within(&LIMIT, 1..=100_u32), Some(100));
    assert!(loader.flag(&ENABLED));
    assert_eq!(loader.millis(&WAIT), Duration::from_secs(5));
    assert_eq!(loader.bytes(&SIZE), Some(104_857_600));
    assert_eq!(loader.list(&ORIGINS), ["a", "b", "c"]);
    assert_eq!(loader.secret(&KEY).unwrap().expose(), "sk-1");
    assert_eq!(
        loader.one_of(&MODE, &[("full", 1), ("standalone", 2)]),
        Some(1)
    );
    assert!(!loader.is_given(&MODE) && loader.is_given(&KEY));
    assert!(loader.finish().is_ok());
}

#[test]
fn every_mistake_is_reported_and_no_secret_is() {
    let mut loader = loader(&[
        ("DVARA_LLM_GATEWAY_RATE_LIMIT_ENABLED", "maybe"),
        ("DVARA_LLM_GATEWAY_RATE_LIMIT_LIMIT", "101"),
        ("DVARA_LLM_GATEWAY_WAIT", "soon"),
        ("DVARA_LLM_GATEWAY_SIZE", "1TB"),
        ("DVARA_LLM_GATEWAY_MODE", "half"),
        ("OPENAI_API_KEY", "hunter2"),
    ]);
    loader.flag(&ENABLED);
    loader.within(&LIMIT, 1..=100_u32);
    loader.millis(&WAIT);
    loader.bytes(&SIZE);
    loader.one_of(&MODE, &[("full", ()), ("standalone", ())]);
    loader.mistake(&KEY, "is too short");
    loader.refuse(Problem::new("something else").fix("mend it"));
    assert_eq!(
        problems(loader),
        [
            "dvara.llm-gateway.rate-limit.enabled (environment DVARA_LLM_GATEWAY_RATE_LIMIT_ENABLED): `maybe` is not true or false",
            "dvara.llm-gateway.rate-limit.limit (environment DVARA_LLM_GATEWAY_RATE_LIMIT_LIMIT): `101` is not a number from 1 to 100",
            "dvara.llm-gateway.wait (environment DVARA_LLM_GATEWAY_WAIT): `soon` is not a whole number with a unit",
            "dvara.llm-gateway.size (environment DVARA_LLM_GATEWAY_SIZE): `1TB` has another unit than B, KB, MB or GB",
            "dvara.llm-gateway.mode (environment DVARA_LLM_GATEWAY_MODE): `half` is not one of full, standalone",
            "openai.api-key (environment OPENAI_API_KEY): the value is too short",
            "something else; mend it",
        ]
    );
}

#[test]
fn layers_are_ranked_and_explained() {
    let (mut loader, file) = with_file(
        "mode: standalone\nrate-limit: {limit: 5, enabled: true}\nproviders: [{api_key: sk}]\nopenai: {api-key: sk}\n",
        &[
            ("DVARA_LLM_GATEWAY_RATE_LIMIT_LIMIT", "7"),
            ("DVARA_LLM_GATEWAY_RATE_LIMIT_ENABLED", ""),
        ],
    );
    loader.bring(&MODE, "full", "dvara up");
    loader.bring(&WAIT, "9s", "dvara up");
    assert_eq!(loader.text(&MODE), "standalone");
    assert_eq!(loader.parse::<u32>(&LIMIT), Some(7));
    assert!(loader.flag(&ENABLED));
    assert_eq!(loader.millis(&WAIT), Duration::from_secs(9));
    let ours = |row: &&Explained| {
        row.path.starts_with("dvara.llm") || !row.path.contains('.') || row.path == KEY.path
    };
    let explained = loader.finish().ok().unwrap().explained;
    let rows: Vec<String> = explained
        .iter()
        .filter(ours)
        .filter(|row| !row.path.contains("region"))
        .map(|row| {
            let value = row.value.as_deref().unwrap_or("-");
            format!("{}={value} ({})", row.path, row.source).replace(name(&file), "FILE")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "dvara.llm-gateway.mode=standalone (FILE line 1)",
            "dvara.llm-gateway.rate-limit.limit=7 (environment DVARA_LLM_GATEWAY_RATE_LIMIT_LIMIT)",
            "dvara.llm-gateway.rate-limit.enabled=true (FILE line 2)",
            "dvara.llm-gateway.wait=9s (dvara up)",
            "dvara.llm-gateway.size=100MB (default)",
            "dvara.llm-gateway.origins=- (default)",
            "openai.api-key=•••• (FILE line 4)",
            "dvara.llm-gateway.cache.enabled=- (default)",
            "providers=1 entry (FILE)",
        ]
    );
}

#[test]
fn properties_that_are_not_built_warn_and_are_listed() {
    let loaded = loader(&[("DVARA_LLM_GATEWAY_CACHE_ENABLED", "true")])
        .finish()
        .ok()
        .unwrap();
    assert_eq!(loaded.not_built, ["dvara.llm-gateway.cache.enabled"]);
    assert_eq!(
        loaded.warnings,
        [
            "dvara.llm-gateway.cache.enabled is set, but this version does not implement it yet; it has no effect"
        ]
    );
    let loaded = loader(&[("DVARA_LLM_GATEWAY_CACHE_ENABLED", " ")])
        .finish()
        .ok()
        .unwrap();
    assert!(loaded.not_built.is_empty() && loaded.warnings.is_empty());
}

#[test]
fn named_file_must_exist() {
    for variable in ["DVARA_CONFIG_FILE", "GATEWAY_CONFIG_FILE"] {
        let list = problems(loader(&[(variable, "/nonexistent/gateway.yaml")]));
        assert_eq!(
            list,
            [format!(
                "{variable}: there is no file /nonexistent/gateway.yaml; create it or unset the variable"
            )]
        );
    }
    let directory = std::env::temp_dir();
    let list = problems(loader(&[(
        "DVARA_CONFIG_FILE",
        directory.to_str().unwrap(),
    )]));
    assert!(list[0].ends_with("is a directory"), "{list:?}");
    assert!(loader(&[("DVARA_CONFIG_FILE", " ")]).finish().is_ok());
}

#[test]
fn faults_of_the_file_and_of_the_environment_come_together() {
    let (mut loader, file) = with_file("mod: full\n", &[("DVARA_LLM_GATEWAY_WAIT", "soon")]);
    loader.millis(&WAIT);
    assert_eq!(
        problems(loader),
        [
            format!("{} line 1: unknown key `mod`; did you mean `mode`?", name(&file)),
            "dvara.llm-gateway.wait (environment DVARA_LLM_GATEWAY_WAIT): `soon` is not a whole number with a unit".to_owned(),
        ]
    );
}

fn sealed(password: &str, plain: &str) -> String {
    let master = MasterKey::derive(&Secret::new(password.to_owned()));
    seal_config_value(&master, &Secret::new(plain.to_owned()))
}

#[test]
fn sealed_values_open_wherever_they_stand() {
    let text = sealed("right", "sk-1");
    let (mut loader, _file) = with_file(
        &format!("openai: {{api-key: '{text}'}}\nproviders: [{{name: a, api_key: '{text}'}}]\n"),
        &[
            ("DVARA_ENCRYPTION_MASTER_PASSWORD", "right"),
            ("DVARA_LLM_GATEWAY_ORIGINS", &text),
        ],
    );
    assert_eq!(loader.secret(&KEY).unwrap().expose(), "sk-1");
    assert_eq!(loader.text(&ORIGINS), "sk-1");
    assert_eq!(loader.structured()["providers"][0]["api_key"], "sk-1");
    assert!(loader.finish().ok().unwrap().master_key.is_some());
}

#[test]
fn key_is_not_derived_for_nothing() {
    let loaded = loader(&[("DVARA_ENCRYPTION_MASTER_PASSWORD", "right")])
        .finish()
        .ok()
        .unwrap();
    assert!(loaded.master_key.is_none());
}

#[test]
fn values_that_stay_sealed_are_named() {
    let text = sealed("right", "sk-1");
    let file_text = format!("providers: [{{name: a}}, {{api_key: '{text}'}}]\n");
    let (without, file) = with_file(&file_text, &[("OPENAI_API_KEY", &text)]);
    let fix = "the value is sealed (ENC:) and there is no master password; set DVARA_ENCRYPTION_MASTER_PASSWORD to the password it was sealed with";
    assert!(without.is_mistaken(&KEY));
    assert_eq!(
        problems(without),
        [
            format!("openai.api-key (environment OPENAI_API_KEY): {fix}"),
            format!("providers[1].api_key: {fix}"),
        ]
    );
    drop(file);
    let cases = [
        (text.as_str(), "wrong", "does not open"),
        ("ENC:v1:AAAA", "right", "damaged"),
        ("ENC:v9:AAAA", "right", "version"),
    ];
    for (text, password, reason) in cases {
        let pairs = [
            ("OPENAI_API_KEY", text),
            ("DVARA_ENCRYPTION_MASTER_PASSWORD", password),
        ];
        let list = problems(loader(&pairs));
        assert_eq!(list.len(), 1, "{list:?}");
        assert!(
            list[0].starts_with("openai.api-key (environment OPENAI_API_KEY): "),
            "{list:?}"
        );
        assert!(
            list[0].contains(reason) && !list[0].contains("AAAA"),
            "{list:?}"
        );
    }
    let list = problems(loader(&[(
        "DVARA_ENCRYPTION_MASTER_PASSWORD",
        "ENC:v1:AAAA",
    )]));
    assert!(list[0].contains("cannot itself be sealed"), "{list:?}");
}

#[test]
fn validation_says_everything_there_is_to_say() {
    let written = |loader: Loader| {
        let mut out = Vec::new();
        let holds = write_validated(&mut out, &loader.finish()).unwrap();
        (holds, String::from_utf8(out).unwrap())
    };
    let sound = loader(&[("DVARA_LLM_GATEWAY_MODE", "full"), ("DVARA_TYPO", "x")]);
    assert_eq!(
        written(sound),
        (
            true,
            "warning: DVARA_TYPO is not a variable that this process reads\n\
             the settings are valid: 1 given, the rest by default\n"
                .to_owned()
        )
    );
    let mut faulty = loader(&[("DVARA_LLM_GATEWAY_WAIT", "soon")]);
    faulty.millis(&WAIT);
    faulty.refuse(Problem::new("something else").fix("mend it"));
    assert_eq!(
        written(faulty),
        (
            false,
            "error: dvara.llm-gateway.wait (environment DVARA_LLM_GATEWAY_WAIT): `soon` is not a whole number with a unit\n\
             error: something else; mend it\n"
                .to_owned()
        )
    );
}

#[test]
fn entries_of_a_pattern_are_handed_out() {
    let levels = loader(&[("LOGGING_LEVEL_DVARA_STORE", "debug")]);
    assert_eq!(
        levels.entries(&crate::settings::logging::LOG_LEVELS),
        [("dvara_store".to_owned(), "debug".to_owned())]
    );
}
