//! One target, as often as its settings allow and its faults may pass, and what all cores learn from it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dvara_dialects::fault::{FaultCode, Retry as CanRetry, UpstreamFault};
use dvara_service::random;
use dvara_upstream::targets::{BreakerState, InFlight, Latency, Pass, Permit};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::{Book, Destination, Reply, send, span};
use crate::core::Core;
use crate::http::error::GatewayError;
use crate::plan::{Attempt, Plan};
use crate::providers::{Credential, Reach};
use crate::settings::Retry;

/// Asks a target until it answers or its faults do not pass, with one time limit over all of it: for the answer, or for a stream's
/// first event. `deadline` is a further limit.
///
/// # Errors
/// The last fault; what kept the target from being asked at all.
pub(super) async fn retried(
    core: &Rc<Core>,
    plan: &Plan,
    attempt: &Attempt,
    deadline: Option<Instant>,
    book: &Book<'_>,
) -> Result<Reply, GatewayError> {
    let retry = attempt.provider.resilience.retry;
    let ends = end(plan, attempt);
    let ends = deadline.map_or(ends, |deadline| ends.min(deadline));
    let permit = place(attempt, ends).await?;
    attempt.state.retries.deposit();
    let mut tries = 0;
    let mut last = None;
    loop {
        // A target that may not be asked again has failed with what it said before.
        let begun = Watch::begin(attempt, plan.admitted().request().stream())
            .and_then(|watch| Ok((watch, destination(core, plan, attempt, ends)?)));
        let (watch, to) = match begun {
            Ok(begun) => begun,
            Err(error) => return Err(last.unwrap_or(error)),
        };
        tries += 1;
        let sending = send(&to, book).instrument(span(attempt, plan));
        let error = match sending.await {
            Ok(mut reply) => {
                watch.answered();
                to.note_answer(book);
                reply.hold(permit, &attempt.state);
                return Ok(reply);
            }
            Err(error) => error,
        };
        watch.failed(&error, ends);
        to.learn(&error);
        note(attempt, &error, book);
        let GatewayError::Upstream(fault) = &error else {
            return Err(error);
        };
        let pause = if fault.code == FaultCode::ProviderRateLimited && has_another(core, attempt) {
            Some(Duration::ZERO)
        } else {
            pause(retry, tries, fault, chance())
        };
        let now = Instant::now();
        let in_time = pause.filter(|pause| tries < retry.max_attempts && now + *pause < ends);
        let Some(pause) = in_time else {
            return Err(error);
        };
        let is_open = attempt.state.breaker.state(now.into_std()) == BreakerState::Open;
        if is_open || !attempt.state.retries.try_withdraw() {
            return Err(error);
        }
        last = Some(error);
        tokio::time::sleep(pause).await;
    }
}

/// Asks a target once, for nobody's sake: it takes nobody's place, and its failures keep nobody else from asking.
///
/// # Errors
/// The fault.
pub(super) async fn once(
    core: &Rc<Core>,
    plan: &Plan,
    attempt: &Attempt,
    book: &Book<'_>,
) -> Result<Reply, GatewayError> {
    let to = destination(core, plan, attempt, end(plan, attempt))?;
    send(&to, book).instrument(span(attempt, plan)).await
}

/// When the time of a target is over that is asked now.
fn end(plan: &Plan, attempt: &Attempt) -> Instant {
    let timeouts = attempt.provider.resilience.timeouts;
    let is_stream = plan.admitted().request().stream();
    Instant::now()
        + if is_stream {
            timeouts.first_byte
        } else {
            timeouts.chat
        }
}

fn destination<'a>(
    core: &'a Rc<Core>,
    plan: &'a Plan,
    attempt: &'a Attempt,
    ends: Instant,
) -> Result<Destination<'a>, GatewayError> {
    Ok(Destination {
        core,
        admitted: plan.admitted(),
        attempt,
        credential: pick(core, attempt)?,
        ends,
    })
}

/// A place for a call at the target's provider, waited for as long as the queue allows and not beyond `ends`.
async fn place(attempt: &Attempt, ends: Instant) -> Result<Permit, GatewayError> {
    let provider = &attempt.provider;
    let until = ends.min(Instant::now() + provider.resilience.lane.max_wait);
    let permit = attempt.state.lane.acquire(until).await;
    permit.map_err(|_| GatewayError::ProviderBusy {
        provider: provider.name.clone(),
    })
}

fn latency(attempt: &Attempt, stream: bool) -> &Latency {
    let state = &attempt.state;
    if stream {
        &state.first_events
    } else {
        &state.answers
    }
}

/// What a target is known by while it is asked. The mock's faults are made on purpose: nothing is learnt from them.
struct Watch(Option<(Pass, InFlight)>);

