use super::*;

static TABLE: &[Property] = &[
    Property::new("dvara.llm-gateway.rate-limit.enabled", ""),
    Property::new(
        "dvara.llm-gateway.rate-limit.per-key.requests-per-minute",
        "",
    ),
    Property::new("dvara.providers.*.api-key", ""),
    Property::new("logging.level.root", ""),
    Property::new("logging.level.*", ""),
    Property::new("server.port", ""),
];

fn kind(path: &str) -> String {
    let segments: Vec<String> = path.split('.').map(str::to_owned).collect();
    match Known::new(&[TABLE]).path(&segments) {
        PathKind::Property(found) => {
            let free = found.free.unwrap_or_default();
            format!("{} [{free}]", found.property.path)
        }
        PathKind::Prefix => "prefix".to_owned(),
        PathKind::OtherService(service) => format!("other {service}"),
        PathKind::Unknown => "unknown".to_owned(),
    }
}

#[test]
fn paths_are_found_in_any_spelling() {
    let cases = [
        (
            "dvara.llm-gateway.rate-limit.enabled",
            "dvara.llm-gateway.rate-limit.enabled []",
        ),
        (
            "dvara.llmGateway.rate_limit.enabled",
            "dvara.llm-gateway.rate-limit.enabled []",
        ),
        ("dvara.llm-gateway.rate-limit", "prefix"),
        ("dvara", "prefix"),
        (
            "dvara.providers.Azure-OpenAI.apiKey",
            "dvara.providers.*.api-key [Azure-OpenAI]",
        ),
        ("dvara.providers.openai", "prefix"),
        ("dvara.providers.openai.api-key.x", "unknown"),
        ("logging.level.root", "logging.level.root []"),
        (
            "logging.level.dvara_store.feed",
            "logging.level.* [dvara_store.feed]",
        ),
        ("logging.level.org.x", "logging.level.* [org.x]"),
        ("server.port.x", "unknown"),
        ("dvara.flightdeck.anything", "other dvara.flightdeck"),
        ("dvara.llm-gateway.anything", "unknown"),
    ];
    for (path, expected) in cases {
        assert_eq!(kind(path), expected, "{path}");
    }
}

#[test]
fn short_roots_are_told_from_full_ones() {
    let known = Known::new(&[TABLE]);
    for root in ["dvara", "server", "logging"] {
        assert!(known.root(root).is_empty(), "{root}");
    }
    assert_eq!(known.root("rateLimit"), ["dvara", "llm-gateway"]);
}

#[test]
fn variables_are_found() {
    let known = Known::new(&[TABLE]);
    let found = known
        .variable("DVARA_PROVIDERS_AZURE_OPENAI_API_KEY")
        .unwrap();
    assert_eq!(found.free.as_deref(), Some("azure_openai"));
    assert!(
        known
            .variable("DVARA_LLMGATEWAY_RATELIMIT_ENABLED")
            .is_some()
    );
    assert!(known.variable("DVARA_PROVIDERS__API_KEY").is_none());
    assert!(known.left_to_another("DVARA_FLIGHTDECK_GATEWAY_URL"));
    assert!(!known.left_to_another("DVARA_LLM_GATEWAY_MODES"));
}

#[test]
fn hints_keep_the_level_of_what_was_written() {
    let known = Known::new(&[TABLE]);
    let cases = [
        ("rate-limt", Some("rate-limit")),
        ("rate-limit.enabeld", Some("rate-limit.enabled")),
        (
            "dvara.llm-gateway.rate-limit.enabeld",
            Some("dvara.llm-gateway.rate-limit.enabled"),
        ),
        ("servr.port", Some("server.port")),
        ("provider", Some("providers")),
        ("quite-different", None),
    ];
    for (written, hint) in cases {
        assert_eq!(known.nearest_path(written).as_deref(), hint, "{written}");
    }
    assert_eq!(
        known.nearest_variable("SERVER_PROT").as_deref(),
        Some("SERVER_PORT")
    );
}
