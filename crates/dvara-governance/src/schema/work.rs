//! What it takes to hold an answer against a schema, counted before it is done.
//!
//! A schema without references is held against every place of an answer once. With references the same schema may be
//! reached in several ways, again and again on every level: a union of two kinds of nodes that both have children takes
//! two to the power of the answer's depth. The library cannot be stopped once it has begun, and whoever asks a model for a
//! deep answer would hold up a gateway; so the work is counted first, each pair of schema and place once.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::references::at_the_same_place;

/// How many schemas may be held against places of one answer: some tenths of a second.
const MAX_WORK: u64 = 1_000_000;

/// Whether the answer takes more than a gateway can give. `schema` has been checked.
pub(super) fn is_too_much(schema: &Value, answer: &Value) -> bool {
    let mut counting = Counting {
        root: schema,
        counted: HashMap::new(),
    };
    counting.work(schema, answer) > MAX_WORK
}

struct Counting<'a> {
    root: &'a Value,
    /// By the addresses of a schema and of a place in the answer.
    counted: HashMap<(*const Value, *const Value), u64>,
}

impl Counting<'_> {
    /// No less than what the library does, as far as its order of work is not known.
    fn work(&mut self, schema: &Value, place: &Value) -> u64 {
        let Value::Object(members) = schema else {
            return 1;
        };
        let pair: (*const Value, *const Value) = (schema, place);
        if let Some(work) = self.counted.get(&pair) {
            return *work;
        }
        if self.counted.len() as u64 > MAX_WORK {
            return u64::MAX;
        }
        let here = at_the_same_place(self.root, members, "")
            .expect("references were resolved when the schema was compiled");
        let mut work = 1_u64;
        for schema in here {
            work = work.saturating_add(self.work(schema, place));
        }
        for_each_inner(members, place, |schema, inner| {
            work = work.saturating_add(self.work(schema, inner));
        });
        // What is left over is found by holding everything else against the place once more.
        if members.keys().any(|key| key.starts_with("unevaluated")) {
            work = work.saturating_mul(2);
        }
        self.counted.insert(pair, work);
        work
    }
}

/// Every schema that a place's inner places may be held against, with the place.
fn for_each_inner<'v>(
    members: &'v Map<String, Value>,
    place: &'v Value,
    mut found: impl FnMut(&'v Value, &'v Value),
) {
    match place {
        Value::Object(properties) => {
            let named = members.get("properties").and_then(Value::as_object);
            let by_pattern = members.get("patternProperties").and_then(Value::as_object);
            for (name, inner) in properties {
                let named = named.and_then(|named| named.get(name));
                let by_pattern = by_pattern.into_iter().flat_map(Map::values);
                let others = [
                    "additionalProperties",
                    "unevaluatedProperties",
                    "propertyNames",
                ];
                let others = others.iter().filter_map(|key| members.get(*key));
                for schema in named.into_iter().chain(by_pattern).chain(others) {
                    found(schema, inner);
                }
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                for key in ["items", "prefixItems"] {
                    match members.get(key) {
                        Some(Value::Array(several)) => {
                            if let Some(schema) = several.get(index) {
                                found(schema, inner);
                            }
                        }
                        Some(schema) => found(schema, inner),
                        None => {}
                    }
                }
                let others = ["additionalItems", "unevaluatedItems", "contains"];
                for schema in others.iter().filter_map(|key| members.get(*key)) {
                    found(schema, inner);
                }
            }
        }
        _ => {}
    }
}
