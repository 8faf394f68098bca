//! Prompt templates: texts with `{{name}}` in them, filled in for a call (data-plane.md §14).
//!
//! A placeholder is two braces around a name of letters, digits and `_`, with spaces allowed between brace and name; every
//! other brace is text. Which variables there are is read off the text. A value is inserted as it is and never read for
//! placeholders: who fills in a variable cannot reach another one.

mod status;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use memchr::memmem;
use serde_json::{Map, Value};

pub use status::{TemplateStatus, UnknownTemplateStatus};

/// Longest text of a template, in bytes.
pub const MAX_TEMPLATE_BYTES: usize = 256 * 1024;

/// How many variables a text may have.
pub const MAX_VARIABLES: usize = 200;

/// How large a text may become when it is filled in: a value counts as often as it is named.
pub const MAX_RENDERED_BYTES: usize = 4 * 1024 * 1024;

/// A text with its placeholders. `Debug` leaves the text out.
pub struct Template {
    text: Box<str>,
    /// In the order of the text.
    placeholders: Box<[Placeholder]>,
    variables: Box<[Box<str>]>,
}

/// One place to be filled in.
struct Placeholder {
    /// Bytes of the text, braces included.
    start: usize,
    end: usize,
    /// Which of the variables.
    variable: usize,
}

/// A text cannot be a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is longer than [`MAX_TEMPLATE_BYTES`].
    #[error("must not be longer than {} KiB, and has {bytes} bytes", MAX_TEMPLATE_BYTES / 1024)]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// It has more than [`MAX_VARIABLES`].
    #[error("must not have more than {MAX_VARIABLES} variables")]
    TooManyVariables,
}

/// A template cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No value for a variable; the data planes answer 400 `prompt_variable_missing`.
    #[error("the variable `{0}` has no value")]
    MissingVariable(String),
    /// It would exceed [`MAX_RENDERED_BYTES`].
    #[error("the text would be larger than {} MiB", MAX_RENDERED_BYTES / 1024 / 1024)]
    TooLarge,
}

impl fmt::Debug for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Template")
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

impl Template {
    /// Reads a text. Time is linear in it.
    ///
    /// # Errors
    /// When it exceeds a bound; what stands in it is never an error.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > MAX_TEMPLATE_BYTES {
            return Err(TemplateError::TooLong { bytes: text.len() });
        }
        let mut placeholders = Vec::new();
        let mut variables: Vec<Box<str>> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut from = 0;
        while let Some(at) = memmem::find(&text.as_bytes()[from..], b"{{") {
            let start = from + at;
            let Some((name, end)) = placeholder(text, start) else {
                // `{{{name}}` is a brace and a placeholder.
                from = start + 1;
                continue;
            };
            let variable = *known.entry(name).or_insert_with(|| {
                variables.push(name.into());
                variables.len() - 1
            });
            if variables.len() > MAX_VARIABLES {
                return Err(TemplateError::TooManyVariables);
            }
            placeholders.push(Placeholder {
                start,
                end,
                variable,
            });
            from = end;
        }
        Ok(Self {
            text: text.into(),
            placeholders: placeholders.into(),
            variables: variables.into(),
        })
    }

    /// The names of the variables, in the order they first appear.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|name| &**name)
    }

    /// The text with every placeholder filled in: strings as they are, other values as compact JSON; null is no value.
    /// Values that the text does not name are ignored.
    ///
    /// # Errors
    /// When a variable has no value, the first of the text, or the text would become too large.
    pub fn render(&self, values: &Map<String, Value>) -> Result<String, RenderError> {
        let values: Vec<Cow<'_, str>> = self
            .variables()
            .map(|name| value_of(name, values))
            .collect::<Result<_, _>>()?;
        let filled_in = self.placeholders.iter().map(|place| {
            let replaced = place.end - place.start;
            (values[place.variable].len(), replaced)
        });
        let size = filled_in.fold(self.text.len(), |size, (value, replaced)| {
            // Never below zero: what is replaced is a part of the text.
            size.saturating_add(value) - replaced
        });
        if size > MAX_RENDERED_BYTES {
            return Err(RenderError::TooLarge);
        }
        let mut rendered = String::with_capacity(size);
        let mut from = 0;
        for place in &self.placeholders {
            rendered.push_str(&self.text[from..place.start]);
            rendered.push_str(&values[place.variable]);
            from = place.end;
        }
        rendered.push_str(&self.text[from..]);
        Ok(rendered)
    }
}

/// The two texts of a prompt template.
#[derive(Debug)]
pub struct Prompt {
    system: Option<Template>,
    user: Template,
}

/// A prompt filled in for a call. No `Debug`: it holds texts of people.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedPrompt {
    /// Goes before all messages.
    pub system: Option<String>,
    /// Goes after the system text and before the messages of the call.
    pub user: String,
}

/// One of a prompt's texts cannot be a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {error}")]
pub struct PromptError {
    /// `system_prompt` or `user_prompt`.
    pub field: &'static str,
    /// What is wrong with it.
    pub error: TemplateError,
}

impl Prompt {
    /// Reads both texts.
    ///
    /// # Errors
    /// The first text that exceeds a bound.
    pub fn parse(system: Option<&str>, user: &str) -> Result<Self, PromptError> {
        let parse =
            |field, text| Template::parse(text).map_err(|error| PromptError { field, error });
        Ok(Self {
            system: system
                .map(|text| parse("system_prompt", text))
                .transpose()?,
            user: parse("user_prompt", user)?,
        })
    }

    /// The names of all variables, the system text's first, each once.
    pub fn variables(&self) -> Vec<&str> {
        let mut variables: Vec<&str> = self.system.iter().flat_map(Template::variables).collect();
        let of_system = variables.len();
        // Quadratic in at most two hundred.
        for name in self.user.variables() {
            if !variables[..of_system].contains(&name) {
                variables.push(name);
            }
        }
        variables
    }

    /// Both texts filled in.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render(&self, values: &Map<String, Value>) -> Result<RenderedPrompt, RenderError> {
        let system = self.system.as_ref().map(|system| system.render(values));
        Ok(RenderedPrompt {
            system: system.transpose()?,
            user: self.user.render(values)?,
        })
    }
}

/// The name in the placeholder whose braces open at `start`, and where it ends; nothing where there is no placeholder.
/// Looks no further than the next brace, so that a text of many open braces is read once.
fn placeholder(text: &str, start: usize) -> Option<(&str, usize)> {
    let is_space = |character: char| matches!(character, ' ' | '\t');
    let inside = text[start + 2..].trim_start_matches(is_space);
    let name_length = inside
        .find(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|length| *length > 0)?;
    let (name, rest) = inside.split_at(name_length);
    let rest = rest.trim_start_matches(is_space).strip_prefix("}}")?;
    Some((name, text.len() - rest.len()))
}

fn value_of<'a>(name: &str, values: &'a Map<String, Value>) -> Result<Cow<'a, str>, RenderError> {
    match values.get(name) {
        None | Some(Value::Null) => Err(RenderError::MissingVariable(name.to_owned())),
        Some(Value::String(text)) => Ok(Cow::Borrowed(text)),
        Some(other) => Ok(Cow::Owned(other.to_string())),
    }
}

#[cfg(test)]
mod tests;
