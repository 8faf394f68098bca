//! Conversations that are long for the models that may get them, and answers that would be (data-plane.md §22).

use std::sync::Arc;

use dvara_dialects::request::{ChatRequest, ReadLimits};
use dvara_dialects::texts::{MessageSize, Sizes, Speaker};
use dvara_governance::guardrail::{Guardrails, Message, Role, WindowVerdict};
use dvara_governance::tenant::TenantRules;
use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::aside;
use super::recorder::Recorder;
use crate::http::error::GatewayError;
use crate::plan::{SMALLEST_WINDOW, Window};
use crate::read::Request;

const WARNING: HeaderName = HeaderName::from_static("x-context-window-warning");
const UTILIZATION: HeaderName = HeaderName::from_static("x-context-window-utilization");

/// What the head of an answer says of its call.
type Notes = Vec<(HeaderName, HeaderValue)>;

/// Holds a call against the window of the models that may get it: as it is, or without some of its messages. `window` is asked only
/// for a call that is long.
///
/// # Errors
/// 400 `context_window_exceeded`.
pub(crate) async fn fit_window(
    request: Request,
    rules: &Arc<TenantRules>,
    window: impl FnOnce(&str) -> Window,
    recorder: &Recorder,
    limits: ReadLimits,
) -> Result<(Request, Notes), GatewayError> {
    if is_short(&request, &rules.guardrails) {
        return Ok((request, Notes::new()));
    }
    let window = window(request.model());
    let (rules, recorder) = (rules.clone(), recorder.clone());
    let work = move || fit(request, &rules.guardrails, window, &recorder, &limits);
    aside(usize::MAX, work).await
}

/// What a call's length means for a window, if it can be told.
pub(crate) async fn judge_window(
    request: &Request,
    rules: &Arc<TenantRules>,
    window: Window,
) -> Option<Judged> {
    let Request::Chat(chat) = request else {
        return None;
    };
    let (chat, rules) = (chat.clone(), rules.clone());
    let work = move || judge(&chat, &rules.guardrails, window);
    aside(usize::MAX, work).await.ok()
}

/// A call whose answer has the bound that its tenant's calls get where they name none.
///
/// # Errors
/// None that the call itself did not have.
pub(crate) fn bound(
    request: Request,
    guardrails: &Guardrails,
    limits: &ReadLimits,
) -> Result<Request, GatewayError> {
    let settings = guardrails.settings();
    let tokens = settings.default_max_response_tokens;
    match (&request, tokens.filter(|_| settings.enabled)) {
        (Request::Chat(chat), Some(tokens)) if chat.max_tokens().is_none() => {
            Ok(Request::Chat(chat.with_max_tokens(tokens, limits)?))
        }
        _ => Ok(request),
    }
}

/// Whether its length is out of question, whatever its models hold.
fn is_short(request: &Request, guardrails: &Guardrails) -> bool {
    let settings = guardrails.settings();
    // Four characters are a token, and an image's tokens have nothing to do with its bytes.
    let most = request.bytes() as u64 / 4;
    let is_short = !settings.window.may_matter(most, SMALLEST_WINDOW) && !request.wants().vision;
    is_short || !settings.enabled
}

fn fit(
    request: Request,
    guardrails: &Guardrails,
    window: Window,
    recorder: &Recorder,
    limits: &ReadLimits,
) -> Result<(Request, Notes), GatewayError> {
    let Request::Chat(chat) = &request else {
        return Ok((request, Notes::new()));
    };
    let Judged {
        tokens,
        exact,
        window,
        verdict,
    } = judge(chat, guardrails, window)?;
    let model = chat.model();
    let strategy = guardrails.settings().window.strategy.as_str();
    let record = |event, left_out: usize| {
        let payload = json!({"model": model, "tokens": tokens, "exact": exact, "max_context_tokens": window,
            "strategy": strategy, "pruned_messages": left_out});
        recorder.event(event, &payload);
    };
    match verdict {
        WindowVerdict::Fits => Ok((request, Notes::new())),
        WindowVerdict::Warning(percent) => {
            record("CONTEXT_WINDOW_WARNING", 0);
            recorder.window_warning(model);
            Ok((request, notes(percent)))
        }
        WindowVerdict::Exceeded => {
            record("CONTEXT_WINDOW_EXCEEDED", 0);
            Err(GatewayError::ContextWindowExceeded {
                tokens,
                exact,
                window,
            })
        }
        WindowVerdict::Prune(places) => {
            record("CONTEXT_WINDOW_PRUNED", places.len());
            recorder.window_pruned(model, strategy);
            let pruned = chat.without_messages(&places, limits)?;
            Ok((Request::Chat(pruned), Notes::new()))
        }
    }
}

/// How long a call is and what that means.
pub(crate) struct Judged {
    /// Its tokens.
    pub(super) tokens: u64,
    /// They were counted, and not estimated.
    pub(super) exact: bool,
    /// What its models hold, in tokens.
    pub(super) window: u64,
    pub(super) verdict: WindowVerdict,
}

/// What a call's length means for a window. It is estimated; where that is too near to a bound and the model's tokens can be
/// counted, it is counted.
///
/// # Errors
/// What [`ChatRequest::conversation`] refuses.
fn judge(
    chat: &ChatRequest,
    guardrails: &Guardrails,
    window: Window,
) -> Result<Judged, GatewayError> {
    let bounds = guardrails.settings().window;
    let mut messages = messages(chat.sizes(None)?);
    let is_close = bounds.is_close(sum(&messages), window.tokens);
    let table = window.table.filter(|_| is_close);
    if table.is_some() {
        messages = self::messages(chat.sizes(table)?);
    }
    Ok(Judged {
        tokens: sum(&messages),
        exact: table.is_some(),
        window: window.tokens,
        verdict: bounds.judge(&messages, window.tokens),
    })
}

fn messages(sizes: Sizes) -> Vec<Message> {
    let messages = sizes.messages.iter().map(|size| Message {
        role: role(size),
        tokens: size.tokens,
    });
    // Tools are said with every call, as instructions are.
    let rest = Message {
        role: Role::System,
        tokens: sizes.rest,
    };
    messages.chain([rest]).collect()
}

fn sum(messages: &[Message]) -> u64 {
    messages.iter().map(|message| message.tokens).sum()
}

fn role(size: &MessageSize) -> Role {
    match size.speaker {
        Speaker::System => Role::System,
        Speaker::User => Role::User,
        Speaker::Assistant if size.calls_tools => Role::ToolCall,
        Speaker::Assistant => Role::Assistant,
        Speaker::Tool => Role::ToolResult,
    }
}

fn notes(percent: u64) -> Notes {
    let utilization = HeaderValue::from_str(&format!("{percent}%"));
    let warning = (WARNING, HeaderValue::from_static("true"));
    let utilization = utilization.ok().map(|percent| (UTILIZATION, percent));
    [Some(warning), utilization].into_iter().flatten().collect()
}
