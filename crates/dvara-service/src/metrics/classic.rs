//! OpenMetrics text to Prometheus' own text format (0.0.4), for scrapers that do not ask for the former.
//!
//! They differ in what the lines about a family say: OpenMetrics names a counter without `_total` and an info without
//! `_info`, knows units and has an end mark.

/// Rewrites what `prometheus-client` encodes. Samples stay as they are.
pub(super) fn from_open_metrics(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    // The help of a family precedes its type, which decides how the family is called.
    let mut help: Option<&str> = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = Some(rest);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (family, kind) = rest.split_once(' ').unwrap_or((rest, "unknown"));
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "stateset" => ("", "gauge"),
                "unknown" => ("", "untyped"),
                other => ("", other),
            };
            if let Some((_, help)) = help.take().and_then(|help| help.split_once(' ')) {
                push(&mut out, &["# HELP ", family, suffix, " ", help]);
            }
            push(&mut out, &["# TYPE ", family, suffix, " ", kind]);
        } else if line != "# EOF" && !line.starts_with("# UNIT ") {
            push(&mut out, &[line]);
        }
    }
    out
}

fn push(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::metrics::counter::Counter;
    use prometheus_client::metrics::family::Family;
    use prometheus_client::metrics::gauge::Gauge;
    use prometheus_client::metrics::histogram::Histogram;
    use prometheus_client::metrics::info::Info;
    use prometheus_client::registry::{Registry, Unit};

    use super::*;

    #[test]
    fn every_kind_of_family_is_rewritten() {
        let mut registry = Registry::default();
        let requests = Family::<Vec<(String, String)>, Counter>::default();
        registry.register("requests", "All of them", requests.clone());
        requests
            .get_or_create(&vec![("tenant".to_owned(), "a b".to_owned())])
            .inc();
        let members: Gauge = Gauge::default();
        registry.register("members", "Seen", members.clone());
        let latency = Histogram::new([0.5]);
        registry.register_with_unit("latency", "Time", Unit::Seconds, latency.clone());
        latency.observe(0.1);
        registry.register("build", "This build", Info::new([("version", "1")]));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        assert_eq!(
            from_open_metrics(&text),
            "# HELP requests_total All of them.\n\
             # TYPE requests_total counter\n\
             requests_total{tenant=\"a b\"} 1\n\
             # HELP members Seen.\n\
             # TYPE members gauge\n\
             members 0\n\
             # HELP latency_seconds Time.\n\
             # TYPE latency_seconds histogram\n\
             latency_seconds_sum 0.1\n\
             latency_seconds_count 1\n\
             latency_seconds_bucket{le=\"0.5\"} 1\n\
             latency_seconds_bucket{le=\"+Inf\"} 1\n\
             # HELP build_info This build.\n\
             # TYPE build_info gauge\n\
             build_info{version=\"1\"} 1\n"
        );
    }
}
