#![doc = include_str!("../README.md")]

pub mod aws;
pub mod google;

mod state;

mod keeper;
mod pace;

mod calls;
mod failure;

pub use state::{Failure, IdentityState, NoCredentials};
