//! Cohere's usage: what the model took and gave, else what is billed of it.

use dvara_types::{TokenCount, Usage};

use crate::completion::Reported;
use crate::lenient::{Count, lenient_object};

/// A usage object (Cohere API reference, Chat). The counts of the model come before those of the bill, which leave out what
/// Cohere wraps around a prompt (data-plane sheet §23).
#[derive(Default, Clone, Copy)]
pub(super) struct UsageView {
    tokens: Tokens,
    billed: Tokens,
    cached: Count,
}

lenient_object!(UsageView {
    "tokens" => tokens,
    "billed_units" => billed,
    "cached_tokens" => cached,
});

#[derive(Default, Clone, Copy)]
struct Tokens {
    input: Count,
    output: Count,
}

lenient_object!(Tokens {
    "input_tokens" => input,
    "output_tokens" => output,
});

impl Tokens {
    fn says_something(self) -> bool {
        self.input.0.or(self.output.0).is_some()
    }
}

impl UsageView {
    /// The classes, and which of them were told apart. What came from the cache is among the input as it is reported.
    pub(super) fn reported(&self) -> Reported {
        let counts = [self.tokens, self.billed];
        let Some(counts) = counts.into_iter().find(|counts| counts.says_something()) else {
            return Reported::default();
        };
        let input = counts.input.0.unwrap_or(0);
        let cached = self.cached.0.unwrap_or(0).min(input);
        Reported {
            usage: Some(Usage {
                input: TokenCount(input - cached),
                cache_read: TokenCount(cached),
                cache_write: TokenCount(0),
                output: TokenCount(counts.output.0.unwrap_or(0)),
                reasoning: TokenCount(0),
            }),
            cache: self.cached.0.is_some(),
            reasoning: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Input, cache read and output, and whether the cache was told apart.
    fn read(json: &str) -> Option<([u64; 3], bool)> {
        let view: UsageView = serde_json::from_str(json).unwrap();
        let reported = view.reported();
        let usage = reported.usage?;
        let classes = [usage.input, usage.cache_read, usage.output];
        Some((classes.map(|count| count.0), reported.cache))
    }

    #[test]
    fn tokens_come_before_what_is_billed_and_nothing_underflows() {
        for (json, expected) in [
            (
                r#"{"billed_units":{"input_tokens":5,"output_tokens":26},"tokens":{"input_tokens":71.0,"output_tokens":27}}"#,
                Some(([71, 0, 27], false)),
            ),
            (
                r#"{"billed_units":{"input_tokens":5,"output_tokens":26},"tokens":{}}"#,
                Some(([5, 0, 26], false)),
            ),
            (
                r#"{"tokens":{"input_tokens":71},"cached_tokens":64}"#,
                Some(([7, 64, 0], true)),
            ),
            (
                r#"{"tokens":{"input_tokens":3,"output_tokens":1},"cached_tokens":18446744073709551615}"#,
                Some(([0, 3, 1], true)),
            ),
            (r#"{"billed_units":{"search_units":1}}"#, None),
            (r#"{"cached_tokens":1}"#, None),
            ("null", None),
        ] {
            assert_eq!(read(json), expected, "{json}");
        }
    }
}
