//! What a caller is told when a call is refused: HTTP status, JSON-RPC code, `dvara_code`, message (operations sheet A11).
//!
//! JSON-RPC's own codes for what is wrong with a message, codes from -32003 to -32019 for what is ours: below are those that
//! SDKs use, above those that the protocol has reserved.

use dvara_service::body::BodyError;
use dvara_types::KeyFault;

use crate::message::Unreadable;

/// How an error looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A JSON-RPC answer.
    JsonRpc,
    /// The error object of the LLM plane.
    Rest,
}

/// Why a call got no answer, or not the one it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum McpError {
    /// The path is written in a way that could mean another path to somebody behind us.
    InvalidPath,
    /// No usable key was shown.
    Unauthenticated(KeyFault),
    /// The key is limited to scopes, and none is of this plane.
    ScopeMissing,
    /// The key's tenant is suspended, with the reason that was given.
    TenantSuspended(Option<String>),
    /// Nothing lives at this path.
    NotFound,
    /// There is no stream to open and no session to end.
    MethodNotAllowed,
    /// The caller accepts none of the media types that we answer with.
    NotAcceptable,
    /// The body is not said to be plain JSON.
    UnsupportedMediaType(&'static str),
    /// The body is larger than the limit, in bytes.
    TooLarge(usize),
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body broke off or its framing is wrong.
    BodyBroken,
    /// The body is not JSON.
    Parse,
    /// The body is JSON and no message.
    InvalidRequest,
    /// No such server is registered; with its id where the path names one.
    ServerNotFound(Option<String>),
    /// The process is ending and did not wait any longer.
    ShuttingDown,
}

impl From<BodyError> for McpError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge(limit) => Self::TooLarge(limit),
            BodyError::Timeout => Self::BodyTimeout,
            BodyError::Broken => Self::BodyBroken,
        }
    }
}

impl From<Unreadable> for McpError {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Syntax => Self::Parse,
            Unreadable::Shape => Self::InvalidRequest,
        }
    }
}

