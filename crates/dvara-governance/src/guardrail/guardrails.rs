//! The rules in force for one tenant, and what they make of its texts.

mod tenant;

use std::borrow::Cow;
use std::sync::Arc;

use regex::Regex;

use super::detection::{Action, Category, Detection, Outcome, Source};
use super::encoded;
use super::leak::LeakDetector;
use super::rules::{self, RuleSet};
use super::scan::{Found, Scan};
use super::settings::{ClassifierAction, GuardrailSettings};
use super::stream::AnswerScanner;
use crate::SettingProblem;

/// A tenant's rules, compiled. Made once per snapshot and tenant; the built-in ones are shared by all.
pub struct Guardrails {
    settings: GuardrailSettings,
    /// The tenant's words, over requests and answers; `None` when it has none.
    words: Option<Arc<RuleSet>>,
    patterns: Vec<CustomPattern>,
}

struct CustomPattern {
    id: String,
    label: String,
    pattern: Regex,
}

impl Guardrails {
    /// Compiles the tenant's lists. What cannot be used is reported and left out; everything else is in force.
    pub fn new(settings: GuardrailSettings) -> (Self, Vec<SettingProblem>) {
        let words = tenant::words(&settings.lists).map(Arc::new);
        let (patterns, problems) = tenant::patterns(&settings.lists);
        (
            Self {
                settings,
                words,
                patterns,
            },
            problems,
        )
    }

    /// The settings these rules were made of.
    pub fn settings(&self) -> &GuardrailSettings {
        &self.settings
    }

    /// Scans what is asked: attacks first, then contents. Each rule is reported once, however often and in however many texts
    /// it applies. Give the texts of users and tools, not the operator's system prompt.
    pub fn scan_request<'t>(
        &self,
        texts: impl IntoIterator<Item = &'t str>,
        found: &mut Vec<Detection>,
    ) {
        if !self.settings.enabled {
            return;
        }
        let mut scan = Scan::new(&rules::REQUEST, self.words.as_ref());
        for text in texts {
            scan_wrapped(&mut scan, text);
            self.apply_patterns(text, found);
        }
        scan.take_found(true, |hit| self.report(hit, found));
        if scan.hidden_between_letters() > 0 {
            self.keep(hidden_characters(), found);
        }
    }

    /// Scans a whole answer; `leak` is the detector of the call's system prompt. Answers that arrive in pieces go through
    /// [`AnswerScanner`].
    pub fn scan_answer<'t>(
        self: &Arc<Self>,
        texts: impl IntoIterator<Item = &'t str>,
        leak: Option<&Arc<LeakDetector>>,
        found: &mut Vec<Detection>,
    ) {
        for text in texts {
            let mut scanner = AnswerScanner::new(self.clone(), leak.cloned());
            scanner.push(text, found);
            scanner.finish(found);
        }
    }

    /// What is done about the detections: for each its category's action or the default one, and of these the strictest; a
    /// set that only the classifier has found takes the classifier's action (control-plane.md §10.2).
    pub fn decide(&self, detections: &[Detection]) -> Option<Action> {
        let only_classifier = detections
            .iter()
            .all(|found| found.source == Source::Classifier);
        match self.settings.classifier_action {
            ClassifierAction::Use(action) if only_classifier => {
                (!detections.is_empty()).then_some(action)
            }
            _ => detections
                .iter()
                .map(|found| self.action(found.category))
                .min(),
        }
    }

    /// The detections with what is done about them.
    pub fn outcome(&self, detections: Vec<Detection>) -> Outcome {
        Outcome {
            action: self.decide(&detections),
            detections,
        }
    }

    /// Whether anything that is found may have to be kept from its reader.
    pub fn may_block(&self) -> bool {
        let blocks = |category| self.action(category) == Action::Block;
        self.settings.enabled && Category::ALL.into_iter().any(blocks)
    }

    /// What is done about one category.
    pub fn action(&self, category: Category) -> Action {
        self.settings
            .category_actions
            .get(category)
            .unwrap_or(self.settings.action)
    }

    pub(crate) fn words(&self) -> Option<&Arc<RuleSet>> {
        self.words.as_ref()
    }

    pub(crate) fn report(&self, Found { set, rule }: Found<'_>, found: &mut Vec<Detection>) {
        let rule = &set.rules[rule];
        let detection = Detection {
            category: rule.category,
            rule: rule.id.clone(),
            label: rule.label.clone(),
            score: rule.score,
            source: rule.source,
        };
        self.keep(detection, found);
    }

    /// Keeps a detection that is sure enough and new.
    pub(crate) fn keep(&self, detection: Detection, found: &mut Vec<Detection>) {
        let known = found.iter().any(|known| known.rule == detection.rule);
        if detection.score >= self.settings.threshold && !known {
            found.push(detection);
        }
    }

    fn apply_patterns(&self, text: &str, found: &mut Vec<Detection>) {
        for custom in self
            .patterns
            .iter()
            .filter(|custom| custom.pattern.is_match(text))
        {
            let detection = Detection {
                category: Category::Injection,
                rule: custom.id.clone().into(),
                label: custom.label.clone().into(),
                score: tenant::PATTERN_SCORE,
                source: Source::Custom,
            };
            self.keep(detection, found);
        }
    }
}

/// Scans a text, and what hides in it.
fn scan_wrapped(scan: &mut Scan, text: &str) {
    let whole = |scan: &mut Scan, text: &str| {
        scan.push(text);
        scan.end_text();
    };
    whole(scan, text);
    encoded::unwrap(text, |inner| whole(scan, inner));
    let (rot13, backwards) = scan.take_disguises();
    if rot13 {
        whole(scan, &encoded::rot13(text));
    }
    if backwards {
        whole(scan, &encoded::backwards(text));
        whole(scan, &encoded::words_backwards(text));
    }
}

fn hidden_characters() -> Detection {
    Detection {
        category: Category::Injection,
        rule: Cow::Borrowed("ind-003"),
        label: Cow::Borrowed("invisible characters inside words"),
        score: 0.7,
        source: Source::Builtin,
    }
}

#[cfg(test)]
mod tests;
