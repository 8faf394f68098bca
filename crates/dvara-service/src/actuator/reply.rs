//! The shapes of the actuator's answers. It is the one place outside the apps that chooses a status.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Body as _;
use serde_json::{Map, Value, json};

use super::guard::Refused;
use super::health::{Component, Report, Status};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(super) fn json(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    respond(status, JSON, body.to_string())
}

pub(super) fn text(content_type: HeaderValue, body: String) -> Response<Full<Bytes>> {
    respond(StatusCode::OK, content_type, body)
}

/// `{"status":"UP"}`, and the components where details may be seen; 503 when it is down.
pub(super) fn health(report: &Report, details: bool) -> Response<Full<Bytes>> {
    let status = if report.up { Status::Up } else { Status::Down };
    let mut body = json!({"status": status.as_str()});
    if details {
        let components: Map<String, Value> = report
            .components
            .iter()
            .map(|component| (component.name.to_owned(), component.to_json()))
            .collect();
        body["components"] = components.into();
    }
    json(code(status), &body)
}

/// One component alone.
pub(super) fn indicator(component: &Component, details: bool) -> Response<Full<Bytes>> {
    let body = if details {
        component.to_json()
    } else {
        json!({"status": component.status.as_str()})
    };
    json(code(component.status), &body)
}

/// An error that is no refusal.
pub(super) fn failed(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    error(status, "actuator_error", message)
}

/// The refusals. The texts and the type of the first three are published (operations sheet B4).
pub(super) fn refused(refused: Refused) -> Response<Full<Bytes>> {
    match refused {
        Refused::NotConfigured => unauthorized("actuator authentication is not configured"),
        Refused::NoToken => unauthorized("a Bearer token is required"),
        Refused::WrongToken => unauthorized("invalid token"),
        Refused::Absent => failed(StatusCode::NOT_FOUND, "there is no such actuator endpoint"),
        Refused::Method => {
            let message = "the actuator is read with GET or HEAD";
            let response = failed(StatusCode::METHOD_NOT_ALLOWED, message);
            with_header(response, header::ALLOW, "GET, HEAD")
        }
    }
}

fn unauthorized(reason: &str) -> Response<Full<Bytes>> {
    let response = error(StatusCode::UNAUTHORIZED, "actuator_auth_error", reason);
    with_header(response, header::WWW_AUTHENTICATE, "Bearer")
}

fn error(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    json(
        status,
        &json!({"error": {"message": message, "type": kind}}),
    )
}

fn with_header(
    mut response: Response<Full<Bytes>>,
    name: HeaderName,
    value: &'static str,
) -> Response<Full<Bytes>> {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    response
}

/// The answer to HEAD: the same head, the length of what GET would get, nothing else.
pub(super) fn without_body(response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        head.headers.insert(header::CONTENT_LENGTH, length.into());
    }
    Response::from_parts(head, Full::default())
}

fn respond(status: StatusCode, content_type: HeaderValue, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn code(status: Status) -> StatusCode {
    match status {
        Status::Up | Status::Unknown => StatusCode::OK,
        Status::Down => StatusCode::SERVICE_UNAVAILABLE,
    }
}
