//! What a detector reports, and what follows from it. The matched text is never part of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What kind of thing was found (control-plane.md §10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    /// Foreign instructions inside data.
    Injection,
    /// Talking the model out of its rules, or its rules out of the model.
    Jailbreak,
    /// Swear words.
    Profanity,
    /// Threats, cruelty, and how to build weapons.
    Violence,
    /// Sexual content.
    Sexual,
    /// A name from the tenant's list of competitors.
    CompetitorMention,
    /// A subject the tenant does not want spoken about.
    TopicRestriction,
    /// Anything else that contradicts a rule about contents: the tenant's deny list, and active contents in answers.
    ContentPolicy,
    /// Made-up facts. No detector of ours reports it; a classifier or plugin may.
    Hallucination,
    /// What a classifier or plugin reports under a name we do not know.
    Custom,
}

impl Category {
    /// Every category, in the order of their declaration.
    pub const ALL: [Self; 10] = [
        Self::Injection,
        Self::Jailbreak,
        Self::Profanity,
        Self::Violence,
        Self::Sexual,
        Self::CompetitorMention,
        Self::TopicRestriction,
        Self::ContentPolicy,
        Self::Hallucination,
        Self::Custom,
    ];

    /// The name in settings: `guardrail.content.<name>.action`.
    pub fn setting_name(self) -> &'static str {
        match self {
            Self::Injection => "injection",
            Self::Jailbreak => "jailbreak",
            Self::Profanity => "profanity",
            Self::Violence => "violence",
            Self::Sexual => "sexual",
            Self::CompetitorMention => "competitor-mention",
            Self::TopicRestriction => "topic-restriction",
            Self::ContentPolicy => "content-policy",
            Self::Hallucination => "hallucination",
            Self::Custom => "custom",
        }
    }

    /// The category somebody else named, in any case and with `_`, `-` or a space between its words.
    pub fn named(name: &str) -> Option<Self> {
        let same = |category: &Self| {
            let known = category.setting_name();
            known.len() == name.len()
                && known
                    .bytes()
                    .zip(name.bytes())
                    .all(|(ours, theirs)| match theirs {
                        b'_' | b' ' => ours == b'-',
                        _ => ours == theirs.to_ascii_lowercase(),
                    })
        };
        Self::ALL.into_iter().find(same)
    }
}

/// What is done about a detection. The order is strictness: the smallest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// The call is refused, or the answer ends.
    Block,
    /// The call goes on and carries a mark.
    Flag,
    /// The call goes on; only the audit trail knows.
    Log,
}

impl Action {
    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "BLOCK",
            Self::Flag => "FLAG",
            Self::Log => "LOG",
        }
    }

    /// The action a setting or a plugin names, in any case.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Block, Self::Flag, Self::Log]
            .into_iter()
            .find(|action| action.as_str().eq_ignore_ascii_case(name))
    }
}

/// Who found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Source {
    /// A rule that we ship.
    Builtin,
    /// A list or pattern of the tenant.
    Custom,
    /// The classifier endpoint.
    Classifier,
    /// The external guardrail plugin.
    Plugin,
}

/// One finding. Says which rule and how sure, never which text.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Its kind, which chooses the action.
    pub category: Category,
    /// The rule's id, such as `jb-001` or `comp-acme`.
    pub rule: Cow<'static, str>,
    /// The rule in words, for people who read the audit trail.
    pub label: Cow<'static, str>,
    /// How sure the rule is: 0 to 1.
    pub score: f32,
    /// Who found it.
    pub source: Source,
}

/// Which half of the exchange a detection stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// What was asked.
    Request,
    /// What was answered.
    Response,
}

/// What a scan comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The strictest action over all detections; `None` when there are none.
    pub action: Option<Action>,
    /// What was found, all of it at or above the threshold.
    pub detections: Vec<Detection>,
}

/// The payload of `GUARDRAIL_BLOCKED`, `GUARDRAIL_FLAGGED` and `GUARDRAIL_DETECTED` (control-plane.md §10.2).
#[derive(Debug, Serialize)]
pub struct AuditPayload<'a> {
    source: Direction,
    action: Action,
    detection_count: usize,
    categories: Vec<Category>,
    detections: Vec<AuditDetection<'a>>,
}

#[derive(Debug, Serialize)]
struct AuditDetection<'a> {
    category: Category,
    label: &'a str,
    risk_score: f32,
    rule_id: &'a str,
}

impl Outcome {
    /// What the audit trail keeps of it; `None` when nothing was found.
    pub fn audit_payload(&self, source: Direction) -> Option<AuditPayload<'_>> {
        let mut categories: Vec<Category> =
            self.detections.iter().map(|found| found.category).collect();
        categories.sort_unstable();
        categories.dedup();
        let detections = self.detections.iter().map(|found| AuditDetection {
            category: found.category,
            label: &found.label,
            risk_score: found.score,
            rule_id: &found.rule,
        });
        Some(AuditPayload {
            source,
            action: self.action?,
            detection_count: self.detections.len(),
            categories,
            detections: detections.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_is_found_by_its_own_name_in_either_spelling() {
        for category in Category::ALL {
            let upper = serde_json::to_value(category).unwrap();
            assert_eq!(Category::named(category.setting_name()), Some(category));
            assert_eq!(Category::named(upper.as_str().unwrap()), Some(category));
        }
        assert_eq!(Category::named("weather"), None);
    }

    #[test]
    fn the_audit_payload_names_rules_and_never_texts() {
        let found = |rule: &'static str, category| Detection {
            category,
            rule: rule.into(),
            label: "a rule".into(),
            score: 0.5,
            source: Source::Builtin,
        };
        let detections = vec![
            found("inj-001", Category::Injection),
            found("inj-002", Category::Injection),
        ];
        let outcome = Outcome {
            action: Some(Action::Flag),
            detections,
        };
        let expected = serde_json::json!({
            "source": "request", "action": "FLAG", "detection_count": 2, "categories": ["INJECTION"],
            "detections": [
                {"category": "INJECTION", "label": "a rule", "risk_score": 0.5, "rule_id": "inj-001"},
                {"category": "INJECTION", "label": "a rule", "risk_score": 0.5, "rule_id": "inj-002"},
            ],
        });
        assert_eq!(
            serde_json::to_value(outcome.audit_payload(Direction::Request)).unwrap(),
            expected
        );
        assert!(
            Outcome::default()
                .audit_payload(Direction::Response)
                .is_none()
        );
    }
}
