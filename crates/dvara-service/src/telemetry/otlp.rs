//! The export of spans over OTLP, http/protobuf.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use tokio::runtime::Handle;

use crate::ours;
use crate::settings::OtlpSettings;

/// How long one export may take, its retries aside.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn provider(
    service: &'static str,
    settings: &OtlpSettings,
    background: &Handle,
) -> Result<SdkTracerProvider, String> {
    let headers = settings
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.expose().clone()))
        .collect();
    let inner = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(ours::client(&settings.endpoint, TIMEOUT)?)
        .with_endpoint(&settings.endpoint)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(TIMEOUT)
        .with_headers(headers)
        .build()
        .map_err(|error| error.to_string())?;
    let exporter = OnBackground {
        inner: Arc::new(inner),
        background: background.clone(),
        failing: AtomicBool::new(false),
    };
    let resource = Resource::builder()
        .with_service_name(service)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let root = Sampler::TraceIdRatioBased(settings.sampling);
    Ok(SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::ParentBased(Box::new(root)))
        .with_batch_exporter(exporter)
        .build())
}

/// Exports on the background runtime: the SDK calls from a thread of its own, where the HTTP client finds no timers and
/// no sockets. Says once when the collector stops answering, and once when it is back.
#[derive(Debug)]
struct OnBackground {
    inner: Arc<opentelemetry_otlp::SpanExporter>,
    background: Handle,
    failing: AtomicBool,
}

impl SpanExporter for OnBackground {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let inner = Arc::clone(&self.inner);
        let exported = self
            .background
            .spawn(async move { inner.export(batch).await })
            .await;
        let outcome = exported
            .unwrap_or_else(|_| Err(OTelSdkError::InternalFailure("shutting down".to_owned())));
        match &outcome {
            Ok(()) if self.failing.swap(false, Ordering::Relaxed) => {
                tracing::info!("the collector takes spans again");
            }
            Ok(()) => {}
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(
                    spans,
                    "spans are lost, the collector does not take them: {error}"
                );
            }
            Err(_) => {}
        }
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        // Called once, while the exporter is being built and nobody else holds it.
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.set_resource(resource);
        }
    }
}
