//! Views of Cohere's answers and events: borrowed, texts as the literals that they are.

use super::usage::UsageView;
use crate::lenient::{Count, Text, lenient_object};
use crate::literal::Raw;

/// An answer.
#[derive(Default)]
pub(super) struct AnswerView<'a> {
    pub(super) id: Raw<'a>,
    pub(super) finish_reason: Text<'a>,
    /// The message of the model; a text where the answer is an error.
    pub(super) message: Raw<'a>,
    pub(super) usage: UsageView,
}

lenient_object!(AnswerView<'de> {
    "id" => id,
    "finish_reason" => finish_reason,
    "message" => message,
    "usage" => usage,
});

/// The message of an answer.
#[derive(Default)]
pub(super) struct MessageView<'a> {
    pub(super) content: Raw<'a>,
    pub(super) tool_plan: Raw<'a>,
    pub(super) tool_calls: Raw<'a>,
}

lenient_object!(MessageView<'de> {
    "content" => content,
    "tool_plan" => tool_plan,
    "tool_calls" => tool_calls,
});

/// A block of content, or a piece of one.
#[derive(Default)]
pub(super) struct ContentView<'a> {
    pub(super) kind: Text<'a>,
    pub(super) text: Raw<'a>,
    pub(super) thinking: Raw<'a>,
}

lenient_object!(ContentView<'de> {
    "type" => kind,
    "text" => text,
    "thinking" => thinking,
});

/// A call of a tool, or a piece of one.
#[derive(Default)]
pub(super) struct CallView<'a> {
    pub(super) id: Raw<'a>,
    pub(super) function: FunctionView<'a>,
}

lenient_object!(CallView<'de> {
    "id" => id,
    "function" => function,
});

/// The function of a call.
#[derive(Default)]
pub(super) struct FunctionView<'a> {
    pub(super) name: Raw<'a>,
    pub(super) arguments: Raw<'a>,
}

lenient_object!(FunctionView<'de> {
    "name" => name,
    "arguments" => arguments,
});

/// An event, whatever its type.
#[derive(Default)]
pub(super) struct EventView<'a> {
    pub(super) kind: Text<'a>,
    pub(super) id: Raw<'a>,
    pub(super) index: Count,
    pub(super) delta: DeltaView<'a>,
    /// What an error says, which has the shape of an error's answer.
    pub(super) message: Raw<'a>,
    pub(super) error: Raw<'a>,
}

lenient_object!(EventView<'de> {
    "type" => kind,
    "id" => id,
    "index" => index,
    "delta" => delta,
    "message" => message,
    "error" => error,
});

/// What an event adds to the answer.
#[derive(Default)]
pub(super) struct DeltaView<'a> {
    pub(super) message: PieceView<'a>,
    pub(super) finish_reason: Text<'a>,
    pub(super) usage: UsageView,
    pub(super) error: Raw<'a>,
}

lenient_object!(DeltaView<'de> {
    "message" => message,
    "finish_reason" => finish_reason,
    "usage" => usage,
    "error" => error,
});

/// What an event adds to the message: one block, one call or a piece of a plan.
#[derive(Default)]
pub(super) struct PieceView<'a> {
    pub(super) content: ContentView<'a>,
    pub(super) tool_plan: Raw<'a>,
    pub(super) tool_calls: CallView<'a>,
}

lenient_object!(PieceView<'de> {
    "content" => content,
    "tool_plan" => tool_plan,
    "tool_calls" => tool_calls,
});
