use chrono::{TimeDelta, Utc};
use dvara_crypto::Secret;
use dvara_crypto::envelope::{self, Context, Purpose};
use dvara_types::{Glob, ProviderKind, RouteId, RouteOptions, RouteRecord, RouteStrategy};
use serde_json::json;

use super::*;

fn tenant(id: &str) -> TenantRow {
    TenantRow {
        id: id.to_owned(),
        name: id.to_owned(),
        status: "ACTIVE".to_owned(),
        metadata: json!({}),
    }
}

fn key(id: &str, tenant: &str, hash: [u8; 32]) -> ApiKeyRow {
    ApiKeyRow {
        id: id.to_owned(),
        tenant_id: tenant.to_owned(),
        name: id.to_owned(),
        prefix: "gw_00000000".to_owned(),
        hash: KeyHash(hash).to_hex(),
        scopes: json!([]),
        status: "ACTIVE".to_owned(),
        expires_at: None,
    }
}

fn route(id: &str, position: i32, pattern: &str) -> RouteRow {
    RouteRow {
        id: id.to_owned(),
        version: 1,
        position,
        model_pattern: pattern.to_owned(),
        strategy: "model-prefix".to_owned(),
        definition: json!({}),
        since: Utc::now(),
    }
}

fn file_route(id: &str, pattern: &str) -> RouteRecord {
    RouteRecord {
        id: RouteId::parse(id).unwrap(),
        version: 0,
        position: 0,
        model_pattern: Glob::new(pattern),
        strategy: RouteStrategy::ModelPrefix,
        providers: Vec::new(),
        pinned_model_version: None,
        fallbacks: Vec::new(),
        options: RouteOptions::default(),
    }
}

fn master() -> MasterKey {
    MasterKey::derive(&Secret::new("correct horse".to_owned()))
}

fn credential(id: &str, tenant: Option<&str>, secret: &str, master: &MasterKey) -> CredentialRow {
    let context = Context {
        purpose: Purpose::PROVIDER_CREDENTIAL,
        tenant: tenant.unwrap_or_default(),
        provider: "openai",
        row: id,
    };
    CredentialRow {
        id: id.to_owned(),
        tenant_id: tenant.map(str::to_owned),
        provider: "openai".to_owned(),
        mode: "ENCRYPTED".to_owned(),
        sealed: Some(envelope::seal(master, &context, [7; 12], secret.as_bytes())),
        secret_reference: None,
        fingerprint: None,
        status: "ACTIVE".to_owned(),
        grace_until: None,
        created_at: Utc::now(),
    }
}

fn openai(api_key: Option<&str>) -> Provider {
    Provider::new(
        ProviderName::parse("openai").unwrap(),
        ProviderKind::Openai,
        None,
        api_key.map(|key| Secret::new(key.to_owned())),
    )
}

/// The secret a tenant's call would show to `openai`, or why there is none.
fn shown(snapshot: &Snapshot, tenant: &str) -> String {
    let tenant = TenantId::parse(tenant).unwrap();
    let provider = ProviderName::parse("openai").unwrap();
    match snapshot.credential(Some(&tenant), &provider) {
        None => "nothing".to_owned(),
        Some(Ok(credential)) => {
            format!("{:?} {}", credential.source, credential.secret.expose())
        }
        Some(Err(unusable)) => format!("unusable {}", unusable.id),
    }
}

#[test]
fn a_tenants_own_request_rate_goes_with_its_keys_and_a_wrong_one_is_named() {
    let with = |id: &str, rate: serde_json::Value| TenantRow {
        metadata: json!({"rate-limit.requests-per-minute": rate}),
        ..tenant(id)
    };
    let cases = [
        ("number", json!(30), Some(30)),
        ("text", json!(" 30 "), Some(30)),
        ("none", json!(null), None),
        ("zero", json!(0), None),
        ("negative", json!(-1), None),
        ("broken", json!(1.5), None),
        ("words", json!("many"), None),
    ];
    let rows = Rows {
        tenants: cases
            .iter()
            .map(|(id, rate, _)| with(id, rate.clone()))
            .collect(),
        api_keys: (0..)
            .zip(&cases)
            .map(|(number, (id, ..))| key(id, id, [number; 32]))
            .collect(),
        ..Rows::default()
    };
    let snapshot = compile(rows, &Overlay::default(), None);
    for (number, (id, _, rate)) in (0..).zip(&cases) {
        let key = snapshot.key(&KeyHash([number; 32])).unwrap();
        assert_eq!(key.requests_per_minute.map(NonZeroU32::get), *rate, "{id}");
    }
    let own: Vec<(&str, u32)> = snapshot
        .request_rates()
        .iter()
        .map(|(tenant, rate)| (tenant.as_str(), rate.get()))
        .collect();
    assert_eq!(own, [("number", 30), ("text", 30)]);
    let broken: Vec<(&str, &str)> = snapshot
        .broken()
        .iter()
        .map(|row| (row.table, row.id.as_str()))
        .collect();
    assert_eq!(
        broken,
        [
            ("tenants", "zero: rate-limit.requests-per-minute"),
            ("tenants", "negative: rate-limit.requests-per-minute"),
            ("tenants", "broken: rate-limit.requests-per-minute"),
            ("tenants", "words: rate-limit.requests-per-minute"),
        ]
    );
    assert!(snapshot.broken()[0].reason.contains("from 1 on"));
}

