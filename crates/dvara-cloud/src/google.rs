//! Who we are for Google Cloud: access tokens that are renewed in the background.

mod identity;
mod settings;
mod token;

mod sources;

mod account;
mod metadata;

mod external;
mod impersonated;
mod service;
mod user;

mod endpoint;

pub use identity::GoogleIdentity;
pub use settings::{GoogleCredentials, GoogleSettings, InvalidGoogleCredentials};
pub use token::GoogleToken;
