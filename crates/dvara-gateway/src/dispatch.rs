//! Stage 7: sends the call to its targets in turn, until one answers.
//!
//! The one retry loop of the gateway stands here: over the targets of the plan, and (in [`attempt`]) over attempts at each. Every
//! fault says itself whether the same or another target may be tried, and none is once a byte has been relayed, since that happens
//! after this stage; a stream is only an answer when its first event has come.

mod attempt;
mod count;
mod embeddings;
mod hedge;
mod shadow;
mod upstream;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use dvara_dialects::answer::ResponseHead;
use dvara_dialects::fault::{FaultCode, Retry as CanRetry};
use dvara_dialects::limits::VendorLimits;
use dvara_dialects::target::{Dropped, Target};
use dvara_ledger::Ledger;
use dvara_upstream::targets::{Permit, Target as TargetState};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;
use tracing::{Span, field};

use crate::admit::Admitted;
use crate::core::Core;
use crate::http::error::GatewayError;
use crate::mock;
use crate::plan::{Attempt, Plan};
use crate::providers::{Credential, Reach};
use crate::read::Request;
use crate::reserve::Reserved;
use crate::stream::Stream;

/// An answer, with its first byte at hand.
pub(crate) struct Reply {
    pub(crate) answered: Answered,
    /// What the client sent and the vendor did not get.
    pub(crate) dropped: Vec<Dropped>,
    /// What the rules say in the head of the answer.
    pub(crate) notes: Vec<(HeaderName, HeaderValue)>,
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
        Self {
            answered,
            dropped,
            notes: Vec::new(),
        }
    }

    /// A stream holds its place at the provider until its end, and its target learns how it ends.
    fn hold(&mut self, permit: Permit, state: &Arc<TargetState>) {
        if let Answered::Stream(stream) = &mut self.answered {
            stream.hold(permit, state.clone());
        }
    }
}

/// The call's ledger, which two attempts may write into when one of them is a hedge. Borrowed for a note, never across an await.
pub(crate) type Book<'l> = RefCell<&'l mut Ledger>;

/// Sends the call and waits for an answer. The ledger notes each attempt. A shadow gets its copy once there is an answer.
///
/// # Errors
/// The first fault when none answered, 503 when nobody may be asked now, no fallback can do what the call asks for or the process
/// ends.
pub(crate) async fn dispatch(
    core: &Rc<Core>,
    reserved: Reserved,
    ledger: &mut Ledger,
) -> Result<Reply, GatewayError> {
    let book = RefCell::new(ledger);
    let reply = tokio::select! {
        biased;
        outcome = Chain::new(core, reserved.plan()).run(&book) => outcome?,
        () = core.drain.cutting() => return Err(GatewayError::ShuttingDown),
    };
    if reserved.plan().choice().shadow.is_some() {
        shadow::begin(core, reserved, *book.borrow());
    }
    Ok(reply)
}

/// The targets in turn.
struct Chain<'a> {
    core: &'a Rc<Core>,
    plan: &'a Plan,
    /// When no further target is begun.
    deadline: Instant,
    /// What the first target that was asked said.
    failed: Option<GatewayError>,
    /// What the first target said that was not asked, if none was.
    refused: Option<GatewayError>,
    /// How many were asked after the first.
    stood_in: usize,
    /// How many could not have been asked.
    unable: usize,
}

impl<'a> Chain<'a> {
    fn new(core: &'a Rc<Core>, plan: &'a Plan) -> Self {
        Self {
            core,
            plan,
            deadline: Instant::now() + core.shared.settings.resilience.fallback.deadline,
            failed: None,
            refused: None,
            stood_in: 0,
            unable: plan.unable(),
        }
    }

    async fn run(mut self, book: &Book<'_>) -> Result<Reply, GatewayError> {
        let choice = self.plan.choice();
        let mut targets = choice.attempts.iter();
        let mut is_first = true;
        while let Some(target) = targets.next() {
            if !self.goes_on() {
                break;
            }
            let next = targets.as_slice().first();
            let outcome = match (choice.hedge_after, next) {
                (Some(after), Some(second)) if is_first => {
                    let pair = hedge::Pair {
                        first: target,
                        second,
                        after,
                    };
                    let hedged = Box::pin(hedge::run(self.core, self.plan, pair, book)).await;
                    if hedged.second_was_asked {
                        targets.next();
                    }
                    hedged.outcome
                }
                _ => attempt::retried(self.core, self.plan, target, self.limit(), book).await,
            };
            match outcome {
                Ok(reply) => return Ok(reply),
                Err(error) => self.note(error, is_first)?,
            }
            is_first = false;
        }
        Err(self.verdict())
    }

    /// Whether another target may be asked.
    fn goes_on(&self) -> bool {
        let fallback = self.core.shared.settings.resilience.fallback;
        self.failed.is_none()
            || fallback.enabled
                && self.stood_in < fallback.max_attempts
                && Instant::now() < self.deadline
    }

    /// The limit on a target that stands in for another.
    fn limit(&self) -> Option<Instant> {
        self.failed.is_some().then_some(self.deadline)
    }

    /// Takes a target's error in; gives it back where no other target may be asked.
    fn note(&mut self, error: GatewayError, is_first: bool) -> Result<(), GatewayError> {
        match error {
            // It cannot say what the call asks for, so it was not asked.
            GatewayError::BadRequest { .. } if !is_first => self.unable += 1,
            error if was_not_asked(&error) => {
                self.refused.get_or_insert(error);
            }
            error if may_try_another(&error) => {
                self.stood_in += usize::from(self.failed.is_some());
                self.failed.get_or_insert(error);
            }
            error => return Err(error),
        }
        Ok(())
    }

