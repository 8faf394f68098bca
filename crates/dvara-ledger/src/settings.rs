//! What the ledger is told at the start.

use std::path::PathBuf;

use crate::ledgers::OPEN_LIMIT;

/// Default bound of the spool, in bytes.
pub const SPOOL_LIMIT: u64 = 256 << 20;

/// What the ledger of a process needs to know.
#[derive(Debug, Clone)]
pub struct LedgerSettings {
    /// `DVARA_SPOOL_DIR`: where settlements wait while the database is away. Processes may share it.
    pub spool_directory: PathBuf,
    /// Bytes that may wait there; [`SPOOL_LIMIT`] unless somebody knows better.
    pub spool_limit: u64,
    /// Calls per core that may be open or not yet recorded; [`OPEN_LIMIT`] unless somebody knows better.
    pub open_limit: u64,
    /// Whole UTC days, before today, whose rows are kept; `None` keeps all. Hourly sums are always kept.
    pub keep_days: Option<u32>,
    /// Which service this is, for the epoch: `gateway`, `mcp`, …
    pub service: String,
    /// The pod or host it runs on, for the epoch.
    pub host: String,
    /// The version of the binary, for the epoch.
    pub version: String,
}

impl LedgerSettings {
    /// The defaults, with a spool in `spool_directory`.
    pub fn new(
        spool_directory: impl Into<PathBuf>,
        service: &str,
        host: &str,
        version: &str,
    ) -> Self {
        Self {
            spool_directory: spool_directory.into(),
            spool_limit: SPOOL_LIMIT,
            open_limit: OPEN_LIMIT,
            keep_days: None,
            service: service.to_owned(),
            host: host.to_owned(),
            version: version.to_owned(),
        }
    }
}
