//! Stage 4: the last place where a call can be refused without having cost anybody anything.
//!
//! Templates, policy, size, PII, guardrails, context window and output schema are checked here, in this order (design §2), each
//! with the work that brings it. What a caller asks for and nobody enforces yet is refused, not passed over.

use std::rc::Rc;
use std::sync::Arc;

use dvara_crypto::cluster::ClusterKey;
use dvara_crypto::token::TokenKey;
use dvara_governance::guardrail::Direction;
use dvara_governance::pii::{Action, PiiSettings};
use dvara_governance::tenant::TenantRules;
use dvara_store::snapshot::Snapshot;
use dvara_types::TenantId;
use dvara_upstream::Upstreams;
use http::HeaderMap;

use crate::core::Shared;
use crate::enter::Entered;
use crate::http::error::GatewayError;
use crate::outside::{Asking, Call, Outside, Seen};
use crate::plan::context_window;
use crate::read::Request;
use crate::rules::{
    AnswerRules, PolicyQuestion, Recorder, Source, allow, bound, decide, fill_in, fit_window,
    look_through,
};
use crate::strict;

/// A call that every rule allows.
#[derive(Debug)]
pub(crate) struct Admitted {
    entered: Entered,
    request: Request,
    strict: bool,
    answer: AnswerRules,
    /// Names of the tools that are offered, where a policy may ask.
    tools: Vec<String>,
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

    /// Names of the tools that it offers; none where no policy asks for any.
    pub(crate) fn tools(&self) -> &[String] {
        &self.tools
    }

    /// What its answer has to pass.
    pub(crate) fn answer_rules(&self) -> &AnswerRules {
        &self.answer
    }

    /// Whether it goes to its vendor whole or not at all.
    pub(crate) fn strict(&self) -> bool {
        self.strict
    }
}

/// `metadata` members that stand for functions of ours, which would silently not happen.
const NOT_YET: [&str; 1] = ["prompt_experiment_id"];

/// What a call is admitted by.
pub(crate) struct Admission<'a> {
    pub(crate) upstreams: &'a Rc<Upstreams>,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) shared: &'a Shared,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) trace_id: &'a str,
}

impl<'a> Admission<'a> {
    fn asking(&self) -> Asking<'a> {
        Asking {
            upstreams: self.upstreams,
            trace_id: self.trace_id,
        }
    }
}

/// Admits a call.
///
/// # Errors
/// 400 `unsupported_capability` for what is not built, `invalid_request` for a header that can't be read, and what the rules
/// refuse.
pub(crate) async fn admit(
    by: &Admission<'_>,
    entered: Entered,
    request: Request,
) -> Result<Admitted, GatewayError> {
    let Admission {
        snapshot,
        shared,
        headers,
        trace_id,
        ..
    } = by;
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
    let key = entered.caller().key().map(|key| &**key);
    let tenant = key.map(|key| &key.tenant.id);
    let limits = shared.settings.json;
    let rules = snapshot.rules(tenant).clone();
    let request = fill_in(request, snapshot, tenant, &limits)?;
    let request = bound(request, &rules.guardrails, &limits)?;
    let recorder = Recorder::new(shared.rules.clone(), trace_id, &entered);
    let asked = !snapshot.policies(tenant).are_empty();
    let tools = if asked { request.tools()? } else { Vec::new() };
    let question = PolicyQuestion::of(snapshot, &request, tenant, key, &tools);
    let mut notes = allow(question.as_ref(), shared.region.as_deref(), &recorder)?;
    drop(question);
    let tokens = token_key(&rules.pii.settings, &shared.token_root, tenant);
    let asking = by.asking();
    let seen = seen(&shared.outside, asking, &request, &rules, &recorder).await?;
    let looked = look_through(
        request,
        rules.clone(),
        tokens.clone(),
        recorder.clone(),
        limits,
        seen,
    )
    .await?;
    let mut found = looked.found;
    if shared.outside.judges_calls() {
        let call = Call {
            said: &looked.request.said()?,
            tenant,
            model: looked.request.model(),
            guardrails: &rules.guardrails,
        };
        shared.outside.judge(asking, &call, &mut found).await?;
    }
    notes.extend(decide(
        found,
        Direction::Request,
        &rules.guardrails,
        &recorder,
    )?);
    let window = |model: &str| context_window(snapshot, shared, model, tenant);
    let (request, long) = fit_window(looked.request, &rules, window, &recorder, limits).await?;
    notes.extend(long);
    Ok(Admitted {
        request,
        answer: AnswerRules::new(&rules, tokens, looked.leak, notes, recorder),
        entered,
        strict,
        tools,
    })
}

/// What Presidio sees in the texts of a call.
async fn seen(
    outside: &Outside,
    asking: Asking<'_>,
    request: &Request,
    rules: &TenantRules,
    recorder: &Recorder,
) -> Result<Option<Seen>, GatewayError> {
    if !outside.sees_personal_data() {
        return Ok(None);
    }
    let said = request.said()?;
    let texts: Vec<&str> = said.iter().map(|one| &*one.text).collect();
    let told = (recorder, Source::Request);
    outside
        .personal_data(asking, &texts, &rules.pii, told)
        .await
}

/// What this tenant's tokens are made and read with, where there may be any.
fn token_key(
    settings: &PiiSettings,
    root: &ClusterKey,
    tenant: Option<&TenantId>,
) -> Option<Arc<TokenKey>> {
    let needed = settings.action == Action::Tokenize || settings.restore_in_answers;
    let key = || TokenKey::of(root, tenant.map_or("", TenantId::as_str));
    (settings.enabled && needed).then(|| Arc::new(key()))
}
