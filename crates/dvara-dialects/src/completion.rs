//! Chat completions, written: what a client gets of vendors that speak another dialect (OpenAI, The chat completion object).
//!
//! Texts come as the insides of literals, see [`crate::literal`].

mod chunk;
mod message;
mod seam;
mod stream;

use dvara_types::Usage;

use crate::answer::Finish;
use crate::writer::Writer;

pub(crate) use message::{Message, Said};
pub(crate) use seam::Seam;
pub(crate) use stream::ChunkStream;

/// What the client reads of a reason: the words that OpenAI's clients know. One that nobody knows yet is a stop.
fn word(finish: &Finish) -> &str {
    match finish {
        Finish::Other(_) => Finish::Stop.as_str(),
        known => known.as_str(),
    }
}

/// Tokens as a vendor reported them.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Reported {
    /// The classes; `None` when it reported neither input nor output.
    pub(crate) usage: Option<Usage>,
    /// It said what came from its cache, or went into it.
    pub(crate) cache: bool,
    /// It said what it thought.
    pub(crate) reasoning: bool,
}

impl Reported {
    /// OpenAI's usage object behind `before`; nothing when none was reported.
    fn write(&self, before: &str, out: &mut Writer) {
        let Some(usage) = self.usage else {
            return;
        };
        out.json(before);
        out.json("{\"prompt_tokens\":")
            .number(usage.input_total().0);
        out.json(",\"completion_tokens\":")
            .number(usage.output_total().0);
        out.json(",\"total_tokens\":").number(usage.total().0);
        if self.cache {
            out.json(",\"prompt_tokens_details\":{\"cached_tokens\":")
                .number(usage.cache_read.0);
            out.json(",\"cache_write_tokens\":")
                .number(usage.cache_write.0)
                .json("}");
        }
        if self.reasoning {
            out.json(",\"completion_tokens_details\":{\"reasoning_tokens\":")
                .number(usage.reasoning.0)
                .json("}");
        }
        out.json("}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dvara_types::TokenCount;

    #[test]
    fn usage_says_what_was_reported_and_no_more() {
        let usage = Some(Usage {
            input: TokenCount(10),
            cache_read: TokenCount(5),
            cache_write: TokenCount(3),
            output: TokenCount(4),
            reasoning: TokenCount(2),
        });
        for (reported, expected) in [
            (Reported::default(), ""),
            (
                Reported {
                    usage,
                    ..Reported::default()
                },
                r#"{"prompt_tokens":18,"completion_tokens":6,"total_tokens":24}"#,
            ),
            (
                Reported {
                    usage,
                    cache: true,
                    reasoning: true,
                },
                r#"{"prompt_tokens":18,"completion_tokens":6,"total_tokens":24,"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}"#,
            ),
        ] {
            let mut out = Writer::default();
            reported.write("", &mut out);
            assert_eq!(String::from_utf8(out.take()).unwrap(), expected);
        }
    }
}
