//! A call → the bytes for an OpenAI-shaped vendor: what the client sent, byte for byte, but for a few splices.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use super::{call, members, vendors};
use crate::fields::Drops;
use crate::json::{self, Member};
use crate::request::{ChatRequest, ReadError};
use crate::splice::Edits;
use crate::target::{Encoded, Target};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");

/// Members of `metadata` that would name a tenant. Who the tenant is, the key says (data-plane sheet §4); a
/// claim in the body is not passed on for anybody to believe.
pub(crate) const TENANT_CLAIMS: [(&str, (&str, &str)); 2] =
    [("tenant_id", TENANT_ID), ("workspace_id", WORKSPACE_ID)];

/// What becomes of the one, where the vendor gets `metadata` at all.
pub(crate) const TENANT_ID: (&str, &str) = ("metadata.tenant_id", NO_CLAIM);
/// And of the other.
pub(crate) const WORKSPACE_ID: (&str, &str) = ("metadata.workspace_id", NO_CLAIM);
const NO_CLAIM: &str = "the tenant is the one that owns the API key";

/// The call for an OpenAI-shaped target.
///
/// Three things are edited in place for every vendor, each only when it has to be: the model, when the target knows it by
/// another name; `stream_options.include_usage`, on streams whose client did not ask for usage; and tenant claims in
/// `metadata`, which are taken out. What a vendor does in its own way is edited beside, in one pass over the fields; vendors
/// without such differences don't have the pass. Without any edit the body is the received bytes themselves.
///
/// # Errors
/// Names the field that this vendor cannot take.
pub fn encode(request: &ChatRequest, target: &Target<'_>) -> Result<Encoded, ReadError> {
    let shape = vendors::shape(target.kind);
    let mut edits = Edits::new();
    let mut drops = Drops::default();
    if target.model != request.model() {
        edits.replace(request.model_span, json::quote(target.model));
    }
    let mut keeps_metadata = true;
    let mut asks_for_usage = true;
    if let Some(call) = &shape.call {
        let declared = &shape.declared;
        keeps_metadata = call::edit(request, target, declared, call, &mut edits, &mut drops)?;
        asks_for_usage = !call.usage_comes_by_itself;
    }
    if let Some((span, text)) = request.usage_edit.filter(|_| asks_for_usage) {
        edits.replace(span, text);
    }
    if keeps_metadata {
        drop_tenant_claims(request, &mut edits, &mut drops);
    }
    Ok(Encoded {
        headers: headers(request.stream()),
        body: edits.apply(request.body()),
        dropped: drops.into_list(),
    })
}

fn headers(stream: bool) -> Vec<(HeaderName, HeaderValue)> {
    vec![
        (CONTENT_TYPE, JSON),
        (ACCEPT, if stream { EVENTS } else { JSON }),
    ]
}

fn drop_tenant_claims<'r>(request: &'r ChatRequest, edits: &mut Edits<'r>, drops: &mut Drops) {
    let Some(span) = request.metadata else {
        return;
    };
    let whole = request.text();
    let Ok(json::Members(members)) = serde_json::from_str(&whole[span.start..span.end]) else {
        // Not an object: it claims nothing, and the vendor says what it thinks of it.
        return;
    };
    let claim = |member: &Member<'_>| {
        TENANT_CLAIMS
            .iter()
            .find(|(name, _)| member.key.eq_ignore_ascii_case(name))
    };
    let claims = members.iter().map(claim);
    for (_, (field, because)) in claims.clone().flatten() {
        drops.add(field, because);
    }
    let goes: Vec<_> = claims.map(|claim| claim.is_some()).collect();
    members::remove(&members, &goes, whole, edits);
}

#[cfg(test)]
mod tests;
