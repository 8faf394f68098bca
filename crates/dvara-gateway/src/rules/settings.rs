//! What the platform sets about rules.

use dvara_governance::pii::{Action, PiiSettings};
use dvara_governance::tenant::RuleSettings;
use dvara_service::settings::Loader;

use crate::settings::properties;

/// Reads and checks them; mistakes are collected in the loader.
pub(crate) fn load(loader: &mut Loader) -> RuleSettings {
    let actions = [Action::Block, Action::Redact, Action::Tokenize, Action::Log]
        .map(|action| (action.as_str(), action));
    RuleSettings {
        pii: PiiSettings {
            enabled: loader.flag(&properties::PII_ENABLED),
            action: loader
                .one_of(&properties::PII_ACTION, &actions)
                .unwrap_or_default(),
            scan_responses: loader.flag(&properties::PII_SCAN_RESPONSES),
            restore_in_answers: loader.flag(&properties::PII_RESTORE),
        },
    }
}
