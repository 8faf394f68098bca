//! What a caller is told when a call is refused or fails: status, type, code, message (data-plane sheet §11).
//!
//! The variants are few; three exhaustive matches give each its kind, its fault and its status. The texts of our own
//! faults are constant: what really happened is for the log.

pub(super) mod rate_limit;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use dvara_cloud::NoCredentials;
use dvara_dialects::error_body::ErrorBody;
use dvara_dialects::fault::{FaultCode, UpstreamFault};
use dvara_dialects::head::MediaTypeError;
use dvara_dialects::request::ReadError;
use dvara_governance::guardrail::{LimitType, SizeExceeded};
use dvara_limits::Exceeded;
use dvara_service::body::BodyError;
use dvara_types::{KeyFault, ProviderName, Scope};

use crate::outside::Asked;

/// Why a call got no answer, or not the one it asked for.
#[derive(Debug)]
pub(crate) enum GatewayError {
    /// The path is written in a way that could mean another path to somebody behind us.
    InvalidPath,
    /// No usable key was shown.
    Unauthenticated(KeyFault),
    /// The secret of DVARA's own services was not shown.
    InternalSecret,
    /// The key lacks a scope.
    ScopeMissing(Scope),
    /// The key's tenant is suspended, with the reason that was given.
    TenantSuspended(Option<String>),
    /// The key has made all the calls that it may make in a minute.
    RateLimited(Exceeded),
    /// Nothing lives at this path; below `/v1/` or not.
    NotFound {
        /// Whether the path lies below `/v1/`, which has a code of its own.
        governed: bool,
    },
    /// The path does not take this method.
    MethodNotAllowed {
        /// The methods that it takes, for `Allow`.
        allow: &'static str,
    },
    /// The caller accepts none of the media types that we answer with.
    NotAcceptable,
    /// The body is not said to be plain JSON.
    UnsupportedMediaType(&'static str),
    /// The body or a parameter in it is wrong.
    BadRequest {
        /// The code of the table.
        code: &'static str,
        /// What is wrong and how to mend it.
        message: String,
        /// The field.
        param: Option<String>,
    },
    /// The body is larger than the limit.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body broke off or its framing is wrong.
    BodyBroken,
    /// There is no prompt template of this id that the caller may use.
    PromptTemplateNotFound(String),
    /// A policy denies the call, for this reason.
    PolicyDenied(Arc<str>),
    /// Guardrails found attacks or contents of these categories.
    GuardrailBlocked(String),
    /// The answer does not fit the schema that is registered for it; where and why.
    SchemaFailed(String),
    /// The answer is larger than what can be looked through, and something in it may have to be withheld.
    TooLargeToScan,
    /// The call passes a bound on its size.
    InputTooLarge(SizeExceeded),
    /// The conversation is longer than its models hold.
    ContextWindowExceeded {
        /// How long it is.
        tokens: u64,
        /// That was counted, and not estimated.
        exact: bool,
        /// What they hold, in tokens.
        window: u64,
    },
    /// Nothing may go on without the verdict of this service, and it gave none.
    GuardrailUnavailable(Asked),
    /// Nothing may go on that an outside detector of personal data has not seen, and it does not answer.
    PiiDetectorUnavailable,
    /// Personal data or secrets were found, of these types, and may not go on.
    PiiDetected(String),
    /// No configured provider serves the model.
    NoProvider(String),
    /// A stored credential exists for this provider and cannot be used; nobody else's is used in its place.
    CredentialUnavailable(ProviderName),
    /// The gateway's own identity for this provider's cloud has no credentials at the moment.
    IdentityUnavailable {
        /// Whose.
        provider: ProviderName,
        /// Why, for the log.
        reason: NoCredentials,
    },
    /// The provider failed too often and is left alone for so long.
    ProviderPaused {
        /// Until it is tried again.
        retry_after: Duration,
    },
    /// As many calls as it may have are under way at the provider, and waiting for it.
    ProviderBusy {
        /// Which.
        provider: ProviderName,
    },
    /// The provider failed, and what the route has in its place cannot do what the call asks for.
    FailoverBlocked,
    /// The vendor refused, failed or could not be reached.
    Upstream(UpstreamFault),
    /// More calls are open or unsettled than the process can account for.
    Overloaded,
    /// The process is ending and did not wait any longer.
    ShuttingDown,
    /// A fault of ours.
    Internal,
}

/// Whose doing it is: decides how loudly it is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The caller's.
    Caller,
    /// Ours.
    Gateway,
    /// The vendor's.
    Upstream,
}

