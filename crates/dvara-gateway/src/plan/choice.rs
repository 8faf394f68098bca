//! The choice among the targets of a call: pool, sieve, rank, fallbacks.

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use dvara_dialects::target::ProviderCapabilities;
use dvara_ledger::Variant;
use dvara_service::random;
use dvara_store::snapshot::{Route, Snapshot};
use dvara_types::{Price, ProviderName, RouteStrategy, Shadow, TenantId};

use super::pool::{Candidate, Question};
use super::sieve::Sieve;
use super::{Attempt, Choice};
use crate::core::Shared;
use crate::http::error::GatewayError;
use crate::read::Request;
use crate::routing::{Rule, Seen, conversation, fraction, rank, stable_hash};
use crate::rules::PolicyQuestion;

/// What is asked, as far as the choice depends on it.
pub(crate) struct Asked<'a> {
    pub(crate) request: &'a Request,
    pub(crate) tenant: Option<&'a TenantId>,
    /// The session that the caller names.
    pub(crate) session: Option<&'a str>,
    /// What policies are asked about each target.
    pub(crate) policy: Option<&'a PolicyQuestion<'a>>,
    /// Nothing will be sent: whoever comes next must find everything as it was.
    pub(crate) is_rehearsal: bool,
}

/// Output tokens that a call without a bound is taken to cost, where targets are compared by price.
const USUAL_OUTPUT: u64 = 500;

/// Chooses the targets of a call. None may be left.
///
/// # Errors
/// 400 `no_provider` when nothing serves the model.
pub(crate) fn choose(
    snapshot: &Snapshot,
    shared: &Shared,
    asked: &Asked<'_>,
) -> Result<Choice, GatewayError> {
    let model = asked.request.model();
    let route = snapshot.route_for(model, asked.tenant);
    let question = Question {
        providers: &shared.providers,
        route,
        model,
        default_strategy: shared.settings.default_strategy,
    };
    let mut pool = question.pool()?;
    let mut sieve = Sieve {
        snapshot,
        shared,
        asked,
        wants: asked.request.wants(),
        now: Instant::now(),
        some_are_out: shared.limits.some_are_out(),
        skipped: std::mem::take(&mut pool.missing),
    };
    let variant = experiment(route, asked, &mut pool.members);
    let several = pool.members.len() > 1;
    let mut ready: Vec<(Candidate<'_>, Attempt)> = Vec::with_capacity(pool.members.len());
    for candidate in &pool.members {
        let attempt = sieve.pass(candidate, several);
        ready.extend(attempt.map(|attempt| (*candidate, attempt)));
    }
    // Fallbacks stand in for who has failed, not for who was never able to serve.
    let is_served = !ready.is_empty() || sieve.skipped.iter().any(|skipped| skipped.why.passes());
    let ranking = Ranking {
        shared,
        asked,
        question: &question,
        variant,
        now: sieve.now,
        input: OnceCell::new(),
    };
    let mut attempts = ranking.ordered(ready);
    let fallbacks = if is_served { &*pool.fallbacks } else { &[] };
    for candidate in fallbacks {
        let known = |attempt: &Attempt| {
            attempt.provider.name == candidate.provider.name && attempt.model() == candidate.model
        };
        if !attempts.iter().any(known) {
            attempts.extend(sieve.pass(candidate, true));
        }
    }
    let shadow = route
        .and_then(|route| route.record.options.shadow_config.as_ref())
        .filter(|shadow| is_sampled(shadow, asked))
        .and_then(|shadow| shadow_of(shadow, &question, &mut sieve));
    Ok(Choice {
        route: route.map(|route| route.record.id.clone()),
        strategy: question.strategy(),
        attempts,
        skipped: sieve.skipped,
        hedge_after: route
            .and_then(|route| route.record.options.hedge_after_ms)
            .map(|millis| Duration::from_millis(millis.into())),
        shadow,
        variant,
    })
}

/// Which side of a route's experiment a call is on. Who is out of its scope never sees the candidate, as a stand-in neither.
fn experiment(
    route: Option<&Route>,
    asked: &Asked<'_>,
    members: &mut Vec<Candidate<'_>>,
) -> Option<Variant> {
    let record = &route?.record;
    let canary = record.options.canary_config.as_ref()?;
    if !is_of_scope(&canary.tenants, asked.tenant) {
        let is_baseline = |member: &Candidate<'_>| member.provider.name != canary.candidate;
        if members.iter().any(is_baseline) {
            members.retain(is_baseline);
        }
        return Some(Variant::Baseline);
    }
    let draw = match asked.session {
        Some(session) => stable_hash([record.id.as_str().as_bytes(), session.as_bytes()]),
        None => draw(),
    };
    let is_candidate = fraction(draw, 100) < u64::from(canary.split_pct);
    Some(if is_candidate {
        Variant::Candidate
    } else {
        Variant::Baseline
    })
}

fn is_of_scope(tenants: &[TenantId], tenant: Option<&TenantId>) -> bool {
    tenants.is_empty() || tenant.is_some_and(|tenant| tenants.contains(tenant))
}

fn is_sampled(shadow: &Shadow, asked: &Asked<'_>) -> bool {
    !asked.is_rehearsal
        && is_of_scope(&shadow.tenants, asked.tenant)
        && fraction(draw(), 100) < u64::from(shadow.sample_pct)
}

/// The shadow's target; `None` while it cannot be asked, which is nobody's business.
fn shadow_of(shadow: &Shadow, question: &Question<'_>, sieve: &mut Sieve<'_>) -> Option<Attempt> {
    let candidate = question.named(&shadow.provider, shadow.model.as_deref())?;
    let skipped = sieve.skipped.len();
    let attempt = sieve.pass(&candidate, true);
    sieve.skipped.truncate(skipped);
    attempt
}

fn draw() -> u64 {
    u64::from_ne_bytes(random::bytes())
}

/// What puts targets in order.
struct Ranking<'a> {
    shared: &'a Shared,
    asked: &'a Asked<'a>,
    question: &'a Question<'a>,
    variant: Option<Variant>,
    now: Instant,
    /// Tokens of the prompt as we guess them; reading a call with tools for each of its targets would take too long.
    input: OnceCell<u64>,
}

