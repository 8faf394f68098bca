//! Settings: what a process is told at its start, read once, checked whole, every mistake reported at once.
//!
//! Precedence, low to high: built-in default < what the command itself brings (`dvara up`) < `gateway.yaml` < environment.
//! A blank value is an unset value, everywhere. Rules, keys, routes and credentials are rows, not settings.
//!
//! Reading order: [`Env`] and [`ConfigFile`] hold what was given; a table of [`Property`] says what may be given; a
//! [`Loader`] binds the two, collects mistakes and keeps the provenance of every value.

mod binding;
pub mod cluster;
pub mod common;
pub mod datasource;
mod env;
mod explain;
mod file;
mod known;
pub mod listening;
mod loader;
pub mod logging;
mod nearest;
mod problem;
mod property;
mod quantity;
pub mod region;
mod relaxed;
mod sealed;
mod service_links;
mod substitute;
mod tree;

pub use common::CommonSettings;
pub use env::Env;
pub use explain::{Explained, Source, write_explained, write_validated};
pub use file::ConfigFile;
pub use listening::Listening;
pub use loader::{Loaded, Loader};
pub use logging::{OtlpSettings, TelemetrySettings};
pub use nearest::nearest;
pub use problem::Problem;
pub use property::Property;
pub use relaxed::same_name;
pub use sealed::seal_config_value;
