//! Starts that are refused, each with its text and its exit code (seed checklist S25, S28, S29, S63, S81, S84, S85, S146, S157;
//! design §3). Licences that the binary would take are not compiled into a test build, so the licence heads every list.

use std::net::TcpListener;

use crate::run::{Ran, run};

const NO_LICENCE: &str = "LicenseValidationException: No license key configured";
const DATABASE: (&str, &str) = (
    "SPRING_DATASOURCE_URL",
    "jdbc:postgresql://127.0.0.1:1/dvara",
);
const USER: (&str, &str) = ("SPRING_DATASOURCE_USERNAME", "dvara");
const AUDIT: (&str, &str) = (
    "DVARA_AUDIT_HMAC_SECRET",
    "0123456789012345678901234567890123456789",
);

/// What `dvara` runs against a PostgreSQL of somebody's.
const SERVICES: [&str; 3] = ["gateway", "flightdeck", "mcp"];

/// Starts a service with settings in which only `more` can be wrong, and returns the lines of its refusal after the licence's.
fn refused(service: &str, more: &[(&str, &str)]) -> Vec<String> {
    let mut env = vec![DATABASE, USER, AUDIT];
    env.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    env.extend(more.iter().copied().filter(|(_, value)| *value != "unset"));
    let Ran { code, err, .. } = run(&[service], &env);
    assert_eq!(code, 64, "{service}: {err}");
    let mut lines = err.lines().map(str::to_owned);
    assert_eq!(lines.next().as_deref(), Some(NO_LICENCE), "{err}");
    lines
        .filter(|line| !line.to_lowercase().starts_with("warn"))
        .collect()
}

/// Asserts that a service refuses each start with one line, in which the text is.
fn refuses_each(service: &str, cases: &[(&[(&str, &str)], &str)]) {
    for (more, text) in cases {
        let lines = refused(service, more);
        assert_eq!(lines.len(), 1, "{service}, {more:?}: {lines:#?}");
        assert!(lines[0].contains(text), "{service}, {more:?}: {lines:#?}");
    }
}

#[test]
fn without_a_licence_each_service_says_so_and_nothing_else_is_wrong() {
    for service in SERVICES {
        assert_eq!(refused(service, &[]), Vec::<String>::new(), "{service}");
    }
}

#[test]
fn no_profile_flag_or_variable_gets_round_the_licence() {
    for more in [
        ("SPRING_PROFILES_ACTIVE", "dev"),
        ("DVARA_LICENSE_ENABLED", "false"),
        ("DVARA_LICENSE_REQUIRED", "false"),
        ("DVARA_LICENSE_KEY", " "),
    ] {
        for service in SERVICES {
            refused(service, &[more]);
        }
    }
}

#[test]
fn the_evaluation_licence_is_refused_outside_of_dvara_up() {
    let evaluation = run(&["license", "evaluation"], &[]);
    assert_eq!(evaluation.code, 0);
    for service in SERVICES {
        let refused = run(
            &[service],
            &[
                DATABASE,
                USER,
                AUDIT,
                ("DVARA_LICENSE_KEY", evaluation.out.trim()),
            ],
        );
        assert_eq!(refused.code, 64, "{service}");
        assert!(
            refused.err.starts_with("LicenseValidationException: ")
                && refused.err.contains("dvara up"),
            "{service}: {}",
            refused.err
        );
        assert!(
            !refused.err.contains(evaluation.out.trim()),
            "a licence is not repeated"
        );
    }
}

#[test]
fn the_licence_is_checked_before_any_connection_is_made() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("jdbc:postgresql://{}/dvara", listener.local_addr().unwrap());
    for service in SERVICES {
        refused(service, &[("SPRING_DATASOURCE_URL", &url)]);
    }
    assert!(listener.accept().is_err(), "the database was connected to");
}

