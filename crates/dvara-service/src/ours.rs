//! The client for what belongs to us: a collector, the gateway of another service. Vendors are called by `dvara-upstream`.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;

/// A client for one address.
pub(crate) fn client(address: &str, timeout: Duration) -> Result<Client, String> {
    // The proxy of the environment is for vendors; what is ours is mostly beside us, and never somewhere else than it says.
    let mut builder = Client::builder()
        .timeout(timeout)
        .redirect(Policy::none())
        .no_proxy();
    if address.starts_with("http://") {
        // What is beside us needs no roots; loading the system's costs a megabyte, and fails where there are none.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| crate::error_chain(&error))
}
