//! The MCP plane over HTTP, with a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod actuator;
mod drain;
mod harness;
mod messages;
mod outage;
mod refusals;
mod routes;
