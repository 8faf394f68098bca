//! One chunk of a stream, read in one pass and without keeping any of its texts.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::answer::Finish;
use crate::lenient::{Characters, Count, Present, Text, absent, lenient_object};
use crate::openai::shape::Reply;
use crate::openai::usage::UsageView;

/// A chunk.
#[derive(Default)]
pub(super) struct ChunkView<'a> {
    pub(super) model: Text<'a>,
    pub(super) choices: Choices,
    pub(super) usage: UsageView,
    pub(super) groq: GroqView,
    pub(super) error: Present,
}

lenient_object!(ChunkView<'de> {
    "model" => model,
    "choices" => choices,
    "usage" => usage,
    "x_groq" => groq,
    "error" => error,
});

/// What Groq puts beside the standard fields.
#[derive(Default)]
pub(super) struct GroqView {
    pub(super) usage: UsageView,
    /// Why the stream was stopped early.
    pub(super) error: Present,
}

lenient_object!(GroqView {
    "usage" => usage,
    "error" => error,
});

/// What the choices of a chunk, or of a whole answer, come to.
#[derive(Default)]
pub(in crate::openai) struct Choices {
    pub(in crate::openai) count: u32,
    /// Bit *i*: choice *i* is in it.
    pub(in crate::openai) seen: u128,
    /// Bit *i*: choice *i* is said to be finished.
    pub(in crate::openai) finished: u128,
    /// Why the first of them finished.
    pub(in crate::openai) finish: Option<Finish>,
    /// Characters that the model wrote: content, refusal, reasoning, names and arguments of tool calls.
    pub(in crate::openai) output_characters: u64,
    /// What Moonshot says beside the reason to finish.
    pub(in crate::openai) usage: UsageView,
    /// Some choice ended for a reason that OpenAI does not have.
    odd_ending: bool,
    /// Some choice has `reasoning`.
    reasoning: bool,
    /// Some choice has a content that is a list.
    list: bool,
    /// Some choice calls a tool.
    calls: bool,
}

impl Choices {
    /// Whether something in it may be in the vendor's words. `is_thinking`: a block of thinking is not whole yet.
    pub(super) fn may_be_said_otherwise(&self, reply: &Reply, is_thinking: bool) -> bool {
        (self.odd_ending && !reply.endings.is_empty())
            || (self.reasoning && reply.reasoning.is_some())
            || (reply.chunks && (self.list || self.calls || is_thinking))
    }

    fn add(&mut self, choice: &ChoiceView<'_>) {
        self.count += 1;
        // OpenAI allows 128 choices; a vendor with more only loses the distinction among the last.
        let bit = 1 << choice.index.0.unwrap_or(0).min(127);
        self.seen |= bit;
        self.output_characters += choice.delta.characters() + choice.message.characters();
        // Some vendors write an empty reason on every chunk.
        if let Some(reason) = choice
            .finish
            .0
            .as_deref()
            .filter(|reason| !reason.is_empty())
        {
            self.finished |= bit;
            let finish = Finish::of_openai(reason);
            self.odd_ending |= matches!(finish, Finish::Other(_));
            self.finish.get_or_insert(finish);
        }
        self.reasoning |= choice.delta.reasoning.0.is_some();
        self.list |= choice.delta.content.is_list;
        self.calls |= choice.delta.tool_calls.any;
        if choice.usage.classes().is_some() {
            self.usage = choice.usage;
        }
    }
}

impl<'de> Deserialize<'de> for Choices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ChoicesVisitor;

        impl<'de> Visitor<'de> for ChoicesVisitor {
            type Value = Choices;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of choices")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Choices, A::Error> {
                let mut choices = Choices::default();
                while let Some(choice) = items.next_element::<ChoiceView<'de>>()? {
                    choices.add(&choice);
                }
                Ok(choices)
            }

            absent!(bool number str null map);
        }

        deserializer.deserialize_any(ChoicesVisitor)
    }
}

#[derive(Default)]
struct ChoiceView<'a> {
    index: Count,
    delta: Output,
    message: Output,
    finish: Text<'a>,
    usage: UsageView,
}

lenient_object!(ChoiceView<'de> {
    "index" => index,
    "delta" => delta,
    "message" => message,
    "finish_reason" => finish,
    "usage" => usage,
});

/// What a model wrote, counted.
#[derive(Default)]
struct Output {
    content: Content,
    refusal: Characters,
    reasoning: Reasoning,
    reasoning_content: Characters,
    tool_calls: ToolCalls,
    function_call: Function,
}

lenient_object!(Output {
    "content" => content,
    "refusal" => refusal,
    "reasoning" => reasoning,
    "reasoning_content" => reasoning_content,
    "tool_calls" => tool_calls,
    "function_call" => function_call,
});

impl Output {
    fn characters(&self) -> u64 {
        // The two names of reasoning are one text where a vendor sends both.
        self.content.characters
            + self.refusal.0
            + self.reasoning.0.unwrap_or(0).max(self.reasoning_content.0)
            + self.tool_calls.characters
            + self.function_call.characters()
    }
}

/// A content.
#[derive(Default)]
struct Content {
    characters: u64,
    is_list: bool,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;

        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = Content;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a content")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
                Ok(Content {
                    characters: crate::estimate::characters(text),
                    is_list: false,
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Content, A::Error> {
                let characters = Characters::deserialize(SeqAccessDeserializer::new(items))?;
                Ok(Content {
                    characters: characters.0,
                    is_list: true,
                })
            }

            absent!(bool number null map);
        }

        deserializer.deserialize_any(ContentVisitor)
    }
}

/// Characters of `reasoning`; nothing without it, or when it is null.
#[derive(Default)]
struct Reasoning(Option<u64>);

impl<'de> Deserialize<'de> for Reasoning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let characters = Option::<Characters>::deserialize(deserializer)?;
        Ok(Self(characters.map(|characters| characters.0)))
    }
}

#[derive(Default)]
struct Function {
    name: Characters,
    arguments: Characters,
}

lenient_object!(Function {
    "name" => name,
    "arguments" => arguments,
});

impl Function {
    fn characters(&self) -> u64 {
        self.name.0 + self.arguments.0
    }
}

#[derive(Default)]
struct ToolCall {
    function: Function,
}

lenient_object!(ToolCall {
    "function" => function,
});

/// All tool calls together.
#[derive(Default)]
struct ToolCalls {
    characters: u64,
    any: bool,
}

impl<'de> Deserialize<'de> for ToolCalls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ToolCallsVisitor;

        impl<'de> Visitor<'de> for ToolCallsVisitor {
            type Value = ToolCalls;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of tool calls")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ToolCalls, A::Error> {
                let mut calls = ToolCalls::default();
                while let Some(call) = items.next_element::<ToolCall>()? {
                    calls.characters += call.function.characters();
                    calls.any = true;
                }
                Ok(calls)
            }

            absent!(bool number str null map);
        }

        deserializer.deserialize_any(ToolCallsVisitor)
    }
}
