//! Stage 7: sends the call to its targets in turn, until one answers.
//!
//! The one retry loop of the gateway stands here: over the targets of the plan, and over attempts at each. Every fault says
//! itself whether the same or another target may be tried, and none is once a byte has been relayed, since that happens
//! after this stage; a stream is only an answer when its first event has come.

mod embeddings;
mod upstream;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use dvara_dialects::fault::{Retry as CanRetry, UpstreamFault};
use dvara_dialects::target::{Dropped, Target};
use dvara_ledger::Ledger;
use dvara_service::random;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

use crate::admit::Admitted;
use crate::core::Core;
use crate::http::error::GatewayError;
use crate::mock;
use crate::plan::{Attempt, Plan};
use crate::providers::Reach;
use crate::read::Request;
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
            reason = &*error.for_log(),
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
    match error {
        GatewayError::Upstream(fault) => fault.retry != CanRetry::No,
        // Another target has another identity, or none.
        GatewayError::IdentityUnavailable { .. } => true,
        _ => false,
    }
}

/// Where an attempt goes, and until when.
struct Destination<'a> {
    core: &'a Rc<Core>,
    admitted: &'a Admitted,
    attempt: &'a Attempt,
    ends: Instant,
}

impl Destination<'_> {
    /// What the call is encoded for.
    fn target(&self) -> Target<'_> {
        Target {
            kind: self.attempt.provider.kind,
            model: &self.attempt.model,
        }
    }

    /// Notes that the call is about to be sent.
    fn note(&self, ledger: &mut Ledger) {
        let attempt = self.attempt;
        let of_identity = attempt
            .provider
            .identity
            .as_ref()
            .and_then(|identity| identity.fingerprint());
        let fingerprint = match &attempt.credential {
            Some(credential) => Some(&credential.fingerprint),
            None => of_identity.as_ref(),
        };
        ledger.attempt(&attempt.provider.name, &attempt.model, fingerprint);
        let request = self.admitted.request();
        if request.stream() {
            // A stream may be left before its vendor has said what the prompt cost; a whole answer says it, or is asked then.
            ledger.expected_input(request.estimated_input());
        }
    }
}

async fn send(
    core: &Rc<Core>,
    plan: &Plan,
    attempt: &Attempt,
    ends: Instant,
    ledger: &mut Ledger,
) -> Result<Reply, GatewayError> {
    let admitted = plan.admitted();
    let to = Destination {
        core,
        admitted,
        attempt,
        ends,
    };
    match (&attempt.provider.reach, admitted.request()) {
        (Reach::Http(reach), Request::Chat(chat)) => upstream::send(&to, reach, chat, ledger).await,
        (Reach::Http(reach), Request::Embeddings(embeddings)) => {
            Box::pin(embeddings::send(&to, reach, embeddings, ledger)).await
        }
        (Reach::Mock(mock), Request::Chat(chat)) => {
            to.note(ledger);
            Box::pin(mock::answer(mock, chat, attempt, ledger)).await
        }
        // The plan has refused it.
        (Reach::Mock(_), Request::Embeddings(_)) => Err(GatewayError::Internal),
    }
}

/// What a trace shows of an attempt, in the words of the GenAI conventions (data-plane sheet §27).
fn span(attempt: &Attempt, plan: &Plan) -> Span {
    let request = plan.admitted().request();
    let Request::Chat(chat) = request else {
        return tracing::info_span!(
            "gateway.provider.embeddings",
            otel.kind = "client",
            provider = attempt.provider.name.as_str(),
            model = attempt.model,
            gen_ai.operation.name = "embeddings",
            gen_ai.system = attempt.provider.kind.as_str(),
            gen_ai.request.model = attempt.model,
            gen_ai.response.model = field::Empty,
            gen_ai.usage.input_tokens = field::Empty,
        );
    };
    tracing::info_span!(
        "gateway.provider.chat",
        otel.kind = "client",
        provider = attempt.provider.name.as_str(),
        model = attempt.model,
        stream = request.stream(),
        gen_ai.operation.name = "chat",
        gen_ai.system = attempt.provider.kind.as_str(),
        gen_ai.request.model = attempt.model,
        gen_ai.request.max_tokens = chat.max_tokens(),
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
