//! Services of others that are asked about a call: a classifier, a guardrail plugin, Presidio (control-plane.md §10).
//!
//! What to ask and what an answer means is `dvara-governance`'s; here somebody is asked, with a deadline, a breaker and a cache. None
//! of them is there unless an operator names it, and each has a choice for when it does not answer.

mod presidio;
mod service;
mod settings;
mod verdicts;

use std::sync::Arc;

use prometheus_client::registry::Registry;

use presidio::Presidio;
use verdicts::{Classifier, Plugin, VerdictMetrics};

pub(crate) use presidio::Seen;
pub(crate) use service::Asking;
pub(crate) use settings::{OutsideSettings, load as load_settings};
pub(crate) use verdicts::Call;

/// Whom guardrails ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Classifier,
    Plugin,
}

impl Asked {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Classifier => "classifier",
            Self::Plugin => "plugin",
        }
    }
}

/// Those that are set up.
pub(crate) struct Outside {
    classifier: Option<Classifier>,
    plugin: Option<Plugin>,
    presidio: Option<Presidio>,
}

impl Outside {
    pub(crate) fn new(settings: &OutsideSettings, registry: &mut Registry) -> Self {
        let failures = service::register(registry);
        let metrics = Arc::new(VerdictMetrics::register(registry));
        Self {
            classifier: settings
                .classifier
                .as_ref()
                .map(|settings| Classifier::new(settings, &failures, metrics.clone())),
            plugin: settings
                .plugin
                .as_ref()
                .map(|settings| Plugin::new(settings, &failures, metrics.clone())),
            presidio: settings
                .presidio
                .as_ref()
                .map(|settings| Presidio::new(settings, &failures)),
        }
    }

    /// What each one that fails at present is, for the status page.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let services = [
            self.classifier.as_ref().map(Classifier::service),
            self.plugin.as_ref().map(Plugin::service),
            self.presidio.as_ref().map(Presidio::service),
        ];
        let failing = services.into_iter().flatten();
        let failing = failing.filter(|service| service.is_paused());
        failing
            .map(|service| format!("The {} fails and is left alone for a while", service.name()))
            .collect()
    }
}
