#![doc = include_str!("../README.md")]

mod fleet;
mod joining;

mod transport;

mod discovery;
mod multicast;

mod address;
mod counters;

pub use counters::ClusterMetrics;
pub use fleet::{Cluster, JoinOptions, Member};
pub use joining::ClusterError;