impl From<ReadError> for GatewayError {
    fn from(error: ReadError) -> Self {
        Self::BadRequest {
            code: error.code(),
            message: error.message(),
            param: error.param().map(str::to_owned),
        }
    }
}

impl From<MediaTypeError> for GatewayError {
    fn from(error: MediaTypeError) -> Self {
        match error {
            MediaTypeError::Unsupported(hint) => Self::UnsupportedMediaType(hint),
            MediaTypeError::NotAcceptable => Self::NotAcceptable,
        }
    }
}

impl From<BodyError> for GatewayError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge(limit) => Self::TooLarge { limit },
            BodyError::Timeout => Self::BodyTimeout,
            BodyError::Broken => Self::BodyBroken,
        }
    }
}

impl From<UpstreamFault> for GatewayError {
    fn from(fault: UpstreamFault) -> Self {
        Self::Upstream(fault)
    }
}

impl GatewayError {
    /// What the log says beyond the code; the vendor's own words, without its secrets.
    pub(crate) fn for_log(&self) -> Cow<'_, str> {
        match self {
            Self::Upstream(fault) => Cow::Borrowed(&fault.message_for_log),
            Self::IdentityUnavailable { reason, .. } => Cow::Owned(reason.to_string()),
            _ => Cow::Borrowed(""),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::InvalidPath
            | Self::BadRequest { .. }
            | Self::BodyBroken
            | Self::ContextWindowExceeded { .. }
            | Self::PiiDetected(_)
            | Self::NoProvider(_) => 400,
            Self::Unauthenticated(_) | Self::InternalSecret => 401,
            Self::ScopeMissing(_)
            | Self::TenantSuspended(_)
            | Self::PolicyDenied(_)
            | Self::GuardrailBlocked(_)
            | Self::TooLargeToScan => 403,
            Self::NotFound { .. } | Self::PromptTemplateNotFound(_) => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::NotAcceptable => 406,
            Self::BodyTimeout => 408,
            Self::TooLarge { .. } | Self::InputTooLarge(_) => 413,
            Self::UnsupportedMediaType(_) => 415,
            Self::SchemaFailed(_) => 422,
            Self::RateLimited(_) => 429,
            Self::Upstream(fault) => fault.code.status_hint().as_u16(),
            Self::Overloaded
            | Self::ShuttingDown
            | Self::CredentialUnavailable(_)
            | Self::IdentityUnavailable { .. }
            | Self::ProviderPaused { .. }
            | Self::ProviderBusy { .. }
            | Self::PiiDetectorUnavailable
            | Self::FailoverBlocked => 503,
            Self::GuardrailUnavailable(_) | Self::Internal => 500,
        }
    }

    /// `error.type`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::InvalidPath
            | Self::MethodNotAllowed { .. }
            | Self::NotAcceptable
            | Self::UnsupportedMediaType(_)
            | Self::BadRequest { .. }
            | Self::BodyTimeout
            | Self::BodyBroken
            | Self::NoProvider(_) => "invalid_request_error",
            Self::Unauthenticated(_) | Self::InternalSecret => "authentication_error",
            Self::ScopeMissing(_) => "permission_error",
            Self::TenantSuspended(_) => "tenant_suspended",
            Self::PolicyDenied(_) => "policy_violation",
            Self::GuardrailBlocked(_) | Self::TooLargeToScan => "guardrail_violation",
            Self::SchemaFailed(_) => "schema_validation_error",
            Self::ContextWindowExceeded { .. } => "context_window_error",
            Self::PiiDetected(_) => "pii_violation",
            Self::RateLimited(_) => "rate_limit_error",
            Self::NotFound { .. } | Self::PromptTemplateNotFound(_) => "not_found_error",
            Self::TooLarge { .. } | Self::InputTooLarge(_) => "input_size_error",
            Self::Upstream(fault) => fault.code.kind(),
            Self::FailoverBlocked
            | Self::ProviderPaused { .. }
            | Self::ProviderBusy { .. }
            | Self::IdentityUnavailable { .. } => "provider_unavailable",
            Self::CredentialUnavailable(_) => "tenant_credential_unavailable",
            Self::GuardrailUnavailable(_) => "guardrail_plugin_error",
            Self::Overloaded
            | Self::ShuttingDown
            | Self::PiiDetectorUnavailable
            | Self::Internal => "gateway_error",
        }
    }

    /// `error.code`; also the metric and log label, so it comes from a closed set.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::InvalidPath => "invalid_path",
            Self::Unauthenticated(KeyFault::Missing) => "api_key_required",
            Self::Unauthenticated(KeyFault::Invalid) => "invalid_api_key",
            Self::Unauthenticated(KeyFault::Revoked) => "api_key_revoked",
            Self::Unauthenticated(KeyFault::Expired) => "api_key_expired",
            Self::InternalSecret => "internal_secret_required",
            Self::ScopeMissing(_) => "api_key_scope",
            Self::TenantSuspended(_) => "tenant_suspended",
            Self::RateLimited(_) => "rate_limit_exceeded",
            Self::NotFound { governed: true } => "resource_not_found",
            Self::NotFound { governed: false } => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::NotAcceptable => "not_acceptable",
            Self::UnsupportedMediaType(_) => "unsupported_media_type",
            Self::BadRequest { code, .. } => code,
            Self::TooLarge { .. } | Self::InputTooLarge(_) => "input_too_large",
            Self::BodyTimeout => "request_timeout",
            Self::BodyBroken => "invalid_request",
            Self::PromptTemplateNotFound(_) => "prompt_template_not_found",
            Self::PolicyDenied(_) => "policy_denied",
            Self::GuardrailBlocked(_) => "guardrail_blocked",
            Self::TooLargeToScan => "answer_too_large_to_scan",
            Self::SchemaFailed(_) => "schema_validation_failed",
            Self::ContextWindowExceeded { .. } => "context_window_exceeded",
            Self::GuardrailUnavailable(Asked::Classifier) => "guardrail_classifier_error",
            Self::GuardrailUnavailable(Asked::Plugin) => "guardrail_plugin_error",
            Self::PiiDetectorUnavailable => "pii_detector_unavailable",
            Self::PiiDetected(_) => "pii_detected",
            Self::NoProvider(_) => "no_provider",
            Self::Upstream(fault) => fault.code.as_str(),
            Self::CredentialUnavailable(_) => "tenant_credential_unavailable",
            Self::IdentityUnavailable { .. } => "provider_credential_unavailable",
            Self::ProviderPaused { .. } => "provider_circuit_open",
            Self::ProviderBusy { .. } => "provider_busy",
            Self::FailoverBlocked => "failover_capability_mismatch",
            Self::Overloaded => "gateway_overloaded",
            Self::ShuttingDown => "gateway_shutting_down",
            Self::Internal => "internal_error",
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
            Self::InternalSecret => {
                "This path is for DVARA's own services: send `Authorization: Bearer` with the internal secret.".to_owned()
            }
            Self::ScopeMissing(scope) => format!("The API key lacks the scope `{}`.", scope.as_str()),
            Self::TenantSuspended(Some(reason)) => format!("The tenant is suspended: {reason}"),
            Self::TenantSuspended(None) => "The tenant is suspended.".to_owned(),
            Self::RateLimited(_) => "Rate limit exceeded".to_owned(),
            Self::NotFound { .. } => "Nothing lives at this path.".to_owned(),
            Self::MethodNotAllowed { allow } => format!("This path does not take the method; it takes {allow}."),
            Self::NotAcceptable => {
                "The answer would be application/json or text/event-stream; `Accept` allows neither.".to_owned()
            }
            Self::UnsupportedMediaType(why) => (*why).to_owned(),
            Self::BadRequest { message, .. } | Self::NoProvider(message) => message.clone(),
            Self::PromptTemplateNotFound(id) => format!("There is no prompt template `{id}`."),
            Self::PolicyDenied(reason) => reason.to_string(),
            Self::GuardrailBlocked(categories) => format!("The guardrails do not let this pass: {categories}."),
            Self::InputTooLarge(exceeded) => too_large(exceeded),
            Self::SchemaFailed(misfits) => format!("The model's answer does not fit the schema that is registered for it: {misfits}"),
            Self::TooLargeToScan => "The answer is too large for the rules to look through; ask for less at once.".to_owned(),
            Self::ContextWindowExceeded { tokens, exact, window } => {
                let about = if *exact { "" } else { "about " };
                format!("The conversation is {about}{tokens} tokens long, which leaves no room in a window of {window}: leave messages out.")
            }
            Self::GuardrailUnavailable(asked) => format!("The {} of the guardrails gave no answer, and nothing passes without it. Try again later.", asked.as_str()),
            Self::PiiDetectorUnavailable => "The detector of personal data gave no answer, and nothing passes without it. Try again later.".to_owned(),
            Self::PiiDetected(kinds) => format!("Personal data or secrets were found that may not pass the gateway: {kinds}."),
            Self::TooLarge { limit } => format!("The body is larger than {limit} bytes."),
            Self::BodyTimeout => "The body did not arrive in time.".to_owned(),
            Self::BodyBroken => "The body broke off before its end.".to_owned(),
            Self::Upstream(fault) => fault.message_for_caller.to_string(),
            Self::CredentialUnavailable(provider) => {
                format!("A credential is stored for the provider `{provider}`, but it cannot be used.")
            }
            Self::IdentityUnavailable { provider, .. } => {
                format!("The gateway has no credentials for the provider `{provider}` at the moment.")
            }
            Self::ProviderPaused { .. } => {
                "The provider failed too often and is left alone for a while; nobody else serves this model.".to_owned()
            }
            Self::ProviderBusy { provider } => {
                format!("As many calls as the gateway allows are under way at the provider `{provider}`; try again shortly.")
            }
            Self::FailoverBlocked => {
                "The provider failed, and no fallback can do what this call asks for (tools, images, structured outputs)."
                    .to_owned()
            }
            Self::Overloaded => "The gateway has more calls open than it can account for; try again shortly.".to_owned(),
            Self::ShuttingDown => "The gateway is shutting down; send the call again.".to_owned(),
            Self::Internal => "The gateway failed; the trace id names the call in its log.".to_owned(),
        }
    }

    /// `error.param`.
    pub(crate) fn param(&self) -> Option<&str> {
        match self {
            Self::BadRequest { param, .. } => param.as_deref(),
            Self::Upstream(fault) => fault.param.as_deref(),
            Self::NoProvider(_) => Some("model"),
            Self::PromptTemplateNotFound(_) => Some("metadata.prompt_template_id"),
            _ => None,
        }
    }

    /// When to try again, for `Retry-After`.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Upstream(fault) => fault.retry_after,
            Self::RateLimited(exceeded) => Some(exceeded.retry_after),
            Self::ProviderPaused { retry_after } => Some(*retry_after),
            Self::ProviderBusy { .. } | Self::Overloaded | Self::ShuttingDown => {
                Some(Duration::from_secs(1))
            }
            _ => None,
        }
    }

    /// The members that only some codes come with.
    fn extra(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            Self::RateLimited(exceeded) => rate_limit::member(exceeded, chrono::Utc::now()),
            _ => serde_json::Map::new(),
        }
    }

    /// The error object, around a message made before.
    pub(crate) fn body<'a>(&'a self, message: &'a str, trace_id: &'a str) -> ErrorBody<'a> {
        ErrorBody {
            message,
            kind: self.kind(),
            code: self.code(),
            param: self.param(),
            trace_id,
            extra: self.extra(),
        }
    }

    /// Whose doing it is.
    pub(crate) fn fault(&self) -> Fault {
        match self {
            Self::Upstream(fault) => match fault.code {
                FaultCode::ProviderError | FaultCode::ProviderRateLimited => Fault::Upstream,
                FaultCode::ProviderRejectedRequest => Fault::Caller,
            },
            Self::FailoverBlocked | Self::ProviderPaused { .. } => Fault::Upstream,
            Self::Overloaded
            | Self::ProviderBusy { .. }
            | Self::ShuttingDown
            | Self::CredentialUnavailable(_)
            | Self::IdentityUnavailable { .. }
            | Self::GuardrailUnavailable(_)
            | Self::PiiDetectorUnavailable
            | Self::Internal => Fault::Gateway,
            Self::InvalidPath
            | Self::Unauthenticated(_)
            | Self::InternalSecret
            | Self::ScopeMissing(_)
            | Self::TenantSuspended(_)
            | Self::RateLimited(_)
            | Self::NotFound { .. }
            | Self::MethodNotAllowed { .. }
            | Self::NotAcceptable
            | Self::UnsupportedMediaType(_)
            | Self::BadRequest { .. }
            | Self::TooLarge { .. }
            | Self::BodyTimeout
            | Self::BodyBroken
            | Self::PromptTemplateNotFound(_)
            | Self::PolicyDenied(_)
            | Self::GuardrailBlocked(_)
            | Self::TooLargeToScan
            | Self::SchemaFailed(_)
            | Self::InputTooLarge(_)
            | Self::ContextWindowExceeded { .. }
            | Self::PiiDetected(_)
            | Self::NoProvider(_) => Fault::Caller,
        }
    }
}

fn too_large(exceeded: &SizeExceeded) -> String {
    let SizeExceeded {
        limit_type,
        actual,
        limit,
    } = exceeded;
    match limit_type {
        LimitType::MaxMessagesPerRequest => {
            format!("The call has {actual} messages, and {limit} are allowed.")
        }
        LimitType::MaxMessageLength => {
            format!("A message has {actual} characters, and {limit} are allowed.")
        }
        LimitType::MaxInputTokens => {
            format!("The call has about {actual} tokens, and {limit} are allowed.")
        }
    }
}

#[cfg(test)]
mod tests;
