//! Bedrock's usage: input that was neither read from a cache nor written into one, and both beside it (Bedrock, Prompt caching:
//! `inputTokens` counts what is not cached). Reasoning is output, and not told apart.

use dvara_types::{TokenCount, Usage};

use crate::completion::Reported;
use crate::lenient::{Count, lenient_object};

/// A usage object.
#[derive(Default, Clone, Copy)]
pub(super) struct UsageView {
    input: Count,
    output: Count,
    cache_read: Count,
    cache_write: Count,
}

lenient_object!(UsageView {
    "inputTokens" => input,
    "outputTokens" => output,
    "cacheReadInputTokens" => cache_read,
    "cacheWriteInputTokens" => cache_write,
});

impl UsageView {
    /// The classes, and whether the cache's were told apart.
    pub(super) fn reported(&self) -> Reported {
        let count = |count: Count| TokenCount(count.0.unwrap_or(0));
        let says = self.input.0.or(self.output.0).is_some();
        Reported {
            usage: says.then(|| Usage {
                input: count(self.input),
                cache_read: count(self.cache_read),
                cache_write: count(self.cache_write),
                output: count(self.output),
                reasoning: TokenCount(0),
            }),
            cache: self.cache_read.0.or(self.cache_write.0).is_some(),
            reasoning: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cached_stands_beside_the_input() {
        for (json, expected) in [
            (
                r#"{"inputTokens":10,"outputTokens":4,"totalTokens":22,"cacheReadInputTokens":5,"cacheWriteInputTokens":3}"#,
                Some(([10, 5, 3, 4], true)),
            ),
            (
                r#"{"inputTokens":10,"outputTokens":4,"totalTokens":14}"#,
                Some(([10, 0, 0, 4], false)),
            ),
            (r#"{"outputTokens":4}"#, Some(([0, 0, 0, 4], false))),
            (r#"{"inputTokens":-1}"#, Some(([0, 0, 0, 0], false))),
            (r#"{"totalTokens":14}"#, None),
            ("null", None),
        ] {
            let view: UsageView = serde_json::from_str(json).unwrap();
            let reported = view.reported();
            let found = reported.usage.map(|usage| {
                let classes = [
                    usage.input,
                    usage.cache_read,
                    usage.cache_write,
                    usage.output,
                ];
                (classes.map(|count| count.0), reported.cache)
            });
            assert_eq!(found, expected, "{json}");
        }
    }
}
