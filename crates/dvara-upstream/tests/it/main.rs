//! One core's connections against real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod authority;
mod core;
mod http2_server;
mod name_server;
mod proxy_server;
mod server;

mod http2;
mod http2_ends;
mod lost;
mod proxies;
mod reuse;
mod roots;
mod wire;
