//! Stage 7: sends the call to its targets in turn, until one answers.
//!
//! The one retry loop of the gateway stands here: over the targets of the plan, and over attempts at each. Every fault says
//! itself whether the same or another target may be tried, and none is once a byte has been relayed, since that happens
//! after this stage; a stream is only an answer when its first event has come.

mod upstream;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use dvara_dialects::fault::{Retry as CanRetry, UpstreamFault};
use dvara_dialects::request::ChatRequest;
use dvara_dialects::target::Dropped;
use dvara_ledger::Ledger;
use dvara_service::random;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

use crate::core::Core;
use crate::http::error::GatewayError;
use crate::mock;
use crate::plan::{Attempt, Plan};
use crate::providers::Reach;
use crate::reserve::Reserved;
use crate::settings::Retry;
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
/// The first target's fault when none answered, 503 when no fallback can do what the call asks for or the process ends.
pub(crate) async fn dispatch(
    core: &Rc<Core>,
    reserved: Reserved,
    ledger: &mut Ledger,
) -> Result<Reply, GatewayError> {
    tokio::select! {
        biased;
        outcome = chain(core, reserved.plan(), ledger) => outcome,
        () = core.drain.cutting() => Err(GatewayError::ShuttingDown),
    }
}

/// The targets in turn.
async fn chain(core: &Rc<Core>, plan: &Plan, ledger: &mut Ledger) -> Result<Reply, GatewayError> {
    let (first, fallbacks) = plan
        .attempts()
        .split_first()
        .ok_or(GatewayError::Internal)?;
    let settings = core.shared.settings.resilience.fallback;
    let deadline = Instant::now() + settings.deadline;
    let error = match retried(core, plan, first, None, ledger).await {
        Err(error) if may_try_another(&error) => error,
        outcome => return outcome,
    };
    let (mut tried, mut unable) = (0, plan.unable());
    for attempt in fallbacks {
        if tried == settings.max_attempts || Instant::now() >= deadline {
            break;
        }
        match retried(core, plan, attempt, Some(deadline), ledger).await {
            Ok(reply) => return Ok(reply),
            // It cannot say what the call asks for, so it was not asked.
            Err(GatewayError::BadRequest { .. }) => unable += 1,
            Err(error) if may_try_another(&error) => tried += 1,
            Err(error) => return Err(error),
        }
    }
    Err(if tried == 0 && unable > 0 {
        GatewayError::FailoverBlocked
    } else {
        error
    })
}

/// One target, as often as its settings allow and its faults may pass, with one time limit over all of it: for the answer,
/// or for a stream's first event.
async fn retried(
    core: &Rc<Core>,
    plan: &Plan,
    attempt: &Attempt,
    deadline: Option<Instant>,
    ledger: &mut Ledger,
) -> Result<Reply, GatewayError> {
    let limits = &attempt.provider.resilience;
    let limit = if plan.admitted().request().stream() {
        limits.timeouts.first_byte
    } else {
        limits.timeouts.chat
    };
    let ends = Instant::now() + limit;
    let ends = deadline.map_or(ends, |deadline| ends.min(deadline));
    let mut tries = 0;
    loop {
        tries += 1;
        let sending = send(core, plan, attempt, ends, ledger).instrument(span(attempt, plan));
        let error = match sending.await {
            Ok(reply) => return Ok(reply),
            Err(error) => error,
        };
        ledger.attempt_failed(error.code());
        // The caller's answer names the last fault at most; this is where the others can be read.
        tracing::info!(
            trace_id = %ledger.so_far().trace_id,
            provider = attempt.provider.name.as_str(),
            code = error.code(),
            reason = error.for_log(),
            "attempt failed"
        );
        let pause = match &error {
            GatewayError::Upstream(fault) => pause(limits.retry, tries, fault, chance()),
            _ => None,
        };
        match pause {
            Some(pause) if Instant::now() + pause < ends => tokio::time::sleep(pause).await,
            Some(_) | None => return Err(error),
        }
    }
}

