#![doc = include_str!("../README.md")]

pub mod app;
pub mod settings;

mod http;

mod authenticate;
mod core;
mod enter;
mod message;
mod metrics;
mod pipeline;

pub use app::{MCP, Mcp, start};
pub use settings::McpSettings;