#[test]
fn a_broken_row_is_named_and_the_rest_stays_in_force() {
    let mut bad_scopes = key("bad-scopes", "acme", [4; 32]);
    bad_scopes.scopes = json!({"no": "list"});
    let mut bad_hash = key("bad-hash", "acme", [5; 32]);
    bad_hash.hash = "xyz".to_owned();
    let mut bad_status = tenant("halted");
    bad_status.status = "HALTED".to_owned();
    let mut clever = route("clever", 1, "a*");
    clever.strategy = "intelligent".to_owned();
    let mut newer = route("newer", 2, "b*");
    newer.definition = json!({"canary": {}});
    let rows = Rows {
        tenants: vec![tenant("acme"), tenant("Not An Id"), bad_status],
        api_keys: vec![
            key("good", "acme", [1; 32]),
            key("orphan", "nobody", [2; 32]),
            key("of-halted", "halted", [3; 32]),
            bad_scopes,
            bad_hash,
        ],
        routes: vec![clever, newer, route("fine", 3, "c*")],
        ..Rows::default()
    };
    let snapshot = compile(rows, &Overlay::default(), None);
    assert_eq!(snapshot.key_count(), 1);
    assert!(snapshot.key(&KeyHash([1; 32])).is_some());
    assert!(snapshot.key(&KeyHash([2; 32])).is_none());
    assert_eq!(snapshot.routes().len(), 1);
    let broken: Vec<(&str, &str)> = snapshot
        .broken()
        .iter()
        .map(|row| (row.table, row.id.as_str()))
        .collect();
    assert_eq!(
        broken,
        [
            ("tenants", "Not An Id"),
            ("tenants", "halted"),
            ("api_keys", "orphan"),
            ("api_keys", "of-halted"),
            ("api_keys", "bad-scopes"),
            ("api_keys", "bad-hash"),
            ("routes", "clever"),
            ("routes", "newer"),
        ]
    );
    assert!(snapshot.broken()[6].reason.contains("not built yet"));
    assert!(snapshot.broken()[7].reason.contains("canary"));
    assert!(!snapshot.broken()[5].reason.contains("xyz"));
}

#[test]
fn a_tenant_s_own_routes_come_before_everybody_s() {
    let own = |id: &str, position, owner: &str| {
        let mut row = route(id, position, "gpt-*");
        row.definition = json!({"options": {"tenant": owner}});
        row
    };
    let rows = Rows {
        routes: vec![
            route("all", 1, "gpt-*"),
            own("of-acme", 2, "acme"),
            own("of-globex", 3, "globex"),
        ],
        ..Rows::default()
    };
    let snapshot = compile(rows, &Overlay::default(), None);
    let of = |model: &str, tenant: Option<&str>| {
        let tenant = tenant.map(|id| TenantId::parse(id).unwrap());
        let found = snapshot.route_for(model, tenant.as_ref());
        found.map(|route| route.record.id.to_string())
    };
    assert_eq!(of("gpt-4o", Some("acme")).as_deref(), Some("of-acme"));
    assert_eq!(of("gpt-4o", Some("globex")).as_deref(), Some("of-globex"));
    assert_eq!(of("gpt-4o", Some("initech")).as_deref(), Some("all"));
    assert_eq!(of("gpt-4o", None).as_deref(), Some("all"));
    assert_eq!(of("claude", Some("acme")), None);
}

#[test]
fn the_file_s_routes_come_before_stored_ones_and_stored_ones_by_position() {
    let rows = Rows {
        routes: vec![route("second", 20, "gpt-4*"), route("first", 10, "gpt-*")],
        ..Rows::default()
    };
    let overlay = Overlay {
        routes: vec![file_route("from-file", "gpt-4o")],
        ..Overlay::default()
    };
    let snapshot = compile(rows, &overlay, None);
    let route_of = |model| {
        snapshot
            .route_for(model, None)
            .map(|route| (route.record.id.to_string(), route.source))
    };
    assert_eq!(
        route_of("gpt-4o"),
        Some(("from-file".to_owned(), RouteSource::File))
    );
    assert_eq!(
        route_of("gpt-4o-mini"),
        Some(("first".to_owned(), RouteSource::Stored))
    );
    assert_eq!(route_of("claude"), None);
}

