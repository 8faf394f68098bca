//! Logs and spans of a process.
//!
//! Logs go to standard output: JSON lines on production-class profiles, plain ones otherwise. Spans are made for export
//! alone: without a collector nothing of OpenTelemetry is built, every span of the code is switched off at its first use,
//! and costs one load afterwards.

mod json;
mod otlp;
mod trace;

use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use json::JsonLines;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
pub use trace::{follow, trace_id};
use tracing::Metadata;
use tracing::dispatcher::{self, Dispatch, WeakDispatch};
use tracing_subscriber::filter::{FilterExt as _, FilterFn, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::time::ChronoUtc;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::boot::BootError;
use crate::settings::TelemetrySettings;

/// How long the last spans may take to leave.
const FLUSH: Duration = Duration::from_secs(3);

/// Keeps the export of spans going; dropping it sends what is left.
///
/// Drop it on the main thread, outside any runtime and before the background runtime stops: the last batch is sent there,
/// and the drop waits for it.
pub struct TelemetryGuard {
    provider: Option<SdkTracerProvider>,
}

/// Starts logging, and the export of spans where a collector is configured, for the whole process.
///
/// `service` is what logs and spans call the process. A collector that cannot be used is logged and does not keep the
/// process from starting.
///
/// # Errors
/// When the process logs already.
pub fn init(
    service: &'static str,
    settings: &TelemetrySettings,
    background: &Handle,
) -> Result<TelemetryGuard, BootError> {
    let (dispatch, guard, trouble) = build(service, settings, background, std::io::stdout);
    dispatcher::set_global_default(dispatch).map_err(BootError::failure)?;
    if let Some(trouble) = trouble {
        tracing::error!("spans are not exported: {trouble}");
    }
    Ok(guard)
}

/// The same for one dispatcher instead of the process.
fn build<W>(
    service: &'static str,
    settings: &TelemetrySettings,
    background: &Handle,
    writer: W,
) -> (Dispatch, TelemetryGuard, Option<String>)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let Some(otlp) = &settings.otlp else {
        // Filters of the whole, not of one layer: what they refuse is not made at all.
        let registry = Registry::default()
            .with(settings.levels.clone())
            .with(events_only())
            .with(lines(service, settings, writer, None));
        let guard = TelemetryGuard { provider: None };
        return (Dispatch::new(registry), guard, None);
    };
    let place = Arc::new(OnceLock::new());
    let logs = lines(service, settings, writer, Some(Arc::clone(&place)))
        .with_filter(settings.levels.clone().and(events_only()));
    let (provider, trouble) = match otlp::provider(service, otlp, background) {
        Ok(provider) => (Some(provider), None),
        Err(trouble) => (None, Some(trouble)),
    };
    let spans = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("dvara"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            // Ours alone: the exporter's own HTTP client makes spans too.
            .with_filter(filter_fn(|metadata| {
                metadata.is_span() && metadata.target().starts_with("dvara")
            }))
    });
    let dispatch = Dispatch::new(Registry::default().with(logs).with(spans));
    // The lines of a span's events carry its trace id, which only the finished dispatcher can tell.
    let _ = place.set(dispatch.downgrade());
    (dispatch, TelemetryGuard { provider }, trouble)
}

/// Where the formatter finds the dispatcher that it is a part of.
type Place = Arc<OnceLock<WeakDispatch>>;

/// Without this every span would be kept for a log that does not show it.
fn events_only() -> FilterFn {
    FilterFn::new(|metadata: &Metadata<'_>| metadata.is_event())
}

fn lines<S, W>(
    service: &'static str,
    settings: &TelemetrySettings,
    writer: W,
    place: Option<Place>,
) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    if settings.json {
        fmt::layer()
            .event_format(JsonLines { service, place })
            .with_writer(writer)
            .boxed()
    } else {
        fmt::layer()
            .with_ansi(std::io::stdout().is_terminal())
            .with_timer(ChronoUtc::new("%H:%M:%S%.3f".to_owned()))
            .with_writer(writer)
            .boxed()
    }
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        if let Some(provider) = &self.provider
            && let Err(error) = provider.shutdown_with_timeout(FLUSH)
        {
            tracing::warn!("the last spans were not exported: {error}");
        }
    }
}

#[cfg(test)]
mod tests;
