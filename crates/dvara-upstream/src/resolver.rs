//! Names to addresses, on the background runtime, kept for their time to live.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use hickory_resolver::TokioResolver;
use tokio::runtime::Handle;

use crate::error::UpstreamError;
use crate::origin::Origin;

/// Resolves names for every core of a process. The first name starts the resolver; addresses never do.
#[derive(Clone)]
pub struct Resolver {
    background: Handle,
    system: Arc<OnceLock<TokioResolver>>,
}

impl Resolver {
    /// A resolver that works on the given runtime, with the servers of the system's configuration and the system's hosts file.
    pub fn new(background: Handle) -> Self {
        Self {
            background,
            system: Arc::new(OnceLock::new()),
        }
    }

    /// A resolver that asks through this one instead of what the system's configuration says.
    pub fn asking(background: Handle, resolver: TokioResolver) -> Self {
        Self {
            background,
            system: Arc::new(OnceLock::from(resolver)),
        }
    }

    /// The addresses of an origin, in the order to try them.
    pub(crate) async fn addresses(
        &self,
        origin: &Origin,
    ) -> Result<Vec<SocketAddr>, UpstreamError> {
        if let Ok(address) = origin.host().parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, origin.port())]);
        }
        let failed = |reason: String| UpstreamError::Resolve {
            host: origin.host().to_owned(),
            reason,
        };
        let resolver = self.clone();
        let host = origin.host().to_owned();
        let lookup = self
            .background
            .spawn(async move { resolver.lookup(host).await });
        let found = lookup
            .await
            .map_err(|_| failed("the resolver is shutting down".to_owned()))?
            .map_err(&failed)?;
        if found.is_empty() {
            return Err(failed("the name has no address".to_owned()));
        }
        Ok(found
            .into_iter()
            .map(|address| SocketAddr::new(address, origin.port()))
            .collect())
    }

    async fn lookup(&self, host: String) -> Result<Vec<IpAddr>, String> {
        let resolver = match self.system.get() {
            Some(resolver) => resolver,
            None => {
                let made = TokioResolver::builder_tokio()
                    .and_then(|builder| builder.build())
                    .map_err(|error| error.to_string())?;
                self.system.get_or_init(|| made)
            }
        };
        let answer = resolver
            .lookup_ip(host)
            .await
            .map_err(|error| error.to_string())?;
        Ok(answer.iter().collect())
    }
}
