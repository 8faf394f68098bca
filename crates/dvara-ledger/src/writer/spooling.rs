//! The way into the spool, on the blocking pool.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use dvara_store::usage::UsageRow;

use crate::counters::AllCounters;
use crate::spool::record::Record;
use crate::spool::{Appended, Lost, Spool};

/// Puts rows into the spool, as many as it takes, from the front; returns how many that were. What found no room is
/// the caller's to count.
pub(crate) async fn spool_rows(
    spool: &Arc<Mutex<Spool>>,
    counters: &Arc<AllCounters>,
    rows: Arc<Vec<UsageRow>>,
) -> usize {
    let kept = append(spool, counters, move |spool| spool.append(&*rows)).await;
    counters.spooled.fetch_add(kept as u64, Ordering::Relaxed);
    kept
}

/// Puts a record that is not a settlement into the spool, or says that it could not.
pub(crate) async fn spool_record(
    spool: &Arc<Mutex<Spool>>,
    counters: &Arc<AllCounters>,
    record: Record,
) {
    append(spool, counters, move |spool| spool.append(&[record])).await;
}

async fn append(
    spool: &Arc<Mutex<Spool>>,
    counters: &Arc<AllCounters>,
    append: impl FnOnce(&mut Spool) -> Appended + Send + 'static,
) -> usize {
    let (spool, counters) = (Arc::clone(spool), Arc::clone(counters));
    let appending = tokio::task::spawn_blocking(move || {
        let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
        let appended = append(&mut spool);
        counters.spool_bytes.store(spool.bytes(), Ordering::Relaxed);
        note_condition(&counters, appended.lost.as_ref());
        appended.kept
    });
    appending.await.expect("the spool does not panic")
}

/// Says once when the spool begins and ceases to lose settlements.
fn note_condition(counters: &AllCounters, lost: Option<&Lost>) {
    match lost {
        Some(lost) => {
            if !counters.spool_full.swap(true, Ordering::AcqRel) {
                tracing::error!(
                    error = lost as &dyn std::error::Error,
                    "settlements are being lost: the database is away or behind, and the spool takes no more"
                );
            }
        }
        None => counters.spool_full.store(false, Ordering::Release),
    }
}
