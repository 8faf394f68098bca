//! The request path, top to bottom (design §2):
//!
//! ```text
//! open ledger → authenticate → enter → read → admit → plan → reserve → dispatch → relay        off the path: settle
//!                 Caller      Entered  Request Admitted Plan  Reserved   Reply    body+ledger
//! ```
//!
//! Each stage takes what the one before returned, and only it can make that value, so nothing can be dispatched that nobody
//! admitted. The order is the contract: a stranger's body is never read, and a refused call costs nobody tokens or money.

use std::rc::Rc;
use std::sync::Arc;

use dvara_dialects::head::{Head, check_media_types};
use dvara_ledger::{Ledger, Method};
use dvara_service::body::discard;
use dvara_service::{random, telemetry};
use dvara_store::snapshot::Snapshot;
use http::request::Parts;
use http_body::Body as _;
use hyper::Response;
use hyper::body::Incoming;
use tracing::Instrument as _;

use crate::admit::{Admission, admit};
use crate::authenticate::authenticate;
use crate::core::Core;
use crate::dispatch::{Answered, Reply, dispatch};
use crate::enter::enter;
use crate::http::Endpoint;
use crate::http::body::GatewayBody;
use crate::http::error::{Fault, GatewayError};
use crate::http::respond;
use crate::models;
use crate::outside::Asking;
use crate::plan::{Plan, plan};
use crate::read::{Request, Wanted, read};
use crate::relay::Relay;
use crate::reserve::reserve;
use crate::rules::{AnswerRules, enforce};

/// Answers one governed call. Its ledger is opened first and settles with the body, or here when the call is refused.
pub(crate) async fn answer(
    core: Rc<Core>,
    parts: &Parts,
    path: Result<&str, GatewayError>,
    mut body: Incoming,
) -> Response<GatewayBody> {
    let span = tracing::info_span!("gateway.call", otel.kind = "server");
    telemetry::follow(&span, &parts.headers);
    let head = Head::of(&parts.headers, || {
        telemetry::trace_id(&span).unwrap_or_else(random::trace_id)
    });
    let Ok(mut ledger) = core.ledgers.open() else {
        return respond::error(&GatewayError::Overloaded, &head.trace_id);
    };
    ledger.trace(&head.trace_id, head.session_id.as_deref());
    ledger.called(
        Method::of(parts.method.as_str()),
        named(path.as_ref().copied().unwrap_or_default()),
    );
    let call = Call { head: &head, parts };
    match serve(&core, &mut ledger, &call, path, &mut body)
        .instrument(span)
        .await
    {
        Ok(reply) => relay(&core, reply, ledger, &head),
        Err(error) => {
            refuse(&error, ledger, &head);
            let mut answer = respond::error(&error, &head.trace_id);
            let read = body.is_end_stream() || (!head.expects_continue && discard(&mut body).await);
            if !read {
                respond::last(&mut answer, parts.version);
            }
            answer
        }
    }
}

struct Call<'a> {
    head: &'a Head,
    parts: &'a Parts,
}

async fn serve(
    core: &Rc<Core>,
    ledger: &mut Ledger,
    call: &Call<'_>,
    path: Result<&str, GatewayError>,
    body: &mut Incoming,
) -> Result<Reply, GatewayError> {
    let path = path?;
    let snapshot = core.shared.feed.current(); // one view of the world for the whole call
    let caller = authenticate(
        &snapshot,
        call.head,
        core.shared.settings.keyless_allowed,
        chrono::Utc::now,
    )?;
    if let Some(key) = caller.key() {
        ledger.caller(&key.tenant.id, &key.record.id); // refusals from here on are attributed
    }
    let endpoint = Endpoint::of(&call.parts.method, path);
    let scope = endpoint.as_ref().ok().map(Endpoint::scope);
    let entered = enter(caller, scope, &core.shared.rates)?;
    match endpoint? {
        Endpoint::ChatCompletions => {
            ask(core, snapshot, ledger, entered, Wanted::Chat, call, body).await
        }
        Endpoint::Embeddings => {
            ask(
                core,
                snapshot,
                ledger,
                entered,
                Wanted::Embeddings,
                call,
                body,
            )
            .await
        }
        Endpoint::Models => {
            // Boxed, as is the mock: what is rare must not make every call's future larger to move.
            let list = Box::pin(models::list(core, &snapshot, &entered));
            Ok(Reply::new(Answered::Whole(list.await), Vec::new()))
        }
    }
}

