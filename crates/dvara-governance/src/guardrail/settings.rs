//! What the platform sets for everybody and a tenant for itself.

mod lists;
mod metadata;

use serde_json::{Map, Value};

use super::detection::{Action, Category};
use super::limits::SizeLimits;
use super::window::{PruningStrategy, WindowSettings};
use crate::SettingProblem;
use crate::metadata::{Reading, parsed};

pub use lists::{Lists, Named};

/// Everything that can be set about guardrails (control-plane.md §10.2, data-plane.md §22).
#[derive(Clone, PartialEq)]
pub struct GuardrailSettings {
    /// Whether anything is scanned at all. Size limits hold regardless.
    pub enabled: bool,
    /// What is done about a detection whose category has no action of its own.
    pub action: Action,
    /// What is done about single categories.
    pub category_actions: CategoryActions,
    /// Detections less sure than this are dropped, unrecorded. 0 to 1.
    pub threshold: f32,
    /// What is done when only the classifier has found something.
    pub classifier_action: ClassifierAction,
    /// Bounds on requests.
    pub limits: SizeLimits,
    /// Whether answers are scanned too.
    pub scan_responses: bool,
    /// The `max_tokens` of a caller who gave none.
    pub default_max_response_tokens: Option<u32>,
    /// When a conversation is too long for its model, and what is done then.
    pub window: WindowSettings,
    /// The tenant's own words and patterns.
    pub lists: Lists,
}

impl Default for GuardrailSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            action: Action::Log,
            category_actions: CategoryActions::default(),
            threshold: 0.7,
            classifier_action: ClassifierAction::Use(Action::Flag),
            limits: SizeLimits::default(),
            scan_responses: true,
            default_max_response_tokens: None,
            window: WindowSettings::default(),
            lists: Lists::default(),
        }
    }
}

/// Actions by category; a category without one takes [`GuardrailSettings::action`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CategoryActions([Option<Action>; Category::ALL.len()]);

impl CategoryActions {
    /// The category's own action.
    pub fn get(&self, category: Category) -> Option<Action> {
        self.0[category as usize]
    }

    /// Gives the category an action of its own.
    pub fn set(&mut self, category: Category, action: Action) {
        self.0[category as usize] = Some(action);
    }
}

/// What is done when only the classifier has found something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassifierAction {
    /// This, whatever the category.
    Use(Action),
    /// What the category says.
    Inherit,
}

impl GuardrailSettings {
    /// The settings of a tenant: what its metadata says, and for the rest what stands here.
    ///
    /// A value that cannot be understood is a problem that names its key and what to write instead; the platform's value
    /// stays in force for it. Keys that do not begin with `guardrail.` are somebody else's.
    pub fn with_tenant(&self, metadata: &Map<String, Value>) -> (Self, Vec<SettingProblem>) {
        let mut tenant = self.clone();
        let mut reading = Reading::new(metadata);
        reading.read(
            "guardrail.enabled",
            "true or false",
            &mut tenant.enabled,
            parsed,
        );
        reading.read(
            "guardrail.scan-responses",
            "true or false",
            &mut tenant.scan_responses,
            parsed,
        );
        let actions = "BLOCK, FLAG or LOG";
        reading.read(
            "guardrail.action",
            actions,
            &mut tenant.action,
            Action::named,
        );
        reading.read(
            "guardrail.risk-score-threshold",
            "a number from 0 to 1",
            &mut tenant.threshold,
            share,
        );
        let classifier = "BLOCK, FLAG, LOG or INHERIT";
        reading.read(
            "guardrail.classifier-action",
            classifier,
            &mut tenant.classifier_action,
            classifier_action,
        );
        reading.category_actions(actions, &mut tenant.category_actions);
        let number = "a whole number, 0 or more";
        reading.read(
            "guardrail.max-input-tokens",
            number,
            &mut tenant.limits.max_input_tokens,
            parsed,
        );
        let limits = &mut tenant.limits;
        reading.read(
            "guardrail.max-messages-per-request",
            number,
            &mut limits.max_messages_per_request,
            parsed,
        );
        reading.read(
            "guardrail.max-message-length",
            number,
            &mut limits.max_message_length,
            parsed,
        );
        let tokens = &mut tenant.default_max_response_tokens;
        reading.read(
            "guardrail.default-max-response-tokens",
            "a whole number, 1 or more",
            tokens,
            |text| positive(text).map(Some),
        );
        let percent = "a whole number from 1 to 100";
        let window = &mut tenant.window;
        reading.read(
            "guardrail.context.warning-threshold-pct",
            percent,
            &mut window.warning_percent,
            percentage,
        );
        reading.read(
            "guardrail.context.hard-threshold-pct",
            "a whole number from 1 to 100, or 0 for no such bound",
            &mut window.hard_percent,
            |text| parsed(text).filter(|percent| *percent <= 100).map(Some),
        );
        let strategies = "NONE, TRUNCATE_OLDEST or TRUNCATE_MIDDLE";
        reading.read(
            "guardrail.context.pruning-strategy",
            strategies,
            &mut window.strategy,
            PruningStrategy::named,
        );
        reading.lists(&mut tenant.lists);
        (tenant, reading.finish())
    }
}

fn positive(text: &str) -> Option<u32> {
    parsed(text).filter(|number| *number > 0)
}

fn percentage(text: &str) -> Option<u8> {
    parsed(text).filter(|percent| (1..=100).contains(percent))
}

fn share(text: &str) -> Option<f32> {
    parsed(text).filter(|share| (0.0..=1.0).contains(share))
}

fn classifier_action(text: &str) -> Option<ClassifierAction> {
    if text.eq_ignore_ascii_case("INHERIT") {
        return Some(ClassifierAction::Inherit);
    }
    Action::named(text).map(ClassifierAction::Use)
}

#[cfg(test)]
mod tests;
