//! A tenant's lists, compiled.

use regex::RegexBuilder;

use super::CustomPattern;
use crate::SettingProblem;
use crate::guardrail::detection::{Category, Source};
use crate::guardrail::normal::words_of;
use crate::guardrail::rules::{Compiler, Meaning, Rule, RuleSet};
use crate::guardrail::settings::{Lists, Named};

/// How sure a tenant's injection pattern is (control-plane.md §10.2).
pub(super) const PATTERN_SCORE: f32 = 0.8;
/// A pattern whose automaton needs more is refused: it would cost every request.
const LARGEST_PATTERN: usize = 1 << 20;

/// The words of all lists as one rule set.
pub(super) fn words(lists: &Lists) -> Option<RuleSet> {
    let kinds = [
        (
            &lists.competitors,
            Category::CompetitorMention,
            "comp",
            0.8,
            "competitor",
        ),
        (
            &lists.topics,
            Category::TopicRestriction,
            "topic",
            0.7,
            "restricted topic",
        ),
        (
            &lists.denylist,
            Category::ContentPolicy,
            "custom-content",
            0.8,
            "deny list",
        ),
    ];
    if kinds.iter().all(|(entries, ..)| entries.is_empty()) {
        return None;
    }
    let mut compiler = Compiler::default();
    for (entries, category, prefix, score, kind) in kinds {
        for Named { label, text } in entries {
            let number = compiler.rule(Rule {
                category,
                id: format!("{prefix}-{label}").into(),
                label: format!("{kind}: {label}").into(),
                score,
                source: Source::Custom,
            });
            compiler.keyword(&words_of(text), Meaning::Found(number));
        }
    }
    Some(compiler.finish())
}

/// The injection patterns, and what is wrong with those that cannot be used.
pub(super) fn patterns(lists: &Lists) -> (Vec<CustomPattern>, Vec<SettingProblem>) {
    let mut patterns = Vec::new();
    let mut problems = Vec::new();
    for Named { label, text } in &lists.injection_patterns {
        match RegexBuilder::new(text)
            .case_insensitive(true)
            .size_limit(LARGEST_PATTERN)
            .build()
        {
            Ok(pattern) if pattern.is_match("") => {
                problems.push(problem(label, "it matches the empty text"))
            }
            Ok(pattern) => {
                let id = format!("custom-{label}");
                patterns.push(CustomPattern {
                    id,
                    label: format!("custom pattern: {label}"),
                    pattern,
                });
            }
            Err(regex::Error::CompiledTooBig(_)) => {
                problems.push(problem(label, "it is too large; bound its repetitions"))
            }
            Err(error) => problems.push(problem(label, &error.to_string())),
        }
    }
    (patterns, problems)
}

fn problem(label: &str, message: &str) -> SettingProblem {
    let key = "guardrail.custom-injection-patterns".to_owned();
    SettingProblem {
        key,
        message: format!("pattern {label} is not in force: {message}"),
    }
}