async fn ask(
    core: &Rc<Core>,
    snapshot: Arc<Snapshot>,
    ledger: &mut Ledger,
    entered: crate::enter::Entered,
    wanted: Wanted,
    call: &Call<'_>,
    body: &mut Incoming,
) -> Result<Reply, GatewayError> {
    let headers = &call.parts.headers;
    check_media_types(headers)?;
    let settings = &core.shared.settings;
    let request = read(&entered, wanted, body, settings.body, &settings.json).await?;
    ledger.requested(request.model(), request.stream());
    let by = Admission {
        upstreams: &core.upstreams,
        snapshot: &snapshot,
        shared: &core.shared,
        headers,
        trace_id: &call.head.trace_id,
    };
    let admitted = admit(&by, entered, request).await?;
    let session = call.head.session_id.as_deref();
    let plan = plan(&snapshot, &core.shared, admitted, session, ledger)?;
    let answer_rules = answer_rules(&snapshot, &plan);
    let reserved = reserve(plan);
    drop(snapshot); // a stream may last for hours and must not hold an old view of the world
    let reply = dispatch(core, reserved, ledger).await?;
    let asking = Asking {
        upstreams: &core.upstreams,
        trace_id: &call.head.trace_id,
    };
    enforce(reply, answer_rules, &core.shared.outside, asking).await
}

/// What the answer of a planned call has to pass.
fn answer_rules(snapshot: &Snapshot, plan: &Plan) -> AnswerRules {
    let admitted = plan.admitted();
    let (rules, request) = (admitted.answer_rules().clone(), admitted.request());
    match request {
        Request::Embeddings(_) => rules.of_vectors(),
        Request::Chat(chat) if chat.stream() => rules,
        Request::Chat(chat) => {
            let tenant = admitted.entered().caller().key().map(|key| &key.tenant.id);
            let route = plan.choice().route.as_ref();
            let schema = snapshot.output_schema(tenant, chat.model(), route);
            rules.fitting(schema.cloned(), chat.model())
        }
    }
}

/// Sends the answer on. From here the body owns the ledger.
fn relay(core: &Rc<Core>, reply: Reply, mut ledger: Ledger, head: &Head) -> Response<GatewayBody> {
    ledger.responded(200);
    let mut response = match reply.answered {
        Answered::Whole(bytes) => {
            respond::json(GatewayBody::settling(bytes, ledger), &head.trace_id)
        }
        Answered::Stream(stream) => {
            let relay = Relay::new(stream, ledger, &core.drain, head.trace_id.clone());
            respond::event_stream(GatewayBody::Stream(Box::new(relay)), &head.trace_id)
        }
    };
    respond::say_what_was_dropped(&mut response, &reply.dropped);
    response.headers_mut().extend(reply.notes);
    response
}

/// Settles a call that got no answer. Ours and the vendors' faults are logged where they turn into a response, which is here.
fn refuse(error: &GatewayError, mut ledger: Ledger, head: &Head) {
    let (status, code) = (error.status(), error.code());
    match error.fault() {
        Fault::Caller => ledger.refuse(status, code),
        Fault::Gateway | Fault::Upstream => {
            ledger.fail(status, code);
            let reason = &*error.for_log();
            tracing::warn!(trace_id = %head.trace_id, status, code, reason, "call failed");
        }
    }
}

/// The endpoint as the ledger classes it.
fn named(path: &str) -> dvara_ledger::Endpoint {
    match Endpoint::at(path) {
        Some(Endpoint::ChatCompletions) => dvara_ledger::Endpoint::ChatCompletions,
        Some(Endpoint::Embeddings) => dvara_ledger::Endpoint::Embeddings,
        Some(Endpoint::Models) => dvara_ledger::Endpoint::Models,
        None => dvara_ledger::Endpoint::Other,
    }
}
