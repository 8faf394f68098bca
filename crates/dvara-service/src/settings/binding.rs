//! What was given, bound to what is known: first the file's tree, then the environment over it.

use std::collections::HashMap;

use serde_json::Value;

use super::common::CONFIG_FILE;
use super::env::Env;
use super::explain::Source;
use super::file::ConfigFile;
use super::known::{Known, PathKind};
use super::problem::Problem;
use super::property::Property;
use super::relaxed::same_name;
use super::service_links::is_service_link;
use super::tree::{Entry, Tree};

/// Variables under our prefix that are not settings of a running process: trust roots are compiled in.
const NOT_SETTINGS: [&str; 1] = ["DVARA_LICENSE_ROOTS"];

/// One value with where it came from.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) source: Source,
}

/// All values that were given, by property path.
#[derive(Default)]
pub(crate) struct Bound {
    pub(crate) values: HashMap<&'static str, Given>,
    /// Values of paths with a `*`, with what it stood for.
    pub(crate) entries: HashMap<&'static str, Vec<(String, Given)>>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<String>,
}

impl Bound {
    pub(crate) fn new(file: &ConfigFile, env: &Env, known: &Known) -> Self {
        let mut bound = Self::default();
        let walk = FileWalk {
            name: file.name(),
            known,
        };
        for entry in file.properties() {
            let first = entry.key.split('.').next().unwrap_or_default();
            let implied = known.root(first);
            walk.visit(&implied, "", entry, &mut bound);
        }
        bound.bind_env(env, known);
        bound
    }

    fn bind_env(&mut self, env: &Env, known: &Known) {
        for name in env.unreadable() {
            if known.variable(name).is_some() {
                self.problems
                    .push(Problem::new(format!("{name}: the value is not UTF-8")));
            }
        }
        for property in known.properties() {
            self.bind_variable(env, property);
        }
        for name in env.names() {
            let Some(value) = env.get(name).filter(|value| !is_service_link(name, value)) else {
                continue;
            };
            match known.variable(name) {
                Some(found) => {
                    if let Some(free) = found.free {
                        let given = Given {
                            text: value.to_owned(),
                            source: Source::Environment(name.to_owned()),
                        };
                        self.put_entry(found.property, free, given);
                    }
                }
                None => self.warn_of_unknown(name, known),
            }
        }
    }

    fn bind_variable(&mut self, env: &Env, property: &'static Property) {
        let mut given = property.env_names().into_iter().filter_map(|name| {
            let value = env.get(&name)?;
            (!is_service_link(&name, value)).then(|| (name, value.to_owned()))
        });
        let Some((name, text)) = given.next() else {
            return;
        };
        for (other, other_text) in given {
            if other_text != text {
                self.warnings.push(format!(
                    "{other} is ignored: {name} sets {} too, to another value",
                    property.path
                ));
            }
        }
        let source = Source::Environment(name);
        self.values.insert(property.path, Given { text, source });
    }

    fn put_entry(&mut self, property: &'static Property, free: String, given: Given) {
        let entries = self.entries.entry(property.path).or_default();
        match entries
            .iter_mut()
            .find(|(known, _)| same_name(known, &free))
        {
            Some((_, before)) => *before = given,
            None => entries.push((free, given)),
        }
    }

    fn warn_of_unknown(&mut self, name: &str, known: &Known) {
        let ours = name.starts_with("DVARA_") && !NOT_SETTINGS.contains(&name);
        if !ours || known.left_to_another(name) {
            return;
        }
        let hint = known
            .nearest_variable(name)
            .map_or_else(String::new, |near| format!("; did you mean {near}?"));
        self.warnings.push(format!(
            "{name} is not a variable that this process reads{hint}"
        ));
    }
}

struct FileWalk<'a> {
    name: &'a str,
    known: &'a Known,
}

impl FileWalk<'_> {
    /// Binds one key and what lies beneath it. `path` is the full path above it, `written` what the file says of it.
    fn visit(&self, path: &[String], written: &str, entry: &Entry, bound: &mut Bound) {
        let mut path = path.to_vec();
        path.extend(entry.key.split('.').map(str::to_owned));
        let written = match written {
            "" => entry.key.clone(),
            above => format!("{above}.{}", entry.key),
        };
        let at = format!("{} line {}", self.name, entry.line);
        match self.known.path(&path) {
            PathKind::Property(found) => match (&entry.value, &found.free) {
                // `logging.level` takes deeper keys than one.
                (Tree::Mapping(entries), Some(_)) if found.property.path.ends_with('*') => {
                    for inner in entries {
                        self.visit(&path, &written, inner, bound);
                    }
                }
                (value, _) => match scalar(value) {
                    Ok(None) => {}
                    Ok(Some(text)) => self.give(found.property, found.free, text, entry, bound),
                    Err(shape) => bound.problems.push(Problem::new(format!(
                        "{at}: `{written}` is {shape}, and takes a single value"
                    ))),
                },
            },
            PathKind::Prefix => match &entry.value {
                Tree::Mapping(entries) => {
                    for inner in entries {
                        self.visit(&path, &written, inner, bound);
                    }
                }
                Tree::Scalar(Value::Null) => {}
                Tree::Scalar(_) | Tree::List(_) => bound.problems.push(
                    Problem::new(format!(
                        "{at}: `{written}` takes keys beneath it, not a value"
                    ))
                    .fix("indent its keys under it"),
                ),
            },
            PathKind::OtherService(service) => bound.warnings.push(format!(
                "{at}: `{written}` is a setting of another service ({service}) and is not read here"
            )),
            PathKind::Unknown => {
                let problem = Problem::new(format!("{at}: unknown key `{written}`"));
                bound
                    .problems
                    .push(match self.known.nearest_path(&written) {
                        Some(near) => problem.fix(format!("did you mean `{near}`?")),
                        None => problem,
                    });
            }
        }
    }

    fn give(
        &self,
        property: &'static Property,
        free: Option<String>,
        text: String,
        entry: &Entry,
        bound: &mut Bound,
    ) {
        if property.path == CONFIG_FILE.path {
            bound.problems.push(
                Problem::new(format!(
                    "{} line {}: a file cannot name the file to read",
                    self.name, entry.line
                ))
                .fix("set DVARA_CONFIG_FILE in the environment"),
            );
            return;
        }
        let given = Given {
            text,
            source: Source::File(format!("{} line {}", self.name, entry.line)),
        };
        let before = match free {
            Some(free) => {
                let entries = bound.entries.entry(property.path).or_default();
                let before = entries.iter().any(|(known, _)| same_name(known, &free));
                entries.push((free, given));
                before
            }
            None => bound.values.insert(property.path, given).is_some(),
        };
        if before {
            bound.problems.push(Problem::new(format!(
                "{} line {}: `{}` is set twice in this file, in two spellings or places",
                self.name, entry.line, property.path
            )));
        }
    }
}

/// A value as text; `None` when it is blank. Lists of scalars are joined by commas.
fn scalar(value: &Tree) -> Result<Option<String>, &'static str> {
    let text = match value {
        Tree::Scalar(Value::Null) => return Ok(None),
        Tree::Scalar(Value::String(text)) => text.trim().to_owned(),
        Tree::Scalar(other) => other.to_string(),
        Tree::Mapping(_) => return Err("a mapping"),
        Tree::List(items) => {
            let mut parts = Vec::new();
            for item in items {
                match (item, scalar(item)?) {
                    (Tree::List(_), _) => return Err("a list of lists"),
                    (_, part) => parts.extend(part),
                }
            }
            parts.join(",")
        }
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests;
