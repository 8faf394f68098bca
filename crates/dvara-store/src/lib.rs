#![doc = include_str!("../README.md")]

pub mod error;
pub mod settings;
pub mod sqlstate;
pub mod statements;

mod lease;
mod migrations;
pub mod store;

pub mod admin;
pub mod cluster_key;
pub mod epochs;
pub mod feed;
pub mod file;
pub mod private;
pub mod rates;
pub mod rows;
pub mod snapshot;
pub mod usage;

pub use admin::{Admin, AdminError};
pub use error::StoreError;
pub use feed::{Feed, FeedSettings};
pub use settings::{SettingNames, SettingProblem, StoreSettings};
pub use snapshot::Snapshot;
pub use sqlstate::Failure;
pub use store::Store;

/// An error with all its causes on one line. A cause that the error already says is not repeated.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
