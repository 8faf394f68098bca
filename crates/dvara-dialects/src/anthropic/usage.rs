//! Anthropic's usage: classes that are disjoint already, running totals in a stream.

use dvara_types::{TokenCount, Usage};

use crate::completion::Reported;
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

    /// The classes, and which of them were told apart.
    pub(super) fn reported(&self) -> Reported {
        Reported {
            usage: self.classes(),
            cache: self.cache_read.0.is_some() || self.written().is_some(),
            reasoning: self.output_details.thinking.0.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Input, cache read, cache write, output, reasoning, and whether cache and reasoning were told apart.
    fn read(earlier: &str, later: &str) -> Option<([u64; 5], bool, bool)> {
        let mut view: UsageView = serde_json::from_str(earlier).unwrap();
        view.update(&serde_json::from_str(later).unwrap());
        let Reported {
            usage,
            cache,
            reasoning,
        } = view.reported();
        let usage = usage?;
        let classes = [
            usage.input,
            usage.cache_read,
            usage.cache_write,
            usage.output,
            usage.reasoning,
        ];
        Some((classes.map(|count| count.0), cache, reasoning))
    }

    #[test]
    fn totals_replace_each_other_and_nothing_overflows() {
        for (earlier, later, expected) in [
            (
                r#"{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":3,"output_tokens":1}"#,
                r#"{"output_tokens":40}"#,
                Some(([10, 5, 3, 40, 0], true, false)),
            ),
            (
                r#"{"input_tokens":10,"output_tokens":1}"#,
                r#"{"input_tokens":12,"output_tokens":4,"output_tokens_details":{"thinking_tokens":9}}"#,
                Some(([12, 0, 0, 0, 4], false, true)),
            ),
            (
                r#"{"input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3}}"#,
                "null",
                Some(([1, 0, 5, 0, 0], true, false)),
            ),
            (
                r#"{"input_tokens":18446744073709551615,"cache_read_input_tokens":7}"#,
                r#"{"output_tokens":18446744073709551615}"#,
                Some(([u64::MAX, 7, 0, u64::MAX, 0], true, false)),
            ),
            ("{}", r#"{"cache_read_input_tokens":1}"#, None),
        ] {
            assert_eq!(read(earlier, later), expected, "{earlier} {later}");
        }
    }
}
