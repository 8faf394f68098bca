//! The slow path of a body that is no JSON: what is wrong, at which line and column, at which JSON path.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_path_to_error::{Path, Segment};

use crate::request::ReadError;

/// What is wrong with a text that is no JSON, and where: reads it again, slowly, with a path.
pub(super) fn explain(text: &str, error: &serde_json::Error) -> ReadError {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let walked = Anything::deserialize(serde_path_to_error::Deserializer::new(
        &mut deserializer,
        &mut track,
    ));
    let (found, path) = match &walked {
        Err(found) => (found, render(&track.path())),
        // Only the whole walk was right: something stands behind the value.
        Ok(Anything) => (error, String::new()),
    };
    let said = found.to_string();
    let what = said
        .split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned();
    ReadError::InvalidJson {
        line: found.line(),
        column: found.column(),
        path,
        what,
    }
}

/// `messages[1].content`. A path is made of the body's keys: a hostile one may be as long as the body.
fn render(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("[{index}]")),
            Segment::Map { key } if text.is_empty() => text.push_str(key),
            Segment::Map { key } => {
                text.push('.');
                text.push_str(key);
            }
            // A key that could not be read.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    text.chars().take(200).collect()
}

/// Any value, visited to its leaves so that a path can be kept.
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

impl<'de> Visitor<'de> for Anything {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<Cow<'_, str>, Self>()?.is_some() {}
        Ok(self)
    }
}
