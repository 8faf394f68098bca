//! Anthropic's usage: classes that are disjoint already, running totals in a stream.

use dvara_types::{TokenCount, Usage};

use super::writer::Writer;
use crate::lenient::{Count, lenient_object};

/// A usage object. In a stream, what a later one says replaces what an earlier one said.
#[derive(Default, Clone, Copy)]
pub(super) struct UsageView {
    input: Count,
    output: Count,
    cache_read: Count,
    cache_write: Count,
    by_lifetime: ByLifetime,
    output_details: OutputDetails,
}

lenient_object!(UsageView {
    "input_tokens" => input,
    "output_tokens" => output,
    "cache_read_input_tokens" => cache_read,
    "cache_creation_input_tokens" => cache_write,
    "cache_creation" => by_lifetime,
    "output_tokens_details" => output_details,
});

#[derive(Default, Clone, Copy)]
struct ByLifetime {
    minutes: Count,
    hour: Count,
}

lenient_object!(ByLifetime {
    "ephemeral_5m_input_tokens" => minutes,
    "ephemeral_1h_input_tokens" => hour,
});

#[derive(Default, Clone, Copy)]
struct OutputDetails {
    thinking: Count,
}

lenient_object!(OutputDetails {
    "thinking_tokens" => thinking,
});

impl UsageView {
    /// Takes over what `later` says.
    pub(super) fn update(&mut self, later: &Self) {
        let replace = |old: &mut Count, new: Count| {
            if new.0.is_some() {
                *old = new;
            }
        };
        replace(&mut self.input, later.input);
        replace(&mut self.output, later.output);
        replace(&mut self.cache_read, later.cache_read);
        replace(&mut self.cache_write, later.cache_write);
        replace(&mut self.by_lifetime.minutes, later.by_lifetime.minutes);
        replace(&mut self.by_lifetime.hour, later.by_lifetime.hour);
        replace(
            &mut self.output_details.thinking,
            later.output_details.thinking,
        );
    }

    /// Whether it says anything of the output.
    pub(super) fn has_output(&self) -> bool {
        self.output.0.is_some()
    }

    /// The classes; `None` when the vendor reports neither input nor output.
    pub(super) fn classes(&self) -> Option<Usage> {
        if self.input.0.is_none() && self.output.0.is_none() {
            return None;
        }
        let output = self.output.0.unwrap_or(0);
        let reasoning = self.output_details.thinking.0.unwrap_or(0).min(output);
        Some(Usage {
            input: TokenCount(self.input.0.unwrap_or(0)),
            cache_read: TokenCount(self.cache_read.0.unwrap_or(0)),
            cache_write: TokenCount(self.written().unwrap_or(0)),
            output: TokenCount(output - reasoning),
            reasoning: TokenCount(reasoning),
        })
    }

    fn written(&self) -> Option<u64> {
        self.cache_write.0.or_else(|| {
            let ByLifetime { minutes, hour } = self.by_lifetime;
            let parts = minutes.0.or(hour.0).is_some();
            parts.then(|| minutes.0.unwrap_or(0).saturating_add(hour.0.unwrap_or(0)))
        })
    }

    /// OpenAI's usage object; nothing when none was reported.
    pub(super) fn write(&self, before: &str, out: &mut Writer) {
        let Some(usage) = self.classes() else {
            return;
        };
        out.json(before);
        out.json("{\"prompt_tokens\":")
            .number(usage.input_total().0);
        out.json(",\"completion_tokens\":")
            .number(usage.output_total().0);
        out.json(",\"total_tokens\":").number(usage.total().0);
        if self.cache_read.0.is_some() || self.written().is_some() {
            out.json(",\"prompt_tokens_details\":{\"cached_tokens\":")
                .number(usage.cache_read.0);
            out.json(",\"cache_write_tokens\":")
                .number(usage.cache_write.0)
                .json("}");
        }
        if self.output_details.thinking.0.is_some() {
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

    fn written(earlier: &str, later: &str) -> String {
        let mut view: UsageView = serde_json::from_str(earlier).unwrap();
        view.update(&serde_json::from_str(later).unwrap());
        let mut out = Writer::default();
        view.write("", &mut out);
        String::from_utf8(out.take()).unwrap()
    }

    #[test]
    fn totals_replace_each_other_and_nothing_overflows() {
        for (earlier, later, expected) in [
            (
                r#"{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":3,"output_tokens":1}"#,
                r#"{"output_tokens":40}"#,
                r#"{"prompt_tokens":18,"completion_tokens":40,"total_tokens":58,"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":3}}"#,
            ),
            (
                r#"{"input_tokens":10,"output_tokens":1}"#,
                r#"{"input_tokens":12,"output_tokens":4,"output_tokens_details":{"thinking_tokens":9}}"#,
                r#"{"prompt_tokens":12,"completion_tokens":4,"total_tokens":16,"completion_tokens_details":{"reasoning_tokens":4}}"#,
            ),
            (
                r#"{"input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3}}"#,
                "null",
                r#"{"prompt_tokens":6,"completion_tokens":0,"total_tokens":6,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":5}}"#,
            ),
            (
                r#"{"input_tokens":18446744073709551615,"cache_read_input_tokens":7}"#,
                r#"{"output_tokens":18446744073709551615}"#,
                r#"{"prompt_tokens":18446744073709551615,"completion_tokens":18446744073709551615,"total_tokens":18446744073709551615,"prompt_tokens_details":{"cached_tokens":7,"cache_write_tokens":0}}"#,
            ),
            ("{}", r#"{"cache_read_input_tokens":1}"#, ""),
        ] {
            assert_eq!(written(earlier, later), expected, "{earlier} {later}");
        }
    }
}
