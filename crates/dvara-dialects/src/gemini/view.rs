//! Views of Google's answers: borrowed, texts as the literals that they are.

use dvara_types::{TokenCount, Usage};

use crate::completion::Reported;
use crate::lenient::{Count, Many, Present, Text, lenient_object};
use crate::literal::Raw;

/// An answer, or a piece of a streamed one.
#[derive(Default)]
pub(super) struct AnswerView<'a> {
    pub(super) candidates: Many<CandidateView<'a>>,
    pub(super) feedback: FeedbackView<'a>,
    pub(super) usage: UsageView,
    pub(super) model: Text<'a>,
    pub(super) id: Raw<'a>,
    pub(super) error: ErrorView<'a>,
}

lenient_object!(AnswerView<'de> {
    "candidates" => candidates,
    "promptFeedback" => feedback,
    "usageMetadata" => usage,
    "modelVersion" => model,
    "responseId" => id,
    "error" => error,
});

/// What came of the one answer that is asked for.
#[derive(Default)]
pub(super) struct CandidateView<'a> {
    pub(super) content: ContentView<'a>,
    pub(super) finish: Text<'a>,
}

lenient_object!(CandidateView<'de> {
    "content" => content,
    "finishReason" => finish,
});

#[derive(Default)]
pub(super) struct ContentView<'a> {
    pub(super) parts: Many<PartView<'a>>,
}

lenient_object!(ContentView<'de> {
    "parts" => parts,
});

#[derive(Default)]
pub(super) struct PartView<'a> {
    pub(super) text: Raw<'a>,
    pub(super) thought: Raw<'a>,
    pub(super) signature: Raw<'a>,
    pub(super) call: CallView<'a>,
}

lenient_object!(PartView<'de> {
    "text" => text,
    "thought" => thought,
    "thoughtSignature" => signature,
    "functionCall" => call,
});

impl PartView<'_> {
    /// Whether it is thought and not said.
    pub(super) fn is_thought(&self) -> bool {
        self.thought
            .0
            .is_some_and(|thought| thought.get() == "true")
    }
}

#[derive(Default)]
pub(super) struct CallView<'a> {
    pub(super) id: Raw<'a>,
    pub(super) name: Raw<'a>,
    pub(super) arguments: Raw<'a>,
}

lenient_object!(CallView<'de> {
    "id" => id,
    "name" => name,
    "args" => arguments,
});

/// Why there is no answer.
#[derive(Default)]
pub(super) struct FeedbackView<'a> {
    pub(super) blocked: Text<'a>,
}

lenient_object!(FeedbackView<'de> {
    "blockReason" => blocked,
});

#[derive(Default)]
pub(super) struct ErrorView<'a> {
    pub(super) is_there: Present,
    pub(super) code: Count,
    pub(super) status: Text<'a>,
}

impl<'de> serde::Deserialize<'de> for ErrorView<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default)]
        struct Inside<'a> {
            code: Count,
            status: Text<'a>,
            message: Present,
        }
        lenient_object!(Inside<'de> {
            "code" => code,
            "status" => status,
            "message" => message,
        });
        let inside = Inside::deserialize(deserializer)?;
        let is_there = inside.code.0.is_some() || inside.status.0.is_some() || inside.message.0;
        Ok(Self {
            is_there: Present(is_there),
            code: inside.code,
            status: inside.status,
        })
    }
}

/// A usage object (Gemini API, UsageMetadata). In a stream, each one is of all that came so far.
#[derive(Default, Clone, Copy)]
pub(super) struct UsageView {
    prompt: Count,
    cached: Count,
    tool_use: Count,
    candidates: Count,
    thoughts: Count,
}

lenient_object!(UsageView {
    "promptTokenCount" => prompt,
    "cachedContentTokenCount" => cached,
    "toolUsePromptTokenCount" => tool_use,
    "candidatesTokenCount" => candidates,
    "thoughtsTokenCount" => thoughts,
});

impl UsageView {
    /// The classes. The prompt holds what came from the cache; thoughts are beside the answer.
    pub(super) fn reported(&self) -> Reported {
        let count = |count: Count| count.0.unwrap_or(0);
        let is_there = self
            .prompt
            .0
            .or(self.candidates.0)
            .or(self.thoughts.0)
            .is_some();
        let cached = count(self.cached).min(count(self.prompt));
        let usage = Usage {
            input: TokenCount((count(self.prompt) - cached).saturating_add(count(self.tool_use))),
            cache_read: TokenCount(cached),
            cache_write: TokenCount(0),
            output: TokenCount(count(self.candidates)),
            reasoning: TokenCount(count(self.thoughts)),
        };
        Reported {
            usage: is_there.then_some(usage),
            cache: self.cached.0.is_some(),
            reasoning: self.thoughts.0.is_some(),
        }
    }
}
