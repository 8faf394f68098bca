//! One gateway over HTTP: a real PostgreSQL, a database per test, fake vendors, port 0.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod guardrails;
mod harness;
mod streams;

mod cancelling;
mod context_window;
mod cors;
mod draining;
mod embeddings;
mod errors;
mod failover;
mod faults;
mod files;
mod fleet;
mod hostile;
mod http2;
mod identities;
mod internal;
mod keys;
mod outage;
mod outside;
mod personal_data;
mod policies;
mod rate_limits;
mod relaying;
mod resilience;
mod routing;
mod schemas;
mod settling;
mod slow;
mod smuggling;
mod strategies;
mod streaming;
mod strict;
mod templates;
mod tls;
mod under_load;
mod ways_out;
