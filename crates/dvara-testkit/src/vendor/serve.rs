//! The fake vendor's server: accepts, records, and plays one turn per request.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::chat::{Body, Chat};
use super::embeddings;
use super::messages::{self, Message};
use super::script::{Answer, Script, Turn};
use super::{Received, Record};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const EMBEDDINGS: &str = "/v1/embeddings";

type VendorBody = UnsyncBoxBody<Bytes, io::Error>;
type VendorResponse = Response<VendorBody>;

/// Serves until `stopped` says otherwise; what runs then is broken off.
pub(super) fn run(
    listener: TcpListener,
    script: Script,
    record: Arc<Record>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a test may have one more runtime");
    runtime.block_on(async {
        tokio::select! {
            _ = stopped => {}
            () = accept(listener, script, record) => {}
        }
    });
}

async fn accept(listener: TcpListener, script: Script, record: Arc<Record>) {
    listener
        .set_nonblocking(true)
        .expect("a socket can be made nonblocking");
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime takes sockets");
    let script = Arc::new(Mutex::new(script));
    let mut connections = JoinSet::new();
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        record.with(|seen| seen.connections += 1);
        let (script, record) = (Arc::clone(&script), Arc::clone(&record));
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let (script, record) = (Arc::clone(&script), Arc::clone(&record));
                async move { Ok::<_, Infallible>(play(request, &script, record).await) }
            });
            // A connection that the script or the other side breaks is an error here, and meant to be.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn play(
    request: Request<Incoming>,
    script: &Mutex<Script>,
    record: Arc<Record>,
) -> VendorResponse {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return fixed(StatusCode::BAD_REQUEST, "text/plain", Bytes::new());
    };
    let received = Received {
        method: head.method.clone(),
        path: head.uri.to_string(),
        headers: head.headers,
        body: body.to_bytes(),
    };
    let call = received.json();
    let authorization = received.header("authorization").map(ToOwned::to_owned);
    record.with(|seen| seen.requests.push(received));
    let turn = {
        let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
        if !script.admits(authorization.as_deref()) {
            return error(
                StatusCode::UNAUTHORIZED,
                "Incorrect API key provided.",
                "invalid_api_key",
            );
        }
        match (&head.method, head.uri.path()) {
            (&Method::POST, CHAT | MESSAGES | EMBEDDINGS) => script.next(),
            (&Method::POST, path) if is_of_another_dialect(path) => script.next(),
            (&Method::POST, path) if SERVICES.contains(&path) => script.next(),
            (&Method::GET, "/v1/models") => return models(),
            _ => return error(StatusCode::NOT_FOUND, "Invalid URL", "unknown_url"),
        }
    };
    let watch = Watch {
        ended: false,
        record,
    };
    answer(turn, head.uri.path(), &call, watch).await
}

/// Services that a gateway asks beside vendors: a classifier, a guardrail plugin, Presidio. Fixed answers and faults are for them.
const SERVICES: [&str; 3] = ["/classify", "/judge", "/analyze"];

/// Cohere's, Google's and Bedrock's paths. Their dialects are not played: fixed answers, pieces and faults are for them.
fn is_of_another_dialect(path: &str) -> bool {
    let ends = [
        ":generateContent",
        ":streamGenerateContent",
        "/converse",
        "/converse-stream",
    ];
    path == "/v2/chat" || ends.iter().any(|end| path.ends_with(end))
}

