//! Addresses at which others may be: the pods of a headless Service, and seeds.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use dvara_service::settings::cluster::{Cluster as Settings, HeadlessService, Seed};
use hickory_resolver::TokioResolver;

/// How long an answer of the name server holds at most: pods come and go faster than some servers' times to live say.
const KEPT: Duration = Duration::from_secs(1);

/// Looks for others by name.
pub(crate) struct Discovery {
    names: Vec<Seed>,
    resolver: Option<TokioResolver>,
}

impl Discovery {
    pub(crate) fn new(settings: &Settings) -> Self {
        let pods = settings.service.as_ref().map(|service| Seed {
            host: pods_of(service),
            port: settings.port,
        });
        let names: Vec<Seed> = pods.into_iter().chain(settings.seeds.clone()).collect();
        let needed = names
            .iter()
            .any(|name| name.host.parse::<IpAddr>().is_err());
        Self {
            resolver: needed.then(resolver).flatten(),
            names,
        }
    }

    /// Whether there is anybody to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The addresses that the names stand for now. A name that has none is asked again the next time.
    pub(crate) async fn addresses(&self) -> Vec<SocketAddr> {
        let mut found = Vec::new();
        for name in &self.names {
            let hosts = match name.host.parse::<IpAddr>() {
                Ok(address) => vec![address],
                Err(_) => self.lookup(&name.host).await,
            };
            found.extend(
                hosts
                    .into_iter()
                    .map(|host| SocketAddr::new(host, name.port)),
            );
        }
        found
    }

    async fn lookup(&self, host: &str) -> Vec<IpAddr> {
        let Some(resolver) = &self.resolver else {
            return Vec::new();
        };
        match resolver.lookup_ip(host).await {
            Ok(answer) => answer.iter().collect(),
            Err(error) => {
                tracing::debug!(host, %error, "no member of the fleet has this name yet");
                Vec::new()
            }
        }
    }
}

/// The name that has an A record per pod. The search list of the pod completes it, so that clusters may have any domain.
fn pods_of(service: &HeadlessService) -> String {
    format!("{}.{}.svc", service.name, service.namespace)
}

fn resolver() -> Option<TokioResolver> {
    let built = TokioResolver::builder_tokio().and_then(|mut builder| {
        let options = builder.options_mut();
        options.positive_max_ttl = Some(KEPT);
        options.negative_max_ttl = Some(KEPT);
        builder.build()
    });
    built
        .inspect_err(|error| tracing::warn!(%error, "names of the fleet cannot be looked up"))
        .ok()
}
