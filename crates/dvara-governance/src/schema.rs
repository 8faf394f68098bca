//! Output schemas: what a model's answer has to look like (data-plane.md §15).
//!
//! A schema is compiled once and asked for every answer. What a schema may cost is settled when it is compiled: its size,
//! its depth, where its references lead (never out of it, and never in a circle at one place of the answer), and patterns
//! run on an engine that is linear in the text. What is wrong with an answer is said without quoting values of it.

mod references;

use std::fmt;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;

/// Largest schema, in bytes of compact JSON.
pub const MAX_SCHEMA_BYTES: usize = 64 * 1024;

/// How deep objects and arrays may lie in each other in a schema.
pub const MAX_SCHEMA_DEPTH: usize = 64;

/// How deep objects and arrays may lie in each other in an answer.
pub const MAX_ANSWER_DEPTH: usize = 64;

/// How many mistakes of an answer are named.
pub const MAX_MISFITS: usize = 5;

/// Longest text that says where, and longest that says what, in characters: property names may be of any length.
const MAX_SAID: usize = 300;

/// The compiled form of one pattern may hold this many bytes; the usual ones hold a hundredth of it.
const MAX_PATTERN_BYTES: usize = 1024 * 1024;

/// A compiled schema. `Debug` leaves it out.
pub struct Schema {
    validator: Validator,
}

/// A JSON value cannot be an output schema. The texts quote the schema, which its author may read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// It is neither an object nor a boolean.
    #[error("a schema is a JSON object")]
    NoObject,
    /// It exceeds [`MAX_SCHEMA_BYTES`].
    #[error("must not be larger than {} KiB, and has {bytes} bytes", MAX_SCHEMA_BYTES / 1024)]
    TooLarge {
        /// How large it is, as compact JSON.
        bytes: usize,
    },
    /// It exceeds [`MAX_SCHEMA_DEPTH`].
    #[error("must not be nested deeper than {MAX_SCHEMA_DEPTH} levels")]
    TooDeep,
    /// A reference leads somewhere it may not.
    #[error("{pointer}: {problem}")]
    Reference {
        /// Where it stands in the schema.
        pointer: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It is of draft 4, whose names of parts cannot be told from data.
    #[error("draft 4 is not supported: use draft 6, draft 7, 2019-09 or 2020-12")]
    Draft4,
    /// It is no schema of its draft.
    #[error("{0}")]
    Invalid(String),
}

/// What is wrong with an answer at one place. Neither text holds a value of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The place, a JSON pointer into the answer; empty for the answer as a whole.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.message),
            pointer => write!(f, "{pointer}: {}", self.message),
        }
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Schema").finish_non_exhaustive()
    }
}

impl Schema {
    /// Compiles a schema of the draft that its `$schema` names, else of draft 7.
    ///
    /// # Errors
    /// When it is no schema, exceeds a bound, or refers to another document.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let Some(members) = schema.as_object() else {
            return Err(SchemaError::NoObject);
        };
        let bytes = schema.to_string().len();
        if bytes > MAX_SCHEMA_BYTES {
            return Err(SchemaError::TooLarge { bytes });
        }
        if is_deeper_than(schema, MAX_SCHEMA_DEPTH) {
            return Err(SchemaError::TooDeep);
        }
        references::check(schema)?;
        let mut options = jsonschema::options()
            .offline()
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES));
        match members.get("$schema") {
            None => options = options.with_draft(Draft::Draft7),
            Some(_) if Draft::default().detect(schema) == Draft::Draft4 => {
                return Err(SchemaError::Draft4);
            }
            Some(_) => {}
        }
        match options.build(schema) {
            Ok(validator) => Ok(Self { validator }),
            Err(error) => Err(SchemaError::Invalid(invalid(&error))),
        }
    }

    /// Whether a model's answer fits. A blank answer does (data-plane.md §15): there is nothing to be wrong.
    ///
    /// # Errors
    /// The first mistakes of an answer that is not JSON or does not fit; at least one, at most [`MAX_MISFITS`].
    pub fn check(&self, answer: &str) -> Result<(), Vec<Misfit>> {
        if answer.trim().is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_str(answer).map_err(|error| vec![no_json(&error)])?;
        if is_deeper_than(&value, MAX_ANSWER_DEPTH) {
            return Err(vec![Misfit {
                pointer: String::new(),
                message: format!("is nested deeper than {MAX_ANSWER_DEPTH} levels"),
            }]);
        }
        // Cheaper than looking for mistakes, and nearly every answer fits.
        if self.validator.is_valid(&value) {
            return Ok(());
        }
        let mistakes = self.validator.iter_errors(&value).take(MAX_MISFITS);
        Err(mistakes.map(|error| misfit(&error)).collect())
    }
}

/// The parser's own text may quote the answer.
fn no_json(error: &serde_json::Error) -> Misfit {
    Misfit {
        pointer: String::new(),
        message: format!(
            "is not JSON: line {}, column {}",
            error.line(),
            error.column()
        ),
    }
}

/// Said in our own words: those of the library quote names and values of the answer.
fn misfit(error: &ValidationError<'_>) -> Misfit {
    let message = match error.kind() {
        ValidationErrorKind::Required { property } => format!("misses the property {property}"),
        ValidationErrorKind::Type {
            kind: TypeKind::Single(expected),
        } => format!("is no {expected}"),
        ValidationErrorKind::AdditionalProperties { .. } => {
            "has properties that the schema does not name".to_owned()
        }
        _ => format!(
            "does not satisfy `{}` ({})",
            error.kind().keyword(),
            error.schema_path()
        ),
    };
    Misfit {
        pointer: shortened(error.instance_path().as_str()),
        message: shortened(&message),
    }
}

fn invalid(error: &ValidationError<'_>) -> String {
    let place = error.instance_path().as_str();
    let text = shortened(&error.to_string());
    if place.is_empty() {
        text
    } else {
        format!("{}: {text}", shortened(place))
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SAID) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn is_deeper_than(value: &Value, levels: usize) -> bool {
    let is_too_deep = |inner: &Value| is_deeper_than(inner, levels - 1);
    match value {
        Value::Object(members) if levels == 0 || members.values().any(is_too_deep) => true,
        Value::Array(items) if levels == 0 || items.iter().any(is_too_deep) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
