#![doc = include_str!("../README.md")]

pub mod api_key;
pub mod cluster;
pub mod envelope;
pub mod licence;
pub mod mac;
mod pem;
pub mod rs256;
mod secret;
pub mod token;

pub use secret::Secret;
