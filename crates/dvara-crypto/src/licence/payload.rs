//! The payload of a licence: JSON, version 1, every field named and none beyond.
//!
//! `v, kid, license_id, customer, plan, features[], max_tenants?, issued_at, expires_at, grace_days`; times in RFC 3339,
//! UTC. An unknown field is refused rather than skipped: it could be a condition that this binary would not keep.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::{EncodingFault, Feature, Licence, MAX_GRACE_DAYS, PayloadFault, Plan};

/// The version that is written and read here.
const VERSION: u64 = 1;

/// Longest customer name, in characters.
const MAX_CUSTOMER_LENGTH: usize = 200;

/// All that is read before the signature is checked.
#[derive(Deserialize)]
struct Head {
    kid: String,
}

#[derive(Deserialize)]
struct Versioned {
    v: u64,
}

/// The fields in the order in which they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    v: u64,
    kid: String,
    license_id: String,
    customer: String,
    plan: String,
    features: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_tenants: Option<u32>,
    issued_at: String,
    expires_at: String,
    grace_days: u32,
}

/// Whether a text can name a root or a licence: the letters of any id, `[a-z0-9][a-z0-9._-]{0,62}`.
fn is_name(text: &str) -> bool {
    dvara_types::ApiKeyId::parse(text).is_ok()
}

/// The root that an unverified payload names.
pub(super) fn kid(bytes: &[u8]) -> Result<String, EncodingFault> {
    let head: Head = serde_json::from_slice(bytes).map_err(|_| EncodingFault::NoRoot)?;
    // The name ends up in an error text, so that nothing but a name may pass.
    if is_name(&head.kid) {
        Ok(head.kid)
    } else {
        Err(EncodingFault::NoRoot)
    }
}

/// The licence in a payload whose signature holds.
pub(super) fn decode(bytes: &[u8]) -> Result<Licence, PayloadFault> {
    let Versioned { v } = serde_json::from_slice(bytes).map_err(|_| PayloadFault::Shape)?;
    if v != VERSION {
        return Err(PayloadFault::Version(v));
    }
    let payload: Payload = serde_json::from_slice(bytes).map_err(|_| PayloadFault::Shape)?;
    let licence = Licence {
        plan: plan(&payload.plan)?,
        features: payload
            .features
            .iter()
            .map(|name| feature(name))
            .collect::<Result<_, _>>()?,
        issued_at: time("issued_at", &payload.issued_at)?,
        expires_at: time("expires_at", &payload.expires_at)?,
        kid: payload.kid,
        license_id: payload.license_id,
        customer: payload.customer,
        max_tenants: payload.max_tenants,
        grace_days: payload.grace_days,
    };
    check(&licence)?;
    Ok(licence)
}

/// The bytes that are signed.
pub(super) fn encode(licence: &Licence) -> Vec<u8> {
    let payload = Payload {
        v: VERSION,
        kid: licence.kid.clone(),
        license_id: licence.license_id.clone(),
        customer: licence.customer.clone(),
        plan: licence.plan.as_str().to_owned(),
        features: licence
            .features
            .iter()
            .map(|feature| feature.as_str().to_owned())
            .collect(),
        max_tenants: licence.max_tenants,
        issued_at: licence.issued_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        expires_at: licence
            .expires_at
            .to_rfc3339_opts(SecondsFormat::Secs, true),
        grace_days: licence.grace_days,
    };
    serde_json::to_vec(&payload).expect("text, numbers and lists always have a JSON form")
}

fn check(licence: &Licence) -> Result<(), PayloadFault> {
    let name_rule = "1 to 63 of a-z, 0-9, `.`, `_` and `-`";
    let customer_fits = !licence.customer.trim().is_empty()
        && licence.customer.chars().count() <= MAX_CUSTOMER_LENGTH
        && !licence.customer.chars().any(char::is_control);
    let rules = [
        (is_name(&licence.kid), "kid", name_rule),
        (is_name(&licence.license_id), "license_id", name_rule),
        (customer_fits, "customer", "1 to 200 printable characters"),
        (
            licence.max_tenants != Some(0),
            "max_tenants",
            "at least 1, or absent",
        ),
        (
            licence.expires_at > licence.issued_at,
            "expires_at",
            "later than `issued_at`",
        ),
        (
            licence.grace_days <= MAX_GRACE_DAYS,
            "grace_days",
            "at most 366",
        ),
    ];
    match rules.into_iter().find(|(holds, ..)| !holds) {
        Some((_, field, rule)) => Err(PayloadFault::Field { field, rule }),
        None => Ok(()),
    }
}

fn plan(name: &str) -> Result<Plan, PayloadFault> {
    name.parse().map_err(|_| PayloadFault::Field {
        field: "plan",
        rule: "trial, enterprise or evaluation",
    })
}

fn feature(name: &str) -> Result<Feature, PayloadFault> {
    name.parse().map_err(|_| PayloadFault::Field {
        field: "features",
        rule: "a list of gateway, flightdeck, mcp and multi-region",
    })
}

fn time(field: &'static str, text: &str) -> Result<DateTime<Utc>, PayloadFault> {
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| PayloadFault::Field {
        field,
        rule: "a time in RFC 3339",
    })?;
    Ok(time.to_utc())
}
