//! Credentials from servers that speak as the clouds' do, and signatures as the clouds' own clients make them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod harness;
mod server;

mod aws_platform;
mod aws_web_identity;
mod sigv4;
