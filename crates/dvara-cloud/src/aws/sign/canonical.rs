//! The canonical request: what both sides hash, whatever a request went through on its way.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

use super::Signable;

/// A canonical request, with a note of where its list of signed headers lies.
pub(super) struct Canonical {
    bytes: Vec<u8>,
    signed: std::ops::Range<usize>,
}

impl Canonical {
    /// Of a request with all of its headers (which come back sorted) and the hash of its body in hex.
    pub(super) fn of(
        request: &Signable<'_>,
        headers: &mut [(&HeaderName, &HeaderValue)],
        content_hash: &[u8],
    ) -> Self {
        // Headers of one name keep their order. Insertion, since there is a handful.
        headers.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        let values: usize = headers.iter().map(|(_, value)| value.len()).sum();
        let mut bytes = Vec::with_capacity(
            request.target.as_str().len() * 2 + values + headers.len() * 48 + 128,
        );
        bytes.extend_from_slice(request.method.as_str().as_bytes());
        bytes.push(b'\n');
        path(request.target.path(), &mut bytes);
        bytes.push(b'\n');
        query(request.target.query().unwrap_or_default(), &mut bytes);
        bytes.push(b'\n');
        let mut before: Option<&HeaderName> = None;
        for (name, value) in headers.iter() {
            if before == Some(*name) {
                let _newline = bytes.pop();
                bytes.push(b',');
            } else {
                bytes.extend_from_slice(name.as_str().as_bytes());
                bytes.push(b':');
            }
            trimmed(value.as_bytes(), &mut bytes);
            bytes.push(b'\n');
            before = Some(name);
        }
        bytes.push(b'\n');
        let start = bytes.len();
        names(headers, &mut bytes);
        let signed = start..bytes.len();
        bytes.push(b'\n');
        bytes.extend_from_slice(content_hash);
        Self { bytes, signed }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `content-type;host;x-amz-date`.
    pub(super) fn signed_headers(&self) -> &[u8] {
        &self.bytes[self.signed.clone()]
    }
}

fn names(headers: &[(&HeaderName, &HeaderValue)], into: &mut Vec<u8>) {
    let mut before: Option<&HeaderName> = None;
    for (name, _) in headers {
        if before == Some(*name) {
            continue;
        }
        if before.is_some() {
            into.push(b';');
        }
        into.extend_from_slice(name.as_str().as_bytes());
        before = Some(name);
    }
}

/// A value without white space around it, and with one space for several inside.
fn trimmed(value: &[u8], into: &mut Vec<u8>) {
    let mut words = value
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    into.extend_from_slice(words.next().unwrap_or_default());
    for word in words {
        into.push(b' ');
        into.extend_from_slice(word);
    }
}

/// The path, normalised, and encoded once more than it is already.
fn path(path: &str, into: &mut Vec<u8>) {
    let path = if path.contains("//") || path.contains("/.") {
        Cow::Owned(normalised(path))
    } else {
        Cow::Borrowed(path)
    };
    if path.is_empty() {
        into.push(b'/');
    }
    encoded(&path, b'/', into);
}

/// Without empty segments, `.` and `..` (RFC 3986 §5.2.4, and one slash for several).
fn normalised(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let slash = if path.ends_with('/') && !kept.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{slash}", kept.join("/"))
}

/// The query's pairs in order of their bytes, each with a `=`. They are encoded already; what a client left as it is, is encoded.
fn query(query: &str, into: &mut Vec<u8>) {
    if query.is_empty() {
        return;
    }
    let encode = |text: &str| {
        let mut bytes = Vec::with_capacity(text.len());
        encoded(text, b'%', &mut bytes);
        bytes
    };
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            into.push(b'&');
        }
        into.extend_from_slice(name);
        into.push(b'=');
        into.extend_from_slice(value);
    }
}

/// Percent-encodes everything but unreserved characters and one more.
fn encoded(text: &str, kept: u8, into: &mut Vec<u8>) {
    const UPPER: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in text.as_bytes() {
        if byte == kept || is_unreserved(byte) {
            into.push(byte);
        } else {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            into.extend_from_slice(&[b'%', UPPER[high], UPPER[low]]);
        }
    }
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A digest in lower-case hex.
pub(super) fn hex(digest: [u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(digest) {
        pair[0] = HEX[usize::from(byte >> 4)];
        pair[1] = HEX[usize::from(byte & 15)];
    }
    text
}