/// How long to wait before the same target is asked again after `tries` attempts; `None` when it is not. `chance` lies
/// between 0 and 1 and shortens the pause by up to half, so that callers who failed together do not come back together.
fn pause(retry: Retry, tries: u32, fault: &UpstreamFault, chance: f64) -> Option<Duration> {
    if fault.retry != CanRetry::SameTarget || tries >= retry.max_attempts {
        return None;
    }
    if let Some(asked) = fault.retry_after {
        return (asked <= retry.max_backoff).then_some(asked);
    }
    let grown = (1..tries).fold(retry.initial_backoff, |pause, _| {
        pause.mul_f64(retry.multiplier).min(retry.max_backoff)
    });
    Some(grown.min(retry.max_backoff).mul_f64(1.0 - chance / 2.0))
}

fn chance() -> f64 {
    let die = u32::from_be_bytes(random::bytes());
    f64::from(die) / f64::from(u32::MAX)
}

fn may_try_another(error: &GatewayError) -> bool {
    matches!(error, GatewayError::Upstream(fault) if fault.retry != CanRetry::No)
}

async fn send(
    core: &Rc<Core>,
    plan: &Plan,
    attempt: &Attempt,
    ends: Instant,
    ledger: &mut Ledger,
) -> Result<Reply, GatewayError> {
    let request = plan.admitted().request();
    match &attempt.provider.reach {
        Reach::Http(reach) => {
            upstream::send(core, plan.admitted(), attempt, reach, ends, ledger).await
        }
        Reach::Mock(mock) => {
            note(ledger, request, attempt);
            Box::pin(mock::answer(mock, request, attempt, ledger)).await
        }
    }
}

/// Notes that the call is about to be sent.
fn note(ledger: &mut Ledger, request: &ChatRequest, attempt: &Attempt) {
    let credential = attempt.credential.as_ref();
    let fingerprint = credential.map(|credential| &credential.fingerprint);
    ledger.attempt(&attempt.provider.name, &attempt.model, fingerprint);
    if request.stream() {
        // A stream may be left before its vendor has said what the prompt cost; a whole answer says it, or is asked then.
        ledger.expected_input(request.estimated_prompt_tokens());
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

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry = Retry {
        max_attempts: 4,
        initial_backoff: Duration::from_millis(500),
        multiplier: 2.0,
        max_backoff: Duration::from_millis(1_500),
    };

    fn fault(retry: CanRetry, retry_after: Option<Duration>) -> UpstreamFault {
        UpstreamFault {
            retry_after,
            ..UpstreamFault::provider_error("x", "x", retry)
        }
    }

    #[test]
    fn pauses_grow_up_to_their_bound_and_chance_only_shortens_them() {
        let passing = fault(CanRetry::SameTarget, None);
        for (tries, longest) in [
            (1, Some(500)),
            (2, Some(1_000)),
            (3, Some(1_500)),
            (4, None),
        ] {
            let longest = longest.map(Duration::from_millis);
            assert_eq!(pause(RETRY, tries, &passing, 0.0), longest, "{tries}");
            assert_eq!(
                pause(RETRY, tries, &passing, 1.0),
                longest.map(|pause| pause / 2),
                "{tries}"
            );
        }
    }

    #[test]
    fn a_vendor_is_left_alone_as_long_as_it_asks_or_for_good() {
        let asks = |millis| fault(CanRetry::SameTarget, Some(Duration::from_millis(millis)));
        assert_eq!(
            pause(RETRY, 1, &asks(1_200), 1.0),
            Some(Duration::from_millis(1_200))
        );
        assert_eq!(pause(RETRY, 1, &asks(1_501), 0.0), None);
    }

    #[test]
    fn faults_that_will_not_pass_are_not_repeated() {
        for retry in [CanRetry::AnotherTarget, CanRetry::No] {
            assert_eq!(pause(RETRY, 1, &fault(retry, None), 0.0), None);
        }
    }
}
