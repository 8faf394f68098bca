//! Attacks on the model and contents that nobody wants, in what is asked and what is answered.

mod detection;
mod encoded;
mod guardrails;
mod lexicon;
mod limits;
mod machine;
mod normal;
mod rules;
mod scan;
mod settings;
mod window;

pub use detection::{Action, AuditPayload, Category, Detection, Direction, Outcome, Source};
pub use guardrails::Guardrails;
pub use limits::{LimitType, SizeExceeded, SizeLimits};
pub use settings::{
    CategoryActions, ClassifierAction, GuardrailSettings, Lists, Named, SettingProblem,
};
pub use window::{Message, PruningStrategy, Role, WindowSettings, WindowVerdict};
