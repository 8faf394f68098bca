use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::overlap::Finding;

/// How often what was found: all that is ever recorded of findings, never the values (control-plane.md §10.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<&'static str, u64>);

impl Counts {
    /// One more of a kind.
    pub fn add(&mut self, kind: Kind) {
        *self.0.entry(kind.as_str()).or_default() += 1;
    }

    /// All of a text.
    pub fn add_all(&mut self, findings: &[Finding]) {
        for finding in findings {
            self.add(finding.kind);
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many findings.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Their kinds in alphabetical order, `EMAIL, SSN`.
    pub fn kinds(&self) -> String {
        self.0.keys().copied().collect::<Vec<_>>().join(", ")
    }

    /// Each kind with its number.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }

    /// The payload of an audit event. `source` is `request` or `response`.
    pub fn payload(&self, source: &str) -> Value {
        let counts: Map<String, Value> = self
            .iter()
            .map(|(kind, count)| (kind.to_owned(), count.into()))
            .collect();
        json!({
            "source": source,
            "entity_count": self.total(),
            "entity_types": self.kinds(),
            "entity_type_counts": counts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_say_kinds_and_numbers_in_order() {
        let mut counts = Counts::default();
        for kind in [Kind::Ssn, Kind::Email, Kind::Ssn] {
            counts.add(kind);
        }
        assert_eq!(
            counts.payload("request"),
            json!({"source": "request", "entity_count": 3, "entity_types": "EMAIL, SSN", "entity_type_counts": {"EMAIL": 1, "SSN": 2}})
        );
    }
}
