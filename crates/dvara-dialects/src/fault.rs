//! What went wrong upstream: what the caller may read, what the log must hold, and whether another attempt helps.
//!
//! A vendor's own text is kept for 400, 404, 413 and 422, where it says what the caller did wrong, after secrets
//! are cut out. For everything else, 401 and 403 first, the caller gets a fixed text: vendors echo parts of keys
//! (design §3).
//!
//! A log holds the vendor's text where the caller does not get it, and only then: what a vendor says about a
//! request may quote it, and prompts are never logged. Nor is an answer that can't be read, for the same reason.

mod vendor_error;

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;

use crate::answer::ResponseHead;
use vendor_error::VendorError;

/// The error codes that an upstream failure can have (data-plane sheet §11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultCode {
    /// The vendor refused the request itself.
    ProviderRejectedRequest,
    /// The vendor failed, or did not take our credential.
    ProviderError,
    /// The vendor's rate limit.
    ProviderRateLimited,
}

impl FaultCode {
    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProviderRejectedRequest => "provider_rejected_request",
            Self::ProviderError => "provider_error",
            Self::ProviderRateLimited => "provider_rate_limited",
        }
    }

    /// The `type` of the error object.
    pub fn kind(self) -> &'static str {
        match self {
            Self::ProviderRejectedRequest => "invalid_request_error",
            Self::ProviderError => "provider_error",
            Self::ProviderRateLimited => "provider_rate_limited",
        }
    }

    /// The status that goes with it, for whoever answers.
    pub fn status_hint(self) -> StatusCode {
        match self {
            Self::ProviderRejectedRequest => StatusCode::BAD_REQUEST,
            Self::ProviderError => StatusCode::BAD_GATEWAY,
            Self::ProviderRateLimited => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// Whether another attempt may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same target may do better, and so may another.
    SameTarget,
    /// Only another target may.
    AnotherTarget,
    /// The request is at fault.
    No,
}

/// An upstream failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message_for_log}")]
pub struct UpstreamFault {
    /// Its code.
    pub code: FaultCode,
    /// The vendor's status, when there was an answer that had one.
    pub upstream_status: Option<StatusCode>,
    /// What the caller may read.
    pub message_for_caller: Cow<'static, str>,
    /// What the log must hold; see the module. Cut short, without secrets.
    pub message_for_log: String,
    /// The field that the vendor complains about; only with a kept text.
    pub param: Option<String>,
    /// The vendor's own code, such as `context_length_exceeded`; only with a kept text.
    pub vendor_code: Option<String>,
    /// Whether another attempt may help, as long as nothing was relayed.
    pub retry: Retry,
    /// How long the vendor asks to be left alone.
    pub retry_after: Option<Duration>,
}

impl UpstreamFault {
    /// The fault of an answer whose status is no success.
    pub fn of_status(head: &ResponseHead, body: &[u8]) -> Self {
        let status = head.status;
        let mut vendor = VendorError::read(body);
        vendor.code = vendor
            .code
            .or_else(|| head.error_type.as_deref().map(Into::into));
        let context = format!("the provider answered {}", status.as_u16());
        // A body that is no JSON may say it in words, as xAI's does; a page for browsers does not.
        let words = vendor.page.as_ref().filter(|page| !page.starts_with('<'));
        let text = vendor.message.as_ref().or(words).cloned();
        let fault = Self {
            code: FaultCode::ProviderError,
            upstream_status: Some(status),
            message_for_caller: Cow::Owned(fixed_text(status)),
            message_for_log: vendor.for_log(&context),
            param: None,
            vendor_code: None,
            retry: Retry::AnotherTarget,
            retry_after: head.retry_after.or(vendor.retry_after),
        };
        match status.as_u16() {
            400 | 404 | 413 | 422 => Self {
                code: FaultCode::ProviderRejectedRequest,
                message_for_log: vendor.without_text(&context),
                message_for_caller: text.map_or(fault.message_for_caller, Cow::Owned),
                param: vendor.param,
                vendor_code: vendor.code,
                retry: Retry::No,
                ..fault
            },
            429 => Self {
                code: FaultCode::ProviderRateLimited,
                retry: Retry::SameTarget,
                ..fault
            },
            // Amazon's models fail with 424 (Bedrock, ModelErrorException).
            408 | 424 | 500..=599 => Self {
                retry: Retry::SameTarget,
                ..fault
            },
            _ => fault,
        }
    }

    /// The fault of a success that can't be used: no JSON, no choices, a stream that is none.
    pub fn unusable(head: &ResponseHead, reason: &str, body: &[u8]) -> Self {
        let content_type = head.content_type.as_deref().unwrap_or("no content type");
        let context = format!(
            "the provider answered {} with {} bytes of {content_type}: {reason}",
            head.status.as_u16(),
            body.len()
        );
        let mut vendor = VendorError::read_nested(body);
        // A page may be shown. Anything else may be an answer that broke off.
        vendor.page = vendor.page.filter(|page| page.starts_with('<'));
        Self {
            upstream_status: Some(head.status),
            ..Self::provider_error(
                "the provider gave an answer that can't be used",
                vendor.for_log(&context),
                Retry::SameTarget,
            )
        }
    }

    /// The fault of an error that a vendor sent inside a stream.
    pub fn in_stream(event: &[u8]) -> Self {
        Self::provider_error(
            IN_STREAM,
            VendorError::read_nested(event).for_log(IN_STREAM),
            Retry::SameTarget,
        )
    }

    /// The fault of an error that a vendor sent inside a stream, as the answer with this status that it would have been.
    pub(crate) fn of_event(status: StatusCode, event: &[u8]) -> Self {
        let fault = Self::of_status(&ResponseHead::of_status(status), event);
        let vendor = VendorError::read(event);
        let plain = Self::provider_error(IN_STREAM, vendor.for_log(IN_STREAM), fault.retry);
        // No status said it: the stream had begun well.
        let upstream_status = None;
        match status.as_u16() {
            // The caller gets the vendor's text, so the log does not.
            400 | 404 | 413 | 422 => Self {
                upstream_status,
                message_for_log: vendor.without_text(IN_STREAM),
                ..fault
            },
            _ => Self {
                code: fault.code,
                retry_after: fault.retry_after,
                upstream_status,
                ..plain
            },
        }
    }

    /// The fault of a stream that ended early or turned into nonsense.
    pub fn broken_stream(reason: &str) -> Self {
        Self::provider_error(
            "the provider's stream broke off",
            format!("the provider's stream broke: {reason}"),
            Retry::SameTarget,
        )
    }

    /// The fault of a vendor that could not be reached, or whose connection broke; `reason` is for the log.
    pub fn unreachable(reason: impl Into<String>) -> Self {
        Self::provider_error(
            "the provider could not be reached",
            reason.into(),
            Retry::SameTarget,
        )
    }

    /// The fault of a vendor that took too long; `reason` is for the log.
    pub fn timeout(reason: impl Into<String>) -> Self {
        Self::provider_error(
            "the provider took too long",
            reason.into(),
            // All the time there was for this target is gone.
            Retry::AnotherTarget,
        )
    }

    /// The fault of a vendor whose limits are known to be reached for so long: nothing was sent.
    pub fn out_of_quota(wait: Duration) -> Self {
        Self {
            code: FaultCode::ProviderRateLimited,
            retry_after: Some(wait.max(Duration::from_secs(1))),
            ..Self::provider_error(OUT_OF_QUOTA, OUT_OF_QUOTA, Retry::AnotherTarget)
        }
    }

    /// Whether it is the fault of [`Self::out_of_quota`].
    pub fn is_out_of_quota(&self) -> bool {
        self.message_for_log == OUT_OF_QUOTA
    }

    /// A `provider_error` in texts of the caller's own.
    pub fn provider_error(
        message_for_caller: impl Into<Cow<'static, str>>,
        message_for_log: impl Into<String>,
        retry: Retry,
    ) -> Self {
        Self {
            code: FaultCode::ProviderError,
            upstream_status: None,
            message_for_caller: message_for_caller.into(),
            message_for_log: message_for_log.into(),
            param: None,
            vendor_code: None,
            retry,
            retry_after: None,
        }
    }
}

/// What there is to say of a vendor that was not asked because of its limits.
const OUT_OF_QUOTA: &str = "the provider's rate limit is reached; try again later";

/// What there is to say of an error in a stream.
const IN_STREAM: &str = "the provider reported an error while streaming";

/// What the caller reads when the vendor's own text is not for it.
fn fixed_text(status: StatusCode) -> String {
    let hint = match status.as_u16() {
        400 | 413 | 422 => "it refused the request and did not say why",
        401 => "it did not accept the gateway's credential",
        403 => "the gateway's credential may not do this there",
        404 => "it does not know the model or the path",
        408 | 504 => "it took too long",
        429 => "its rate limit is reached; try again later",
        500 => "it had an internal error",
        502 | 503 | 529 => "it is overloaded or down; try again later",
        _ => "it did not serve the request",
    };
    format!("the provider answered {}: {hint}", status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, body: &str) -> UpstreamFault {
        let head = ResponseHead::of_status(StatusCode::from_u16(status).unwrap());
        UpstreamFault::of_status(&head, body.as_bytes())
    }

    #[test]
    fn statuses_map_to_codes_and_retries() {
        use FaultCode::{ProviderError, ProviderRateLimited, ProviderRejectedRequest};
        for (status, code, retry) in [
            (302, ProviderError, Retry::AnotherTarget),
            (400, ProviderRejectedRequest, Retry::No),
            (401, ProviderError, Retry::AnotherTarget),
            (402, ProviderError, Retry::AnotherTarget),
            (403, ProviderError, Retry::AnotherTarget),
            (404, ProviderRejectedRequest, Retry::No),
            (408, ProviderError, Retry::SameTarget),
            (409, ProviderError, Retry::AnotherTarget),
            (413, ProviderRejectedRequest, Retry::No),
            (422, ProviderRejectedRequest, Retry::No),
            (424, ProviderError, Retry::SameTarget),
            (429, ProviderRateLimited, Retry::SameTarget),
            (500, ProviderError, Retry::SameTarget),
            (503, ProviderError, Retry::SameTarget),
            (529, ProviderError, Retry::SameTarget),
        ] {
            let fault = fault(status, "");
            assert_eq!((fault.code, fault.retry), (code, retry), "{status}");
        }
    }

    #[test]
    fn a_text_goes_to_the_caller_or_to_the_log_and_secrets_to_neither() {
        let body = r#"{"error":{"message":"key sk-abcdefgh is bad","param":"model","code":"c"}}"#;
        for (status, to_caller) in [
            (400, true),
            (404, true),
            (413, true),
            (422, true),
            (401, false),
            (403, false),
            (429, false),
            (500, false),
        ] {
            let fault = fault(status, body);
            let caller = fault.message_for_caller.contains("is bad");
            let log = fault.message_for_log.contains("is bad");
            assert_eq!((caller, log), (to_caller, !to_caller), "{status}");
            assert_eq!(fault.param.is_some(), to_caller, "{status}");
            let all = format!("{fault:?}");
            assert!(!all.contains("abcdefgh"), "{all}");
        }
    }

    #[test]
    fn a_refusal_in_plain_words_reaches_the_caller_and_a_page_does_not() {
        let words = fault(422, "messages[0]: missing field `content`");
        assert_eq!(
            words.message_for_caller,
            "messages[0]: missing field `content`"
        );
        assert!(!words.message_for_log.contains("missing"));
        let page = fault(413, "<html><h1>413</h1></html>");
        assert!(
            page.message_for_caller
                .starts_with("the provider answered 413")
        );
    }

    #[test]
    fn what_a_model_wrote_is_not_logged() {
        let head = ResponseHead::of_status(StatusCode::OK);
        for body in [
            r#"{"choices":[{"message":{"content":"canary"#,
            r#"{"output":"canary"}"#,
            r#"{"error":{"code":1},"choices":[{"message":{"content":"canary"}}]}"#,
            r#"["canary"]"#,
            "canary",
        ] {
            let unusable = UpstreamFault::unusable(&head, "odd", body.as_bytes());
            let in_stream = UpstreamFault::in_stream(body.as_bytes());
            assert!(!format!("{unusable:?}").contains("canary"), "{unusable:?}");
            if body.starts_with('{') && body.ends_with('}') {
                assert!(
                    !format!("{in_stream:?}").contains("canary"),
                    "{in_stream:?}"
                );
            }
        }
    }
}
