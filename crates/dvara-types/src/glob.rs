//! Patterns over model names: `*` stands for any run of characters, `?` for one; everything else is itself.

use serde::{Deserialize, Serialize};

/// A pattern over model names, such as `gpt-4*` or `team-?/*-mini`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Glob(String);

impl Glob {
    /// A pattern from its text. Every text is one.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of `text` fits the pattern. Linear in practice: only the last `*` is ever retried.
    pub fn matches(&self, text: &str) -> bool {
        let pattern: &[u8] = self.0.as_bytes();
        let text = text.as_bytes();
        let (mut at_pattern, mut at_text) = (0, 0);
        let mut last_star: Option<(usize, usize)> = None;
        while at_text < text.len() {
            match pattern.get(at_pattern) {
                Some(b'*') => {
                    last_star = Some((at_pattern, at_text));
                    at_pattern += 1;
                }
                Some(b'?') => {
                    at_pattern += 1;
                    at_text += character_length(text, at_text);
                }
                Some(byte) if *byte == text[at_text] => {
                    at_pattern += 1;
                    at_text += 1;
                }
                Some(_) | None => {
                    let Some((star, start)) = last_star else {
                        return false;
                    };
                    last_star = Some((star, start + 1));
                    at_pattern = star + 1;
                    at_text = start + 1;
                }
            }
        }
        pattern[at_pattern..].iter().all(|byte| *byte == b'*')
    }
}

/// Bytes of the character that starts at `at`, so that `?` stands for one character and not for one byte of it.
fn character_length(text: &[u8], at: usize) -> usize {
    let continued = text[at + 1..]
        .iter()
        .take_while(|byte| **byte & 0xc0 == 0x80)
        .count();
    1 + continued
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match_as_in_a_shell() {
        for (pattern, text, expected) in [
            ("gpt-4o", "gpt-4o", true),
            ("gpt-4o", "gpt-4o-mini", false),
            ("gpt-4*", "gpt-4o-mini", true),
            ("*", "", true),
            ("*", "anything", true),
            ("*-mini", "gpt-4o-mini", true),
            ("*-mini", "gpt-4o-mini-2", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("?pt-4", "gpt-4", true),
            ("?pt-4", "pt-4", false),
            ("?x", "éx", true),
            ("", "", true),
            ("", "a", false),
            ("a.b", "axb", false),
        ] {
            assert_eq!(
                Glob::new(pattern).matches(text),
                expected,
                "{pattern} on {text}"
            );
        }
    }
}
