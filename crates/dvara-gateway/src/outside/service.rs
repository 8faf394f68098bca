//! One service: asked over HTTP with a deadline, left alone while it fails, and not asked twice for one answer.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dvara_crypto::Secret;
use dvara_crypto::mac::{hmac_sha256, sha256};
use dvara_service::error_chain;
use dvara_upstream::targets::{Breaker, BreakerSettings, BreakerState};
use dvara_upstream::{Origin, Upstreams};
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use moka::sync::Cache;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::de::DeserializeOwned;

/// Largest answer that is read, in bytes.
const MOST_ANSWERED: usize = 1 << 20;

/// Proves to the service that the question is this gateway's: HMAC-SHA-256 of the body, as webhooks have it (control-plane.md §11).
const SIGNATURE: HeaderName = HeaderName::from_static("x-gateway-signature");

const TRACE: HeaderName = HeaderName::from_static("x-trace-id");

/// Where a service is, and how it is asked.
#[derive(Debug, Clone)]
pub(crate) struct ServiceSettings {
    pub(super) origin: Origin,
    pub(super) path: PathAndQuery,
    /// What is sent with every question, credentials among it.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Signs every question.
    pub(super) signing: Option<Secret<String>>,
    /// For one question, from the connection to the last byte of the answer.
    pub(super) timeout: Duration,
    /// How many answers are kept for how long; none where nothing is kept.
    pub(super) kept: Option<(u64, Duration)>,
}

/// Counts questions without an answer, by the service's name.
pub(super) type Failures = Family<FailureLabels, Counter>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct FailureLabels {
    service: &'static str,
    reason: &'static str,
}

pub(super) fn register(registry: &mut Registry) -> Failures {
    let failures = Failures::default();
    registry.register(
        "gateway_outside_failures",
        "Questions to a classifier, a guardrail plugin or Presidio that brought no answer: they failed, or nothing was asked while it is left alone",
        failures.clone(),
    );
    failures
}

/// For whom something is asked.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) upstreams: &'a Rc<Upstreams>,
    pub(crate) trace_id: &'a str,
}

/// A service that is asked.
pub(super) struct Service {
    name: &'static str,
    settings: ServiceSettings,
    breaker: Breaker,
    answers: Option<Cache<[u8; 32], Bytes>>,
    failures: Failures,
}

impl Service {
    pub(super) fn new(name: &'static str, settings: ServiceSettings, failures: &Failures) -> Self {
        let cache = |(most, time)| {
            let cache = Cache::builder().max_capacity(most).time_to_live(time);
            cache.build()
        };
        Self {
            name,
            breaker: Breaker::new(BreakerSettings::default()),
            answers: settings.kept.map(cache),
            settings,
            failures: failures.clone(),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it failed so often that it is not asked now.
    pub(super) fn is_paused(&self) -> bool {
        self.breaker.state(Instant::now()) == BreakerState::Open
    }

    /// The answer to a question in JSON; `None` when there is none in time, or none that can be read. That is logged and counted; what
    /// follows from it is the caller's to decide.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        asking: Asking<'_>,
        question: Vec<u8>,
    ) -> Option<T> {
        let known = self
            .answers
            .as_ref()
            .map(|answers| (answers, sha256(&question)));
        if let Some((answers, digest)) = &known
            && let Some(answer) = answers.get(digest)
        {
            return serde_json::from_slice(&answer).ok();
        }
        let Ok(pass) = self.breaker.try_pass(Instant::now()) else {
            self.failed("paused");
            return None;
        };
        let asked = self.send(asking, question);
        let asked = tokio::time::timeout(self.settings.timeout, asked).await;
        let answer = asked.unwrap_or_else(|_| Err("no answer within the limit".to_owned()));
        let read = answer.and_then(|bytes| {
            let read = serde_json::from_slice(&bytes);
            // The reason names a place, and never what stands there.
            let read = read.map_err(|error| {
                let (line, column) = (error.line(), error.column());
                format!("its answer cannot be read at line {line}, column {column}")
            });
            Ok((read?, bytes))
        });
        match read {
            Ok((answer, bytes)) => {
                pass.succeeded(Instant::now());
                if let Some((answers, digest)) = known {
                    answers.insert(digest, bytes);
                }
                Some(answer)
            }
            Err(reason) => {
                pass.failed(Instant::now());
                self.failed("failed");
                let (service, trace_id) = (self.name, asking.trace_id);
                tracing::warn!(
                    service,
                    trace_id,
                    reason,
                    "a service that is asked about calls gave no answer"
                );
                None
            }
        }
    }

    async fn send(&self, asking: Asking<'_>, question: Vec<u8>) -> Result<Bytes, String> {
        let settings = &self.settings;
        let request = self.request(asking, question);
        let connect = settings.timeout;
        let sent = asking.upstreams.send(&settings.origin, request, connect);
        let (head, body) = sent
            .await
            .map_err(|error| error_chain(&error))?
            .into_parts();
        if !head.status.is_success() {
            return Err(format!("it answered {}", head.status.as_u16()));
        }
        let body = Limited::new(body, MOST_ANSWERED).collect().await;
        let body = body.map_err(|_| "its answer broke off or is too large".to_owned())?;
        Ok(body.to_bytes())
    }

    fn request(&self, asking: Asking<'_>, question: Vec<u8>) -> Request<Full<Bytes>> {
        let settings = &self.settings;
        let signature = settings.signing.as_ref().and_then(|key| {
            let tag = hmac_sha256(key.expose().as_bytes(), &question);
            let digits: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
            HeaderValue::from_str(&format!("sha256={digits}")).ok()
        });
        let mut request = Request::new(Full::new(Bytes::from(question)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from(settings.path.clone());
        let headers = request.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(HOST, settings.origin.authority().clone());
        headers.insert(CONTENT_TYPE, json.clone());
        headers.insert(ACCEPT, json);
        headers.extend(settings.headers.iter().cloned());
        headers.extend(signature.map(|signature| (SIGNATURE, signature)));
        let trace = HeaderValue::from_str(asking.trace_id).ok();
        headers.extend(trace.map(|trace| (TRACE, trace)));
        request
    }

    fn failed(&self, reason: &'static str) {
        let labels = FailureLabels {
            service: self.name,
            reason,
        };
        self.failures.get_or_create(&labels).inc();
    }
}
