//! Every rule, pure: what a call may ask for, and what may stand in its texts.
//!
//! The data planes call these functions with texts, facts and a time; nothing here reads a clock, an environment or a socket
//! (design §2). Where a rule needs somebody else's verdict it says what to ask, the app asks, and the rule decides with the
//! verdict or with its absence.

pub mod guardrail;
pub mod pii;
pub mod policy;
pub mod tenant;

mod metadata;

pub use metadata::SettingProblem;
