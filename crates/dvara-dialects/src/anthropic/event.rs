//! Views of Anthropic's answers and events: borrowed, texts as the literals that they are.
//!
//! A text goes on to the client as the very literal that the vendor wrote, escapes included, so it is never decoded.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::usage::UsageView;
use crate::lenient::{Count, Present, Text, absent, lenient_object};

/// A value as it came; nothing when it is absent or null.
#[derive(Default, Clone, Copy)]
pub(super) struct Raw<'a>(pub(super) Option<&'a RawValue>);

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self(Some(value).filter(|value| value.get() != "null")))
    }
}

impl<'a> Raw<'a> {
    /// What stands between the quotes of a string; nothing when it is none.
    pub(super) fn literal(self) -> Option<&'a str> {
        let text = self.0?.get();
        text.strip_prefix('"')?.strip_suffix('"')
    }

    /// As [`Self::literal`], for texts that say something.
    pub(super) fn some_text(self) -> Option<&'a str> {
        self.literal().filter(|text| !text.is_empty())
    }
}

/// Characters of a literal's inside.
pub(super) fn characters(literal: &str) -> u64 {
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

/// An event, whatever its type.
#[derive(Default)]
pub(super) struct EventView<'a> {
    pub(super) kind: Text<'a>,
    pub(super) index: Count,
    pub(super) message: AnswerView<'a>,
    pub(super) block: BlockView<'a>,
    pub(super) delta: DeltaView<'a>,
    pub(super) usage: UsageView,
    pub(super) error: ErrorView<'a>,
}

lenient_object!(EventView<'de> {
    "type" => kind,
    "index" => index,
    "message" => message,
    "content_block" => block,
    "delta" => delta,
    "usage" => usage,
    "error" => error,
});

/// An answer, or the beginning of one.
#[derive(Default)]
pub(super) struct AnswerView<'a> {
    pub(super) id: Raw<'a>,
    pub(super) model: Text<'a>,
    pub(super) content: Blocks<'a>,
    pub(super) stop_reason: Text<'a>,
    pub(super) stop_details: StopDetails<'a>,
    pub(super) usage: UsageView,
    pub(super) error: Present,
}

lenient_object!(AnswerView<'de> {
    "id" => id,
    "model" => model,
    "content" => content,
    "stop_reason" => stop_reason,
    "stop_details" => stop_details,
    "usage" => usage,
    "error" => error,
});

/// Why the model refused.
#[derive(Default, Clone, Copy)]
pub(super) struct StopDetails<'a> {
    pub(super) explanation: Raw<'a>,
}

lenient_object!(StopDetails<'de> {
    "explanation" => explanation,
});

/// What an `error` event says.
#[derive(Default)]
pub(super) struct ErrorView<'a> {
    pub(super) kind: Text<'a>,
}

lenient_object!(ErrorView<'de> {
    "type" => kind,
});

/// A block of content.
#[derive(Default)]
pub(super) struct BlockView<'a> {
    pub(super) kind: Text<'a>,
    pub(super) text: Raw<'a>,
    pub(super) citations: Present,
    pub(super) id: Raw<'a>,
    pub(super) name: Raw<'a>,
    pub(super) input: Raw<'a>,
    pub(super) thinking: Raw<'a>,
    pub(super) signature: Raw<'a>,
    pub(super) data: Raw<'a>,
}

lenient_object!(BlockView<'de> {
    "type" => kind,
    "text" => text,
    "citations" => citations,
    "id" => id,
    "name" => name,
    "input" => input,
    "thinking" => thinking,
    "signature" => signature,
    "data" => data,
});

/// What an event adds to a block, or to the whole message.
#[derive(Default)]
pub(super) struct DeltaView<'a> {
    pub(super) kind: Text<'a>,
    pub(super) text: Raw<'a>,
    pub(super) partial_json: Raw<'a>,
    pub(super) thinking: Raw<'a>,
    pub(super) signature: Raw<'a>,
    pub(super) stop_reason: Text<'a>,
    pub(super) stop_details: StopDetails<'a>,
}

lenient_object!(DeltaView<'de> {
    "type" => kind,
    "text" => text,
    "partial_json" => partial_json,
    "thinking" => thinking,
    "signature" => signature,
    "stop_reason" => stop_reason,
    "stop_details" => stop_details,
});

/// The blocks of an answer as they came; nothing when there is no list of them.
#[derive(Default)]
pub(super) struct Blocks<'a>(pub(super) Option<Vec<&'a RawValue>>);

impl<'de> Deserialize<'de> for Blocks<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BlocksVisitor;

        impl<'de> Visitor<'de> for BlocksVisitor {
            type Value = Blocks<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of blocks")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Blocks<'de>, A::Error> {
                let mut blocks = Vec::new();
                while let Some(block) = items.next_element()? {
                    blocks.push(block);
                }
                Ok(Blocks(Some(blocks)))
            }

            absent!(bool number str null map);
        }

        deserializer.deserialize_any(BlocksVisitor)
    }
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
