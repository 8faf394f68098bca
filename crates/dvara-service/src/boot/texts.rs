//! Every text with which a start is refused or warned, in one place. Those marked *published* are the guide's and are
//! compared word by word; the others are ours.

/// Published (S147).
pub const CACHE_SERVICE_NAME_MISSING: &str = "Kubernetes clustering requires CACHE_SERVICE_NAME when KUBERNETES_NAMESPACE is set. Without it, pods cannot form a cluster and rate limit state will not be shared.";

/// `show-details=always` (S63).
pub const SHOW_DETAILS_ALWAYS: &str = "management.endpoint.health.show-details=always is refused: anonymous callers could read the state of the database and the cluster";
/// What to do about it.
pub const SHOW_DETAILS_FIX: &str = "leave the default, when-authorized";

/// A management port of its own.
pub const MANAGEMENT_PORT: &str =
    "management.server.port is refused: the actuator answers on the service's own port";
/// What to do about it.
pub const MANAGEMENT_PORT_FIX: &str = "remove the setting";

/// What to do about a listener's certificate and key that are no pair.
pub const TLS_PAIR_FIX: &str = "give a certificate and its private key, two files in PEM form that the process may read, or neither for plain text";

/// No database is configured (S157).
pub const DATASOURCE_MISSING: &str =
    "SPRING_DATASOURCE_URL is not set: PostgreSQL is required, there is no in-memory fallback";
/// What to do about it.
pub const DATASOURCE_FIX: &str =
    "set it to jdbc:postgresql://host:5432/database, or use `dvara up` on a single machine";

/// The audit secret is blank (S28).
pub const AUDIT_SECRET_MISSING: &str =
    "DVARA_AUDIT_HMAC_SECRET is not set: the audit chain cannot be signed";
/// The audit secret is one that documentation shows (S29).
pub const AUDIT_SECRET_PLACEHOLDER: &str =
    "DVARA_AUDIT_HMAC_SECRET is a placeholder that anybody can read in the documentation";
/// The audit secret is short.
pub const AUDIT_SECRET_SHORT: &str = "DVARA_AUDIT_HMAC_SECRET has fewer than 32 characters";
/// What to do about any of the three.
pub const AUDIT_SECRET_FIX: &str =
    "set it to the output of `openssl rand -base64 32`, the same for all processes";

/// One key for both halves of the actuator (S81).
pub const ACTUATOR_KEYS_EQUAL: &str = "DVARA_ACTUATOR_API_KEY and DVARA_ACTUATOR_METRICS_API_KEY are equal: a leaked scrape token would open the whole actuator";
/// What to do about it.
pub const ACTUATOR_KEYS_FIX: &str = "make a second key with `openssl rand -base64 32`";

/// Warning: neither actuator key is set (S26).
pub const ACTUATOR_CLOSED: &str = "DVARA_ACTUATOR_API_KEY and DVARA_ACTUATOR_METRICS_API_KEY are not set: every authenticated actuator path answers 401";
/// Warning: the operator's key is not set.
pub const ACTUATOR_API_KEY_UNSET: &str =
    "DVARA_ACTUATOR_API_KEY is not set: /actuator/gateway-status and the health details answer 401";
/// Warning: the scraper's key is not set.
pub const ACTUATOR_METRICS_KEY_UNSET: &str =
    "DVARA_ACTUATOR_METRICS_API_KEY is not set: /actuator/prometheus answers 401";

/// Requests without a key are allowed; for the gateway's own check.
pub const KEYLESS_REQUESTS: &str = "dvara.llm-gateway.data-plane.require-api-key=false is refused on a production-class profile: requests without a key have no tenant, no limit and no budget";
/// What to do about it.
pub const KEYLESS_FIX: &str = "remove the setting, or run with SPRING_PROFILES_ACTIVE=dev";

/// Warning: options of a machine that does not run here.
pub const JAVA_OPTS_IGNORED: &str = "JAVA_OPTS is set and has no meaning here; it is ignored";

/// The two names of a region property disagree. The start of the text is published.
pub fn region_conflict(current: &str, value: &str, legacy: &str, other: &str) -> String {
    format!("Conflicting region configuration: {current} is `{value}` and {legacy} is `{other}`")
}

/// Warning: only the old name of a region property is set.
pub fn region_legacy(current: &str, legacy: &str) -> String {
    format!("{legacy} is the old name of {current} and still read; rename it")
}
