//! What botocore signs (`tests/golden/sigv4/botocore.json`, made by `generate.py` beside it).

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use dvara_cloud::aws::{AwsCredentials, AwsKeys, Region, Scope, Signable, sign};
use dvara_crypto::Secret;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use serde::Deserialize;

const GOLDEN: &str = include_str!("../golden/sigv4/botocore.json");

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    method: String,
    host: String,
    target: String,
    headers: BTreeMap<String, String>,
    body: Body,
    session_token: Option<String>,
    region: String,
    service: String,
    time: String,
    expected: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Text(String),
    Long { repeat: String, times: usize },
}

fn credentials(token: Option<&str>) -> AwsCredentials {
    AwsCredentials::new(&AwsKeys {
        access_key_id: Secret::new("AKIDEXAMPLE".to_owned()),
        secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
        session_token: token.map(|token| Secret::new(token.to_owned())),
    })
    .unwrap()
}

fn scope(region: &str, service: &str) -> Scope {
    let service = match service {
        "bedrock" => "bedrock",
        "sts" => "sts",
        other => panic!("{other}"),
    };
    Scope::new(Region::parse(region).unwrap(), service)
}

impl Case {
    fn signed(&self) -> HeaderMap {
        let body = match &self.body {
            Body::Text(text) => text.clone(),
            Body::Long { repeat, times } => repeat.repeat(*times),
        };
        let headers: Vec<(HeaderName, HeaderValue)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name, value)).collect();
        let signature = sign(
            &credentials(self.session_token.as_deref()),
            &scope(&self.region, &self.service),
            &Signable {
                method: &self.method.parse().unwrap(),
                host: &self.host.parse().unwrap(),
                target: &self.target.parse().unwrap(),
                headers: &headers,
                body: body.as_bytes(),
            },
            chrono::DateTime::parse_from_rfc3339(&self.time)
                .unwrap()
                .into(),
        );
        let mut added = HeaderMap::new();
        signature.add_to(&mut added);
        added
    }
}

#[test]
fn every_request_is_signed_as_botocore_signs_it() {
    let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
    for case in &golden.cases {
        let added: BTreeMap<String, String> = case
            .signed()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        assert_eq!(added, case.expected, "{}", case.name);
    }
    assert!(golden.cases.len() > 10);
}

#[test]
fn what_tells_a_secret_is_marked_sensitive_and_replaces_what_was_there() {
    let method = Method::POST;
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer old"));
    let token = "t0ken";
    let request = Signable {
        method: &method,
        host: &HeaderValue::from_static("h"),
        target: &"/".parse().unwrap(),
        headers: &[],
        body: b"",
    };
    let scope = scope("us-east-1", "bedrock");
    sign(
        &credentials(Some(token)),
        &scope,
        &request,
        SystemTime::now(),
    )
    .add_to(&mut headers);
    let shown = format!("{headers:?}");
    for secret in ["AKIDEXAMPLE", "Signature=", token, "old"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(
        headers["authorization"].is_sensitive() && headers["x-amz-security-token"].is_sensitive()
    );
}

proptest! {
    /// Whatever is signed, it makes headers that can be sent, and the same ones again.
    #[test]
    fn any_request_can_be_signed(
        target in "/[!-~&&[^\"#<>`{}\\\\^|]]{0,60}",
        value in "[ -~]{0,40}",
        body in prop::collection::vec(any::<u8>(), 0..200),
        seconds in 0_u64..4_000_000_000,
    ) {
        let (method, host) = (Method::POST, HeaderValue::from_static("h"));
        let (target, value) = (target.parse().unwrap(), HeaderValue::from_str(&value).unwrap());
        let request = Signable {
            method: &method,
            host: &host,
            target: &target,
            headers: &[(&CONTENT_TYPE, &value), (&CONTENT_TYPE, &value)],
            body: &body,
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let (credentials, scope) = (credentials(None), scope("us-east-1", "bedrock"));
        let mut headers = [HeaderMap::new(), HeaderMap::new()];
        for headers in &mut headers {
            sign(&credentials, &scope, &request, now).add_to(headers);
        }
        prop_assert_eq!(headers[0].len(), 3);
        prop_assert_eq!(&headers[0], &headers[1]);
        prop_assert!(headers[0][AUTHORIZATION].to_str().unwrap().contains("SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, "));
    }
}
