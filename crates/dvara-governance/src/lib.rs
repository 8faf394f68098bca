#![doc = include_str!("../README.md")]

pub mod guardrail;
pub mod pii;
pub mod policy;
pub mod schema;
pub mod template;
pub mod tenant;

mod letters;
mod metadata;

pub use metadata::SettingProblem;
