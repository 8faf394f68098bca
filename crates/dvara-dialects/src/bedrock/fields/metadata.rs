//! `metadata` → `requestMetadata`, which goes into Bedrock's invocation logs.

use serde_json::value::RawValue;

use crate::fields::Drops;
use crate::json::{self, Member};
use crate::openai::TENANT_CLAIMS;

/// Pairs that Bedrock keeps (Bedrock, Converse: requestMetadata).
const MOST_PAIRS: usize = 16;
/// Characters of a key or a value.
const LONGEST: usize = 256;

/// The pairs that Bedrock takes, in order; all others are dropped.
pub(super) fn fitting<'c>(metadata: &'c RawValue, drops: &mut Drops) -> Vec<Member<'c>> {
    let mut kept = Vec::new();
    let members = json::members(metadata);
    let mut all_fit = members.is_some();
    for member in members.unwrap_or_default() {
        if let Some((_, (field, because))) = claim(&member) {
            drops.add(field, because);
        } else if kept.len() < MOST_PAIRS && fits(&member) && !is_there(&kept, &member) {
            kept.push(member);
        } else {
            all_fit = false;
        }
    }
    if !all_fit {
        drops.add(
            "metadata",
            "Bedrock keeps 16 pairs of texts, of 256 letters, digits, blanks and signs such as `_` and `-` at most",
        );
    }
    kept
}

fn claim(member: &Member<'_>) -> Option<&'static (&'static str, (&'static str, &'static str))> {
    TENANT_CLAIMS
        .iter()
        .find(|(name, _)| member.key.eq_ignore_ascii_case(name))
}

fn is_there(kept: &[Member<'_>], member: &Member<'_>) -> bool {
    kept.iter().any(|other| other.key == member.key)
}

fn fits(member: &Member<'_>) -> bool {
    let value = json::string(member.value);
    !member.key.is_empty() && is_plain(&member.key) && value.is_some_and(|value| is_plain(&value))
}

/// Whether Bedrock's pattern allows a text.
fn is_plain(text: &str) -> bool {
    text.len() <= LONGEST
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
                || b":_@$#=/+,-.".contains(&byte)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bedrocks_pattern_allows_goes_on() {
        for (text, expected) in [
            ("Team A: x_y@z.example/#1=+,-$", true),
            ("", true),
            ("é", false),
            ("a*b", false),
            ("\u{b}", false),
            (&"x".repeat(256), true),
            (&"x".repeat(257), false),
        ] {
            assert_eq!(is_plain(text), expected, "{text}");
        }
    }
}
