//! The vocabulary of the product, pure: ids, money, tokens, and the records that configuration is made of.
//!
//! One word per thing, the same in code, API, UI, chart and documents:
//!
//! | word | meaning |
//! |---|---|
//! | *tenant* | who is served and billed; owns keys and credentials |
//! | *key* | an API key (`gw_…`); only its SHA-256 is known here |
//! | *caller* | a key with its tenant, once a request has shown it |
//! | *model* | the name a caller asks for |
//! | *provider* | a configured way to a vendor, with a kind, a base URL and a credential |
//! | *route* | a row that says which provider and model serve a pattern of models |
//! | *target* | one provider and one upstream model: where an attempt is sent |
//! | *snapshot* | the compiled configuration that one request sees from start to end |
//! | *settlement* | what one call came to: its status, tokens and durations |
//!
//! Nothing here reads a clock, an environment or a socket: time and randomness are arguments (design §2).

pub mod glob;
pub mod id;
pub mod key;
pub mod money;
pub mod provider;
pub mod route;
pub mod tenant;
pub mod usage;

pub use glob::Glob;
pub use id::{
    ApiKeyId, CredentialId, EpochId, InvalidId, OutputSchemaId, PolicyId, PromptTemplateId,
    RouteId, SettlementId, TenantId,
};
pub use key::{ApiKeyRecord, KeyFault, KeyHash, KeyStatus, Scope, Scopes};
pub use money::{InvalidDollars, NanoUsd};
pub use provider::{ProviderKind, ProviderName};
pub use route::{
    Canary, MAX_FALLBACKS, Price, RouteFallback, RouteOptions, RouteRecord, RouteStrategy,
    RouteTarget, Shadow,
};
pub use tenant::{Suspended, TenantRecord, TenantStatus};
pub use usage::{TokenCount, Usage};
