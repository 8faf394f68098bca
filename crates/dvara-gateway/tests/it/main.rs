//! One gateway over HTTP: a real PostgreSQL, a database per test, fake vendors, port 0.

mod harness;

mod cancelling;
mod draining;
mod errors;
mod hostile;
mod keys;
mod outage;
mod relaying;
mod routing;
mod settling;
mod streaming;
