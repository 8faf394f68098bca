//! What makes two calls one conversation, for the strategy that keeps a conversation where its prompt is cached.

use dvara_dialects::request::ChatRequest;

use super::hash::stable_hash;

/// The conversation of a call: what its client calls it, else its beginning up to the first message of the user, which stays the
/// same as it goes on. `tenant` and `model` are part of it, so that no two tenants' calls are drawn to one place by a common prompt.
pub(crate) fn conversation(request: &ChatRequest, tenant: &str, session: Option<&str>) -> u64 {
    let hash = |kind: &str, parts: &[&str]| {
        let head = [tenant, request.model(), kind];
        stable_hash(head.iter().chain(parts).map(|part| part.as_bytes()))
    };
    let opening = request.opening();
    if let Some(key) = opening.cache_key {
        return hash("key", &[key]);
    }
    if let Some(session) = session {
        return hash("session", &[session]);
    }
    let texts: Vec<&str> = opening.texts.iter().map(|text| &**text).collect();
    hash("opening", &texts)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use dvara_dialects::request::ReadLimits;

    use super::*;

    fn of(body: &str, session: Option<&str>) -> u64 {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let request = ChatRequest::read_openai(body, &ReadLimits::default()).unwrap();
        conversation(&request, "acme", session)
    }

    const FIRST: &str = r#"{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"A"}]}"#;

    #[test]
    fn a_conversation_is_known_by_its_beginning() {
        let later = r#"{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":[{"type":"text","text":"A"}]},
            {"role":"assistant","content":"B"},{"role":"user","content":"C"}]}"#;
        assert_eq!(of(FIRST, None), of(later, None));
        let other = FIRST.replace("\"A\"", "\"Z\"");
        assert_ne!(of(FIRST, None), of(&other, None));
        assert_ne!(of(FIRST, None), of(&FIRST.replace("\"m\"", "\"n\""), None));
    }

    #[test]
    fn a_client_may_name_it() {
        let keyed = FIRST.replace("\"model\"", "\"prompt_cache_key\":\"k\",\"model\"");
        assert_eq!(of(&keyed, None), of(&keyed.replace("\"A\"", "\"Z\""), None));
        assert_eq!(
            of(FIRST, Some("s")),
            of(&FIRST.replace("\"A\"", "\"Z\""), Some("s"))
        );
        assert_ne!(of(FIRST, Some("s")), of(FIRST, Some("t")));
    }
}
