//! Stage 7: sends the call to its targets in turn, until one answers.
//!
//! The one retry loop of the gateway stands here. Each fault says itself whether another target may be tried, and none is
//! tried once a byte has been relayed, since that happens after this stage.

mod upstream;

use std::rc::Rc;

use bytes::Bytes;
use dvara_dialects::fault::Retry;
use dvara_dialects::target::Dropped;
use dvara_ledger::Ledger;
use tracing::{Instrument as _, Span, field};

use crate::core::Core;
use crate::http::error::GatewayError;
use crate::mock;
use crate::plan::{Attempt, Plan};
use crate::providers::Reach;
use crate::reserve::Reserved;
use crate::stream::Stream;

/// An answer, with its first byte at hand.
pub(crate) struct Reply {
    pub(crate) answered: Answered,
    /// What the client sent and the vendor did not get.
    pub(crate) dropped: Vec<Dropped>,
}

/// What a vendor answers with.
pub(crate) enum Answered {
    /// All of it.
    Whole(Bytes),
    /// As the vendor makes it.
    Stream(Box<Stream>),
}

impl Reply {
    pub(crate) fn new(answered: Answered, dropped: Vec<Dropped>) -> Self {
        Self { answered, dropped }
    }
}

/// Sends the call and waits for an answer. The ledger notes each attempt.
///
/// # Errors
/// The last target's fault, or 503 when the process ends first.
pub(crate) async fn dispatch(
    core: &Rc<Core>,
    reserved: Reserved,
    ledger: &mut Ledger,
) -> Result<Reply, GatewayError> {
    let plan = reserved.plan();
    let mut last = GatewayError::Internal;
    for attempt in plan.attempts() {
        let fingerprint = attempt
            .credential
            .as_ref()
            .map(|credential| &credential.fingerprint);
        ledger.attempt(&attempt.provider.name, &attempt.model, fingerprint);
        let request = plan.admitted().request();
        if request.stream() {
            // A stream may be left before its vendor has said what the prompt cost; a whole answer says it, or is asked then.
            ledger.expected_input(request.estimated_prompt_tokens());
        }
        let outcome = tokio::select! {
            biased;
            outcome = send(core, plan, attempt, ledger).instrument(span(attempt, plan)) => outcome,
            () = core.drain.cutting() => Err(GatewayError::ShuttingDown),
        };
        match outcome {
            Ok(reply) => return Ok(reply),
            Err(error) if may_try_another(&error) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn may_try_another(error: &GatewayError) -> bool {
    matches!(error, GatewayError::Upstream(fault) if fault.retry != Retry::No)
}

async fn send(
    core: &Rc<Core>,
    plan: &Plan,
    attempt: &Attempt,
    ledger: &mut Ledger,
) -> Result<Reply, GatewayError> {
    let request = plan.admitted().request();
    match &attempt.provider.reach {
        Reach::Http(reach) => upstream::send(core, request, attempt, reach, ledger).await,
        Reach::Mock(mock) => Box::pin(mock::answer(mock, request, attempt, ledger)).await,
    }
}

/// What a trace shows of an attempt, in the words of the GenAI conventions (data-plane sheet §27).
fn span(attempt: &Attempt, plan: &Plan) -> Span {
    let request = plan.admitted().request();
    tracing::info_span!(
        "gateway.provider.chat",
        otel.kind = "client",
        provider = attempt.provider.name.as_str(),
        model = attempt.model,
        stream = request.stream(),
        gen_ai.operation.name = "chat",
        gen_ai.system = attempt.provider.kind.as_str(),
        gen_ai.request.model = attempt.model,
        gen_ai.request.max_tokens = request.max_tokens(),
        gen_ai.response.model = field::Empty,
        gen_ai.usage.input_tokens = field::Empty,
        gen_ai.usage.output_tokens = field::Empty,
    )
}
