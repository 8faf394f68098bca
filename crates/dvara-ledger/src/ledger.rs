//! One call's ledger: opened before anything can fail, filled in as the call goes on, settled by being dropped.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dvara_types::{ApiKeyId, ProviderName, RouteId, TenantId, TokenCount, Usage};

use crate::ledgers::Core;
use crate::settlement::{
    CacheStatus, Endpoint, Hop, LEFT_BEFORE_ANSWER, MAX_MODEL, MAX_TRACE, Method, Outcome,
    Settlement, Skip, Variant, capped, tokens_of_characters,
};

/// The ledger of one call. Whoever holds it last settles the call by dropping it, exactly once, whatever happened:
/// the pipeline when it refuses, the response body when it ends or when the caller leaves.
///
/// A ledger dropped before [`completed`](Ledger::completed), [`refuse`](Ledger::refuse) or [`fail`](Ledger::fail)
/// was called settles as abandoned.
#[derive(Debug)]
pub struct Ledger {
    core: Rc<Core>,
    open: Option<Box<Open>>,
}

/// What is noted while the call is open. In a box, so that the ledger is small to carry through futures and bodies.
#[derive(Debug)]
struct Open {
    settlement: Settlement,
    opened: Instant,
    /// Set while we wait for a vendor to begin its answer.
    waiting_since: Option<Instant>,
    /// Whether a head has gone out, so that its status can't change any more.
    head_out: bool,
    /// Input tokens as we guess them, for calls whose vendor never tells.
    expected_input: TokenCount,
    /// The code of the last attempt's failure.
    failed: Option<&'static str>,
    /// Counts the tokens if the vendor never tells.
    counter: Option<Counter>,
}

/// What is known of a call whose vendor has not told its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncounted {
    /// The model that served.
    pub model: Option<Arc<str>>,
    /// Characters of output that were relayed.
    pub output_characters: u64,
}

impl Uncounted {
    pub(crate) fn of(settlement: &Settlement) -> Self {
        Self {
            model: settlement.model.clone(),
            output_characters: settlement.output_characters,
        }
    }
}

/// Counts the tokens of a call, beside its core; nothing if it can't.
pub(crate) struct Counter(Count);

type Count = Box<dyn FnOnce(&Uncounted) -> Option<Usage> + Send>;

impl Counter {
    pub(crate) fn count(self, uncounted: &Uncounted) -> Option<Usage> {
        self.0(uncounted)
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Counter")
    }
}

impl Ledger {
    pub(crate) fn open(core: Rc<Core>, settlement: Settlement, opened: Instant) -> Self {
        Self {
            core,
            open: Some(Box::new(Open {
                settlement,
                opened,
                waiting_since: None,
                head_out: false,
                expected_input: TokenCount(0),
                failed: None,
                counter: None,
            })),
        }
    }

    /// The call's trace, and the session that the caller named.
    pub fn trace(&mut self, trace_id: &str, session_id: Option<&str>) {
        self.note(|open| {
            open.settlement.trace_id = capped(trace_id, MAX_TRACE).into();
            open.settlement.session_id = session_id.map(|id| capped(id, MAX_TRACE).into());
        });
    }

    /// What was called, and how.
    pub fn called(&mut self, method: Method, endpoint: Endpoint) {
        self.note(|open| {
            open.settlement.method = method;
            open.settlement.endpoint = endpoint;
        });
    }

    /// Who calls; what happens from here on is theirs.
    pub fn caller(&mut self, tenant: &TenantId, key: &ApiKeyId) {
        self.note(|open| {
            open.settlement.tenant = Some(tenant.clone());
            open.settlement.key = Some(key.clone());
        });
    }

    /// The model that the caller asked for, and whether for a stream.
    pub fn requested(&mut self, model: &str, stream: bool) {
        self.note(|open| {
            open.settlement.requested_model = Some(capped(model, MAX_MODEL).into());
            open.settlement.stream = stream;
        });
    }

    /// The route that chose the provider.
    pub fn route(&mut self, route: &RouteId) {
        self.note(|open| open.settlement.route = Some(route.clone()));
    }

    /// A target was passed over, for a reason of a closed set.
    pub fn skipped(&mut self, provider: &ProviderName, reason: &'static str) {
        let provider = provider.clone();
        self.note(|open| open.settlement.skips.push(Skip { provider, reason }));
    }

    /// The side of its route's experiment that the call is on.
    pub fn variant(&mut self, variant: Variant) {
        self.note(|open| open.settlement.variant = Some(variant));
    }

    /// The call is a copy of one that this provider answered.
    pub fn shadows(&mut self, primary: &ProviderName) {
        self.note(|open| open.settlement.shadow_of = Some(primary.clone()));
    }

    /// A second target is asked while the first is still asked.
    pub fn hedged(&mut self) {
        self.note(|open| open.settlement.hedged = true);
    }

    /// Who answered, where two targets were asked at once and the last attempt need not be it.
    pub fn served_by(
        &mut self,
        provider: &ProviderName,
        model: &str,
        credential_fingerprint: Option<&Arc<str>>,
    ) {
        self.note(|open| {
            open.settlement
                .sent_to(provider, model, credential_fingerprint)
        });
    }

    /// Input tokens as we guess them; counts only if the vendor never says.
    pub fn expected_input(&mut self, tokens: TokenCount) {
        self.note(|open| open.expected_input = tokens);
    }

