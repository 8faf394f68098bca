//! Signature version 4 (IAM User Guide, "Create a signed AWS API request"), for every service but S3, whose paths are encoded once
//! and not twice.
//!
//! It runs for every request to Bedrock, so nothing is built that is not sent or hashed: one buffer for the canonical request, one
//! for the `Authorization` header. The signing key is derived once for each day.

mod canonical;

use std::time::SystemTime;

use bytes::Bytes;
use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use dvara_crypto::mac::sha256;
use http::header::{AUTHORIZATION, HOST};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::credentials::AwsCredentials;
use super::region::Region;
use canonical::Canonical;

static DATE: HeaderName = HeaderName::from_static("x-amz-date");
static CONTENT_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");
static TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

const ALGORITHM: &[u8] = b"AWS4-HMAC-SHA256";

/// What a signature is good for: one service in one region. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    region: Region,
    service: &'static str,
}

impl Scope {
    /// A service by the name that it signs with: `bedrock` for all of Bedrock's endpoints.
    pub fn new(region: Region, service: &'static str) -> Self {
        Self { region, service }
    }

    /// The region.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The service.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// `20150830/us-east-1/service/aws4_request`.
    fn write(&self, date: [u8; 8], into: &mut Vec<u8>) {
        into.extend_from_slice(&date);
        into.push(b'/');
        into.extend_from_slice(self.region.as_str().as_bytes());
        into.push(b'/');
        into.extend_from_slice(self.service.as_bytes());
        into.extend_from_slice(b"/aws4_request");
    }
}

/// A request to sign, as it goes over the wire.
#[derive(Debug, Clone, Copy)]
pub struct Signable<'a> {
    /// Its method.
    pub method: &'a Method,
    /// The `Host` header.
    pub host: &'a HeaderValue,
    /// Path and query, percent-encoded as they are sent: a model's id is one segment, so its slashes are `%2F`.
    pub target: &'a PathAndQuery,
    /// Further headers that must arrive as they are, such as the content type. Not those that signing adds.
    pub headers: &'a [(&'a HeaderName, &'a HeaderValue)],
    /// The whole body.
    pub body: &'a [u8],
}

/// What makes a request a signed one.
#[derive(Debug, Clone)]
pub struct Signature {
    authorization: HeaderValue,
    date: HeaderValue,
    content_hash: HeaderValue,
    token: Option<HeaderValue>,
}

impl Signature {
    /// Adds the headers: `authorization`, `x-amz-date`, `x-amz-content-sha256`, and for a session `x-amz-security-token`.
    /// Headers of these names that are there already are replaced. The credential's ones are marked sensitive.
    pub fn add_to(self, headers: &mut HeaderMap) {
        headers.insert(AUTHORIZATION, self.authorization);
        headers.insert(&DATE, self.date);
        headers.insert(&CONTENT_HASH, self.content_hash);
        if let Some(token) = self.token {
            headers.insert(&TOKEN, token);
        }
    }
}

/// Signs a request as sent at `now`, which the service takes for five minutes.
pub fn sign(
    credentials: &AwsCredentials,
    scope: &Scope,
    request: &Signable<'_>,
    now: SystemTime,
) -> Signature {
    let stamp = stamp(now);
    let date = header(&stamp);
    let content_hash = header(&canonical::hex(sha256(request.body)));
    let token = credentials.session_token();

    let mut headers = Vec::with_capacity(request.headers.len() + 4);
    headers.extend_from_slice(request.headers);
    headers.extend_from_slice(&[
        (&HOST, request.host),
        (&DATE, &date),
        (&CONTENT_HASH, &content_hash),
    ]);
    if let Some(token) = token {
        headers.push((&TOKEN, token));
    }
    let canonical = Canonical::of(request, &mut headers, content_hash.as_bytes());
    let mut authorization = authorize(credentials, scope, &canonical, stamp);
    authorization.set_sensitive(true);
    Signature {
        authorization,
        date,
        content_hash,
        token: token.cloned(),
    }
}

/// The `Authorization` header of a canonical request.
fn authorize(
    credentials: &AwsCredentials,
    scope: &Scope,
    canonical: &Canonical,
    stamp: [u8; 16],
) -> HeaderValue {
    let mut date = [0; 8];
    date.copy_from_slice(&stamp[..8]);

    let mut string = Vec::with_capacity(192);
    string.extend_from_slice(ALGORITHM);
    string.push(b'\n');
    string.extend_from_slice(&stamp);
    string.push(b'\n');
    scope.write(date, &mut string);
    string.push(b'\n');
    string.extend_from_slice(&canonical::hex(sha256(canonical.bytes())));
    let signature = credentials.signature(date, scope, &string);

    let mut value = string;
    value.clear();
    value.extend_from_slice(ALGORITHM);
    value.extend_from_slice(b" Credential=");
    value.extend_from_slice(credentials.access_key_id().as_bytes());
    value.push(b'/');
    scope.write(date, &mut value);
    value.extend_from_slice(b", SignedHeaders=");
    value.extend_from_slice(canonical.signed_headers());
    value.extend_from_slice(b", Signature=");
    value.extend_from_slice(&canonical::hex(signature));
    HeaderValue::from_maybe_shared(Bytes::from(value))
        .expect("ids, regions, header names and hex hold nothing but visible ASCII")
}

fn header(text: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(text).expect("digits and hex can stand in a header")
}

/// `20150830T123600Z`. Times of years that have no four digits are as good as any other wrong time.
fn stamp(now: SystemTime) -> [u8; 16] {
    let now = DateTime::<Utc>::from(now);
    let mut stamp = *b"00000000T000000Z";
    let mut put = |at: usize, width: usize, mut number: u32| {
        for place in stamp[at..at + width].iter_mut().rev() {
            *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    };
    put(0, 4, now.year().unsigned_abs());
    put(4, 2, now.month());
    put(6, 2, now.day());
    put(9, 2, now.hour());
    put(11, 2, now.minute());
    put(13, 2, now.second());
    stamp
}

#[cfg(test)]
mod tests;
