//! Golden files: what is read of published shapes, and what leaves.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod anthropic;
mod bedrock;
mod cohere;
mod conversation;
mod declared;
mod embeddings;
mod files;
mod gemini;
mod golden;
mod outcome;
mod shaped;
mod translated;
mod translation;