#[test]
fn each_refusal_has_its_text_in_every_service() {
    for service in SERVICES {
        refuses_each(
            service,
            &[
                (
                    &[("SPRING_DATASOURCE_URL", "unset")],
                    "SPRING_DATASOURCE_URL is not set",
                ),
                (
                    &[("SPRING_DATASOURCE_URL", "mysql://x/y")],
                    "SPRING_DATASOURCE_URL",
                ),
                (
                    &[("DVARA_AUDIT_HMAC_SECRET", "unset")],
                    "DVARA_AUDIT_HMAC_SECRET is not set",
                ),
                (
                    &[(
                        "DVARA_AUDIT_HMAC_SECRET",
                        "default-dev-secret-change-in-production",
                    )],
                    "placeholder",
                ),
                (
                    &[("DVARA_AUDIT_HMAC_SECRET", "short")],
                    "fewer than 32 characters",
                ),
                (
                    &[("SERVER_SSL_CERTIFICATE", "/etc/tls/tls.crt")],
                    "server.ssl.certificate is set and server.ssl.certificate-private-key is not",
                ),
                (
                    &[
                        ("SERVER_SSL_CERTIFICATE", "/nonexistent/tls.crt"),
                        ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", "/nonexistent/tls.key"),
                    ],
                    "server.ssl.certificate: /nonexistent/tls.crt cannot be read",
                ),
                (
                    &[("MANAGEMENT_ENDPOINT_HEALTH_SHOW_DETAILS", "always")],
                    "show-details=always",
                ),
                (
                    &[
                        ("DVARA_ACTUATOR_API_KEY", "same"),
                        ("DVARA_ACTUATOR_METRICS_API_KEY", "same"),
                    ],
                    "are equal",
                ),
                (
                    &[("MANAGEMENT_SERVER_PORT", "9090")],
                    "management.server.port is refused",
                ),
                (&[("SERVER_PORT", "eighty")], "server.port"),
                (
                    &[("DVARA_CONFIG_FILE", "/nonexistent/gateway.yaml")],
                    "/nonexistent/gateway.yaml",
                ),
            ],
        );
    }
}

#[test]
fn each_service_refuses_what_is_its_own() {
    refuses_each(
        "gateway",
        &[
            (
                &[("KUBERNETES_NAMESPACE", "default")],
                "Kubernetes clustering requires CACHE_SERVICE_NAME when KUBERNETES_NAMESPACE is set. Without it, pods cannot form a cluster and rate limit state will not be shared.",
            ),
            (
                &[(
                    "DVARA_LLM_GATEWAY_CORS_ALLOWED_ORIGINS",
                    "https://app.example.com/",
                )],
                "a browser writes it `https://app.example.com`",
            ),
            (
                &[("HTTPS_PROXY", "socks5://proxy:1080")],
                "dvara.outbound.https-proxy-url",
            ),
            (
                &[("SSL_CERT_FILE", "/nowhere/ca.pem")],
                "the file /nowhere/ca.pem cannot be read",
            ),
            (
                &[("DVARA_LLM_GATEWAY_REQUIRE_API_KEY", "false")],
                "require-api-key=false is refused",
            ),
            (
                &[("DVARA_LLM_GATEWAY_MODE", "half")],
                "dvara.llm-gateway.mode",
            ),
        ],
    );
    for (service, name) in [
        ("flightdeck", "DVARA_FLIGHTDECK_GATEWAY_URL"),
        ("mcp", "DVARA_MCP_GATEWAY_GATEWAY_URL"),
    ] {
        refuses_each(
            service,
            &[
                (
                    &[(name, "dvara-server:8080")],
                    "begins neither with http:// nor",
                ),
                (&[(name, "http://user:pass@host")], "must not carry a user"),
            ],
        );
    }
    refuses_each(
        "mcp",
        &[(
            &[("DVARA_MCP_GATEWAY_REQUEST_MAX_BODY_BYTES", "1")],
            "max-body-bytes",
        )],
    );
}

#[test]
fn all_mistakes_of_a_start_are_one_list() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    std::fs::write(
        &file,
        "rate-limt: {enabled: true}\nmanagement: {endpoint: {health: {show-details: always}}}\nroutes: [{modle: x}]\n",
    )
    .unwrap();
    let lines = refused(
        "gateway",
        &[
            ("SPRING_DATASOURCE_URL", "unset"),
            ("DVARA_AUDIT_HMAC_SECRET", "unset"),
            ("DVARA_ACTUATOR_API_KEY", "same"),
            ("DVARA_ACTUATOR_METRICS_API_KEY", "same"),
            ("DVARA_CONFIG_FILE", file.to_str().unwrap()),
        ],
    );
    let all = lines.join("\n");
    for text in [
        "did you mean `rate-limit`?",
        "show-details=always",
        "modle",
        "SPRING_DATASOURCE_URL is not set",
        "DVARA_AUDIT_HMAC_SECRET is not set",
        "are equal",
    ] {
        assert!(all.contains(text), "{text} in\n{all}");
    }
}
