#![doc = include_str!("../README.md")]

pub mod settings;

pub mod profile;

pub mod boot;

pub mod licence;

pub mod telemetry;

pub mod background;

pub mod tasks;

pub mod readiness;

pub mod metrics;

pub mod actuator;

pub mod random;

pub mod cores;

pub mod drain;

pub mod listener;

pub mod tls;

pub mod descriptors;

pub mod body;

pub mod link;

pub mod process;

mod chain;
mod ours;

pub use chain::error_chain;
