//! AWS' own test suite (`tests/golden/sigv4/suite.json`). Its requests don't all sign the hash of their body as a header, so they
//! enter below [`sign`]; what `sign` adds is compared with botocore in `tests/it/sigv4.rs`.

use dvara_crypto::Secret;
use serde::Deserialize;

use super::*;
use crate::aws::AwsKeys;

const SUITE: &str = include_str!("../../../tests/golden/sigv4/suite.json");

#[derive(Deserialize)]
struct Suite {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    time: DateTime<Utc>,
    region: String,
    service: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    token_is_signed: bool,
    body_hash_is_signed: bool,
    canonical_request: String,
    signature: String,
}

impl Case {
    /// The canonical request and the `Authorization` header that we make of it.
    fn signed(&self) -> (String, String) {
        let credentials = AwsCredentials::new(&AwsKeys {
            access_key_id: Secret::new(self.access_key_id.clone()),
            secret_access_key: Secret::new(self.secret_access_key.clone()),
            session_token: self.session_token.clone().map(Secret::new),
        })
        .unwrap();
        let mut owned: Vec<(HeaderName, HeaderValue)> = self
            .headers
            .iter()
            .map(|(name, value)| {
                // A value that goes on in the next line cannot be written any more (RFC 9112 §5.2).
                let value = value.replace('\n', " ");
                (
                    name.parse().unwrap(),
                    HeaderValue::from_str(&value).unwrap(),
                )
            })
            .collect();
        let stamp = stamp(self.time.into());
        let hash = header(&canonical::hex(sha256(self.body.as_bytes())));
        owned.push((DATE.clone(), header(&stamp)));
        if self.body_hash_is_signed {
            owned.push((CONTENT_HASH.clone(), hash.clone()));
        }
        if let Some(token) = credentials.session_token()
            && self.token_is_signed
        {
            owned.push((TOKEN.clone(), token.clone()));
        }
        let mut headers: Vec<_> = owned.iter().map(|(name, value)| (name, value)).collect();
        let request = Signable {
            method: &self.method.parse().unwrap(),
            host: &HeaderValue::from_static("example.amazonaws.com"),
            target: &self.target.parse().unwrap(),
            headers: &[],
            body: self.body.as_bytes(),
        };
        let canonical = Canonical::of(&request, &mut headers, hash.as_bytes());
        // The suite's service is made up; ours are known when the program is built.
        assert_eq!(self.service, "service");
        let scope = Scope::new(Region::parse(&self.region).unwrap(), "service");
        let authorization = authorize(&credentials, &scope, &canonical, stamp);
        (
            String::from_utf8(canonical.bytes().to_vec()).unwrap(),
            authorization.to_str().unwrap().to_owned(),
        )
    }
}

#[test]
fn every_request_of_awss_suite_is_signed_as_it_says() {
    let suite: Suite = serde_json::from_str(SUITE).unwrap();
    for case in &suite.cases {
        let (canonical, authorization) = case.signed();
        assert_eq!(canonical, case.canonical_request, "{}", case.name);
        let end = format!(", Signature={}", case.signature);
        assert!(
            authorization.ends_with(&end),
            "{}: {authorization}",
            case.name
        );
    }
    assert!(suite.cases.len() > 25, "{}", suite.cases.len());
}

#[test]
fn a_time_is_written_as_iso_8601_without_its_signs() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert_eq!(
        &stamp(at("2015-08-30T12:36:00.9Z").into()),
        b"20150830T123600Z"
    );
    assert_eq!(
        &stamp(at("0987-01-02T03:04:05Z").into()),
        b"09870102T030405Z"
    );
}
