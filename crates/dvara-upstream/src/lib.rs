#![doc = include_str!("../README.md")]

pub mod targets;

mod body;
mod connect;
mod error;
mod http2;
mod open;
mod origin;
mod pool;
mod proxy;
mod resolver;
mod shared;
mod tls;
mod tunnel;
mod upstreams;

pub use body::UpstreamBody;
pub use error::{Step, UpstreamError};
pub use origin::{InvalidOrigin, Origin};
pub use pool::PoolLimits;
pub use proxy::{InvalidProxy, NoProxy, Proxies, Proxy};
pub use resolver::Resolver;
pub use tls::{InvalidRoots, Roots, TlsClient, TlsSetup};
pub use upstreams::{Outbound, Upstreams};
