//! What all cores of a process know together of the targets that they call: whether one fails, how quick it is, how many retries
//! it may get, and how many calls at once.
//!
//! State machines without I/O; the clock is an argument. All of it is shared between cores (design §2 "Cores"), so a call that
//! finds everything well reads a few atomics, or holds a lock for a few instructions, and never across an await.

mod breaker;
mod budget;
mod lane;
mod latency;
mod quotas;
mod registry;

pub use breaker::{Breaker, BreakerSettings, BreakerState, Pass, Paused};
pub use budget::RetryBudget;
pub use lane::{Lane, LaneFull, LaneSettings, Permit};
pub use latency::{Estimate, InFlight, Latency};
pub use quotas::{QuotaKey, Quotas};
pub use registry::{Target, TargetSettings, Targets};
