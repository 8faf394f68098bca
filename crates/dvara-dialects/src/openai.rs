//! OpenAI chat completions, from both sides: what clients send us, and what OpenAI-shaped vendors answer.
//!
//! Both sides speak the same dialect, so bytes are relayed and only read: a call goes out as it came in but for a
//! few splices, an answer not touched at all, a stream event by event. Where a vendor has words of its own, they are spliced too.

mod call;
mod chunks;
mod conversation;
mod decode;
mod encode;
mod explain;
mod history;
mod keys;
mod members;
mod read;
mod reply;
mod shape;
mod stream;
mod usage;
mod vendors;
mod view;

pub(crate) use conversation::conversation;
pub use decode::decode;
pub use encode::encode;
pub(crate) use encode::{TENANT_CLAIMS, TENANT_ID, WORKSPACE_ID};
pub use stream::StreamDecoder;
pub(crate) use vendors::{declared, deployment_path};