#[test]
fn a_credential_is_the_tenant_s_else_the_platform_s_else_the_setting_s() {
    let master = master();
    let overlay = Overlay {
        providers: vec![openai(Some("sk-setting"))],
        ..Overlay::default()
    };
    let with = |credentials| {
        let rows = Rows {
            credentials,
            ..Rows::default()
        };
        compile(rows, &overlay, Some(&master))
    };
    let own = credential("crd-own", Some("acme"), "sk-own", &master);
    let platform = credential("crd-platform", None, "sk-platform", &master);
    let both = with(vec![own, platform.clone()]);
    assert_eq!(shown(&both, "acme"), "Tenant sk-own");
    assert_eq!(shown(&both, "other"), "Platform sk-platform");
    assert_eq!(shown(&with(vec![platform]), "acme"), "Platform sk-platform");
    assert_eq!(shown(&with(Vec::new()), "acme"), "Setting sk-setting");
    let bare = compile(Rows::default(), &Overlay::default(), None);
    assert_eq!(shown(&bare, "acme"), "nothing");
}

#[test]
fn a_credential_that_does_not_open_is_broken_and_nobody_else_s_steps_in() {
    let right = master();
    let wrong = MasterKey::derive(&Secret::new("another".to_owned()));
    let mut moved = credential("crd-moved", Some("acme"), "sk", &right);
    moved.tenant_id = Some("thief".to_owned());
    let mut vault = credential("crd-vault", Some("vaulted"), "sk", &right);
    vault.mode = "REFERENCE".to_owned();
    let rows = Rows {
        credentials: vec![
            credential("crd-platform", None, "sk-platform", &right),
            credential("crd-sealed-elsewhere", Some("other"), "sk", &wrong),
            moved,
            vault,
        ],
        ..Rows::default()
    };
    let snapshot = compile(rows.clone(), &Overlay::default(), Some(&right));
    assert_eq!(shown(&snapshot, "thief"), "unusable crd-moved");
    assert_eq!(shown(&snapshot, "other"), "unusable crd-sealed-elsewhere");
    assert_eq!(shown(&snapshot, "vaulted"), "unusable crd-vault");
    assert_eq!(shown(&snapshot, "anybody"), "Platform sk-platform");
    assert_eq!(snapshot.broken().len(), 3);
    let without_password = compile(rows, &Overlay::default(), None);
    assert_eq!(shown(&without_password, "anybody"), "unusable crd-platform");
}

#[test]
fn a_grace_row_serves_until_its_end_and_only_without_an_active_one() {
    let master = master();
    let now = Utc::now();
    let grace = |id: &str, end| CredentialRow {
        status: "GRACE".to_owned(),
        grace_until: Some(end),
        ..credential(id, Some("acme"), id, &master)
    };
    let end = now + TimeDelta::minutes(5);
    let with = |credentials| {
        let rows = Rows {
            credentials,
            read_at: now,
            ..Rows::default()
        };
        compile(rows, &Overlay::default(), Some(&master))
    };
    let serving = with(vec![grace("crd-old", end)]);
    assert_eq!(shown(&serving, "acme"), "Tenant crd-old");
    assert_eq!(serving.next_grace_end(), Some(end));
    let active = credential("crd-new", Some("acme"), "crd-new", &master);
    assert_eq!(
        shown(&with(vec![active, grace("crd-old", end)]), "acme"),
        "Tenant crd-new"
    );
    let over = with(vec![grace("crd-old", now - TimeDelta::minutes(5))]);
    assert_eq!(shown(&over, "acme"), "nothing");
    assert_eq!(over.next_grace_end(), None);
}

#[test]
fn an_area_that_did_not_change_is_shared_with_the_snapshot_before() {
    let rows = Rows {
        tenants: vec![tenant("acme")],
        api_keys: vec![key("good", "acme", [1; 32])],
        routes: vec![route("one", 1, "a")],
        ..Rows::default()
    };
    let overlay = Overlay::default();
    let before = compile(rows, &overlay, None);
    let changes = Changes {
        routes: Some(vec![route("two", 1, "b")]),
        ..Changes::default()
    };
    let after = before.with(changes, &overlay, None);
    assert!(Arc::ptr_eq(&before.callers, &after.callers));
    assert!(before.route_for("a", None).is_some() && after.route_for("a", None).is_none());
    assert!(after.route_for("b", None).is_some());
}

#[test]
fn a_provider_is_found_where_its_kind_is_unless_told_otherwise() {
    let at = |kind, url: Option<&str>| {
        Provider::new(
            ProviderName::parse("p").unwrap(),
            kind,
            url.map(|url| Url::parse(url).unwrap()),
            None,
        )
        .base_url
        .map(String::from)
    };
    use url::Url;
    assert_eq!(
        at(ProviderKind::Openai, None).unwrap(),
        "https://api.openai.com/v1"
    );
    assert_eq!(
        at(ProviderKind::Openai, Some("http://v:1/x")).unwrap(),
        "http://v:1/x"
    );
    assert_eq!(
        at(ProviderKind::Anthropic, None).unwrap(),
        "https://api.anthropic.com/"
    );
    assert_eq!(
        at(ProviderKind::Ollama, Some("http://o:11434")).unwrap(),
        "http://o:11434/v1"
    );
    assert_eq!(
        at(ProviderKind::Ollama, Some("http://o/v2")).unwrap(),
        "http://o/v2"
    );
    assert_eq!(at(ProviderKind::Mock, Some("http://o/v2")), None);
}
