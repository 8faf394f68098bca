//! What the platform sets for everybody and a tenant for itself.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Action, CustomPattern, Detectors};
use crate::metadata::{Reading, SettingProblem, parsed};

/// What becomes of a call whose personal data cannot all be looked for because a detector does not answer, where what is found must not
/// go on (`pii.degraded-action`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Degraded {
    /// It is refused.
    #[default]
    Block,
    /// It goes on without what that detector would have found, which is recorded.
    Log,
}

impl Degraded {
    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "BLOCK",
            Self::Log => "LOG",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Block, Self::Log]
            .into_iter()
            .find(|degraded| degraded.as_str().eq_ignore_ascii_case(name))
    }
}

/// What is set about personal data (control-plane.md §10.1, data-plane.md §22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PiiSettings {
    /// Whether texts are searched at all.
    pub enabled: bool,
    /// What becomes of what is found.
    pub action: Action,
    /// Whether answers are searched too.
    pub scan_responses: bool,
    /// Whether tokens in answers become the values that they stand for.
    pub restore_in_answers: bool,
    /// What holds while a detector does not answer.
    pub degraded: Degraded,
}

impl Default for PiiSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            action: Action::Log,
            scan_responses: true,
            restore_in_answers: false,
            degraded: Degraded::Block,
        }
    }
}

/// What is in force for a tenant.
#[derive(Debug, Clone)]
pub struct PiiRules {
    /// What is set.
    pub settings: PiiSettings,
    /// What is looked for.
    pub detectors: Arc<Detectors>,
}

impl PiiRules {
    /// What is in force for who sets nothing for itself.
    pub fn of_platform(settings: PiiSettings) -> Self {
        Self {
            settings,
            detectors: Arc::default(),
        }
    }

    /// What is in force for a tenant: what its metadata says, and for the rest what the platform does.
    ///
    /// A value that cannot be understood, and a pattern that cannot be in force, is a problem that names its key; everything
    /// else is in force without it.
    pub fn of_tenant(
        platform: PiiSettings,
        metadata: &Map<String, Value>,
    ) -> (Self, Vec<SettingProblem>) {
        let mut settings = platform;
        let mut reading = Reading::new(metadata);
        let flag = "true or false";
        reading.read("pii.enabled", flag, &mut settings.enabled, parsed);
        let actions = "BLOCK, REDACT, TOKENIZE or LOG";
        reading.read("pii.action", actions, &mut settings.action, parsed);
        reading.read(
            "pii.scan-responses",
            flag,
            &mut settings.scan_responses,
            parsed,
        );
        let restore = &mut settings.restore_in_answers;
        reading.read("pii.auto-detokenize-response", flag, restore, parsed);
        let degraded = &mut settings.degraded;
        reading.read(
            "pii.degraded-action",
            "BLOCK or LOG",
            degraded,
            Degraded::named,
        );
        let mut problems = reading.finish();
        let patterns = patterns(metadata, &mut problems);
        let detectors = Detectors::new(patterns).unwrap_or_else(|problem| {
            problems.push(of_pattern(&problem));
            Detectors::default()
        });
        let rules = Self {
            settings,
            detectors: Arc::new(detectors),
        };
        (rules, problems)
    }
}

/// Where a tenant's own patterns stand: an object of labels and regular expressions, or its text.
const PATTERNS: &str = "pii.custom-patterns";

fn patterns(
    metadata: &Map<String, Value>,
    problems: &mut Vec<SettingProblem>,
) -> Vec<CustomPattern> {
    let Some(patterns) = metadata.get(PATTERNS).filter(|value| !value.is_null()) else {
        return Vec::new();
    };
    let written = patterns
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok());
    let Some(patterns) = written.as_ref().unwrap_or(patterns).as_object() else {
        problems.push(SettingProblem {
            key: PATTERNS.to_owned(),
            message: "write an object of labels and regular expressions, {\"staff id\": \"EMP-[0-9]{6}\"}".to_owned(),
        });
        return Vec::new();
    };
    let compile = |(label, pattern): (&String, &Value)| {
        let pattern = pattern.as_str().unwrap_or_default();
        CustomPattern::new(label, pattern)
            .map_err(|problem| problems.push(of_pattern(&problem)))
            .ok()
    };
    patterns.iter().filter_map(compile).collect()
}

fn of_pattern(problem: &super::PatternProblem) -> SettingProblem {
    SettingProblem {
        key: format!("{PATTERNS}.{}", problem.label),
        message: problem.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(metadata: Value) -> (PiiRules, Vec<String>) {
        let (rules, problems) =
            PiiRules::of_tenant(PiiSettings::default(), metadata.as_object().unwrap());
        (rules, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_tenant_sets_its_own_and_inherits_the_rest() {
        let (rules, problems) = of(
            json!({"pii.action": "redact", "pii.custom-patterns": {"staff id": "EMP-[0-9]{6}"}, "region": "eu"}),
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(rules.settings.action, Action::Redact);
        assert!(
            rules.settings.enabled
                && rules.settings.scan_responses
                && !rules.settings.restore_in_answers
        );
        assert_eq!(rules.detectors.custom()[0].label(), "staff id");
        let (rules, problems) =
            of(json!({"pii.custom-patterns": "{\"staff id\": \"EMP-[0-9]{6}\"}"}));
        assert_eq!((problems.len(), rules.detectors.custom().len()), (0, 1));
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_is_in_force() {
        let (rules, problems) = of(
            json!({"pii.action": "HIDE", "pii.enabled": "yes", "pii.custom-patterns": {"bad": "a+", "good": "b{2}"}}),
        );
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems
                .iter()
                .any(|problem| problem.starts_with("pii.action: write BLOCK, REDACT"))
        );
        assert!(
            problems
                .iter()
                .any(|problem| problem.starts_with("pii.custom-patterns.bad: may match"))
        );
        assert_eq!(rules.settings.action, Action::Log);
        assert_eq!(rules.detectors.custom().len(), 1);
    }
}
