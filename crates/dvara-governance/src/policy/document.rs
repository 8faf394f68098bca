//! YAML text to a tree in which every key and value knows its place.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned, UserMessageFormatter};

use super::error::{Place, PolicyError};

/// A value of the text with its place.
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
}

/// What a [`Node`] holds.
pub(super) enum Content {
    /// Nothing written, or `~`.
    Null,
    /// `true` or `false`, and no other spelling.
    Bool,
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Fraction,
    /// A text, quoted or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the text; keys are unique.
    Mapping(Vec<Entry>),
}

/// One key with its value.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) value: Node,
}

impl Node {
    /// Parses one YAML document. Duplicate keys, unknown anchors, bombs of aliases and further documents are refused.
    ///
    /// # Errors
    /// The first mistake of the YAML itself: after it there is no tree to go on with.
    pub(super) fn parse(text: &str) -> Result<Self, PolicyError> {
        let options = serde_saphyr::options! {
            // What a text of the allowed size can hold, with some room for aliases.
            budget: serde_saphyr::budget! {
                max_documents: 2,
                max_depth: 16,
                max_nodes: 40_000,
                max_events: 100_000,
                max_total_scalar_bytes: 512 * 1024,
            },
            // A model or tool named `on` or `no` stays a text.
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options::<Spanned<Content>>(text, options)
            .map(Self::from)
            .map_err(|error| yaml_mistake(&error))
    }

    /// What this is, in an author's words.
    pub(super) fn kind(&self) -> &'static str {
        match self.content {
            Content::Null => "nothing",
            Content::Bool => "a boolean",
            Content::Integer(_) | Content::Fraction => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Mapping(_) => "a mapping",
        }
    }
}

fn yaml_mistake(error: &serde_saphyr::Error) -> PolicyError {
    let error = error.without_snippet();
    let place = error.location().map(place_of);
    // The library's other words are for programmers and name its options.
    let text = error.render_with_formatter(&UserMessageFormatter);
    // The place has fields of its own; said twice it reads like two places.
    let said_place = place.map(|at| format!(" at line {}, column {}", at.line, at.column));
    let text = said_place
        .and_then(|place| text.strip_suffix(&place))
        .unwrap_or(&text);
    PolicyError {
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        message: format!("not valid YAML: {}", text.replace('\n', " ")),
        hint: None,
    }
}

fn place_of(location: Location) -> Place {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Place {
        line: number(location.line()),
        column: number(location.column()),
    }
}

impl From<Spanned<Content>> for Node {
    fn from(spanned: Spanned<Content>) -> Self {
        Self {
            place: place_of(spanned.referenced),
            content: spanned.value,
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Content, E> {
        Ok(Content::Bool)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Content, E> {
        // Nothing a policy counts needs more than 63 bits, so the bound is as good as the number.
        Ok(Content::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Content, E> {
        Ok(Content::Fraction)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Content, E> {
        Ok(Content::Text(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        Content::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element::<Spanned<Content>>()? {
            items.push(item.into());
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = access.next_entry::<Spanned<String>, Spanned<Content>>()? {
            entries.push(Entry {
                place: place_of(key.referenced),
                key: key.value,
                value: value.into(),
            });
        }
        Ok(Content::Mapping(entries))
    }
}
