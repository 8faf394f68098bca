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

/// What replaces a finding in a JSON text: as it is inside of a string, in quotes where a number stood.
pub fn for_json(text: &str, finding: &Finding, instead: String) -> String {
    let (mut inside, mut escaped) = (false, false);
    for byte in text.as_bytes()[..finding.start].iter().copied() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = inside,
            b'"' => inside = !inside,
            _ => {}
        }
    }
    if inside {
        instead
    } else {
        format!("\"{instead}\"")
    }
}

/// A text with its tokens (`{{PII_EMAIL_0a1b…}}`) replaced by what `open` gives for a kind and its digits. A token that it does
/// not open stays.
pub fn tokens<S: AsRef<str>>(
    text: &str,
    mut open: impl FnMut(&str, &str) -> Option<S>,
) -> Option<String> {
    const START: &str = "{{PII_";
    let mut replaced = None::<String>;
    let mut rest = text;
    let mut copied = 0;
    while let Some(at) = rest.find(START) {
        let start = text.len() - rest.len() + at;
        rest = &text[start + START.len()..];
        let Some(end) = rest.find("}}") else {
            break;
        };
        let value = rest[..end]
            .rsplit_once('_')
            .and_then(|(kind, digits)| open(kind, digits));
        if let Some(value) = value {
            let replaced = replaced.get_or_insert_default();
            replaced.push_str(&text[copied..start]);
            replaced.push_str(value.as_ref());
            rest = &rest[end + 2..];
            copied = text.len() - rest.len();
        }
    }
    let mut replaced = replaced?;
    replaced.push_str(&text[copied..]);
    Some(replaced)
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
