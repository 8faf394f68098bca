//! The heads of the messages: that each is an object with a role, and what kind of content it has.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Place, refuse};
use crate::json;
use crate::openai::keys::{Found, KeySeed, Keys, MessageKey};
use crate::request::Heads;

/// Reads the messages of a body.
pub(super) struct MessagesSeed<'p>(pub(super) &'p Cell<Place>);

impl<'de> DeserializeSeed<'de> for MessagesSeed<'_> {
    type Value = Heads;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Heads, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for MessagesSeed<'_> {
    type Value = Heads;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut messages: A) -> Result<Heads, A::Error> {
        let mut heads = Heads::default();
        loop {
            self.0.set(Place::Message(heads.count));
            let seed = MessageSeed {
                place: self.0,
                index: heads.count,
                heads: &mut heads,
            };
            if messages.next_element_seed(seed)?.is_none() {
                return Ok(heads);
            }
            heads.count += 1;
        }
    }
}

struct MessageSeed<'p, 'h> {
    place: &'p Cell<Place>,
    index: usize,
    heads: &'h mut Heads,
}

impl<'de> DeserializeSeed<'de> for MessageSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MessageSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut taken = [false; MessageKey::ALL.len()];
        while let Some(found) = map.next_key_seed(KeySeed::<MessageKey>::new())? {
            let key = match found {
                Found::Known(key) => key,
                Found::OtherSpelling(key) => {
                    self.place.set(Place::OtherSpellingIn(self.index, key));
                    return refuse();
                }
                Found::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if std::mem::replace(&mut taken[key as usize], true) {
                self.place.set(Place::RepeatedIn(self.index, key));
                return refuse();
            }
            match key {
                MessageKey::Role => {
                    self.place.set(Place::Role(self.index));
                    map.next_value::<AnyString>()?;
                }
                MessageKey::Content => {
                    if !self.heads.add_content(map.next_value()?) {
                        self.place.set(Place::Content(self.index));
                        return refuse();
                    }
                }
                MessageKey::ToolCalls => {
                    self.heads.tool_calls |= json::is_filled_array(map.next_value()?);
                }
                MessageKey::FunctionCall
                | MessageKey::ToolCallId
                | MessageKey::Name
                | MessageKey::Refusal
                | MessageKey::ReasoningContent
                | MessageKey::Reasoning => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            self.place.set(Place::Message(self.index));
        }
        if !taken[MessageKey::Role as usize] {
            self.place.set(Place::Role(self.index));
            return refuse();
        }
        Ok(())
    }
}

impl Heads {
    /// Counts a message's content; `false` when it is nothing that could be read later.
    fn add_content(&mut self, content: &RawValue) -> bool {
        match content.get().as_bytes().first() {
            Some(b'"') => self.text_bytes += content.get().len() as u64 - 2,
            Some(b'[') => self.has_parts = true,
            Some(b'n') => {}
            _ => return false,
        }
        true
    }
}

/// A string whose text does not matter.
struct AnyString;

impl<'de> serde::Deserialize<'de> for AnyString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyStringVisitor;

        impl Visitor<'_> for AnyStringVisitor {
            type Value = AnyString;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_str<E: Error>(self, _text: &str) -> Result<AnyString, E> {
                Ok(AnyString)
            }
        }

        deserializer.deserialize_str(AnyStringVisitor)
    }
}
