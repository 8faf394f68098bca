//! A call → the bytes for an OpenAI-shaped vendor: what the client sent, byte for byte, but for three splices.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use crate::json::{self, Member};
use crate::request::{ChatRequest, ReadError};
use crate::splice::{Edits, Span};
use crate::target::{Dropped, Encoded, Target};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");

/// Members of `metadata` that would name a tenant. Who the tenant is, the key says (data-plane sheet §4); a
/// claim in the body is not passed on for anybody to believe.
const TENANT_CLAIMS: [(&str, &str); 2] = [
    ("tenant_id", "metadata.tenant_id"),
    ("workspace_id", "metadata.workspace_id"),
];

/// The call for an OpenAI-shaped target.
///
/// Three things are edited in place, each only when it has to be: the model, when the target knows it by another
/// name; `stream_options.include_usage`, on streams whose client did not ask for usage; and tenant claims in
/// `metadata`, which are taken out. Without any of them the body is the received bytes themselves.
///
/// # Errors
/// Names the field that this vendor cannot take.
pub fn encode(request: &ChatRequest, target: &Target<'_>) -> Result<Encoded, ReadError> {
    let mut edits = Edits::new();
    if target.model != request.model() {
        edits.replace(request.model_span, json::quote(target.model));
    }
    if let Some((span, text)) = request.usage_edit {
        edits.replace(span, text);
    }
    let dropped = drop_tenant_claims(request, &mut edits);
    Ok(Encoded {
        headers: headers(request.stream()),
        body: edits.apply(request.body()),
        dropped,
    })
}

fn headers(stream: bool) -> Vec<(HeaderName, HeaderValue)> {
    vec![
        (CONTENT_TYPE, JSON),
        (ACCEPT, if stream { EVENTS } else { JSON }),
    ]
}

fn drop_tenant_claims(request: &ChatRequest, edits: &mut Edits<'_>) -> Vec<Dropped> {
    let mut dropped = Vec::new();
    let Some(span) = request.metadata else {
        return dropped;
    };
    let whole = request.text();
    let Ok(json::Members(members)) = serde_json::from_str(&whole[span.start..span.end]) else {
        // Not an object: it claims nothing, and the vendor says what it thinks of it.
        return dropped;
    };
    let claim = |member: &Member<'_>| {
        TENANT_CLAIMS
            .iter()
            .find(|(name, _)| member.key.eq_ignore_ascii_case(name))
    };
    for member in &members {
        if let Some((_, field)) = claim(member) {
            dropped.push(Dropped {
                field: (*field).into(),
                reason: "the tenant is the one that owns the API key",
            });
        }
    }
    if !dropped.is_empty() {
        remove_members(&members, |member| claim(member).is_some(), whole, edits);
    }
    dropped
}

/// Takes members out of an object together with the commas that become too many.
fn remove_members(
    members: &[Member<'_>],
    goes: impl Fn(&Member<'_>) -> bool,
    whole: &str,
    edits: &mut Edits<'_>,
) {
    let key = |index: usize| Span::of(members[index].raw_key, whole);
    let value = |index: usize| Span::of(members[index].value.get(), whole);
    let last_kept = members.iter().rposition(|member| !goes(member));
    // Before the last member that stays, each goes with the comma behind it …
    let before = &members[..last_kept.unwrap_or(0)];
    for (index, member) in before.iter().enumerate() {
        if goes(member) {
            edits.remove(Span {
                start: key(index).start,
                end: key(index + 1).start,
            });
        }
    }
    // … and what follows that member goes with the comma before it.
    let tail = match last_kept {
        Some(kept) => value(kept).end,
        None => key(0).start,
    };
    let end = value(members.len() - 1).end;
    if tail < end {
        edits.remove(Span { start: tail, end });
    }
}

#[cfg(test)]
mod tests;
