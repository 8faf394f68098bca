//! A process put together from services, and taken apart again.
//!
//! Every service stands on the same [`Foundation`]: the store, the change feed, the background tasks and the drain, of which
//! a process has one each, however many services it runs. A service is fitted with its [`Kit`] (readiness, metrics,
//! actuator), becomes a [`Service`], and all of a process are served together by the same cores ([`Running`]).
//!
//! ```text
//! settings, licence → ports bound → store opened, migrated → seeds → feed → kits → cores → doors open      SIGTERM: backwards
//! ```

mod config;
mod feed;
mod foundation;
mod kit;
mod pulse;
mod running;

pub use config::ProcessConfig;
pub use foundation::{Foundation, Opened, StartOptions, database_failure, open_store};
pub use kit::{Fitted, Kit, Service, ServiceView};
pub use running::Running;

use crate::boot::BootError;
use crate::error_chain;

/// Any failure of a start, with its causes.
pub fn boot_failure(error: impl std::error::Error) -> BootError {
    BootError::failure(error_chain(&error))
}
