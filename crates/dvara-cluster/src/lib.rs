#![doc = include_str!("../README.md")]

mod fleet;

mod transport;

mod discovery;
mod multicast;

mod address;
mod counters;

pub use counters::ClusterMetrics;
pub use fleet::{Cluster, ClusterError, JoinOptions, Member};
