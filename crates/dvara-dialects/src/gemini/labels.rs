//! `metadata` → the `labels` of Vertex AI, by which Google's bills are broken down.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::fields::Drops;
use crate::json;
use crate::openai::TENANT_CLAIMS;

/// Labels of a call (Vertex AI, Add labels to API calls).
const MOST: usize = 64;
/// Characters of a key or a value.
const LONGEST: usize = 63;

pub(super) const NO_SUCH_LABEL: &str = "Vertex AI keeps 64 labels of 63 lower-case letters, digits, `_` and `-` at most, whose keys begin with a letter";

/// The pairs that Vertex AI takes, in order; all others are dropped.
pub(super) fn fitting<'c>(
    metadata: &'c RawValue,
    drops: &mut Drops,
) -> Vec<(Cow<'c, str>, Cow<'c, str>)> {
    let mut kept: Vec<(Cow<'c, str>, Cow<'c, str>)> = Vec::new();
    let members = json::members(metadata);
    let mut all_fit = members.is_some();
    for member in members.unwrap_or_default() {
        let claim = TENANT_CLAIMS
            .iter()
            .find(|(name, _)| member.key.eq_ignore_ascii_case(name));
        if let Some((_, (field, because))) = claim {
            drops.add(field, because);
            continue;
        }
        let value = json::string(member.value).filter(|value| is_plain(value));
        let is_new = kept.iter().all(|(key, _)| *key != member.key);
        match value {
            Some(value) if is_new && is_key(&member.key) && kept.len() < MOST => {
                kept.push((member.key, value));
            }
            _ => all_fit = false,
        }
    }
    if !all_fit {
        drops.add("metadata", NO_SUCH_LABEL);
    }
    kept
}

fn is_key(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase()) && is_plain(text)
}

fn is_plain(text: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    text.len() <= LONGEST && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_labels_allow_goes_on() {
        for (text, key, value) in [
            ("team-a_1", true, true),
            ("1team", false, true),
            ("", false, true),
            ("Team", false, false),
            ("é", false, false),
            ("a b", false, false),
            (&*"x".repeat(63), true, true),
            (&*"x".repeat(64), false, false),
        ] {
            assert_eq!((is_key(text), is_plain(text)), (key, value), "{text}");
        }
    }
}