impl McpError {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::InvalidPath | Self::BodyBroken | Self::Parse | Self::InvalidRequest => 400,
            Self::Unauthenticated(_) => 401,
            Self::ScopeMissing | Self::TenantSuspended(_) => 403,
            Self::NotFound | Self::ServerNotFound(_) => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::BodyTimeout => 408,
            Self::TooLarge(_) => 413,
            Self::UnsupportedMediaType(_) => 415,
            Self::ShuttingDown => 503,
        }
    }

    /// `error.code` of JSON-RPC.
    pub(crate) fn number(&self) -> i32 {
        match self {
            Self::Parse | Self::BodyBroken => -32_700,
            Self::InvalidPath
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::NotAcceptable
            | Self::UnsupportedMediaType(_)
            | Self::TooLarge(_)
            | Self::BodyTimeout
            | Self::InvalidRequest => -32_600,
            Self::ShuttingDown => -32_603,
            Self::Unauthenticated(_) | Self::ScopeMissing => -32_004,
            Self::ServerNotFound(_) => -32_014,
            Self::TenantSuspended(_) => -32_019,
        }
    }

    /// `error.data.dvara_code`; also the metric label, so it comes from a closed set.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::InvalidPath => "MCP_INVALID_PATH",
            Self::Unauthenticated(KeyFault::Missing) => "MCP_AUTH_REQUIRED",
            Self::Unauthenticated(_) => "MCP_AUTH_INVALID",
            Self::ScopeMissing => "MCP_SCOPE_MISSING",
            Self::TenantSuspended(_) => "MCP_TENANT_SUSPENDED",
            Self::NotFound => "MCP_NOT_FOUND",
            Self::MethodNotAllowed => "MCP_METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "MCP_NOT_ACCEPTABLE",
            Self::UnsupportedMediaType(_) => "MCP_UNSUPPORTED_MEDIA_TYPE",
            Self::TooLarge(_) => "MCP_TOO_LARGE",
            Self::BodyTimeout => "MCP_REQUEST_TIMEOUT",
            Self::BodyBroken | Self::Parse => "MCP_PARSE_ERROR",
            Self::InvalidRequest => "MCP_INVALID_REQUEST",
            Self::ServerNotFound(_) => "MCP_SERVER_NOT_FOUND",
            Self::ShuttingDown => "MCP_SHUTTING_DOWN",
        }
    }

    /// `error.type` of the REST form.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::InvalidPath
            | Self::MethodNotAllowed
            | Self::NotAcceptable
            | Self::UnsupportedMediaType(_)
            | Self::BodyTimeout
            | Self::BodyBroken
            | Self::Parse
            | Self::InvalidRequest => "invalid_request_error",
            Self::Unauthenticated(_) => "authentication_error",
            Self::ScopeMissing => "permission_error",
            Self::TenantSuspended(_) => "tenant_suspended",
            Self::NotFound | Self::ServerNotFound(_) => "not_found_error",
            Self::TooLarge(_) => "input_size_error",
            Self::ShuttingDown => "gateway_error",
        }
    }

    /// `error.message`: what happened and what to do about it.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::InvalidPath => {
                "The path is not canonical: write it without %, ;, \\, //, . and .. segments.".to_owned()
            }
            Self::Unauthenticated(KeyFault::Missing) => {
                "An API key is required: send `Authorization: Bearer gw_…`.".to_owned()
            }
            Self::Unauthenticated(KeyFault::Invalid) => "The API key is not valid.".to_owned(),
            Self::Unauthenticated(KeyFault::Revoked) => "The API key has been revoked.".to_owned(),
            Self::Unauthenticated(KeyFault::Expired) => "The API key has expired.".to_owned(),
            Self::ScopeMissing => {
                "The API key is limited to other scopes; MCP takes `mcp:list` or `mcp:call`.".to_owned()
            }
            Self::TenantSuspended(Some(reason)) => format!("The tenant is suspended: {reason}"),
            Self::TenantSuspended(None) => "The tenant is suspended.".to_owned(),
            Self::NotFound => "Nothing lives at this path.".to_owned(),
            Self::MethodNotAllowed => "Send messages with POST; there are no streams and no sessions here.".to_owned(),
            Self::NotAcceptable => "The answer would be application/json; `Accept` does not allow it.".to_owned(),
            Self::UnsupportedMediaType(why) => (*why).to_owned(),
            Self::TooLarge(limit) => format!("The body is larger than {limit} bytes."),
            Self::BodyTimeout => "The body did not arrive in time.".to_owned(),
            Self::BodyBroken => "The body broke off before its end.".to_owned(),
            Self::Parse => "The body is not JSON.".to_owned(),
            Self::InvalidRequest => {
                "This is no JSON-RPC 2.0 message, nor a batch of 1 to 100 of them: `jsonrpc` \"2.0\", `method`, and for a request an `id` that is a text or a number."
                    .to_owned()
            }
            Self::ServerNotFound(Some(server)) => {
                format!("No MCP server `{server}` is registered; this version cannot register any.")
            }
            Self::ServerNotFound(None) => {
                "No MCP server is registered; this version cannot register any.".to_owned()
            }
            Self::ShuttingDown => "The MCP gateway is shutting down; send the call again.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_of_ours_is_one_that_the_protocol_or_its_sdks_use() {
        let all = [
            McpError::InvalidPath,
            McpError::Unauthenticated(KeyFault::Missing),
            McpError::Unauthenticated(KeyFault::Expired),
            McpError::ScopeMissing,
            McpError::TenantSuspended(None),
            McpError::NotFound,
            McpError::MethodNotAllowed,
            McpError::NotAcceptable,
            McpError::UnsupportedMediaType("x"),
            McpError::TooLarge(1),
            McpError::BodyTimeout,
            McpError::BodyBroken,
            McpError::Parse,
            McpError::InvalidRequest,
            McpError::ServerNotFound(None),
            McpError::ShuttingDown,
        ];
        for error in all {
            let number = error.number();
            let standard = [-32_700, -32_600, -32_603].contains(&number);
            assert!(
                standard || (-32_019..=-32_003).contains(&number),
                "{error:?}"
            );
            assert!(error.code().starts_with("MCP_") && !error.message().is_empty());
            assert!((400..600).contains(&error.status()));
        }
    }
}
