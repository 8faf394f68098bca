//! `api_keys[]`: generate, key or key_hash; tenant, name, scopes.

use std::collections::HashSet;

use dvara_crypto::Secret;
use dvara_types::{KeyHash, TenantId};

use super::reader::{Placed, Reading, Section};
use crate::admin::{
    FieldProblem, Fields, SeedKey, SeedKeyMaterial, check_key_name, check_plain_key, check_scopes,
};

/// What a key is called unless its entry says otherwise.
const DEFAULT_NAME: &str = "bootstrap-key";

/// Whose a key is unless its entry says otherwise.
const DEFAULT_TENANT: &str = "default";

pub(super) fn read(entries: &[Placed<'_>], reading: &mut Reading) -> Vec<SeedKey> {
    let mut keys: Vec<SeedKey> = Vec::new();
    let mut hashes = HashSet::new();
    for entry in entries {
        let Some(mut section) = Section::at(entry, reading) else {
            continue;
        };
        if let Some(key) = read_one(&mut section, &mut hashes) {
            let same = |other: &SeedKey| other.tenant == key.tenant && other.name == key.name;
            if keys.iter().any(same) {
                let problem = format!(
                    "tenant `{}` has two keys `{}`; give each a name of its own",
                    key.tenant, key.name
                );
                section.refuse("name", problem);
            } else {
                keys.push(key);
            }
        }
        section.finish();
    }
    keys
}

fn read_one(section: &mut Section<'_, '_>, hashes: &mut HashSet<KeyHash>) -> Option<SeedKey> {
    let mut fields = Fields::default();
    let name = section.text("name");
    let name = check_key_name(&mut fields, "name", name.as_deref().unwrap_or(DEFAULT_NAME));
    let scopes = section.texts("scopes");
    let scopes = check_scopes(&mut fields, "scopes", &scopes);
    let workspace = section.text("workspace");
    let tenant = match (section.text("tenant"), workspace) {
        (Some(_), Some(_)) => {
            fields.refuse("workspace", "is another word for tenant; give one of them");
            None
        }
        (tenant, workspace) => {
            let tenant = tenant.or(workspace);
            let tenant = tenant.as_deref().unwrap_or(DEFAULT_TENANT);
            fields.parse::<TenantId>("tenant", tenant)
        }
    };
    let material = read_material(section, &mut fields, hashes);
    let problems = fields.problems();
    let sound = problems.is_empty();
    for FieldProblem { field, problem } in problems {
        section.refuse(&field, problem);
    }
    let key = SeedKey {
        tenant: tenant?,
        name,
        scopes,
        material: material?,
    };
    sound.then_some(key)
}

/// The hash of `sha256:<64 hex>`; the prefix may be left out.
fn key_hash(text: &str) -> Option<KeyHash> {
    let text = text.trim();
    KeyHash::from_hex(text.strip_prefix("sha256:").unwrap_or(text))
}

fn read_material(
    section: &mut Section<'_, '_>,
    fields: &mut Fields,
    hashes: &mut HashSet<KeyHash>,
) -> Option<SeedKeyMaterial> {
    let generate = section.flag("generate");
    let plain = section.text("key").map(|key| key.trim().to_owned());
    let hash = section.text("key_hash");
    let (field, hash, material) = match (generate, plain, hash) {
        (true, None, None) => return Some(SeedKeyMaterial::Generate),
        (false, Some(plain), None) => match check_plain_key(&plain) {
            Ok(hash) => ("key", hash, SeedKeyMaterial::Plain(Secret::new(plain))),
            Err(problem) => {
                fields.refuse("key", problem);
                return None;
            }
        },
        (false, None, Some(hash)) => match key_hash(&hash) {
            Some(hash) => ("key_hash", hash, SeedKeyMaterial::Hash(hash)),
            None => {
                fields.refuse(
                    "key_hash",
                    "must be the SHA-256 of a key: sha256: and 64 hex digits",
                );
                return None;
            }
        },
        _ => {
            fields.refuse(
                "key",
                "give exactly one of generate: true, key and key_hash",
            );
            return None;
        }
    };
    if !hashes.insert(hash) {
        fields.refuse(field, "is the same as another entry's");
    }
    Some(material)
}
