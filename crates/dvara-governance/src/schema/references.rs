//! Where the references of a schema may lead.
//!
//! Only into the schema itself, by pointer: nothing is fetched, and what is asked of one place of an answer can be counted
//! beforehand. A schema that refers to itself further down in an answer (a tree) is fine; one that refers to itself at the
//! same place would never end, and one whose references double at every step would take for ever.

use std::borrow::Cow;
use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{SchemaError, shortened};

/// How many schemas one place of an answer may be held against, references followed.
const MAX_SCHEMAS_AT_A_PLACE: usize = 2000;

/// How deep schemas for one place of an answer may lie in each other, references followed. With the depth of answers it
/// bounds the stack.
const MAX_DEPTH_AT_A_PLACE: usize = 24;

/// Keywords that give a part of the schema a name of its own, or lead to one by name.
const NAMES: [&str; 3] = ["$id", "$dynamicRef", "$recursiveRef"];

/// Checks all references of a schema, and what it asks of any one place of an answer.
pub(super) fn check(root: &Value) -> Result<(), SchemaError> {
    let mut places = Places {
        root,
        counts: HashMap::new(),
    };
    places.walk(root, &mut String::new())
}

/// Counts the schemas that one place of an answer is held against.
struct Places<'a> {
    root: &'a Value,
    /// By the schema's address; without a count while it is being counted.
    counts: HashMap<*const Value, Option<usize>>,
}

impl<'a> Places<'a> {
    /// Every value of the schema. Some are no schemas, such as the object of all `properties`; to count them too is
    /// harmless, for nothing leads to them. `pointer` is where the value stands, and is given back as it was.
    fn walk(&mut self, value: &'a Value, pointer: &mut String) -> Result<(), SchemaError> {
        let length = pointer.len();
        match value {
            Value::Object(members) => {
                refuse_names(members, pointer)?;
                self.count(value, pointer, 0)?;
                for (key, inner) in members {
                    pointer.push('/');
                    pointer.push_str(key);
                    self.walk(inner, pointer)?;
                    pointer.truncate(length);
                }
            }
            Value::Array(items) => {
                for (index, inner) in items.iter().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                    self.walk(inner, pointer)?;
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn count(
        &mut self,
        schema: &'a Value,
        pointer: &str,
        depth: usize,
    ) -> Result<usize, SchemaError> {
        let Value::Object(members) = schema else {
            return Ok(1);
        };
        let address: *const Value = schema;
        match self.counts.get(&address) {
            Some(Some(count)) => return Ok(*count),
            Some(None) => return Err(refused(pointer, "refers to itself without an end")),
            None => {}
        }
        if depth > MAX_DEPTH_AT_A_PLACE {
            let problem =
                format!("leads through more than {MAX_DEPTH_AT_A_PLACE} schemas in a row");
            return Err(refused(pointer, problem));
        }
        self.counts.insert(address, None);
        let mut count = 1;
        for inner in at_the_same_place(self.root, members, pointer)? {
            count += self.count(inner, pointer, depth + 1)?;
        }
        if count > MAX_SCHEMAS_AT_A_PLACE {
            let problem = format!(
                "holds an answer against more than {MAX_SCHEMAS_AT_A_PLACE} schemas at one place"
            );
            return Err(refused(pointer, problem));
        }
        self.counts.insert(address, Some(count));
        Ok(count)
    }
}

/// The schemas that a schema holds the same place of an answer against.
fn at_the_same_place<'a>(
    root: &'a Value,
    members: &'a Map<String, Value>,
    pointer: &str,
) -> Result<Vec<&'a Value>, SchemaError> {
    let mut schemas = Vec::new();
    for (key, inner) in members {
        match (key.as_str(), inner) {
            ("$ref", Value::String(target)) => schemas.push(resolve(root, target, pointer)?),
            ("not" | "if" | "then" | "else", schema) => schemas.push(schema),
            ("allOf" | "anyOf" | "oneOf", Value::Array(several)) => schemas.extend(several),
            ("dependentSchemas" | "dependencies", Value::Object(several)) => {
                schemas.extend(several.values());
            }
            _ => {}
        }
    }
    Ok(schemas)
}

fn resolve<'a>(root: &'a Value, target: &str, pointer: &str) -> Result<&'a Value, SchemaError> {
    let within = target
        .strip_prefix('#')
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let Some(within) = within else {
        let problem = format!("`{target}` leads out of the schema: use `#/…`, a pointer into it");
        return Err(refused(pointer, problem));
    };
    let decoded = percent_decode_str(within).decode_utf8().ok();
    let found = decoded.and_then(|within: Cow<'_, str>| root.pointer(&within));
    found.ok_or_else(|| refused(pointer, format!("`{target}` leads nowhere in the schema")))
}

/// With names inside, a pointer would lead elsewhere than it seems to, and past what is counted here. The name of the
/// whole changes nothing.
fn refuse_names(members: &Map<String, Value>, pointer: &str) -> Result<(), SchemaError> {
    for name in NAMES {
        let is_the_whole_s = name == "$id" && pointer.is_empty();
        if members.get(name).is_some_and(Value::is_string) && !is_the_whole_s {
            let problem = format!("`{name}` is not supported: use `$ref` with `#/…`, a pointer");
            return Err(refused(pointer, problem));
        }
    }
    Ok(())
}

fn refused(pointer: &str, problem: impl AsRef<str>) -> SchemaError {
    let pointer = if pointer.is_empty() { "#" } else { pointer };
    SchemaError::Reference {
        pointer: shortened(pointer),
        problem: shortened(problem.as_ref()),
    }
}
