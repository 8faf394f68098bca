use dvara_types::RouteStrategy;
use serde_json::json;

use super::*;
use crate::admin::SeedKeyMaterial;

fn parse(sections: &Value) -> Result<GatewayFile, Vec<String>> {
    GatewayFile::parse(sections.as_object().unwrap())
}

fn problems(sections: &Value) -> Vec<String> {
    parse(sections).unwrap_err()
}

#[test]
fn every_section_of_the_fact_sheet_is_read() {
    let file = parse(&json!({
        "providers": [
            {"type": "openai", "api_key": "sk-1"},
            {"name": "local", "type": "ollama", "base-url": "http://localhost:11434"},
            {"type": "mock", "api_key": ""},
        ],
        "routes": [
            {"id": "fast", "model": "gpt-4*", "provider": "openai", "pinned_model_version": "gpt-4o-2024"},
            {"model": "llama*", "providers": [{"provider": "local", "weight": 3}], "strategy": "model-prefix",
             "fallbacks": [{"provider": "openai", "model": "gpt-4o"}], "fallback": "mock"},
        ],
        "api_keys": [
            {"generate": true, "tenant": "acme", "name": "ci", "scopes": ["models:read"]},
            {"key": "gw_0123456789abcdef0123456789abcdef01234567"},
            {"key_hash": format!("sha256:{}", "a5".repeat(32)), "workspace": "acme", "name": "hashed"},
        ],
        "tenants": [{"id": "acme", "name": "Acme", "region": "eu", "metadata": {"pii.enabled": true}}],
        "workspaces": [{"id": "later", "status": "SUSPENDED"}],
    }))
    .unwrap();
    let names: Vec<&str> = file.providers.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["openai", "local", "mock"]);
    assert!(
        file.providers[2].api_key.is_none(),
        "a blank value is an unset value"
    );
    assert_eq!(file.providers[1].base_url.as_ref().unwrap().path(), "/v1");
    assert_eq!(file.routes[0].id.as_str(), "fast");
    assert_eq!(file.routes[1].id.as_str(), "file-2");
    assert_eq!(file.routes[1].providers[0].weight, 3);
    let fallbacks: Vec<_> = file.routes[1]
        .fallbacks
        .iter()
        .map(|fallback| (fallback.provider.as_str(), fallback.model.as_deref()))
        .collect();
    assert_eq!(fallbacks, [("openai", Some("gpt-4o")), ("mock", None)]);
    assert!(matches!(
        file.api_keys[0].material,
        SeedKeyMaterial::Generate
    ));
    assert_eq!(file.api_keys[1].tenant.as_str(), "default");
    assert_eq!(file.api_keys[1].name, "bootstrap-key");
    assert_eq!(file.tenants[0].metadata["region"], "eu");
    assert_eq!(file.tenants[1].name, "later");
    assert!(file.not_built.is_empty());
}

#[test]
fn an_empty_file_is_in_order() {
    let file = parse(&json!({"providers": null, "routes": []})).unwrap();
    assert!(file.providers.is_empty() && file.routes.is_empty());
}

#[test]
fn request_rates_are_whole_numbers_and_0_is_one() {
    for (rates, read) in [
        (json!({"requests_per_minute": 0}), Some(0)),
        (json!({"requests-per-minute": "30"}), Some(30)),
        (json!({}), None),
        (json!(null), None),
    ] {
        let file = parse(&json!({"rate_limits": rates})).unwrap();
        assert_eq!(file.requests_per_minute, read);
    }
    for (rates, problem) in [
        (
            json!({"requests_per_minute": -1}),
            "rate_limits.requests_per_minute: must be a whole number that is not negative",
        ),
        (
            json!({"request_per_minute": 1}),
            "rate_limits.request_per_minute: is not known; did you mean `requests_per_minute`?",
        ),
        (
            json!([1]),
            "rate_limits: must be a table of keys and values",
        ),
    ] {
        assert_eq!(problems(&json!({"rate_limits": rates})), [problem]);
    }
}

#[test]
fn what_is_not_built_yet_is_listed() {
    let file = parse(&json!({
        "rate_limits": {"requests_per_minute": 10, "tokens-per-minute": 1000, "requests_burst": 20},
    }))
    .unwrap();
    assert_eq!(
        file.not_built,
        [
            "rate_limits.tokens_per_minute",
            "rate_limits.requests_burst",
        ]
    );
    assert_eq!(file.requests_per_minute, Some(10));
}

#[test]
fn a_route_says_who_of_several_serves() {
    let file = parse(&json!({
        "routes": [
            {"model": "m*", "strategy": "latency-aware", "workspace": "acme", "cost-tolerance-pct": 20, "latency_sla_ms": 900,
             "model-tiers": ["large", "small"], "hedge_after_ms": 1500,
             "providers": [{"provider": "a", "region": "eu-west-1", "price": {"input": 2.5, "output": "10"}},
                           {"provider": "b", "model": "small", "price": {"input": 0.15, "output": 0.6}}]},
            {"model": "n", "strategy": "canary",
             "canary-config": {"baseline-provider": "a", "candidate-provider": "b", "split-pct": 5, "workspace-scope": "acme"},
             "shadow_config": {"shadow_provider": "c", "shadow_model": "next", "sample_pct": 10, "tenant_scope": ["x", "y"]}},
        ],
    }))
    .unwrap();
    assert!(file.not_built.is_empty());
    let quickest = &file.routes[0];
    assert_eq!(quickest.strategy, RouteStrategy::LatencyAware);
    assert_eq!(quickest.options.tenant.as_ref().unwrap().as_str(), "acme");
    assert_eq!(quickest.options.model_tiers, ["large", "small"]);
    let price = quickest.providers[1].price.unwrap();
    assert_eq!((price.input.0, price.output.0), (150_000_000, 600_000_000));
    let experiment = &file.routes[1].options;
    assert_eq!(
        experiment.canary_config.as_ref().unwrap().tenants[0].as_str(),
        "acme"
    );
    assert_eq!(experiment.shadow_config.as_ref().unwrap().tenants.len(), 2);
}