impl Watch {
    fn begin(attempt: &Attempt, stream: bool) -> Result<Self, GatewayError> {
        if matches!(attempt.provider.reach, Reach::Mock(_)) {
            return Ok(Self(None));
        }
        let now = Instant::now().into_std();
        let pass = attempt.state.breaker.try_pass(now);
        let pass = pass.map_err(|paused| GatewayError::ProviderPaused {
            retry_after: paused.retry_after,
        })?;
        Ok(Self(Some((pass, latency(attempt, stream).begin(now)))))
    }

    fn answered(self) {
        if let Some((pass, in_flight)) = self.0 {
            let now = Instant::now().into_std();
            in_flight.answered(now);
            pass.succeeded(now);
        }
    }

    /// A target that fails quickly is not a quick one; one that takes all the time there is shows how slow it is.
    fn failed(self, error: &GatewayError, ends: Instant) {
        let Some((pass, in_flight)) = self.0 else {
            return;
        };
        let now = Instant::now();
        if now >= ends {
            in_flight.gave_up(now.into_std());
        }
        match shows(error) {
            Shows::Fails => pass.failed(now.into_std()),
            Shows::Works => pass.succeeded(now.into_std()),
            Shows::Nothing => {}
        }
    }
}

/// What a fault shows of its target.
#[derive(Debug, PartialEq, Eq)]
enum Shows {
    Fails,
    Works,
    Nothing,
}

/// What the breaker makes of a fault (data-plane sheet §17): no answer, nonsense, 408, 424 and 5xx are failures; a refusal of the
/// request itself shows a vendor at work; limits and credentials say nothing about its health.
fn shows(error: &GatewayError) -> Shows {
    let GatewayError::Upstream(fault) = error else {
        return Shows::Nothing;
    };
    match (
        fault.code,
        fault.upstream_status.map(|status| status.as_u16()),
    ) {
        (FaultCode::ProviderRejectedRequest, _) => Shows::Works,
        (FaultCode::ProviderRateLimited, _) => Shows::Nothing,
        (FaultCode::ProviderError, None | Some(200..=299 | 408 | 424 | 500..)) => Shows::Fails,
        (FaultCode::ProviderError, Some(_)) => Shows::Nothing,
    }
}

/// The credential to show.
fn pick(core: &Core, attempt: &Attempt) -> Result<Option<Arc<Credential>>, GatewayError> {
    let now = Instant::now().into_std();
    let limits = &core.shared.limits;
    attempt
        .credentials
        .pick(&attempt.provider, attempt.model(), limits, now)
        .map_err(|until| UpstreamFault::out_of_quota(until.saturating_duration_since(now)).into())
}

/// Whether there is a credential that the vendor's limits let through.
fn has_another(core: &Core, attempt: &Attempt) -> bool {
    let now = Instant::now().into_std();
    let (provider, limits) = (&attempt.provider, &core.shared.limits);
    provider.credentials.len() > 1
        && attempt
            .credentials
            .all_out_until(provider, attempt.model(), limits, now)
            .is_none()
}

/// The caller's answer names the last fault at most; this is where the others can be read.
fn note(attempt: &Attempt, error: &GatewayError, book: &Book<'_>) {
    let mut ledger = book.borrow_mut();
    ledger.attempt_failed(error.code());
    tracing::info!(
        trace_id = %ledger.so_far().trace_id,
        provider = attempt.provider.name.as_str(),
        model = attempt.model(),
        code = error.code(),
        reason = &*error.for_log(),
        "attempt failed"
    );
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

#[cfg(test)]
mod tests {
    use dvara_dialects::answer::ResponseHead;
    use http::StatusCode;

    use super::*;

    const RETRY: Retry = Retry {
        max_attempts: 4,
        initial_backoff: Duration::from_millis(500),
        multiplier: 2.0,
        max_backoff: Duration::from_millis(1_500),
        budget_percent: 20,
        budget_reserve: 10,
    };

    fn fault(retry: CanRetry, retry_after: Option<Duration>) -> UpstreamFault {
        UpstreamFault {
            retry_after,
            ..UpstreamFault::provider_error("x", "x", retry)
        }
    }

    #[test]
    fn only_what_shows_a_target_at_fault_counts_against_it() {
        let of = |status: u16| {
            let head = ResponseHead::of_status(StatusCode::from_u16(status).unwrap());
            shows(&UpstreamFault::of_status(&head, b"").into())
        };
        for status in [408, 424, 500, 503, 529] {
            assert_eq!(of(status), Shows::Fails, "{status}");
        }
        for status in [400, 404, 413, 422] {
            assert_eq!(of(status), Shows::Works, "{status}");
        }
        for status in [302, 401, 403, 429] {
            assert_eq!(of(status), Shows::Nothing, "{status}");
        }
        for fault in [UpstreamFault::unreachable("x"), UpstreamFault::timeout("x")] {
            assert_eq!(shows(&fault.into()), Shows::Fails);
        }
        let out = UpstreamFault::out_of_quota(Duration::ZERO);
        assert_eq!(shows(&out.into()), Shows::Nothing);
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
