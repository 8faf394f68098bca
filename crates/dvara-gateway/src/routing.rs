//! Which of several targets a call goes to: pure rankings over a view of the targets (data-plane sheet §13).
//!
//! A strategy orders *all* targets that may be asked: the first serves, the next ones stand in when it fails. What the rankings
//! go by (health, latency, prices, draws) is looked up by the plan and handed in, so that every rule here is a function.

mod affinity;
mod hash;
mod rank;
mod turns;

pub(crate) use affinity::conversation;
pub(crate) use hash::{fraction, stable_hash};
pub(crate) use rank::{Rule, Seen, rank};
pub(crate) use turns::Turns;
