//! One gateway over HTTP: a real PostgreSQL, a database per test, fake vendors, port 0.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod harness;

mod cancelling;
mod draining;
mod errors;
mod files;
mod hostile;
mod keys;
mod outage;
mod relaying;
mod routing;
mod settling;
mod streaming;
mod ways_out;
