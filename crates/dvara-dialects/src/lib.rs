#![doc = include_str!("../README.md")]

pub mod head;
pub mod path;

pub mod fields;
pub mod request;
pub mod splice;
pub mod target;

pub mod anthropic;
pub mod bedrock;
pub mod cohere;
pub mod event_stream;
pub mod gemini;
pub mod openai;
pub mod sse;
pub mod vendor;
pub mod vertex;

pub mod answer;
pub mod fault;
pub mod limits;
pub mod redact;
pub mod texts;

pub mod embedding;
pub mod error_body;
pub mod estimate;
pub mod models;
pub mod tokens;

pub mod mock;

#[cfg(test)]
mod any_json;
mod completion;

mod depth;
mod json;
mod lenient;
mod literal;
mod turns;
mod writer;
