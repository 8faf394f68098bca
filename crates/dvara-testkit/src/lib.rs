//! What tests share: a database of their own, a fake vendor, waiting for conditions.

pub mod database;
mod eventually;
mod rows;
pub mod vendor;

pub use eventually::eventually;
