//! What stands in the place of a finding.

use std::borrow::Cow;

use super::cursor::{Cursor, Step, Stop};
use super::kind::Kind;
use super::overlap::Finding;

/// Longest name in a placeholder.
const LONGEST_NAME: usize = 64;

/// Longest token that is taken for one: two hexadecimal digits for each byte of a value that is worth sealing.
const LONGEST_TOKEN: usize = 2304;

/// What replaces a finding for good: `[REDACTED_EMAIL]`, and for a tenant's pattern its label, `[REDACTED_STAFF_ID]`
/// (control-plane.md §10.1).
pub fn placeholder(kind: Kind, label: Option<&str>) -> String {
    let Some(label) = label.filter(|_| kind == Kind::Custom) else {
        return format!("[REDACTED_{kind}]");
    };
    let mut name = String::with_capacity(label.len());
    for letter in label.chars() {
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_uppercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name.truncate(LONGEST_NAME);
    format!("[REDACTED_{name}]")
}

/// A text with something else in the place of each finding. Findings are in order and apart, as [`super::Detectors::scan`] gives
/// them; `None` leaves one as it is.
pub fn replace<'r>(
    text: &str,
    findings: &[Finding],
    mut with: impl FnMut(&Finding, &str) -> Option<Cow<'r, str>>,
) -> String {
    let mut replaced = String::with_capacity(text.len() + 16 * findings.len());
    let mut copied = 0;
    for finding in findings {
        if let Some(instead) = with(finding, &text[finding.start..finding.end]) {
            replaced.push_str(&text[copied..finding.start]);
            replaced.push_str(&instead);
            copied = finding.end;
        }
    }
    replaced.push_str(&text[copied..]);
    replaced
}

/// A placeholder or a token that stands here already. No rule may find anything in it: what was replaced once is replaced.
pub(super) fn placeholder_at(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let start = cursor.at;
    let name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if cursor.peek()? == Some(b'[') {
        cursor.word(b"[REDACTED_")?;
        cursor.run(LONGEST_NAME, name)?;
        cursor.take(|byte| byte == b']')?;
    } else {
        cursor.word(b"{{PII_")?;
        let rest = cursor.run(LONGEST_TOKEN, |byte| name(byte) || byte.is_ascii_hexdigit())?;
        cursor.word(b"}}")?;
        if !rest.contains(&b'_') {
            return Err(Stop::No);
        }
    }
    Ok((start, cursor.at))
}
