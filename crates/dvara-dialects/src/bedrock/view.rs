//! Views of Bedrock's answers and events: borrowed, texts as the literals that they are.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::usage::UsageView;
use crate::lenient::{Count, Present, Text, absent, lenient_object};
use crate::literal::Raw;

/// An answer of `Converse`.
#[derive(Default)]
pub(super) struct AnswerView<'a> {
    pub(super) output: OutputView<'a>,
    pub(super) stop_reason: Text<'a>,
    pub(super) usage: UsageView,
    pub(super) additional: Raw<'a>,
    pub(super) trace: Trace<'a>,
}

lenient_object!(AnswerView<'de> {
    "output" => output,
    "stopReason" => stop_reason,
    "usage" => usage,
    "additionalModelResponseFields" => additional,
    "trace" => trace,
});

#[derive(Default)]
pub(super) struct OutputView<'a> {
    pub(super) message: MessageView<'a>,
}

lenient_object!(OutputView<'de> {
    "message" => message,
});

#[derive(Default)]
pub(super) struct MessageView<'a> {
    pub(super) content: Blocks<'a>,
}

lenient_object!(MessageView<'de> {
    "content" => content,
});

/// A block of content: one of its members is there.
#[derive(Default)]
pub(super) struct BlockView<'a> {
    pub(super) text: Raw<'a>,
    pub(super) tool_use: ToolUseView<'a>,
    pub(super) reasoning: ReasoningView<'a>,
    pub(super) cited: CitedView<'a>,
}

lenient_object!(BlockView<'de> {
    "text" => text,
    "toolUse" => tool_use,
    "reasoningContent" => reasoning,
    "citationsContent" => cited,
});

/// A call, its beginning, or a piece of its input.
#[derive(Default)]
pub(super) struct ToolUseView<'a> {
    pub(super) id: Raw<'a>,
    pub(super) name: Raw<'a>,
    pub(super) input: Raw<'a>,
    /// `server_tool_use`: Bedrock answers it itself.
    pub(super) kind: Present,
}

lenient_object!(ToolUseView<'de> {
    "toolUseId" => id,
    "name" => name,
    "input" => input,
    "type" => kind,
});

/// Reasoning, whole or in pieces.
#[derive(Default)]
pub(super) struct ReasoningView<'a> {
    pub(super) whole: ReasoningText<'a>,
    pub(super) piece: ReasoningText<'a>,
    pub(super) redacted: Text<'a>,
}

impl<'de> Deserialize<'de> for ReasoningView<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        Ok(Self {
            whole: members.whole,
            piece: ReasoningText {
                text: members.text,
                signature: members.signature,
            },
            redacted: members.redacted,
        })
    }
}

#[derive(Default)]
struct Members<'a> {
    whole: ReasoningText<'a>,
    text: Raw<'a>,
    signature: Raw<'a>,
    redacted: Text<'a>,
}

lenient_object!(Members<'de> {
    "reasoningText" => whole,
    "text" => text,
    "signature" => signature,
    "redactedContent" => redacted,
});

#[derive(Default, Clone, Copy)]
pub(super) struct ReasoningText<'a> {
    pub(super) text: Raw<'a>,
    pub(super) signature: Raw<'a>,
}

lenient_object!(ReasoningText<'de> {
    "text" => text,
    "signature" => signature,
});

/// Text with citations.
#[derive(Default)]
pub(super) struct CitedView<'a> {
    pub(super) content: Blocks<'a>,
}

lenient_object!(CitedView<'de> {
    "content" => content,
});

/// What Bedrock did beside: guardrails, and the choice of a prompt router.
#[derive(Default)]
pub(super) struct Trace<'a> {
    /// What guardrails found, where the client asked for it.
    pub(super) guardrail: Raw<'a>,
    router: RouterView<'a>,
}

lenient_object!(Trace<'de> {
    "guardrail" => guardrail,
    "promptRouter" => router,
});

impl Trace<'_> {
    /// The model that a router chose: its id, without the account that the router belongs to.
    pub(super) fn served(&self) -> Option<&str> {
        let arn = self.router.served.0.as_deref()?;
        arn.rsplit('/').next().filter(|model| !model.is_empty())
    }
}

#[derive(Default)]
struct RouterView<'a> {
    served: Text<'a>,
}

lenient_object!(RouterView<'de> {
    "invokedModelId" => served,
});

/// An event of `ConverseStream`, whatever its type.
#[derive(Default)]
pub(super) struct EventView<'a> {
    pub(super) index: Count,
    pub(super) start: StartView<'a>,
    pub(super) delta: DeltaView<'a>,
    pub(super) stop_reason: Text<'a>,
    pub(super) usage: UsageView,
    pub(super) additional: Raw<'a>,
    pub(super) trace: Trace<'a>,
}

lenient_object!(EventView<'de> {
    "contentBlockIndex" => index,
    "start" => start,
    "delta" => delta,
    "stopReason" => stop_reason,
    "usage" => usage,
    "additionalModelResponseFields" => additional,
    "trace" => trace,
});

#[derive(Default)]
pub(super) struct StartView<'a> {
    pub(super) tool_use: Option<ToolUseView<'a>>,
}

lenient_object!(StartView<'de> {
    "toolUse" => tool_use,
});

/// What an event adds to a block: one of its members is there.
#[derive(Default)]
pub(super) struct DeltaView<'a> {
    pub(super) text: Raw<'a>,
    pub(super) tool_use: ToolUseView<'a>,
    pub(super) reasoning: Option<ReasoningView<'a>>,
    pub(super) citation: Present,
}

lenient_object!(DeltaView<'de> {
    "text" => text,
    "toolUse" => tool_use,
    "reasoningContent" => reasoning,
    "citation" => citation,
});

/// Blocks; nothing when there is no list of them.
#[derive(Default)]
pub(super) struct Blocks<'a>(pub(super) Option<Vec<BlockView<'a>>>);

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
