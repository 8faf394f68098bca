//! What a caller is told when there is no answer: as a page for people, as an error object for programs (control-plane sheet §17).

use axum::body::Body;
use dvara_dialects::error_body::ErrorBody;
use dvara_dialects::head::TRACE_ID;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::page;

/// Who reads the answers of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// A program.
    Api,
    /// A person.
    Pages,
}

impl Surface {
    /// The API lives below `/v1`; everything else is for people.
    pub(crate) fn of(path: &str) -> Self {
        let below = path.strip_prefix("/v1");
        if below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            Self::Api
        } else {
            Self::Pages
        }
    }
}

/// Why a request got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeskError {
    /// Nothing lives at this path.
    NotFound,
    /// The path does not take this method.
    MethodNotAllowed,
    /// The Automation API, which does not exist yet.
    NotBuilt,
    /// The process is ending and did not wait any longer.
    ShuttingDown,
    /// A fault of ours.
    Internal,
}

impl DeskError {
    fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotBuilt => StatusCode::NOT_IMPLEMENTED,
            Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::NotFound => "not_found_error",
            Self::MethodNotAllowed => "invalid_request_error",
            Self::NotBuilt => "not_implemented_error",
            Self::ShuttingDown | Self::Internal => "gateway_error",
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotBuilt => "not_implemented",
            Self::ShuttingDown => "flightdeck_shutting_down",
            Self::Internal => "internal_error",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::NotFound => "Nothing lives at this path.",
            Self::MethodNotAllowed => "This path does not take the method.",
            Self::NotBuilt => {
                "This version has no Automation API yet; tenants, keys and routes are managed with the `dvara` command."
            }
            Self::ShuttingDown => "Flightdeck is shutting down; try again.",
            Self::Internal => "Flightdeck failed; the trace id names the request.",
        }
    }

    /// The answer.
    pub(crate) fn render(self, surface: Surface, trace_id: &str) -> Response<Body> {
        let mut response = match surface {
            Surface::Pages => page::respond(&page::document(
                self.status().canonical_reason().unwrap_or("Error"),
                &format!("<p>{}</p>\n", self.message()),
            )),
            Surface::Api => self.object(trace_id),
        };
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        // Only ids that fit a header are taken over; ours do by their making.
        if let Ok(value) = HeaderValue::from_str(trace_id) {
            headers.insert(TRACE_ID.clone(), value);
        }
        if self == Self::ShuttingDown {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }

    fn object(self, trace_id: &str) -> Response<Body> {
        let error = ErrorBody {
            message: self.message(),
            kind: self.kind(),
            code: self.code(),
            param: None,
            trace_id,
            extra: Default::default(),
        };
        let mut response = Response::new(Body::from(error.to_json()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_and_only_the_api_speaks_json() {
        for path in ["/v1", "/v1/", "/v1/admin/tenants", "/v1/other"] {
            assert_eq!(Surface::of(path), Surface::Api, "{path}");
        }
        for path in ["/", "/v1x", "/portal", "/V1/admin", "*"] {
            assert_eq!(Surface::of(path), Surface::Pages, "{path}");
        }
    }
}
