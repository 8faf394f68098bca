#![doc = include_str!("../README.md")]

mod window;

mod clock;
mod counts;
mod limits;

mod engine;
mod sharing;

pub use engine::Engine;
pub use limits::{Counters, Exceeded, RateLimits, STALE};
pub use sharing::{Sharing, TICK};
pub use window::WINDOW_SECONDS;