    fn verdict(self) -> GatewayError {
        if self.stood_in == 0 && self.unable > 0 {
            return GatewayError::FailoverBlocked;
        }
        self.failed
            .or(self.refused)
            .unwrap_or(GatewayError::Internal)
    }
}

fn may_try_another(error: &GatewayError) -> bool {
    match error {
        GatewayError::Upstream(fault) => fault.retry != CanRetry::No,
        // Another target has another identity, or none.
        GatewayError::IdentityUnavailable { .. } => true,
        _ => false,
    }
}

/// Nothing was sent: the target is paused, busy or out of its vendor's quota.
fn was_not_asked(error: &GatewayError) -> bool {
    match error {
        GatewayError::ProviderPaused { .. } | GatewayError::ProviderBusy { .. } => true,
        GatewayError::Upstream(fault) => fault.is_out_of_quota(),
        _ => false,
    }
}

/// Where an attempt goes, and until when.
struct Destination<'a> {
    core: &'a Rc<Core>,
    admitted: &'a Admitted,
    attempt: &'a Attempt,
    /// What is shown to the vendor, unless the gateway is known there by an identity.
    credential: Option<Arc<Credential>>,
    ends: Instant,
}

impl Destination<'_> {
    /// What the call is encoded for.
    fn target(&self) -> Target<'_> {
        Target {
            kind: self.attempt.provider.kind,
            model: self.attempt.model(),
        }
    }

    /// Reads the head of an answer, and what it says of the vendor's limits.
    fn read(&self, head: &http::response::Parts) -> ResponseHead {
        let head = ResponseHead::read(head.status, &head.headers, SystemTime::now());
        if let (Some(credential), Some(_)) = (&self.credential, head.limits.out_for) {
            let is_refusal = head.status == StatusCode::TOO_MANY_REQUESTS;
            self.observe(credential, head.limits, is_refusal);
        }
        head
    }

    /// A vendor may say in the body of its refusal how long it wants to be left alone.
    fn learn(&self, error: &GatewayError) {
        let GatewayError::Upstream(fault) = error else {
            return;
        };
        let wait = fault
            .retry_after
            .filter(|_| fault.code == FaultCode::ProviderRateLimited);
        if let (Some(credential), Some(_)) = (&self.credential, wait) {
            self.observe(credential, VendorLimits::of_refusal(wait), true);
        }
    }

    fn observe(&self, credential: &Credential, limits: VendorLimits, is_refusal: bool) {
        let (provider, model) = (&self.attempt.provider, self.attempt.model());
        let known = &self.core.shared.limits;
        known.observe(credential, provider, model, limits, is_refusal);
    }

    /// Notes that the target has answered; only where two were asked at once there is something to say.
    fn note_answer(&self, book: &Book<'_>) {
        let mut ledger = book.borrow_mut();
        if ledger.so_far().hedged {
            let attempt = self.attempt;
            let fingerprint = self.fingerprint();
            ledger.served_by(
                &attempt.provider.name,
                attempt.model(),
                fingerprint.as_ref(),
            );
        }
    }

    /// Tells the secret that is shown from others.
    fn fingerprint(&self) -> Option<Arc<str>> {
        match &self.credential {
            Some(credential) => Some(credential.fingerprint.clone()),
            None => self.attempt.provider.identity.as_ref()?.fingerprint(),
        }
    }

    /// Notes that the call is about to be sent.
    fn note(&self, book: &Book<'_>) {
        let attempt = self.attempt;
        let mut ledger = book.borrow_mut();
        let fingerprint = self.fingerprint();
        ledger.attempt(
            &attempt.provider.name,
            attempt.model(),
            fingerprint.as_ref(),
        );
        let request = self.admitted.request();
        if request.stream() {
            // A stream may be left before its vendor has said what the prompt cost; a whole answer says it, or is asked then.
            ledger.expected_input(request.estimated_input());
            if let Request::Chat(chat) = request {
                count::stream(chat, attempt.model(), &mut ledger);
            }
        }
    }
}

/// One attempt.
async fn send(to: &Destination<'_>, book: &Book<'_>) -> Result<Reply, GatewayError> {
    match (&to.attempt.provider.reach, to.admitted.request()) {
        (Reach::Http(reach), Request::Chat(chat)) => upstream::send(to, reach, chat, book).await,
        (Reach::Http(reach), Request::Embeddings(embeddings)) => {
            Box::pin(embeddings::send(to, reach, embeddings, book)).await
        }
        (Reach::Mock(mock), Request::Chat(chat)) => {
            to.note(book);
            Box::pin(mock::answer(mock, chat, to.attempt, book)).await
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
            model = attempt.model(),
            gen_ai.operation.name = "embeddings",
            gen_ai.system = attempt.provider.kind.as_str(),
            gen_ai.request.model = attempt.model(),
            gen_ai.response.model = field::Empty,
            gen_ai.usage.input_tokens = field::Empty,
        );
    };
    tracing::info_span!(
        "gateway.provider.chat",
        otel.kind = "client",
        provider = attempt.provider.name.as_str(),
        model = attempt.model(),
        stream = request.stream(),
        gen_ai.operation.name = "chat",
        gen_ai.system = attempt.provider.kind.as_str(),
        gen_ai.request.model = attempt.model(),
        gen_ai.request.max_tokens = chat.max_tokens(),
        gen_ai.response.model = field::Empty,
        gen_ai.usage.input_tokens = field::Empty,
        gen_ai.usage.output_tokens = field::Empty,
    )
}