    /// The call is about to be sent to a provider, as `model`, with the secret of this fingerprint. Waiting for the
    /// vendor begins here. The last attempt is the one that the row names.
    pub fn attempt(
        &mut self,
        provider: &ProviderName,
        model: &str,
        credential_fingerprint: Option<&Arc<str>>,
    ) {
        let now = Instant::now();
        self.note(|open| {
            open.stop_waiting(now);
            open.waiting_since = Some(now);
            let settlement = &mut open.settlement;
            settlement.attempts = settlement.attempts.saturating_add(1);
            if let (Some(from), Some(error_code)) = (settlement.provider.take(), open.failed.take())
            {
                settlement.hops.push(Hop {
                    from,
                    to: provider.clone(),
                    error_code,
                });
            }
            settlement.sent_to(provider, model, credential_fingerprint);
        });
    }

    /// The attempt has failed with this code; another may follow.
    pub fn attempt_failed(&mut self, code: &'static str) {
        self.answered();
        self.note(|open| open.failed = Some(code));
    }

    /// The vendor has begun to answer, or the attempt has failed: waiting for it is over.
    pub fn answered(&mut self) {
        let now = Instant::now();
        self.note(|open| open.stop_waiting(now));
    }

    /// What the response cache had to say.
    pub fn cache(&mut self, status: CacheStatus) {
        self.note(|open| open.settlement.cache_status = Some(status));
    }

    /// The head of the answer goes out with this status, which is final.
    pub fn responded(&mut self, status: u16) {
        self.note(|open| {
            open.settlement.status = status;
            open.head_out = true;
        });
    }

    /// The first byte of the answer's body goes out. Later calls change nothing.
    pub fn first_byte(&mut self) {
        self.note(|open| {
            if open.settlement.first_byte.is_none() {
                open.settlement.first_byte = Some(open.opened.elapsed());
            }
        });
    }

    /// So many more characters of output were relayed. If the vendor never reports tokens, they are guessed from this.
    pub fn relayed(&mut self, characters: u64) {
        self.note(|open| {
            let seen = &mut open.settlement.output_characters;
            *seen = seen.saturating_add(characters);
        });
    }

    /// The tokens as the vendor reported them; the last report counts.
    pub fn usage(&mut self, usage: Usage) {
        self.note(|open| open.settlement.usage = Some(usage));
    }

    /// The tokens as far as the vendor reported them, guessed for the rest: an answer broke off before its end said.
    pub fn guess(&mut self, usage: Usage) {
        self.note(|open| {
            open.settlement.usage = Some(usage);
            open.settlement.estimated = true;
        });
    }

    /// How the tokens can be counted if the vendor never tells them, or not all. It is asked when the call has settled, on a thread for
    /// slow work, and has 150 ms: without an answer by then the guess stands. What it says is our word, and marked as such.
    pub fn counted_by(&mut self, count: impl FnOnce(&Uncounted) -> Option<Usage> + Send + 'static) {
        self.note(|open| open.counter = Some(Counter(Box::new(count))));
    }

    /// The caller has the whole answer. Changes nothing about a call that was refused or has failed.
    pub fn completed(&mut self) {
        self.end(Outcome::Completed, None);
    }

    /// The call was not let through. The status is that of the error answer, unless a head is out already.
    pub fn refuse(&mut self, status: u16, code: &'static str) {
        self.end(Outcome::Refused, Some((status, code)));
    }

    /// We or a vendor could not serve the call, perhaps in the middle of an answer. The status is that of the error
    /// answer, unless a head is out already.
    pub fn fail(&mut self, status: u16, code: &'static str) {
        self.end(Outcome::Failed, Some((status, code)));
    }

    /// What the ledger holds so far, for headers, spans and limits that need it before the call is settled.
    pub fn so_far(&self) -> &Settlement {
        &self
            .open
            .as_ref()
            .expect("a ledger is open until it is dropped")
            .settlement
    }

    fn end(&mut self, outcome: Outcome, error: Option<(u16, &'static str)>) {
        self.note(|open| {
            if outcome == Outcome::Completed && open.settlement.error_code.is_some() {
                return;
            }
            open.settlement.outcome = outcome;
            if let Some((status, code)) = error {
                open.settlement.error_code = Some(code);
                if !open.head_out {
                    open.settlement.status = status;
                }
            }
        });
    }

    fn note(&mut self, change: impl FnOnce(&mut Open)) {
        if let Some(open) = &mut self.open {
            change(open);
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let Some(mut open) = self.open.take() else {
            return;
        };
        let counter = open.counter.take();
        let settlement = open.settle(Instant::now());
        match counter.filter(|_| settlement.estimated) {
            Some(counter) => self.core.count(settlement, counter),
            None => self.core.settled(settlement),
        }
    }
}

impl Open {
    fn stop_waiting(&mut self, now: Instant) {
        if let Some(since) = self.waiting_since.take() {
            let before = self.settlement.upstream.unwrap_or(Duration::ZERO);
            self.settlement.upstream = Some(before + now.duration_since(since));
        }
    }

    fn settle(mut self, now: Instant) -> Settlement {
        self.stop_waiting(now);
        let mut settlement = self.settlement;
        settlement.total = now.duration_since(self.opened);
        if settlement.status == 0 {
            settlement.status = match settlement.outcome {
                Outcome::Completed => 200,
                Outcome::Abandoned | Outcome::Refused | Outcome::Failed => LEFT_BEFORE_ANSWER,
            };
        }
        // A vendor bills what it began to answer, also when nobody read it to the end.
        let was_served = settlement.attempts > 0
            && (settlement.output_characters > 0 || self.head_out && settlement.status < 300);
        if settlement.usage.is_none() && was_served {
            settlement.estimated = true;
            settlement.usage = Some(Usage {
                input: self.expected_input,
                output: tokens_of_characters(settlement.output_characters),
                ..Usage::default()
            });
        }
        settlement
    }
}
