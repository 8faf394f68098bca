//! The status page. Anybody may read it, so it says what runs and nothing of whom it runs for. It loads nothing.

use axum::body::Body;
use chrono::Utc;
use dvara_crypto::licence::{State, Verified};
use dvara_service::link::{GatewayLink, Seen};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response};

/// What the page is made from.
#[derive(Clone)]
pub(crate) struct StatusPage {
    licence: Verified,
    gateway: GatewayLink,
}

impl StatusPage {
    pub(crate) fn new(licence: Verified, gateway: GatewayLink) -> Self {
        Self { licence, gateway }
    }

    /// The page as of now.
    pub(crate) fn render(&self) -> String {
        let gateway = match self.gateway.seen() {
            Seen::Reachable => "reachable",
            Seen::Unasked | Seen::Unreachable(_) => "not reachable",
        };
        let licence = match self.licence.status_at(Utc::now()).state {
            State::Valid => "valid",
            State::Expiring => "valid; it expires soon",
            State::Grace => "expired; within its grace period. Renew it now",
            State::Expired => "expired. Flightdeck will not start again until it is renewed",
        };
        let facts = format!(
            "<dl>\n<dt>Version</dt><dd>{}</dd>\n<dt>Gateway</dt><dd>{gateway}</dd>\n<dt>License</dt><dd>{licence}</dd>\n</dl>\n\
             <p>Console, Portal and Automation API are not part of this version; \
             tenants, keys and routes are managed with the <code>dvara</code> command.</p>\n",
            env!("CARGO_PKG_VERSION")
        );
        document("Status", &facts)
    }
}

/// A page. `title` and `content` are ours: nothing that somebody sent is ever in one.
pub(crate) fn document(title: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · DVARA Flightdeck</title>\n</head>\n<body>\n<h1>DVARA Flightdeck</h1>\n<h2>{title}</h2>\n{content}</body>\n</html>\n"
    )
}

/// A page as an answer, with the headers that keep it from loading, framing or sending anything.
pub(crate) fn respond(document: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(document.to_owned()));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
