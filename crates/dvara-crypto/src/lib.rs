#![doc = include_str!("../README.md")]

pub mod api_key;
pub mod cluster;
pub mod envelope;
pub mod licence;
pub mod mac;
mod secret;

pub use secret::Secret;