impl<'a> Ranking<'a> {
    fn input(&self) -> u64 {
        *self
            .input
            .get_or_init(|| self.asked.request.estimated_input().0)
    }

    fn ordered(&self, mut ready: Vec<(Candidate<'a>, Attempt)>) -> Vec<Attempt> {
        if ready.len() > 1 {
            let seen: Vec<Seen<'_>> = ready.iter().map(|one| self.seen(one)).collect();
            let order = rank(self.rule(&ready), &seen);
            let mut places: Vec<Option<_>> = ready.into_iter().map(Some).collect();
            ready = order
                .into_iter()
                .filter_map(|at| places[at].take())
                .collect();
        }
        ready.into_iter().map(|(_, attempt)| attempt).collect()
    }

    fn rule(&self, ready: &[(Candidate<'a>, Attempt)]) -> Rule<'a> {
        let options = self.question.route.map(|route| &route.record.options);
        match self.question.strategy() {
            RouteStrategy::ModelPrefix => Rule::AsListed,
            RouteStrategy::RoundRobin => Rule::InTurn { turn: self.turn() },
            RouteStrategy::Weighted => Rule::Weighted { draw: draw() },
            RouteStrategy::LatencyAware => Rule::Quickest {
                tolerance_pct: options.map_or(0, |options| options.cost_tolerance_pct),
                within: options.map_or(0, |options| u64::from(options.latency_sla_ms) * 1_000),
            },
            RouteStrategy::CostAware => Rule::Cheapest,
            RouteStrategy::Canary => {
                let canary = options.and_then(|options| options.canary_config.as_ref());
                let names = canary.map(|canary| match self.variant {
                    Some(Variant::Candidate) => (&canary.candidate, &canary.baseline),
                    Some(Variant::Baseline) | None => (&canary.baseline, &canary.candidate),
                });
                let place = |name: &ProviderName| {
                    ready.iter().position(|(one, _)| one.provider.name == *name)
                };
                names.map_or(Rule::AsListed, |(first, second)| Rule::OneThen {
                    first: place(first).unwrap_or(usize::MAX),
                    second: place(second).unwrap_or(usize::MAX),
                })
            }
            RouteStrategy::GeoAware => Rule::Nearest {
                region: self.shared.region.as_deref(),
            },
            RouteStrategy::PromptCache => Rule::Sticky {
                conversation: self.conversation(),
            },
        }
    }

    fn turn(&self) -> u64 {
        let name = match self.question.route {
            Some(route) => route.record.id.as_str(),
            // All calls that no route serves take turns among the providers of their prefix.
            None => "",
        };
        if self.asked.is_rehearsal {
            self.shared.turns.coming(name)
        } else {
            self.shared.turns.next(name)
        }
    }

    fn conversation(&self) -> u64 {
        let tenant = self.asked.tenant.map_or("", |tenant| tenant.as_str());
        match self.asked.request {
            Request::Chat(chat) => conversation(chat, tenant, self.asked.session),
            Request::Embeddings(_) => draw(),
        }
    }

    fn seen<'s>(&self, (candidate, attempt): &'s (Candidate<'a>, Attempt)) -> Seen<'s> {
        let stream = self.asked.request.stream();
        let strategy = self.question.strategy();
        let latency = match strategy {
            RouteStrategy::LatencyAware => {
                let state = &attempt.state;
                let latency = if stream {
                    &state.first_events
                } else {
                    &state.answers
                };
                latency.estimate(self.now).micros()
            }
            _ => 0,
        };
        let identity = match strategy {
            RouteStrategy::PromptCache => stable_hash([
                candidate.provider.name.as_str().as_bytes(),
                candidate.model.as_bytes(),
            ]),
            _ => 0,
        };
        Seen {
            weight: candidate.weight,
            region: candidate.region,
            price: candidate.price.map(|price| self.price(price)),
            latency,
            identity,
            fits: self.fits(candidate),
        }
    }

    /// What the call is expected to cost, in nano-dollars.
    fn price(&self, price: &Price) -> i64 {
        let tokens = |tokens: u64, per_million: i64| i128::from(tokens) * i128::from(per_million);
        let output = self.asked.request.max_tokens().unwrap_or(USUAL_OUTPUT);
        let sum = tokens(self.input(), price.input.0) + tokens(output, price.output.0);
        i64::try_from(sum / 1_000_000).unwrap_or(i64::MAX)
    }

    /// Whether prompt and answer seem to fit into what the provider's models can hold.
    fn fits(&self, candidate: &Candidate<'_>) -> bool {
        let request = self.asked.request;
        let most = u64::from(ProviderCapabilities::of(candidate.provider.kind).max_context_tokens);
        // Plain bytes first: no text has more tokens than bytes, and most have room to spare.
        request.bytes() as u64 <= most || self.input() + request.max_tokens().unwrap_or(0) <= most
    }
}
