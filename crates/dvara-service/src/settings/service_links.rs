//! The variables that Kubernetes writes into every container for each Service of its namespace.
//!
//! The chart's own Services are called `dvara-server`, `dvara-ui` and `dvara-mcp-gateway`, so their links look like ours:
//! `DVARA_MCP_GATEWAY_PORT=tcp://10.0.0.7:8070` would bind to a property `dvara.mcp-gateway.port`. They are never settings.

/// Whether this variable is a Service link and not something an operator wrote.
pub(crate) fn is_service_link(name: &str, value: &str) -> bool {
    let address = ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| value.starts_with(scheme));
    let host_or_port = name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_");
    (address && name.contains("_PORT")) || host_or_port || is_port_detail(name)
}

/// `…_PORT_8080_TCP_ADDR` and its siblings.
fn is_port_detail(name: &str) -> bool {
    let Some((_, rest)) = name.split_once("_PORT_") else {
        return false;
    };
    let mut parts = rest.split('_');
    let number = parts.next().unwrap_or_default();
    let protocol = parts.next().unwrap_or_default();
    let detail = parts.next().unwrap_or_default();
    !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(protocol, "TCP" | "UDP" | "SCTP")
        && matches!(detail, "" | "PROTO" | "PORT" | "ADDR")
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_told_from_settings() {
        let links = [
            ("DVARA_SERVER_SERVICE_HOST", "10.0.0.1"),
            ("DVARA_SERVER_SERVICE_PORT", "8080"),
            ("DVARA_SERVER_SERVICE_PORT_HTTP", "8080"),
            ("DVARA_SERVER_PORT", "tcp://10.0.0.1:8080"),
            ("DVARA_SERVER_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("DVARA_SERVER_PORT_8080_TCP_PROTO", "tcp"),
            ("DVARA_SERVER_PORT_8080_TCP_PORT", "8080"),
            ("DVARA_SERVER_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ];
        for (name, value) in links {
            assert!(is_service_link(name, value), "{name}");
        }
        let settings = [
            ("SERVER_PORT", "8080"),
            ("DVARA_MCP_GATEWAY_PORT", "8070"),
            ("DVARA_LICENSE_KEY", "DVARA-x"),
            ("DVARA_CACHE_SERVICE_NAME", "x"),
        ];
        for (name, value) in settings {
            assert!(!is_service_link(name, value), "{name}");
        }
    }
}
