//! The relaxed rule: one property, spelled in several ways.

/// A segment without what spellings differ in: `rate-limit`, `rateLimit`, `rate_limit` and `RATE_LIMIT` are one.
pub(crate) fn uniform(segment: &str) -> String {
    segment
        .chars()
        .filter(|letter| !matches!(letter, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether two names are the same one under the relaxed rule: a provider `azure-openai` set by a variable arrives as
/// `azure_openai`.
pub fn same_name(one: &str, other: &str) -> bool {
    uniform(one) == uniform(other)
}

/// `dvara.llm-gateway.mode` → `DVARA_LLM_GATEWAY_MODE`.
pub(crate) fn env_name(path: &str) -> String {
    path.replace(['.', '-'], "_").to_uppercase()
}

/// `dvara.llm-gateway.mode` → `DVARA_LLMGATEWAY_MODE`, the form Spring documents.
pub(crate) fn spring_env_name(path: &str) -> String {
    path.replace('-', "").replace('.', "_").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_one_name() {
        for spelling in ["rate-limit", "rateLimit", "rate_limit", "RATE_LIMIT"] {
            assert_eq!(uniform(spelling), "ratelimit", "{spelling}");
        }
        assert!(same_name("azure-openai", "AZURE_OPENAI"));
        assert!(!same_name("rate-limit", "rate-limits"));
    }
}
