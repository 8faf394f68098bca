use super::*;

static TABLE: &[Property] = &[
    Property::new("dvara.llm-gateway.rate-limit.enabled", ""),
    Property::new(
        "dvara.llm-gateway.rate-limit.per-key.requests-per-minute",
        "",
    ),
    Property::new("dvara.llm-gateway.cors.origins", ""),
    Property::new("dvara.license.key", "").secret(),
    Property::new("dvara.providers.*.api-key", "").env(&["GATEWAY_PROVIDERS_*_API_KEY"]),
    Property::new("logging.level.*", ""),
    Property::new("server.port", "").env(&["GATEWAY_PORT"]),
];

fn bind(text: &str, env: &[(&str, &str)]) -> Bound {
    let env = Env::from_pairs(env.iter().copied());
    let file = ConfigFile::read("gateway.yaml", text, &env).ok().unwrap();
    Bound::new(&file, &env, &Known::new(&[TABLE]))
}

fn problems(bound: &Bound) -> Vec<String> {
    bound.problems.iter().map(Problem::to_string).collect()
}

/// `path=value@source`, sorted.
fn values(bound: &Bound) -> Vec<String> {
    let mut all: Vec<String> = bound
        .values
        .iter()
        .map(|(path, given)| format!("{path}={}@{}", given.text, given.source))
        .collect();
    for (path, entries) in &bound.entries {
        for (free, given) in entries {
            all.push(format!("{path}[{free}]={}@{}", given.text, given.source));
        }
    }
    all.sort();
    all
}

#[test]
fn file_binds_in_every_spelling_and_level() {
    let texts = [
        "rate-limit: {enabled: true}",
        "rateLimit:\n  enabled: 'true'",
        "rate_limit.enabled: true",
        "dvara.llm-gateway.rate-limit.enabled: true",
        "dvara:\n  llm-gateway:\n    rate-limit.enabled: true",
        "dvara: {llmGateway: {rateLimit: {enabled: true}}}",
    ];
    for text in texts {
        let bound = bind(text, &[]);
        assert!(bound.problems.is_empty(), "{text}: {:?}", problems(&bound));
        assert_eq!(
            bound.values["dvara.llm-gateway.rate-limit.enabled"].text, "true",
            "{text}"
        );
    }
}

#[test]
fn environment_wins_over_the_file() {
    let bound = bind(
        "server: {port: 1}\nrate-limit: {enabled: true}\nlogging: {level: {root: info, org.x: debug}}\n",
        &[
            ("SERVER_PORT", "2"),
            ("LOGGING_LEVEL_ROOT", "warn"),
            ("DVARA_PROVIDERS_0_API_KEY", "sk"),
        ],
    );
    assert_eq!(problems(&bound), Vec::<String>::new());
    assert_eq!(
        values(&bound),
        [
            "dvara.llm-gateway.rate-limit.enabled=true@gateway.yaml line 2",
            "dvara.providers.*.api-key[0]=sk@environment DVARA_PROVIDERS_0_API_KEY",
            "logging.level.*[org.x]=debug@gateway.yaml line 3",
            "logging.level.*[root]=warn@environment LOGGING_LEVEL_ROOT",
            "server.port=2@environment SERVER_PORT",
        ]
    );
}

#[test]
fn blank_is_unset_and_lets_the_lower_layer_through() {
    let bound = bind(
        "server: {port: 1}\ndvara: {license: {key: ' '}}\ncors: {origins: []}\nrate-limit:\n",
        &[("SERVER_PORT", " "), ("GATEWAY_PORT", "")],
    );
    assert_eq!(values(&bound), ["server.port=1@gateway.yaml line 1"]);
    assert!(bound.problems.is_empty());
}

#[test]
fn lists_of_scalars_are_joined() {
    let bound = bind("cors: {origins: [a, 'b ', 3, ~]}", &[]);
    assert_eq!(bound.values["dvara.llm-gateway.cors.origins"].text, "a,b,3");
}

#[test]
fn every_mistake_of_a_file_is_reported_with_its_line() {
    let bound = bind(
        "rate-limt:\n  enabled: true\n  per-key: {requests-per-minute: 1}\n\
         rate-limit:\n  enabled: {x: 1}\n  per-key: 5\n  burst: 2\n\
         serverr: {port: 1}\n\
         server: {port: 1}\n\
         server.port: 2\n\
         completely-else: 1\n",
        &[],
    );
    assert_eq!(
        problems(&bound),
        [
            "gateway.yaml line 1: unknown key `rate-limt`; did you mean `rate-limit`?",
            "gateway.yaml line 5: `rate-limit.enabled` is a mapping, and takes a single value",
            "gateway.yaml line 6: `rate-limit.per-key` takes keys beneath it, not a value; indent its keys under it",
            "gateway.yaml line 7: unknown key `rate-limit.burst`",
            "gateway.yaml line 8: unknown key `serverr`; did you mean `server`?",
            "gateway.yaml line 10: `server.port` is set twice in this file, in two spellings or places",
            "gateway.yaml line 11: unknown key `completely-else`",
        ]
    );
}

#[test]
fn other_services_keys_are_left_to_them() {
    let bound = bind(
        "dvara: {flightdeck: {gateway-url: x}}",
        &[("DVARA_FLIGHTDECK_GATEWAY_URL", "x")],
    );
    assert!(bound.problems.is_empty());
    assert_eq!(
        bound.warnings,
        [
            "gateway.yaml line 1: `dvara.flightdeck` is a setting of another service (dvara.flightdeck) and is not read here"
        ]
    );
}

#[test]
fn unknown_variables_are_warned_of() {
    let bound = bind(
        "",
        &[
            ("DVARA_LICENCE_KEY", "x"),
            ("DVARA_LICENSE_ROOTS", "x"),
            ("DVARA_SERVER_SERVICE_HOST", "10.0.0.1"),
            ("DVARA_BLANK", ""),
            ("PATH", "/bin"),
        ],
    );
    assert_eq!(
        bound.warnings,
        [
            "DVARA_LICENCE_KEY is not a variable that this process reads; did you mean DVARA_LICENSE_KEY?"
        ]
    );
}

#[test]
fn two_variables_of_one_property_are_ranked() {
    let bound = bind("", &[("GATEWAY_PORT", "1"), ("SERVER_PORT", "2")]);
    assert_eq!(values(&bound), ["server.port=1@environment GATEWAY_PORT"]);
    assert_eq!(
        bound.warnings,
        ["SERVER_PORT is ignored: GATEWAY_PORT sets server.port too, to another value"]
    );
}

#[test]
fn service_link_is_never_a_setting() {
    let bound = bind("", &[("SERVER_PORT", "tcp://10.0.0.1:8080")]);
    assert!(bound.values.is_empty() && bound.warnings.is_empty());
}
