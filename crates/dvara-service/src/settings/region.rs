//! The region that a process runs in, under its name and its former one.

use super::loader::Loader;
use super::problem::Problem;
use super::property::Property;
use crate::boot::texts;

/// `dvara.region.id`.
pub const REGION_ID: Property = Property::new(
    "dvara.region.id",
    "Identity of the region this process runs in. Unset: agnostic of regions.",
);
/// `dvara.region.name`.
pub const REGION_NAME: Property =
    Property::new("dvara.region.name", "The region's name for people.");
/// The former name of [`REGION_ID`].
pub const LEGACY_REGION_ID: Property = Property::new(
    "dvara.llm-gateway.region.id",
    "Former name of dvara.region.id.",
);
/// The former name of [`REGION_NAME`].
pub const LEGACY_REGION_NAME: Property = Property::new(
    "dvara.llm-gateway.region.name",
    "Former name of dvara.region.name.",
);

/// Where a process runs. Both parts may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Region {
    /// Compared with the `region` of a tenant; label of metrics.
    pub id: Option<String>,
    /// For people.
    pub name: Option<String>,
}

impl Region {
    pub(crate) fn load(loader: &mut Loader) -> Self {
        Self {
            id: either(loader, &REGION_ID, &LEGACY_REGION_ID),
            name: either(loader, &REGION_NAME, &LEGACY_REGION_NAME),
        }
    }
}

/// The value under either name; two different ones are refused, the former alone is warned of.
fn either(loader: &mut Loader, current: &Property, legacy: &Property) -> Option<String> {
    match (loader.optional(current), loader.optional(legacy)) {
        (Some(value), Some(other)) if value != other => {
            let text = texts::region_conflict(current.path, &value, legacy.path, &other);
            loader.refuse(Problem::new(text).fix(format!("set {} alone", current.path)));
            None
        }
        (None, Some(value)) => {
            loader.warn(texts::region_legacy(current.path, legacy.path));
            Some(value)
        }
        (value, _) => value,
    }
}
