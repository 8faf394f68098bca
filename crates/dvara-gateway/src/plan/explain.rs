//! Where a call would go, and why: the same choice as for a real call, with what this process knows now, and nothing is sent.

use std::time::Instant;

use bytes::Bytes;
use dvara_dialects::request::ChatRequest;
use dvara_service::body::receive;
use dvara_types::TenantId;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Asked, Attempt, Choice, Skipped, Why, choose, context_window};
use crate::core::Shared;
use crate::http::error::GatewayError;
use crate::read::Request;
use crate::rules::{self, PolicyQuestion};

/// What is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question<'a> {
    /// A chat completion as a client would send it.
    #[serde(borrow)]
    request: &'a RawValue,
    /// Whose call it would be.
    tenant: Option<String>,
    /// The id of the key that it would be made with, whose rate is looked at.
    key: Option<String>,
    /// Of which session.
    session: Option<String>,
}

/// Answers `POST /internal/routes/explain`.
///
/// # Errors
/// 400 for a question that cannot be read; a call that would be refused is an answer.
pub(crate) async fn answer(shared: &Shared, mut body: Incoming) -> Result<Bytes, GatewayError> {
    let bytes = receive(&mut body, shared.settings.body).await?;
    let explained = explain(shared, &bytes).await?;
    Ok(Bytes::from(explained.to_string()))
}

async fn explain(shared: &Shared, bytes: &[u8]) -> Result<Value, GatewayError> {
    let question: Question<'_> = serde_json::from_slice(bytes).map_err(|error| {
        let form =
            r#"{"request": {"model": …, "messages": […]}, "tenant": …, "key": …, "session": …}"#;
        invalid("request", format!("The body must be {form}: {error}"))
    })?;
    let tenant = question.tenant.as_deref().map(TenantId::parse).transpose();
    let tenant = tenant.map_err(|error| invalid("tenant", error.to_string()))?;
    let body = Bytes::copy_from_slice(question.request.get().as_bytes());
    let request = ChatRequest::read_openai(body, &shared.settings.json)?;
    let request = Request::Chat(request);
    let snapshot = shared.feed.current();
    let tools = request.tools()?;
    let policy = PolicyQuestion::of(&snapshot, &request, tenant.as_ref(), None, &tools);
    let asked = Asked {
        policy: policy.as_ref(),
        request: &request,
        tenant: tenant.as_ref(),
        session: question.session.as_deref(),
        is_rehearsal: true,
    };
    let said = request.said()?;
    let of_tenant = snapshot.rules(tenant.as_ref());
    let region = shared.region.as_deref();
    let window = context_window(&snapshot, shared, request.model(), asked.tenant);
    let judged = rules::judge_window(&request, of_tenant, window).await;
    let route = snapshot.route_for(request.model(), asked.tenant);
    let mut explained = json!({
        "model": request.model(),
        "route": route.map(|route| json!({
            "id": route.record.id.as_str(),
            "version": route.record.version,
            "modelPattern": route.record.model_pattern.as_str(),
            "source": route.source.as_str(),
        })),
        "limits": shared.rates.explain(&snapshot, tenant.as_ref(), question.key.as_deref()),
        "rules": rules::explain(&request, &said, of_tenant, policy.as_ref(), region, judged),
    });
    let choice = match choose(&snapshot, shared, &asked) {
        Ok(choice) => choice,
        Err(error) => {
            explained["refused"] = refusal(&error);
            return Ok(explained);
        }
    };
    explained["strategy"] = json!(choice.strategy.as_str());
    explained["variant"] = json!(choice.variant.map(|variant| variant.as_str()));
    explained["targets"] = choice
        .attempts
        .iter()
        .map(|one| target(one, &request))
        .collect();
    explained["skipped"] = choice.skipped.iter().map(skipped).collect();
    if let Err(error) = Choice::served(choice) {
        explained["refused"] = refusal(&error);
    }
    Ok(explained)
}

fn target(attempt: &Attempt, request: &Request) -> Value {
    let now = Instant::now();
    let state = &attempt.state;
    let latency = if request.stream() {
        &state.first_events
    } else {
        &state.answers
    };
    json!({
        "provider": attempt.provider.name.as_str(),
        "model": attempt.model(),
        "state": state.breaker.state(now).as_str(),
        "latencyMs": latency.estimate(now).millis(),
    })
}

fn skipped(skipped: &Skipped) -> Value {
    let detail = match &skipped.why {
        Why::Denied(denial) => format!("policy {}, rule {}", denial.policy_id, denial.rule_id),
        Why::NotHere => "the route names it, and this gateway does not have it".to_owned(),
        Why::Lacks(missing) => format!("it has no {missing}"),
        Why::CannotSay(error) => error.message(),
        Why::Paused(wait) => format!("it failed too often; tried again in {} s", wait.as_secs()),
        Why::OutOfQuota(wait) => format!("its vendor's limit is reached for {} s", wait.as_secs()),
        Why::NoCredential(error) => error.message(),
    };
    json!({
        "provider": skipped.provider.as_str(),
        "model": skipped.model,
        "reason": skipped.why.code(),
        "detail": detail,
    })
}

fn refusal(error: &GatewayError) -> Value {
    json!({"status": error.status(), "code": error.code(), "message": error.message()})
}

fn invalid(param: &str, message: String) -> GatewayError {
    GatewayError::BadRequest {
        code: "invalid_request",
        message,
        param: Some(param.to_owned()),
    }
}
