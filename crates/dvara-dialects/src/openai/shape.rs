//! What a vendor of OpenAI's shape does in its own way, as one value: nothing outside of [`super::vendors`] tells vendors
//! apart.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::history::Turn;
use crate::fields::{Declared, Drops};
use crate::json::{self, Member};
use crate::request::ReadError;

/// How a vendor differs from OpenAI.
pub(super) struct Shape {
    /// What becomes of each field of a call.
    pub(super) declared: Declared,
    /// How calls are edited; `None` where they leave in the bytes that they came in.
    pub(super) call: Option<Call>,
    /// What answers and streams say in other words; `None` where they are relayed as they are.
    pub(super) reply: Option<Reply>,
}

/// How calls are edited.
pub(super) struct Call {
    /// Says a field whose verdict is `Translated`.
    pub(super) say: fn(&Field<'_>, &mut Drops) -> Result<Said, ReadError>,
    /// Edits a message.
    pub(super) turn: fn(&mut Turn<'_, '_>) -> Result<(), ReadError>,
    /// Streams report their usage by themselves: `stream_options` is not known there.
    pub(super) usage_comes_by_itself: bool,
}

/// A field of a call that is said in a vendor's words.
pub(super) struct Field<'c> {
    /// Its name in OpenAI's dialect.
    pub(super) name: &'static str,
    /// Its value; not null.
    pub(super) value: &'c RawValue,
    /// All fields of the call.
    pub(super) call: &'c [Member<'c>],
    /// The model that is asked.
    pub(super) model: &'c str,
    /// What the vendor declares.
    pub(super) declared: &'static Declared,
}

impl Field<'_> {
    /// Whether the call has another field, and not as null.
    pub(super) fn is_beside(&self, name: &str) -> bool {
        is_given(self.call, name)
    }

    /// Its value as a text.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn text(&self) -> Result<Cow<'_, str>, ReadError> {
        json::string(self.value).ok_or_else(|| {
            ReadError::validation(self.name, format!("`{}` must be a string", self.name))
        })
    }

    /// Its value as a number.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn number(&self) -> Result<f64, ReadError> {
        serde_json::from_str(self.value.get()).map_err(|_| {
            ReadError::validation(self.name, format!("`{}` must be a number", self.name))
        })
    }

    /// The error of a value that the vendor can't say.
    pub(super) fn refusal(&self, because: &str) -> ReadError {
        self.declared.refusal(self.name, because)
    }
}

/// Whether a call has a field, and not as null.
pub(super) fn is_given(call: &[Member<'_>], name: &str) -> bool {
    let mut fields = call.iter();
    fields.any(|field| field.key == name && !json::is_null(field.value))
}

/// What a vendor gets of a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The field as it came.
    AsItCame,
    /// Another value under the same name.
    Value(Cow<'static, str>),
    /// Other members in its place, with their names.
    Members(Cow<'static, str>),
    /// Nothing: what it asks for is so without it.
    Nothing,
}

/// What answers and streams say in other words.
pub(super) struct Reply {
    /// The vendor's own reasons to stop.
    pub(super) endings: &'static [(&'static str, Ending)],
    /// The vendor's name of `reasoning_content`.
    pub(super) reasoning: Option<&'static str>,
    /// A content may be a list of chunks, thinking among them (Mistral).
    pub(super) chunks: bool,
}

/// What a reason to stop means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// What OpenAI's dialect has this word for.
    Reads(&'static str),
    /// The vendor failed: the answer is not whole.
    Failed,
}

impl Reply {
    /// What a vendor's own word means.
    pub(super) fn ending(&self, word: &str) -> Option<Ending> {
        let mut endings = self.endings.iter();
        let (_, ending) = endings.find(|(known, _)| *known == word)?;
        Some(*ending)
    }
}
