#![doc = include_str!("../README.md")]

pub mod app;
pub mod settings;

mod http;

mod authenticate;
mod core;
mod enter;
mod pipeline;
mod rates;
mod read;

mod admit;
mod dispatch;
mod outside;
mod plan;
mod relay;
mod reserve;
mod routing;
mod rules;
mod stream;
mod strict;

mod identity;
mod mock;
mod models;
mod probe;
mod providers;

mod access_log;
mod metrics;
mod status;

pub use app::{GATEWAY, Gateway, GatewayConfig, start};
