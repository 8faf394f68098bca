//! How processes of one kind find each other.

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

/// Where the other pods are looked up. Outside Kubernetes both are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The namespace, when the process runs in Kubernetes.
    pub namespace: Option<String>,
    /// The headless Service.
    pub service: Option<String>,
}

impl Cluster {
    pub(crate) fn load(loader: &mut Loader) -> Self {
        let cluster = Self {
            namespace: loader.optional(&KUBERNETES_NAMESPACE),
            service: loader.optional(&CACHE_SERVICE_NAME),
        };
        if cluster.namespace.is_some() && cluster.service.is_none() {
            loader.refuse(Problem::new(texts::CACHE_SERVICE_NAME_MISSING));
        }
        cluster
    }
}
