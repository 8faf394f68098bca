//! Views of Anthropic's answers and events: borrowed, texts as the literals that they are.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::usage::UsageView;
use crate::lenient::{Count, Present, Text, absent, lenient_object};
use crate::literal::Raw;

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
