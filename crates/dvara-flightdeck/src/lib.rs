#![doc = include_str!("../README.md")]

pub mod app;
pub mod settings;

mod desk;
mod error;
mod page;
mod routes;

pub use app::{FLIGHTDECK, Flightdeck, start};
pub use settings::FlightdeckSettings;
