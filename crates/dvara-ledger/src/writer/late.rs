//! Rows that are in the spool while the database still works on them.
//!
//! A write that is late is not given up: its rows are made safe in the spool and it goes on. When it succeeds after
//! all, the replay has nothing more to do with them. It waits for that before it reads, so that the database never
//! gets the same rows from two sides.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use dvara_store::usage::UsageRow;
use dvara_types::SettlementId;
use tokio::sync::watch;

use crate::spool::record::{Contents, Record};

/// Ids that are remembered at most. Rows whose ids are not are sent again, which changes nothing.
const MOST: usize = 65_536;

/// What intake and replay tell each other about late writes.
#[derive(Debug, Default)]
pub(crate) struct Late {
    writing: watch::Sender<bool>,
    written: Mutex<HashSet<SettlementId>>,
}

impl Late {
    /// The write that is under way is late: its rows go to the spool now.
    pub(crate) fn begin(&self) {
        self.writing.send_replace(true);
    }

    /// The late write has ended; `written` of its spooled rows are in the database.
    pub(crate) fn end(&self, written: &[UsageRow]) {
        let mut known = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + written.len() <= MOST {
            known.extend(written.iter().map(|row| row.id.clone()));
        }
        drop(known);
        self.writing.send_replace(false);
    }

    /// Waits until no write is late.
    pub(crate) async fn none(&self) {
        let mut writing = self.writing.subscribe();
        // The sender lives as long as this.
        let _none = writing.wait_for(|late| !late).await;
    }

    /// Takes out of what a segment held the rows that a late write has brought into the database, and forgets them.
    pub(crate) fn take_written(&self, contents: &mut Contents) {
        let mut known = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.is_empty() {
            contents.records.retain(|record| match record {
                Record::Settled(row) => !known.remove(&row.id),
                Record::Closed { .. } => true,
            });
        }
    }
}
