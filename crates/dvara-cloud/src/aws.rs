//! Who we are for AWS: credentials that are renewed in the background, and signatures of requests made with them.

mod identity;
mod region;
mod settings;

mod credentials;
mod sign;

mod sources;

mod container;
mod instance;
mod profile;
mod web_identity;

mod given;
mod xml;

pub use credentials::{AwsCredentials, InvalidAwsKeys};
pub use identity::AwsIdentity;
pub use region::{InvalidRegion, Region};
pub use settings::{AwsKeys, AwsSettings};
pub use sign::{Scope, Signable, Signature, sign};
