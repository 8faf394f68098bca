//! A signature is the same for the same moment; and, for who wants to know, what it costs. As a measurement:
//!
//! ```sh
//! COST_CALLS=200000 cargo test --release -p dvara-cloud -- --nocapture --test-threads 1 cost::
//! ```

use std::time::{Duration, SystemTime};

use dvara_cloud::aws::{Region, Scope, Signable, sign};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};

use crate::sigv4::credentials;

fn number(name: &str, otherwise: u32) -> u32 {
    let given = std::env::vars().find(|(each, _)| each == name);
    given.map_or(otherwise, |(_, value)| value.parse().unwrap())
}

/// CPU time of the calling thread.
fn ran() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos = stat.split(' ').next().unwrap().parse().unwrap();
    Duration::from_nanos(nanos)
}

#[test]
fn the_same_moment_gives_the_same_signature() {
    let calls = number("COST_CALLS", 100);
    let token = "x".repeat(1_000);
    let (method, json) = (Method::POST, HeaderValue::from_static("application/json"));
    let host = HeaderValue::from_static("bedrock-runtime.eu-central-1.amazonaws.com");
    let target = "/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream";
    let target = target.parse().unwrap();
    let scope = Scope::new(Region::parse("eu-central-1").unwrap(), "bedrock");
    for (whose, token) in [("a key", None), ("a session", Some(token.as_str()))] {
        let credentials = credentials(token);
        for size in [2_048, 102_400] {
            let body = vec![b'x'; size];
            let request = Signable {
                method: &method,
                host: &host,
                target: &target,
                headers: &[(&CONTENT_TYPE, &json)],
                body: &body,
            };
            let now = SystemTime::now();
            let once = || {
                let mut headers = HeaderMap::with_capacity(8);
                sign(&credentials, &scope, &request, now).add_to(&mut headers);
                headers
            };
            let (first, began) = (once(), ran());
            for _ in 0..calls {
                assert_eq!(once()["authorization"], first["authorization"]);
            }
            let each = (ran() - began).as_nanos() / u128::from(calls);
            println!("{whose}, a body of {size} bytes: {each} ns of CPU per signature");
        }
    }
}