async fn answer(turn: Turn, path: &str, call: &Value, watch: Watch) -> VendorResponse {
    // The watch sees a client that leaves in here, too.
    tokio::time::sleep(turn.head_after).await;
    let (status, content_type, pieces) = match &turn.answer {
        Answer::Chat(text) => match chat(path, call, text, turn.reports_usage) {
            Ok(Body::Json(bytes)) => (200, "application/json", Pieces::Listed(vec![bytes])),
            Ok(Body::Events(events)) => (200, "text/event-stream", Pieces::Listed(events)),
            Err(complaint) => {
                watch.end();
                return fixed(
                    StatusCode::BAD_REQUEST,
                    "application/json",
                    complaint.to_string().into(),
                );
            }
        },
        Answer::Fixed {
            status,
            content_type,
            body,
        } => (*status, *content_type, Pieces::Listed(vec![body.clone()])),
        Answer::Pieces(pieces) => (200, "text/event-stream", Pieces::Listed(pieces.clone())),
        Answer::Endless(word) => {
            let (first, then) = if path == MESSAGES {
                Message::words(call, word)
            } else {
                (Vec::new(), Chat::word(call, word))
            };
            (200, "text/event-stream", Pieces::Endless { first, then })
        }
        Answer::Silence => std::future::pending().await,
    };
    let pieces = match turn.bits {
        Some(bytes) => pieces.in_bits(bytes),
        None => pieces,
    };
    let whole = match (&pieces, turn.cut_after) {
        (Pieces::Listed(listed), None)
            if turn.bits.is_none() && content_type != "text/event-stream" =>
        {
            listed.first().cloned()
        }
        _ => None,
    };
    let body = match whole {
        // With a content length, as vendors send what is no stream.
        Some(bytes) => {
            watch.end();
            full(bytes)
        }
        None => paced(pieces, turn.pieces_every, turn.cut_after, watch),
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", content_type);
    for (name, value) in &turn.headers {
        response = response.header(*name, value);
    }
    response
        .body(body)
        .expect("scripts have valid statuses and headers")
}

/// The answer in the dialect of the path, or its vendor's complaint.
fn chat(path: &str, call: &Value, text: &str, reports_usage: bool) -> Result<Body, Value> {
    if path == EMBEDDINGS {
        embeddings::to(call, reports_usage)
            .map(Body::Json)
            .map_err(|complaint| complaint_of_openai(&complaint, "invalid_request_error"))
    } else if path == MESSAGES {
        Message::to(call, text, reports_usage)
            .map(|message| message.body())
            .map_err(|complaint| messages::error(&complaint, "invalid_request_error"))
    } else {
        Chat::to(call, text, reports_usage)
            .map(|chat| chat.body())
            .map_err(|complaint| complaint_of_openai(&complaint, "invalid_request_error"))
    }
}

enum Pieces {
    Listed(Vec<Bytes>),
    Endless { first: Vec<Bytes>, then: Bytes },
}

impl Pieces {
    fn in_bits(self, bytes: usize) -> Self {
        match self {
            Self::Listed(pieces) => {
                let whole = pieces.concat();
                Self::Listed(whole.chunks(bytes).map(Bytes::copy_from_slice).collect())
            }
            endless @ Self::Endless { .. } => endless,
        }
    }

    fn at(&self, index: usize) -> Option<Bytes> {
        match self {
            Self::Listed(pieces) => pieces.get(index).cloned(),
            Self::Endless { first, then } => Some(first.get(index).unwrap_or(then).clone()),
        }
    }
}

/// Counts an answer that is dropped before its end.
struct Watch {
    ended: bool,
    record: Arc<Record>,
}

impl Watch {
    /// The answer has come to its end, as the script says.
    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.ended {
            self.record.with(|seen| seen.closed_early += 1);
        }
    }
}

fn paced(pieces: Pieces, every: Duration, cut_after: Option<usize>, watch: Watch) -> VendorBody {
    let frames = stream::unfold((pieces, 0, Some(watch)), move |state| async move {
        let (pieces, index, watch) = state;
        let watch = watch?;
        if index > 0 {
            tokio::time::sleep(every).await;
        }
        if cut_after == Some(index) {
            watch.end();
            let cut = Err(io::Error::other("cut by the script"));
            return Some((cut, (pieces, index, None)));
        }
        let Some(piece) = pieces.at(index) else {
            watch.end();
            return None;
        };
        Some((Ok(Frame::data(piece)), (pieces, index + 1, Some(watch))))
    });
    StreamBody::new(Box::pin(frames)).boxed_unsync()
}

fn models() -> VendorResponse {
    let list = json!({
        "object": "list",
        "data": [
            {"id": "gpt-4o", "object": "model", "created": 1_715_367_049, "owned_by": "system"},
            {"id": "gpt-4o-mini", "object": "model", "created": 1_721_172_741, "owned_by": "system"},
        ],
    });
    fixed(StatusCode::OK, "application/json", list.to_string().into())
}

fn error(status: StatusCode, message: &str, code: &str) -> VendorResponse {
    let body = complaint_of_openai(message, code);
    fixed(status, "application/json", body.to_string().into())
}

fn complaint_of_openai(message: &str, code: &str) -> Value {
    json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}})
}

fn fixed(status: StatusCode, content_type: &str, body: Bytes) -> VendorResponse {
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(full(body))
        .expect("a fixed answer is valid")
}

fn full(bytes: Bytes) -> VendorBody {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}
