//! The reader of settings: hands values out, collects every mistake, and ends in [`Loader::finish`].

mod typed;

use std::collections::{HashMap, HashSet};

use dvara_crypto::envelope::MasterKey;
use serde_json::{Map, Value};

use super::binding::{Bound, Given};
use super::common;
use super::env::Env;
use super::explain::{Explained, Source, shown};
use super::file::ConfigFile;
use super::known::Known;
use super::problem::Problem;
use super::property::Property;
use super::sealed;
use crate::profile::Profile;

/// Reads the settings of one process.
///
/// The parts of a process take what they need through the typed methods, which never fail: a mistake is noted and the
/// part gets nothing or the default, because the process will not start anyway. [`Loader::finish`] then says all of it.
pub struct Loader {
    env: Env,
    known: Known,
    file: ConfigFile,
    bound: Bound,
    brought: HashMap<&'static str, Given>,
    mistaken: HashSet<&'static str>,
    master_key: Option<MasterKey>,
}

/// What is left of the settings once every part has taken its own and no mistake was found.
pub struct Loaded {
    /// To be logged at WARN once there is a log.
    pub warnings: Vec<String>,
    /// Every property with its value and source; secrets are masked.
    pub explained: Vec<Explained>,
    /// Properties that were given and that this build does not enforce; `gateway-status` lists them.
    pub not_built: Vec<String>,
    /// The key of the master password, where a sealed setting had it derived already.
    pub master_key: Option<MasterKey>,
}

impl Loaded {
    /// Logs the warnings, once there is a log.
    pub fn log_warnings(&self) {
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
    }
}

impl Loader {
    /// Finds and reads the file, binds file and environment to the known properties, and opens sealed values.
    ///
    /// `tables` lists the properties of all parts that this process reads; [`common::TABLE`] is always among them.
    pub fn new(env: Env, tables: &[&'static [Property]]) -> Self {
        let mut all = vec![common::TABLE];
        all.extend_from_slice(tables);
        let known = Known::new(&all);
        let (mut file, problems) = match ConfigFile::find(&env) {
            Ok(file) => (file.unwrap_or_default(), Vec::new()),
            Err(problems) => (ConfigFile::default(), problems),
        };
        let mut bound = Bound::new(&file, &env, &known);
        bound.problems.splice(0..0, problems);
        bound.warnings.splice(0..0, file.warnings().iter().cloned());
        let (master_key, shut) = sealed::open_all(&mut bound, file.structured_mut());
        Self {
            env,
            known,
            file,
            bound,
            brought: HashMap::new(),
            mistaken: shut.into_iter().collect(),
            master_key,
        }
    }

    /// Brings a value that holds unless the file or the environment says otherwise. `command` is shown as its source.
    pub fn bring(&mut self, property: &Property, value: impl Into<String>, command: &'static str) {
        let given = Given {
            text: value.into(),
            source: Source::Command(command),
        };
        self.brought.insert(property.path, given);
    }

    /// The environment that values were taken from.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// The profile: `SPRING_PROFILES_ACTIVE`.
    pub fn profile(&self) -> Profile {
        let active = self.given(&common::PROFILES);
        Profile::parse(active.as_ref().map_or("", |given| given.text.as_str()))
    }

    /// The file's structured sections, sealed values opened: `providers`, `routes`, `api_keys`, `tenants`, ….
    pub fn structured(&self) -> &Map<String, Value> {
        self.file.structured()
    }

    /// Whether anything but the default is in force.
    pub fn is_given(&self, property: &Property) -> bool {
        self.bound.values.contains_key(property.path) || self.brought.contains_key(property.path)
    }

    /// Whether a mistake about this property is noted already, so that its absence need not be another.
    pub fn is_mistaken(&self, property: &Property) -> bool {
        self.mistaken.contains(property.path)
    }

    /// Notes that a property's value is wrong: its name, source and, unless it is secret, the value.
    pub fn mistake(&mut self, property: &Property, reason: &str) {
        self.mistaken.insert(property.path);
        let problem = match self.given(property) {
            Some(given) if !property.secret => format!(
                "{} ({}): `{}` {reason}",
                property.path,
                given.source,
                shown(false, &given.text)
            ),
            Some(given) => format!("{} ({}): the value {reason}", property.path, given.source),
            None => format!("{}: {reason}", property.path),
        };
        self.refuse(Problem::new(problem));
    }

    /// The same for one entry of a property whose path holds a `*`.
    pub fn entry_mistake(&mut self, property: &Property, name: &str, reason: &str) {
        let entries = self.bound.entries.get(property.path).into_iter().flatten();
        let given = entries.into_iter().find(|(free, _)| free == name);
        let path = property.path.replace('*', name);
        let problem = match given {
            Some((_, given)) if !property.secret => format!(
                "{path} ({}): `{}` {reason}",
                given.source,
                shown(false, &given.text)
            ),
            Some((_, given)) => format!("{path} ({}): the value {reason}", given.source),
            None => format!("{path}: {reason}"),
        };
        self.refuse(Problem::new(problem));
    }

    /// Notes a problem that keeps the process from starting.
    pub fn refuse(&mut self, problem: Problem) {
        self.bound.problems.push(problem);
    }

    /// Notes something that an operator should know and that does not keep the process from starting.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.bound.warnings.push(warning.into());
    }

