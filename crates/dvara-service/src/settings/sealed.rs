//! `ENC:` values in settings: opened with the master password before anything reads them.
//!
//! The key is derived only when a sealed value is there, since it costs tens of milliseconds and 19 MiB.

use dvara_crypto::Secret;
use dvara_crypto::envelope::{self, Context, MasterKey};
use serde_json::{Map, Value};

use super::binding::Bound;
use super::common::MASTER_PASSWORD;
use super::problem::Problem;
use crate::random;

/// Makes the `ENC:` text of a setting, as `dvara encrypt` prints it.
pub fn seal_config_value(master: &MasterKey, plain: &Secret<String>) -> String {
    envelope::seal(
        master,
        &Context::CONFIG_VALUE,
        random::bytes(),
        plain.expose().as_bytes(),
    )
}

/// Opens every sealed value, in the properties and in the structured sections. What does not open is taken out and
/// reported; the names of such properties are returned beside the key, if one was derived.
pub(crate) fn open_all(
    bound: &mut Bound,
    structured: &mut Map<String, Value>,
) -> (Option<MasterKey>, Vec<&'static str>) {
    let mut opener = Opener::new(bound);
    let mut broken = Vec::new();
    let mut paths: Vec<&'static str> = bound.values.keys().copied().collect();
    paths.sort_unstable(); // the same list of problems at every start
    for path in paths {
        if let Some(given) = bound.values.get_mut(path) {
            let place = format!("{path} ({})", given.source);
            if opener.open(&place, &mut given.text).is_err() {
                bound.values.remove(path);
                broken.push(path);
            }
        }
    }
    let mut patterns: Vec<_> = bound.entries.iter_mut().collect();
    patterns.sort_unstable_by_key(|(path, _)| **path);
    for (path, entries) in patterns {
        entries.retain_mut(|(free, given)| {
            let path = path.replace('*', free);
            let place = format!("{path} ({})", given.source);
            opener.open(&place, &mut given.text).is_ok()
        });
    }
    for (section, value) in structured {
        opener.open_json(section, value);
    }
    bound.problems.append(&mut opener.problems);
    (opener.master, broken)
}

struct Opener {
    password: Option<Secret<String>>,
    master: Option<MasterKey>,
    problems: Vec<Problem>,
}

/// The value was sealed and is still shut; the problem is noted.
struct Shut;

impl Opener {
    fn new(bound: &mut Bound) -> Self {
        let mut problems = Vec::new();
        let password = match bound.values.get(MASTER_PASSWORD.path) {
            Some(given) if envelope::is_sealed(&given.text) => {
                problems.push(
                    Problem::new(format!(
                        "{} ({}): the master password cannot itself be sealed",
                        MASTER_PASSWORD.path, given.source
                    ))
                    .fix("give it as plain text, from a Secret"),
                );
                bound.values.remove(MASTER_PASSWORD.path);
                None
            }
            given => given.map(|given| Secret::new(given.text.clone())),
        };
        Self {
            password,
            master: None,
            problems,
        }
    }

    fn open(&mut self, place: &str, text: &mut String) -> Result<(), Shut> {
        if !envelope::is_sealed(text) {
            return Ok(());
        }
        let Some(password) = &self.password else {
            self.problems.push(
                Problem::new(format!(
                    "{place}: the value is sealed (ENC:) and there is no master password"
                ))
                .fix("set DVARA_ENCRYPTION_MASTER_PASSWORD to the password it was sealed with"),
            );
            return Err(Shut);
        };
        let master = self
            .master
            .get_or_insert_with(|| MasterKey::derive(password));
        match envelope::open(master, &Context::CONFIG_VALUE, text) {
            Ok(plain) => {
                plain.expose().trim().clone_into(text);
                Ok(())
            }
            Err(error) => {
                self.problems
                    .push(Problem::new(format!("{place}: {error}")));
                Err(Shut)
            }
        }
    }

    fn open_json(&mut self, place: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                if self.open(place, text).is_err() {
                    *value = Value::Null;
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.open_json(&format!("{place}[{index}]"), item);
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.open_json(&format!("{place}.{name}"), field);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
