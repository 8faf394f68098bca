//! What the platform sets about rules.

use dvara_governance::guardrail::{self, GuardrailSettings, SizeLimits};
use dvara_governance::pii::{Action, Degraded, PiiSettings};
use dvara_governance::tenant::RuleSettings;
use dvara_service::settings::Loader;

use crate::settings::properties;

/// Reads and checks them; mistakes are collected in the loader.
pub(crate) fn load(loader: &mut Loader) -> RuleSettings {
    RuleSettings {
        pii: pii(loader),
        guardrails: guardrails(loader),
    }
}

fn pii(loader: &mut Loader) -> PiiSettings {
    let actions = [Action::Block, Action::Redact, Action::Tokenize, Action::Log];
    let actions = actions.map(|action| (action.as_str(), action));
    PiiSettings {
        enabled: loader.flag(&properties::PII_ENABLED),
        action: loader
            .one_of(&properties::PII_ACTION, &actions)
            .unwrap_or_default(),
        scan_responses: loader.flag(&properties::PII_SCAN_RESPONSES),
        restore_in_answers: loader.flag(&properties::PII_RESTORE),
        degraded: Degraded::default(),
    }
}

fn guardrails(loader: &mut Loader) -> GuardrailSettings {
    use guardrail::Action::{Block, Flag, Log};
    let actions = [("BLOCK", Block), ("FLAG", Flag), ("LOG", Log)];
    let defaults = GuardrailSettings::default();
    let mut number = |property, most| loader.within(property, 0..=most).unwrap_or(0);
    let limits = SizeLimits {
        max_input_tokens: number(&properties::GUARDRAIL_INPUT_TOKENS, u64::MAX),
        max_messages_per_request: number(&properties::GUARDRAIL_MESSAGES, u64::MAX),
        max_message_length: number(&properties::GUARDRAIL_MESSAGE_LENGTH, u64::MAX),
    };
    GuardrailSettings {
        enabled: loader.flag(&properties::GUARDRAIL_ENABLED),
        action: loader
            .one_of(&properties::GUARDRAIL_ACTION, &actions)
            .unwrap_or(defaults.action),
        threshold: threshold(loader).unwrap_or(defaults.threshold),
        limits,
        scan_responses: loader.flag(&properties::GUARDRAIL_SCAN_RESPONSES),
        ..defaults
    }
}

fn threshold(loader: &mut Loader) -> Option<f32> {
    let text = loader.optional(&properties::GUARDRAIL_THRESHOLD)?;
    let threshold = text
        .parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share));
    if threshold.is_none() {
        loader.mistake(
            &properties::GUARDRAIL_THRESHOLD,
            "write a number from 0 to 1",
        );
    }
    threshold
}
