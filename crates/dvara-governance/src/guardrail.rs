//! Attacks on the model and contents that nobody wants, in what is asked and what is answered.
//!
//! [`Guardrails`] are a tenant's rules, compiled once per snapshot; the built-in ones are shared by all tenants. A request is
//! first measured ([`SizeLimits`]), then scanned; an answer goes through an [`AnswerScanner`], whole or piece by piece. Both
//! report [`Detection`]s, which say which rule found something and never what, and [`Guardrails::outcome`] says what follows.
//! What somebody else has to judge is a [`Question`] or a [`PluginRequest`], which the app asks.
//!
//! How a text is scanned: `normal` reads it as folded words, `rules` are sequences of such words, `machine` walks along them,
//! `encoded` looks into wrappings, `output` looks for what would act where an answer is shown, `leak` for the system prompt.

mod detection;
mod encoded;
mod filter;
mod guardrails;
mod leak;
mod lexicon;
mod limits;
mod machine;
mod normal;
mod output;
mod rules;
mod scan;
mod settings;
mod stream;
mod verdict;
mod window;

pub use detection::{Action, AuditPayload, Category, Detection, Direction, Outcome, Source};
pub use guardrails::Guardrails;
pub use leak::LeakDetector;
pub use limits::{LimitType, SizeExceeded, SizeLimits};
pub use settings::{CategoryActions, ClassifierAction, GuardrailSettings, Lists, Named};
pub use stream::AnswerScanner;
pub use verdict::{
    DEFAULT_CONFIDENCE, OnAbsence, Phase, PluginAction, PluginRequest, PluginResponse, Question,
    Verdict, classifier_detections, plugin_verdict,
};
pub use window::{Message, PruningStrategy, Role, WindowSettings, WindowVerdict};
