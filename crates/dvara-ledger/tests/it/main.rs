//! The ledger against a real PostgreSQL: what is settled is stored once, whatever happens to the database or to us.

#![cfg(test)]

mod harness;
mod server;

mod cost;
mod death;
mod outage;
mod partitions;
mod recording;
mod rollup;
