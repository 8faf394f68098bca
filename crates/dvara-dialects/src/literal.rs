//! Texts of a vendor's answer as the literals that they are.
//!
//! A text goes on to the client as the very literal that the vendor wrote, escapes included, so it is never decoded.

use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A value as it came; nothing when it is absent or null.
#[derive(Default, Clone, Copy)]
pub(crate) struct Raw<'a>(pub(crate) Option<&'a RawValue>);

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self(Some(value).filter(|value| value.get() != "null")))
    }
}

impl<'a> Raw<'a> {
    /// What stands between the quotes of a string; nothing when it is none.
    pub(crate) fn literal(self) -> Option<&'a str> {
        let text = self.0?.get();
        text.strip_prefix('"')?.strip_suffix('"')
    }

    /// As [`Self::literal`], for texts that say something.
    pub(crate) fn some_text(self) -> Option<&'a str> {
        self.literal().filter(|text| !text.is_empty())
    }
}

/// Characters of a literal's inside.
pub(crate) fn characters(literal: &str) -> u64 {
    let bytes = literal.as_bytes();
    if memchr::memchr(b'\\', bytes).is_none() {
        return crate::estimate::characters(literal);
    }
    let (mut count, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        if *byte != b'\\' {
            // A character's first byte.
            count += u64::from(*byte & 0xC0 != 0x80);
            at += 1;
            continue;
        }
        let escaped = bytes.get(at + 1..).unwrap_or_default();
        // The second half of a surrogate pair belongs to the first.
        let is_second_half = matches!(escaped, [b'u', b'd' | b'D', b'c'..=b'f' | b'C'..=b'F', ..]);
        count += u64::from(!is_second_half);
        at += if escaped.first() == Some(&b'u') { 6 } else { 2 };
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_without_decoding() {
        for text in [
            "",
            "plain",
            "héllo 😀",
            "a\nb\"c\\d\u{1}",
            "\\u",
            "\\\\",
            "😀\t😀",
        ] {
            let literal = serde_json::to_string(text).unwrap();
            let inside = &literal[1..literal.len() - 1];
            assert_eq!(characters(inside), text.chars().count() as u64, "{text}");
        }
        assert_eq!(characters(r"\ud83d\ude00x\u00e9"), 3);
    }
}
