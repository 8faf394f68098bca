//! Vendors' usage objects → classes of tokens that do not overlap.

use dvara_types::{TokenCount, Usage};

use crate::lenient::{Count, lenient_object};

/// A usage object, as OpenAI-shaped vendors write it.
#[derive(Default, Clone, Copy)]
pub(super) struct UsageView {
    prompt: Count,
    completion: Count,
    total: Count,
    /// DeepSeek's place for cached tokens.
    cache_hits: Count,
    /// Moonshot's.
    cached: Count,
    /// Mistral's.
    num_cached: Count,
    prompt_details: PromptDetails,
    completion_details: CompletionDetails,
}

lenient_object!(UsageView {
    "prompt_tokens" => prompt,
    "completion_tokens" => completion,
    "total_tokens" => total,
    "prompt_cache_hit_tokens" => cache_hits,
    "cached_tokens" => cached,
    "num_cached_tokens" => num_cached,
    "prompt_tokens_details" => prompt_details,
    "completion_tokens_details" => completion_details,
});

#[derive(Default, Clone, Copy)]
struct PromptDetails {
    cached: Count,
    cache_write: Count,
}

lenient_object!(PromptDetails {
    "cached_tokens" => cached,
    "cache_write_tokens" => cache_write,
});

#[derive(Default, Clone, Copy)]
struct CompletionDetails {
    reasoning: Count,
}

lenient_object!(CompletionDetails {
    "reasoning_tokens" => reasoning,
});

impl UsageView {
    /// The classes; `None` when the vendor reports neither prompt nor completion.
    ///
    /// A part is never larger than its whole, whatever the vendor says, so nothing underflows. Reasoning is part
    /// of the completion, except where the total shows that the vendor counts it beside (xAI).
    pub(super) fn classes(&self) -> Option<Usage> {
        if self.prompt.0.is_none() && self.completion.0.is_none() {
            return None;
        }
        let prompt = self.prompt.0.unwrap_or(0);
        let completion = self.completion.0.unwrap_or(0);
        let elsewhere = [self.cache_hits, self.cached, self.num_cached];
        let elsewhere = elsewhere.into_iter().find_map(|count| count.0);
        let cached = self.prompt_details.cached.0.or(elsewhere);
        let cache_read = cached.unwrap_or(0).min(prompt);
        let written = self.prompt_details.cache_write.0.unwrap_or(0);
        let cache_write = written.min(prompt - cache_read);
        let reported = self.completion_details.reasoning.0.unwrap_or(0);
        let (output, reasoning) = if self.counts_reasoning_beside(prompt, completion, reported) {
            (completion, reported)
        } else {
            let reasoning = reported.min(completion);
            (completion - reasoning, reasoning)
        };
        Some(Usage {
            input: TokenCount(prompt - cache_read - cache_write),
            cache_read: TokenCount(cache_read),
            cache_write: TokenCount(cache_write),
            output: TokenCount(output),
            reasoning: TokenCount(reasoning),
        })
    }

    fn counts_reasoning_beside(&self, prompt: u64, completion: u64, reasoning: u64) -> bool {
        let sum = prompt
            .checked_add(completion)
            .and_then(|sum| sum.checked_add(reasoning));
        reasoning > 0 && sum.is_some() && self.total.0 == sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(json: &str) -> Option<[u64; 5]> {
        let view: UsageView = serde_json::from_str(json).unwrap();
        view.classes().map(|usage| {
            [
                usage.input.0,
                usage.cache_read.0,
                usage.cache_write.0,
                usage.output.0,
                usage.reasoning.0,
            ]
        })
    }

    #[test]
    fn classes_do_not_overlap_and_never_underflow() {
        for (json, expected) in [
            (
                r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}"#,
                Some([10, 0, 0, 5, 0]),
            ),
            (
                r#"{"prompt_tokens":100,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":30},"completion_tokens_details":{"reasoning_tokens":20}}"#,
                Some([10, 60, 30, 30, 20]),
            ),
            // Parts larger than the whole.
            (
                r#"{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":30},"completion_tokens_details":{"reasoning_tokens":20}}"#,
                Some([0, 10, 0, 0, 5]),
            ),
            // xAI: 32 + 9 + 94 = 135.
            (
                r#"{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,"completion_tokens_details":{"reasoning_tokens":94}}"#,
                Some([32, 0, 0, 9, 94]),
            ),
            // DeepSeek.
            (
                r#"{"prompt_tokens":30,"prompt_cache_hit_tokens":20,"prompt_cache_miss_tokens":10,"completion_tokens":1}"#,
                Some([10, 20, 0, 1, 0]),
            ),
            // Moonshot, and Mistral.
            (
                r#"{"prompt_tokens":30,"cached_tokens":20,"completion_tokens":1}"#,
                Some([10, 20, 0, 1, 0]),
            ),
            (
                r#"{"prompt_tokens":30,"num_cached_tokens":20,"completion_tokens":1}"#,
                Some([10, 20, 0, 1, 0]),
            ),
            // Odd types count as absent, negative numbers as zero.
            (
                r#"{"prompt_tokens":"7","completion_tokens":4.0,"prompt_tokens_details":null,"completion_tokens_details":[1]}"#,
                Some([0, 0, 0, 4, 0]),
            ),
            (
                r#"{"prompt_tokens":-3,"completion_tokens":18446744073709551615}"#,
                Some([0, 0, 0, u64::MAX, 0]),
            ),
            (
                r#"{"prompt_tokens":1,"prompt_tokens":2}"#,
                Some([2, 0, 0, 0, 0]),
            ),
            ("{}", None),
            ("null", None),
            ("[]", None),
            (r#"{"total_tokens":4}"#, None),
        ] {
            assert_eq!(classes(json), expected, "{json}");
        }
    }
}