#[test]
fn mistakes_inside_a_route_have_their_place() {
    let problems = problems(&json!({
        "routes": [
            {"model": "a", "strategy": "canary",
             "canary_config": {"baseline_provider": "a", "candidate_provder": "b", "split_pct": "half"}},
            {"model": "b", "strategy": "cost-aware", "providers": [{"provider": "a", "price": {"inptu": 1, "output": 2}}]},
            {"model": "c", "shadow_config": "b"},
        ],
    }));
    for expected in [
        "routes[0].canary_config.candidate_provider: is missing",
        "routes[0].canary_config.candidate_provder: is not known; did you mean",
        "routes[0].canary_config.split_pct: must be a whole number",
        "routes[1].providers[0].price.inptu: is not known; did you mean `input`?",
        "routes[2].shadow_config: must be a table",
    ] {
        assert!(
            problems.iter().any(|problem| problem.starts_with(expected)),
            "{expected}\n{problems:#?}"
        );
    }
}

#[test]
fn all_mistakes_are_reported_at_once_with_their_place() {
    let problems = problems(&json!({
        "provider": [],
        "providers": [
            {"type": "openia"},
            {"type": "azure-openai", "api_key": "k"},
            {"type": "mock", "base_url": "http://x"},
            {"name": "Big", "type": "openai", "baseurl": "x"},
            {"type": "openai", "base_url": "ftp://x"},
            "openai",
            {"name": "openai", "type": "openai"},
            {"name": "openai", "type": "openai", "region": "eu"},
        ],
        "routes": [
            {"provider": "openai"},
            {"model": "a", "strategy": "intelligent"},
            {"model": "a", "strategy": "sometimes"},
            {"model": "a", "providers": ["x", "y"]},
            {"model": "a", "provider": "x", "providers": [{"provider": "y"}]},
            {"id": "twice", "model": "a"},
            {"id": "twice", "model": "b", "modell": "c"},
        ],
        "tenants": [{"id": "Acme"}, {"name": "no id"}, {"id": "a", "status": "asleep"}],
    }));
    let expected = [
        "provider: is not known; did you mean `providers`?",
        "providers[0].type: `openia` is no type of provider; did you mean `openai`?",
        "providers[1].base_url: is missing: https://<resource>.openai.azure.com/openai",
        "providers[2].base_url: the mock provider has none",
        "providers[3].name: `Big` is not an id",
        "providers[3].baseurl: is not known; did you mean `base_url`?",
        "providers[4].base_url: must begin with https://",
        "providers[5]: must be a table",
        "providers[6].name: there are two providers `openai`",
        "providers[7].region: is for providers of type bedrock or vertex",
        "routes[0].model: is missing",
        "routes[1].strategy: the strategy `intelligent` is not built yet; use one of `model-prefix`",
        "routes[2].strategy: the strategy `sometimes` is unknown",
        "routes[3].providers: `model-prefix` uses one provider",
        "routes[4].provider: give either provider or providers",
        "routes[6].id: there are two routes `twice`",
        "routes[6].modell: is not known; did you mean `model`?",
        "tenants[0].id: `Acme` is not an id",
        "tenants[1].id: is missing",
        "tenants[2].status: must be active or suspended",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.starts_with(expected), "{problem}\n{expected}");
    }
}

#[test]
fn a_key_comes_from_exactly_one_place_and_is_never_repeated() {
    for (entry, expected) in [
        (json!({}), "api_keys[0].key: give exactly one of"),
        (
            json!({"generate": true, "key": "gw_secret_secret_secret_secret"}),
            "give exactly one of",
        ),
        (
            json!({"key": "short-secret"}),
            "api_keys[0].key: must have 24 to 512",
        ),
        (
            json!({"key": "a secret with spaces in the middle"}),
            "visible ASCII",
        ),
        (
            json!({"key_hash": "secret"}),
            "api_keys[0].key_hash: must be the SHA-256",
        ),
        (
            json!({"generate": true, "name": "gw_0123abcd"}),
            "must not look like",
        ),
        (
            json!({"generate": true, "name": "unauthenticated"}),
            "stands for calls without a key",
        ),
        (
            json!({"generate": true, "scopes": ["model:read"]}),
            "did you mean `models:read`?",
        ),
        (json!({"generate": "perhaps"}), "must be true or false"),
        (
            json!({"generate": true, "tenant": "a", "workspace": "b"}),
            "another word for tenant",
        ),
    ] {
        let problems = problems(&json!({"api_keys": [entry]})).join("\n");
        assert!(problems.contains(expected), "{problems}");
        assert!(!problems.contains("secret"), "{problems}");
    }
    let twice = json!({"api_keys": [{"generate": true}, {"generate": true}]});
    assert!(problems(&twice)[0].contains("has two keys `bootstrap-key`"));
}
