#![doc = include_str!("../README.md")]

mod settlement;

mod ledger;
mod ledgers;

mod counters;
mod settings;
mod spool;
mod writer;

#[cfg(test)]
mod tests;

pub use counters::Counters;
pub use ledger::{Ledger, Uncounted};
pub use ledgers::{BATCH, HAND_OVER_AFTER, LedgerFull, Ledgers, OPEN_LIMIT};
pub use settings::{LedgerSettings, SPOOL_LIMIT};
pub use settlement::{
    CacheStatus, Endpoint, Hop, LEFT_BEFORE_ANSWER, MAX_MODEL, MAX_TRACE, Method, Outcome,
    Settlement, Skip, Variant, tokens_of_characters,
};
pub use writer::{NotClosed, Observer, StartError, Writer, WriterTask};
