//! Arguments of a tool call.

use std::fmt::Write as _;

use regex::Regex;
use serde_json::{Number, Value};

use super::NameRule;

/// One rule over one argument.
///
/// Its path names members of objects from the top of the arguments. Lists on the way and below it are looked into, and an
/// object at its end counts with all values in it: a caller must not get past `path: /etc` by sending `["/etc"]`. A value
/// fires when the pattern is found in it or the lists say so; texts are compared as they are, other scalars in their JSON
/// form. An argument that is absent fires nothing.
pub(in crate::policy) struct ArgumentRule {
    path: Box<[Box<str>]>,
    pattern: Option<Regex>,
    names: Option<NameRule>,
}

impl ArgumentRule {
    /// A rule over a dotted path; `None` when there is nothing to compare with.
    pub(in crate::policy) fn of(
        path: &str,
        pattern: Option<Regex>,
        names: Option<NameRule>,
    ) -> Option<Self> {
        (pattern.is_some() || names.is_some()).then(|| Self {
            path: path.split('.').map(Box::from).collect(),
            pattern,
            names,
        })
    }

    pub(super) fn fires(&self, arguments: &Value) -> bool {
        self.fires_below(arguments, &self.path)
    }

    fn fires_below(&self, value: &Value, path: &[Box<str>]) -> bool {
        match (value, path) {
            (Value::Array(items), _) => items.iter().any(|item| self.fires_below(item, path)),
            (Value::Object(members), [first, rest @ ..]) => members
                .get(first.as_ref())
                .is_some_and(|member| self.fires_below(member, rest)),
            (Value::Object(members), []) => {
                members.values().any(|member| self.fires_below(member, &[]))
            }
            (scalar, []) => self.fires_on(scalar),
            (_, [_, ..]) => false,
        }
    }

    fn fires_on(&self, scalar: &Value) -> bool {
        match scalar {
            Value::String(text) => self.fires_on_text(text),
            Value::Number(number) => match NumberText::of(number) {
                Some(text) => self.fires_on_text(text.as_str()),
                None => self.fires_on_text(&number.to_string()),
            },
            Value::Bool(true) => self.fires_on_text("true"),
            Value::Bool(false) => self.fires_on_text("false"),
            Value::Null => self.fires_on_text("null"),
            Value::Array(_) | Value::Object(_) => false,
        }
    }

    fn fires_on_text(&self, text: &str) -> bool {
        let found = |pattern: &Regex| pattern.is_match(text);
        self.pattern.as_ref().is_some_and(found)
            || self.names.as_ref().is_some_and(|names| names.fires(text))
    }
}

/// The JSON form of a number, on the stack.
struct NumberText {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl NumberText {
    /// Enough for every 64-bit number.
    const CAPACITY: usize = 32;

    /// `None` when it is longer, which only numbers of arbitrary precision are.
    fn of(number: &Number) -> Option<Self> {
        let mut text = Self {
            bytes: [0; Self::CAPACITY],
            length: 0,
        };
        write!(text, "{number}").ok().map(|()| text)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length])
            .expect("`write_str` alone writes here, and it writes whole texts")
    }
}

impl std::fmt::Write for NumberText {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        let end = self.length + part.len();
        let room = self.bytes.get_mut(self.length..end);
        room.ok_or(std::fmt::Error)?
            .copy_from_slice(part.as_bytes());
        self.length = end;
        Ok(())
    }
}