    /// What was warned of so far.
    pub fn warnings(&self) -> &[String] {
        &self.bound.warnings
    }

    /// Every property with its value and source, also while there are mistakes.
    pub fn explained(&self) -> Vec<Explained> {
        let mut rows = Vec::new();
        for property in self.known.properties() {
            if property.path.contains('*') {
                let entries = self.bound.entries.get(property.path);
                for (free, given) in entries.into_iter().flatten() {
                    let path = property.path.replace('*', free);
                    let source = given.source.clone();
                    rows.push(Explained::new(property, path, Some(&given.text), source));
                }
                continue;
            }
            let given = self.given(property);
            let value = given.as_ref().map(|given| given.text.as_str());
            let source = given
                .as_ref()
                .map_or(Source::Default, |given| given.source.clone());
            rows.push(Explained::new(
                property,
                property.path.to_owned(),
                value,
                source,
            ));
        }
        for (section, value) in self.file.structured() {
            rows.push(Explained {
                path: section.clone(),
                value: Some(describe(value)),
                source: Source::File(self.file.name().to_owned()),
                built: true,
            });
        }
        rows
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Every mistake that was found, of the file, the environment and the parts.
    pub fn finish(self) -> Result<Loaded, Vec<Problem>> {
        if !self.bound.problems.is_empty() {
            return Err(self.bound.problems);
        }
        let explained = self.explained();
        let not_built: Vec<String> = explained
            .iter()
            .filter(|setting| !setting.built && setting.source != Source::Default)
            .map(|setting| setting.path.clone())
            .collect();
        let mut warnings = self.bound.warnings;
        warnings.extend(not_built.iter().map(|path| {
            format!("{path} is set, but this version does not implement it yet; it has no effect")
        }));
        Ok(Loaded {
            warnings,
            explained,
            not_built,
            master_key: self.master_key,
        })
    }

    fn given(&self, property: &Property) -> Option<Given> {
        debug_assert!(
            self.known
                .properties()
                .any(|known| known.path == property.path),
            "{} is in no table of this process",
            property.path
        );
        if let Some(given) = self.bound.values.get(property.path) {
            return Some(given.clone());
        }
        if let Some(given) = self.brought.get(property.path) {
            return Some(given.clone());
        }
        property.default.map(|default| Given {
            text: default.to_owned(),
            source: Source::Default,
        })
    }
}

/// A structured section in a word: its content may hold secrets.
fn describe(section: &Value) -> String {
    match section {
        Value::Array(items) if items.len() == 1 => "1 entry".to_owned(),
        Value::Array(items) => format!("{} entries", items.len()),
        Value::Object(fields) => {
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            names.join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => "given".to_owned(),
    }
}

#[cfg(test)]
mod tests;
