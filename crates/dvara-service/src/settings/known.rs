//! The index of all properties that a process knows: by path in any spelling, and by environment variable.

use std::collections::{BTreeSet, HashMap};

use super::file::STRUCTURED;
use super::nearest::nearest;
use super::property::Property;
use super::relaxed::{env_name, uniform};

/// Keys at a file's root are short for keys under this prefix.
const SHORT_FOR: &str = "dvara.llm-gateway.";

/// Namespaces of the services. A process that knows no property of one leaves it to the service that does.
const SERVICES: [&str; 3] = ["dvara.llm-gateway", "dvara.flightdeck", "dvara.mcp-gateway"];

pub(crate) struct Known {
    tables: Vec<&'static [Property]>,
    /// Uniform segments of every path, beside its property.
    paths: Vec<(Vec<String>, &'static Property)>,
    env: HashMap<String, &'static Property>,
    /// `PREFIX_`, `_SUFFIX` around the free part of a variable's name.
    env_patterns: Vec<(String, String, &'static Property)>,
}

/// A property with what its `*` stood for.
#[derive(Clone)]
pub(crate) struct Match {
    pub(crate) property: &'static Property,
    pub(crate) free: Option<String>,
}

/// What a path of a file is.
pub(crate) enum PathKind {
    Property(Match),
    /// Properties lie beneath it.
    Prefix,
    /// It belongs to another service's namespace.
    OtherService(&'static str),
    Unknown,
}

impl Known {
    pub(crate) fn new(tables: &[&'static [Property]]) -> Self {
        let mut known = Self {
            tables: tables.to_vec(),
            paths: Vec::new(),
            env: HashMap::new(),
            env_patterns: Vec::new(),
        };
        for property in tables.iter().flat_map(|table| table.iter()) {
            let segments = property.path.split('.').map(uniform).collect();
            known.paths.push((segments, property));
            for name in property.env_names() {
                match name.split_once('*') {
                    Some((head, tail)) => {
                        known
                            .env_patterns
                            .push((head.to_owned(), tail.to_owned(), property));
                    }
                    None => drop(known.env.insert(name, property)),
                }
            }
        }
        known
    }

    /// All properties, in the order of their tables.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &'static Property> + '_ {
        self.tables.iter().flat_map(|table| table.iter())
    }

    /// The full path of what stands at a file's root under this first segment.
    pub(crate) fn root(&self, segment: &str) -> Vec<String> {
        let first = uniform(segment);
        let rooted = first == "dvara" || self.paths.iter().any(|(path, _)| path[0] == first);
        if rooted {
            Vec::new()
        } else {
            SHORT_FOR
                .trim_end_matches('.')
                .split('.')
                .map(str::to_owned)
                .collect()
        }
    }

    pub(crate) fn path(&self, written: &[String]) -> PathKind {
        let uniform_path: Vec<String> = written.iter().map(|segment| uniform(segment)).collect();
        let mut prefix = false;
        let mut free = None;
        for (path, property) in &self.paths {
            match fits(path, &uniform_path) {
                Fit::Whole(None) => {
                    return PathKind::Property(Match {
                        property,
                        free: None,
                    });
                }
                // An exact path wins over a pattern that covers it too.
                Fit::Whole(Some(range)) => {
                    free = Some(Match {
                        property,
                        free: Some(written[range].join(".")),
                    });
                }
                Fit::Prefix => prefix = true,
                Fit::Not => {}
            }
        }
        match (free, prefix, self.other_service(&uniform_path)) {
            (Some(found), _, _) => PathKind::Property(found),
            (None, true, _) => PathKind::Prefix,
            (None, false, Some(service)) => PathKind::OtherService(service),
            (None, false, None) => PathKind::Unknown,
        }
    }

    /// The property that a variable binds to.
    pub(crate) fn variable(&self, name: &str) -> Option<Match> {
        if let Some(property) = self.env.get(name) {
            return Some(Match {
                property,
                free: None,
            });
        }
        self.env_patterns.iter().find_map(|(head, tail, property)| {
            let free = name
                .strip_prefix(head.as_str())?
                .strip_suffix(tail.as_str())?;
            (!free.is_empty()).then(|| Match {
                property,
                free: Some(free.to_lowercase()),
            })
        })
    }

    /// Whether another service reads variables of this name.
    pub(crate) fn left_to_another(&self, variable: &str) -> bool {
        SERVICES.into_iter().any(|service| {
            let prefix = env_name(service) + "_";
            variable.starts_with(&prefix) && !self.has_namespace(service)
        })
    }

    /// The known key nearest to an unknown one, spelled at the same level: short where the unknown one is short.
    pub(crate) fn nearest_path(&self, written: &str) -> Option<String> {
        let mut candidates = BTreeSet::new();
        for property in self.properties() {
            let path = property.path.trim_end_matches(".*");
            let path = match path.strip_prefix(SHORT_FOR) {
                Some(short) if !written.starts_with("dvara") => short,
                _ => path,
            };
            // Also what lies above it, so that a misspelled section is hinted and not each of its keys.
            for (end, _) in path.match_indices('.') {
                candidates.insert(&path[..end]);
            }
            candidates.insert(path);
        }
        if !written.contains('.') {
            candidates.extend(STRUCTURED);
        }
        nearest(written, candidates).map(str::to_owned)
    }

    /// The known variable nearest to an unknown one.
    pub(crate) fn nearest_variable(&self, name: &str) -> Option<String> {
        // Spring's own spelling binds, but is not what anybody should be led to.
        let mut names: Vec<String> = Vec::new();
        for property in self.properties() {
            names.extend(property.env.iter().map(|name| (*name).to_owned()));
            names.push(env_name(property.path));
        }
        nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
    }

    fn other_service(&self, uniform_path: &[String]) -> Option<&'static str> {
        SERVICES.into_iter().find(|service| {
            let segments: Vec<String> = service.split('.').map(uniform).collect();
            uniform_path.starts_with(&segments) && !self.has_namespace(service)
        })
    }

    fn has_namespace(&self, service: &str) -> bool {
        self.properties().any(|property| {
            property
                .path
                .strip_prefix(service)
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }
}

enum Fit {
    Whole(Option<std::ops::Range<usize>>),
    Prefix,
    Not,
}

/// How a written path fits a known one, both as uniform segments.
fn fits(known: &[String], written: &[String]) -> Fit {
    let star = known.iter().position(|segment| segment == "*");
    let trailing = star.is_some_and(|at| at + 1 == known.len());
    let length = written.len();
    let same = known
        .iter()
        .zip(written)
        .all(|(known, written)| known == "*" || known == written);
    if !same {
        return Fit::Not;
    }
    match star {
        _ if length < known.len() => Fit::Prefix,
        Some(at) if trailing => Fit::Whole(Some(at..length)),
        _ if length > known.len() => Fit::Not,
        Some(at) => Fit::Whole(Some(at..at + 1)),
        None => Fit::Whole(None),
    }
}

#[cfg(test)]
mod tests;
