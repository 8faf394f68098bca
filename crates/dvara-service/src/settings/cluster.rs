//! How processes of one kind find each other.

use std::net::SocketAddrV4;

use super::loader::Loader;
use super::problem::Problem;
use super::property::Property;
use crate::boot::texts;

/// `KUBERNETES_NAMESPACE`.
pub const KUBERNETES_NAMESPACE: Property = Property::new(
    "dvara.cluster.kubernetes-namespace",
    "Namespace of the pods of a fleet, from the downward API. Requires CACHE_SERVICE_NAME.",
)
.env(&["KUBERNETES_NAMESPACE"]);
/// `CACHE_SERVICE_NAME`.
pub const CACHE_SERVICE_NAME: Property = Property::new(
    "dvara.cluster.cache-service-name",
    "Headless Service whose A records are the pods of a fleet.",
)
.env(&["CACHE_SERVICE_NAME"]);
/// `DVARA_CLUSTER_PORT`.
pub const PORT: Property = Property::new(
    "dvara.cluster.port",
    "UDP port on which gateways of a fleet meet; 0 takes any free one.",
)
.default("5701");
/// `DVARA_CLUSTER_SEEDS`.
pub const SEEDS: Property = Property::new(
    "dvara.cluster.seeds",
    "Other gateways of the fleet, host:port, separated by commas. A few are enough: they tell of the rest. Unset: none.",
);
/// `DVARA_CLUSTER_MULTICAST`.
pub const MULTICAST: Property = Property::new(
    "dvara.cluster.multicast",
    "Group and port by which gateways of one local network find each other, or `off`. Not used where CACHE_SERVICE_NAME is set.",
)
.default("239.255.57.1:5702");

/// How a fleet is found. A process that has no way to find others belongs to none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The pods behind a headless Service.
    pub service: Option<HeadlessService>,
    /// The port to meet on.
    pub port: u16,
    /// Others that are named.
    pub seeds: Vec<Seed>,
    /// The group by which others of the local network are found.
    pub multicast: Option<SocketAddrV4>,
}

/// A Service whose A records are the pods of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadlessService {
    /// The namespace of service and pods.
    pub namespace: String,
    /// The Service.
    pub name: String,
}

/// A process that is named instead of found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl Cluster {
    pub(crate) fn load(loader: &mut Loader) -> Self {
        let service = headless_service(loader);
        let multicast = loader.read(&MULTICAST, multicast).flatten();
        Self {
            multicast: multicast.filter(|_| service.is_none()),
            service,
            port: loader.within(&PORT, 0..=u16::MAX).unwrap_or(0),
            seeds: loader.read(&SEEDS, seeds).unwrap_or_default(),
        }
    }

    /// Whether there is any way to find others.
    pub fn is_on(&self) -> bool {
        self.service.is_some() || self.multicast.is_some() || !self.seeds.is_empty()
    }
}

fn headless_service(loader: &mut Loader) -> Option<HeadlessService> {
    let namespace = loader.optional(&KUBERNETES_NAMESPACE)?;
    let Some(name) = loader.optional(&CACHE_SERVICE_NAME) else {
        loader.refuse(Problem::new(texts::CACHE_SERVICE_NAME_MISSING));
        return None;
    };
    Some(HeadlessService { namespace, name })
}

fn multicast(text: &str) -> Result<Option<SocketAddrV4>, String> {
    if super::same_name(text, "off") {
        return Ok(None);
    }
    match text.parse::<SocketAddrV4>() {
        Ok(group) if group.ip().is_multicast() && group.port() != 0 => Ok(Some(group)),
        Ok(_) | Err(_) => Err(
            "is neither `off` nor a multicast group and port such as 239.255.57.1:5702".to_owned(),
        ),
    }
}

fn seeds(text: &str) -> Result<Vec<Seed>, String> {
    let items = text.split(',').map(str::trim);
    items.filter(|item| !item.is_empty()).map(seed).collect()
}

fn seed(item: &str) -> Result<Seed, String> {
    let wrong = || format!("names `{item}`, which is not host:port");
    let (host, port) = item.rsplit_once(':').ok_or_else(wrong)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match port.parse::<u16>() {
        Ok(port) if port != 0 && !host.is_empty() => Ok(Seed {
            host: host.to_owned(),
            port,
        }),
        Ok(_) | Err(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{CommonSettings, Env};

    fn cluster(env: &[(&str, &str)]) -> (Cluster, Vec<String>) {
        let env = Env::from_pairs(env.iter().copied());
        let mut loader = Loader::new(env, &[]);
        let cluster = CommonSettings::load(&mut loader).cluster;
        let problems = loader.finish().err().unwrap_or_default();
        let said = problems.iter().map(ToString::to_string);
        (
            cluster,
            said.filter(|text| text.to_lowercase().contains("cluster"))
                .collect(),
        )
    }

    #[test]
    fn outside_kubernetes_the_local_network_is_asked() {
        let (found, problems) = cluster(&[]);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(found.port, 5701);
        assert_eq!(found.multicast.unwrap().to_string(), "239.255.57.1:5702");
        assert!(found.is_on() && found.service.is_none());
        assert!(!cluster(&[("DVARA_CLUSTER_MULTICAST", "off")]).0.is_on());
    }

    #[test]
    fn in_kubernetes_the_headless_service_is_asked_and_nobody_else() {
        let (found, problems) = cluster(&[
            ("KUBERNETES_NAMESPACE", "ai"),
            ("CACHE_SERVICE_NAME", "dvara-server-cluster"),
        ]);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(found.multicast, None);
        let service = found.service.unwrap();
        assert_eq!(
            (service.namespace.as_str(), service.name.as_str()),
            ("ai", "dvara-server-cluster")
        );
    }

    #[test]
    fn a_namespace_without_a_service_is_refused_in_the_published_words() {
        let (_, problems) = cluster(&[("KUBERNETES_NAMESPACE", "ai")]);
        assert_eq!(problems, [texts::CACHE_SERVICE_NAME_MISSING]);
    }

    #[test]
    fn seeds_are_hosts_with_ports() {
        let (found, _) = cluster(&[(
            "DVARA_CLUSTER_SEEDS",
            "a.example:5701, [::1]:5702,10.0.0.1:1",
        )]);
        let seeds: Vec<_> = found
            .seeds
            .iter()
            .map(|seed| (seed.host.as_str(), seed.port))
            .collect();
        assert_eq!(seeds, [("a.example", 5701), ("::1", 5702), ("10.0.0.1", 1)]);
    }

    #[test]
    fn mistakes_name_the_setting() {
        for (name, value) in [
            ("DVARA_CLUSTER_SEEDS", "a.example"),
            ("DVARA_CLUSTER_SEEDS", "a.example:0"),
            ("DVARA_CLUSTER_MULTICAST", "10.0.0.1:5702"),
            ("DVARA_CLUSTER_MULTICAST", "yes"),
            ("DVARA_CLUSTER_PORT", "65536"),
        ] {
            let (_, problems) = cluster(&[(name, value)]);
            assert!(
                problems.len() == 1 && problems[0].contains(name),
                "{name}={value}: {problems:?}"
            );
        }
    }
}
