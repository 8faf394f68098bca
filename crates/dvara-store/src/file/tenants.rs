//! `tenants[]`, or `workspaces[]` by their later name: id, name, status, metadata.

use dvara_types::{TenantId, TenantStatus};
use serde_json::Value;

use super::reader::{Placed, Reading, Section};
use crate::admin::SeedTenant;

pub(super) fn read(entries: &[Placed<'_>], reading: &mut Reading) -> Vec<SeedTenant> {
    let mut tenants: Vec<SeedTenant> = Vec::new();
    for entry in entries {
        let Some(mut section) = Section::at(entry, reading) else {
            continue;
        };
        let tenant = read_one(&mut section);
        if let Some(tenant) = tenant {
            if tenants.iter().any(|other| other.id == tenant.id) {
                section.refuse("id", format!("there are two tenants `{}`", tenant.id));
            } else {
                tenants.push(tenant);
            }
        }
        section.finish();
    }
    tenants
}

fn read_one(section: &mut Section<'_, '_>) -> Option<SeedTenant> {
    let id = section.required("id");
    let id = id.and_then(|text| match TenantId::parse(text.trim()) {
        Ok(id) => Some(id),
        Err(error) => {
            section.refuse("id", error);
            None
        }
    });
    let name = section.text("name");
    let status = section.text("status");
    let status = match status
        .map(|text| text.trim().to_ascii_lowercase())
        .as_deref()
    {
        None | Some("active") => TenantStatus::Active,
        Some("suspended") => TenantStatus::Suspended,
        Some(_) => {
            section.refuse("status", "must be active or suspended");
            TenantStatus::Active
        }
    };
    let mut metadata = section.table("metadata");
    if let Some(region) = section.text("region") {
        metadata.insert("region".to_owned(), Value::String(region));
    }
    section.not_built("credentials");
    let id = id?;
    let name = name.map_or_else(|| id.to_string(), |name| name.trim().to_owned());
    Some(SeedTenant {
        id,
        name,
        status,
        metadata,
    })
}
