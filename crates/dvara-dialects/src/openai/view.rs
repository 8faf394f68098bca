//! One borrowed view over a whole body, in one pass: the members that are read as raw values, the messages as
//! heads only. Contents are skipped over, not decoded.

mod messages;

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use messages::MessagesSeed;

use super::keys::{BodyKey, Found, KeySeed, Keys, MessageKey};
use crate::json;
use crate::request::{Heads, ReadError};

/// The members of a body that are read.
#[derive(Default)]
pub(super) struct View<'a> {
    members: [Option<&'a RawValue>; BodyKey::ALL.len()],
    /// What the messages are like; `None` without the key.
    pub(super) heads: Option<Heads>,
}

impl<'a> View<'a> {
    /// The view of a body.
    ///
    /// # Errors
    /// When it is no JSON object, a key that is read stands there twice, or a message has no role.
    pub(super) fn read(text: &'a str) -> Result<Self, ReadError> {
        let place = Cell::new(Place::Body);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let view = BodySeed(&place)
            .deserialize(&mut deserializer)
            .and_then(|view| deserializer.end().map(|()| view));
        view.map_err(|error| match error.classify() {
            // What the visitors refused; the place says what it was.
            serde_json::error::Category::Data => place.get().refusal(),
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => super::explain::explain(text, &error),
        })
    }

    /// A member's value; `None` when it is absent or null.
    pub(super) fn value(&self, key: BodyKey) -> Option<&'a RawValue> {
        self.member(key).filter(|value| !json::is_null(value))
    }

    /// A member's value, `null` included.
    pub(super) fn member(&self, key: BodyKey) -> Option<&'a RawValue> {
        self.members[key as usize]
    }
}

/// What is being read, so that an error knows its place without the fast path paying for a path.
#[derive(Clone, Copy)]
enum Place {
    Body,
    Repeated(BodyKey),
    OtherSpelling(BodyKey),
    Messages,
    Message(usize),
    Role(usize),
    Content(usize),
    RepeatedIn(usize, MessageKey),
    OtherSpellingIn(usize, MessageKey),
}

impl Place {
    fn refusal(self) -> ReadError {
        let repeated = "must not be given twice";
        match self {
            Self::Body => ReadError::NotAnObject,
            Self::Repeated(key) => {
                ReadError::invalid(key.name(), format!("`{}` {repeated}", key.name()))
            }
            Self::OtherSpelling(key) => ReadError::invalid(
                key.name(),
                format!("`{}` must be spelled in lower case", key.name()),
            ),
            Self::Messages => {
                ReadError::validation("messages", "`messages` must be a list of messages")
            }
            Self::Message(index) => {
                let param = format!("messages[{index}]");
                ReadError::validation(&*param, format!("`{param}` must be an object"))
            }
            Self::Role(index) => {
                let param = format!("messages[{index}].role");
                ReadError::validation(&*param, format!("`{param}` must be a string"))
            }
            Self::Content(index) => {
                let param = format!("messages[{index}].content");
                let message = format!("`{param}` must be a string, a list of parts, or null");
                ReadError::validation(param, message)
            }
            Self::RepeatedIn(index, key) => {
                let param = format!("messages[{index}].{}", key.name());
                ReadError::invalid(&*param, format!("`{param}` {repeated}"))
            }
            Self::OtherSpellingIn(index, key) => {
                let param = format!("messages[{index}].{}", key.name());
                ReadError::invalid(&*param, format!("`{param}` must be spelled in lower case"))
            }
        }
    }
}

/// Stops reading; the place that was set says why.
fn refuse<T, E: Error>() -> Result<T, E> {
    Err(E::custom("refused"))
}

struct BodySeed<'p>(&'p Cell<Place>);

impl<'de> DeserializeSeed<'de> for BodySeed<'_> {
    type Value = View<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<View<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for BodySeed<'_> {
    type Value = View<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<View<'de>, A::Error> {
        let mut view = View::default();
        while let Some(found) = map.next_key_seed(KeySeed::<BodyKey>::new())? {
            match found {
                Found::Known(key) if view.is_taken(key) => {
                    self.0.set(Place::Repeated(key));
                    return refuse();
                }
                Found::Known(BodyKey::Messages) => {
                    self.0.set(Place::Messages);
                    view.heads = Some(map.next_value_seed(MessagesSeed(self.0))?);
                    self.0.set(Place::Body);
                }
                Found::Known(key) => view.members[key as usize] = Some(map.next_value()?),
                Found::OtherSpelling(key) => {
                    self.0.set(Place::OtherSpelling(key));
                    return refuse();
                }
                Found::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(view)
    }
}

impl View<'_> {
    fn is_taken(&self, key: BodyKey) -> bool {
        match key {
            BodyKey::Messages => self.heads.is_some(),
            other => self.members[other as usize].is_some(),
        }
    }
}
