//! What is logged, and where spans go.

use dvara_crypto::Secret;
use http::Uri;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::loader::Loader;
use super::property::Property;
use crate::profile::Profile;

/// `dvara.log.level`.
pub const LOG_LEVEL: Property = Property::new(
    "dvara.log.level",
    "What is logged: a level, or `target=level` parts separated by commas, as `info,dvara_gateway=debug`.",
)
.env(&["RUST_LOG"])
.default("info");
/// `logging.level.*`, Spring's spelling of the same.
pub const LOG_LEVELS: Property = Property::new(
    "logging.level.*",
    "Level of one target; `root` is the level of all others.",
);
/// `OTEL_EXPORTER_OTLP_ENDPOINT`.
pub const OTLP_ENDPOINT: Property = Property::new(
    "otel.exporter.otlp.endpoint",
    "Collector that spans are sent to over OTLP, http/protobuf; `/v1/traces` is added. Unset: no tracing at all.",
);
/// `OTEL_EXPORTER_OTLP_HEADERS`.
pub const OTLP_HEADERS: Property = Property::new(
    "otel.exporter.otlp.headers",
    "Headers for the collector, `name=value` separated by commas, values percent-encoded.",
)
.secret();
/// `OTEL_EXPORTER_OTLP_PROTOCOL`.
pub const OTLP_PROTOCOL: Property = Property::new(
    "otel.exporter.otlp.protocol",
    "The only one is http/protobuf.",
)
.default("http/protobuf");
/// `TRACING_SAMPLING_PROBABILITY`.
pub const SAMPLING: Property = Property::new(
    "management.tracing.sampling.probability",
    "Share of traces that are exported, 0 to 1. A caller's own sampling decision is followed.",
)
.env(&["TRACING_SAMPLING_PROBABILITY"])
.default("1.0");

/// Logs and spans of a process.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// JSON lines, or plain ones.
    pub json: bool,
    /// Which targets log at which level.
    pub levels: Targets,
    /// Where spans go; nothing of it is built when this is absent.
    pub otlp: Option<OtlpSettings>,
}

/// The export of spans.
#[derive(Debug, Clone)]
pub struct OtlpSettings {
    /// Full address of the collector's trace endpoint.
    pub endpoint: String,
    /// Name and percent-encoded value, which is often a credential.
    pub headers: Vec<(String, Secret<String>)>,
    /// Share of traces to export, 0 to 1.
    pub sampling: f64,
}

impl TelemetrySettings {
    pub(crate) fn load(loader: &mut Loader) -> Self {
        let json = loader.profile().json_logs();
        Self {
            json,
            levels: levels(loader),
            otlp: OtlpSettings::load(loader),
        }
    }

    /// Logs at `info` in the format of a profile, exports nothing: for commands, and for what must be said before the
    /// settings are known.
    pub fn plain(profile: &Profile) -> Self {
        Self {
            json: profile.json_logs(),
            levels: Targets::new().with_default(LevelFilter::INFO),
            otlp: None,
        }
    }
}

fn levels(loader: &mut Loader) -> Targets {
    let mut levels = loader
        .read(&LOG_LEVEL, |text| {
            text.parse::<Targets>()
                .map_err(|error| format!("is not a list of levels: {error}"))
        })
        .unwrap_or_default();
    for (target, level) in loader.entries(&LOG_LEVELS) {
        match level.parse::<LevelFilter>() {
            Ok(level) if target.eq_ignore_ascii_case("root") => {
                levels = levels.with_default(level);
            }
            Ok(level) => levels = levels.with_target(target, level),
            Err(_) => loader.entry_mistake(
                &LOG_LEVELS,
                &target,
                "is not one of trace, debug, info, warn, error, off",
            ),
        }
    }
    levels
}

impl OtlpSettings {
    fn load(loader: &mut Loader) -> Option<Self> {
        let endpoint = loader.read(&OTLP_ENDPOINT, trace_endpoint);
        let headers = loader.secret(&OTLP_HEADERS);
        let headers = headers.map_or_else(Vec::new, |headers| {
            parse_headers(headers.expose()).unwrap_or_else(|reason| {
                loader.mistake(&OTLP_HEADERS, &reason);
                Vec::new()
            })
        });
        loader.one_of(&OTLP_PROTOCOL, &[("http/protobuf", ())]);
        let sampling = loader.within(&SAMPLING, 0.0..=1.0);
        Some(Self {
            endpoint: endpoint?,
            headers,
            sampling: sampling?,
        })
    }
}

fn trace_endpoint(text: &str) -> Result<String, String> {
    let uri: Uri = text.parse().map_err(|_| "is not a URL".to_owned())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
        return Err("is not an http or https URL".to_owned());
    }
    let base = text.trim_end_matches('/');
    if uri.path().trim_end_matches('/').ends_with("/v1/traces") {
        Ok(base.to_owned())
    } else {
        Ok(format!("{base}/v1/traces"))
    }
}

fn parse_headers(text: &str) -> Result<Vec<(String, Secret<String>)>, String> {
    text.split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| "has a part without `=`".to_owned())?;
            http::HeaderName::from_bytes(name.trim().as_bytes())
                .map_err(|_| "has a part whose name is not a header".to_owned())?;
            Ok((
                name.trim().to_lowercase(),
                Secret::new(value.trim().to_owned()),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_gets_the_trace_path() {
        let cases = [
            (
                "http://collector:4318",
                Ok("http://collector:4318/v1/traces"),
            ),
            (
                "http://collector:4318/",
                Ok("http://collector:4318/v1/traces"),
            ),
            (
                "https://otlp.example.com/otlp",
                Ok("https://otlp.example.com/otlp/v1/traces"),
            ),
            (
                "https://otlp.example.com/v1/traces",
                Ok("https://otlp.example.com/v1/traces"),
            ),
            ("collector:4318", Err(())),
            ("grpc://collector:4317", Err(())),
            ("/v1/traces", Err(())),
            ("not a url", Err(())),
        ];
        for (text, expected) in cases {
            let read = trace_endpoint(text).map_err(|_| ());
            assert_eq!(read, expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn headers_are_read() {
        let headers = parse_headers("Authorization=Basic%20abc==, x-team = a ,").unwrap();
        let shown: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose().as_str()))
            .collect();
        assert_eq!(shown, [("authorization", "Basic%20abc=="), ("x-team", "a")]);
        for faulty in ["authorization", "a b=c", "=x"] {
            assert!(parse_headers(faulty).is_err(), "{faulty}");
        }
    }
}
