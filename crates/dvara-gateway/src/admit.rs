//! Stage 4: the last place where a call can be refused without having cost anybody anything.
//!
//! Templates, policy, size, PII, guardrails, context window and output schema are checked here, in this order (design §2), each
//! with the work that brings it. What a caller asks for and nobody enforces yet is refused, not passed over.

use http::HeaderMap;

use crate::enter::Entered;
use crate::http::error::GatewayError;
use crate::read::Request;
use crate::strict;

/// A call that every rule allows.
#[derive(Debug)]
pub(crate) struct Admitted {
    entered: Entered,
    request: Request,
    strict: bool,
}

impl Admitted {
    /// Who calls.
    pub(crate) fn entered(&self) -> &Entered {
        &self.entered
    }

    /// What for.
    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    /// Whether it goes to its vendor whole or not at all.
    pub(crate) fn strict(&self) -> bool {
        self.strict
    }
}

/// `metadata` members that stand for functions of ours, which would silently not happen.
const NOT_YET: [&str; 2] = ["prompt_template_id", "prompt_experiment_id"];

/// Admits a call; `headers` are its own.
///
/// # Errors
/// 400 `unsupported_capability` for what is not built, `invalid_request` for a header that can't be read.
pub(crate) fn admit(
    entered: Entered,
    request: Request,
    headers: &HeaderMap,
) -> Result<Admitted, GatewayError> {
    let of_tenant = entered.caller().key().is_some_and(|key| key.strict);
    let strict = strict::asked(headers)? || of_tenant;
    for name in NOT_YET {
        if request.has_metadata(name) {
            return Err(GatewayError::BadRequest {
                code: "unsupported_capability",
                message: format!(
                    "`metadata.{name}` is not supported by this gateway yet; leave it out."
                ),
                param: Some(format!("metadata.{name}")),
            });
        }
    }
    Ok(Admitted {
        entered,
        request,
        strict,
    })
}
