#![doc = include_str!("../README.md")]

mod body;
mod connect;
mod error;
mod origin;
mod pool;
mod resolver;
mod tls;
mod upstreams;

pub use body::UpstreamBody;
pub use error::UpstreamError;
pub use origin::{InvalidOrigin, Origin};
pub use resolver::Resolver;
pub use tls::{InvalidRoots, tls_client};
pub use upstreams::{PoolLimits, Upstreams};
