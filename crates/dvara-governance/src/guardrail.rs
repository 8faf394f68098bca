//! Attacks on the model and contents that nobody wants, in what is asked and what is answered.

mod detection;
mod encoded;
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
pub use settings::{
    CategoryActions, ClassifierAction, GuardrailSettings, Lists, Named,
};
pub use stream::AnswerScanner;
pub use verdict::{
    DEFAULT_CONFIDENCE, OnAbsence, Phase, PluginAction, PluginRequest, PluginResponse, Question,
    Verdict, classifier_detections, plugin_verdict,
};
pub use window::{Message, PruningStrategy, Role, WindowSettings, WindowVerdict};
