//! Patterns of authors, compiled within bounds.

use regex::{Regex, RegexBuilder};

/// Patterns in one policy, in conditions and expressions together.
pub(super) const MAX_PATTERNS: usize = 100;

/// Bytes that one compiled pattern may take: room for a few Unicode classes, none for `\w{500}`.
const MAX_COMPILED_BYTES: usize = 256 * 1024;

/// How many patterns a policy may still have. With [`MAX_COMPILED_BYTES`] it bounds a policy's memory before it is spent.
pub(super) struct PatternBudget {
    left: usize,
}

impl PatternBudget {
    pub(super) const fn of_a_policy() -> Self {
        Self { left: MAX_PATTERNS }
    }

    /// Compiles a pattern, whose matching takes time linear in the text.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub(super) fn compile(&mut self, source: &str) -> Result<Regex, String> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| format!("a policy has at most {MAX_PATTERNS} patterns"))?;
        RegexBuilder::new(source)
            .size_limit(MAX_COMPILED_BYTES)
            .dfa_size_limit(MAX_COMPILED_BYTES)
            .build()
            .map_err(|error| explain(&error))
    }
}

fn explain(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(limit) => {
            format!("the pattern is too large: compiled it takes more than {limit} bytes")
        }
        // The library draws the pattern with a caret under the fault; its last line says what the fault is.
        other => {
            let text = other.to_string();
            let fault = text.lines().last().unwrap_or_default();
            let fault = fault.strip_prefix("error: ").unwrap_or(fault);
            format!("the pattern is not valid: {fault}")
        }
    }
}
