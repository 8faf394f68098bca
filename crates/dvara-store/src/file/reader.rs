//! Reading a table of a file key by key: what nobody asked for in the end is unknown.

use serde_json::{Map, Value};

use super::nearest::nearest;

/// What reading a file has come to so far.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) problems: Vec<String>,
    pub(super) not_built: Vec<String>,
}

/// A value and its place in the file.
pub(super) type Placed<'a> = (String, &'a Value);

/// One table. `snake_case` and `kebab-case` keys are the same.
pub(super) struct Section<'a, 'r> {
    path: String,
    table: &'a Map<String, Value>,
    known: Vec<&'static str>,
    reading: &'r mut Reading,
}

impl<'a, 'r> Section<'a, 'r> {
    pub(super) fn new(
        path: String,
        table: &'a Map<String, Value>,
        reading: &'r mut Reading,
    ) -> Self {
        Self {
            path,
            table,
            known: Vec::new(),
            reading,
        }
    }

    /// The table at a place, if it is one.
    pub(super) fn at((path, value): &Placed<'a>, reading: &'r mut Reading) -> Option<Self> {
        match value {
            Value::Object(table) => Some(Self::new(path.clone(), table, reading)),
            _ => {
                let problem = format!("{path}: must be a table of keys and values");
                reading.problems.push(problem);
                None
            }
        }
    }

    /// The place of a key.
    pub(super) fn place(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Notes a mistake at a key.
    pub(super) fn refuse(&mut self, key: &str, problem: impl std::fmt::Display) {
        let place = self.place(key);
        self.reading.problems.push(format!("{place}: {problem}"));
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.table
            .iter()
            .find(|(written, _)| written.replace('-', "_") == key)
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    /// A text, or a number or truth value as its text. A blank one is none.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        let text = match self.value(key)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => {
                self.refuse(key, "must be a text");
                return None;
            }
        };
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// A text that has to be there.
    pub(super) fn required(&mut self, key: &'static str) -> Option<String> {
        let text = self.text(key);
        if text.is_none() && !self.has(key) {
            self.refuse(key, "is missing");
        }
        text
    }

    /// Whether a key has a value of whatever form, blank texts apart.
    fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(written, value)| {
            let blank = value.as_str().is_some_and(|text| text.trim().is_empty());
            written.replace('-', "_") == key && !value.is_null() && !blank
        })
    }

    /// A truth value; false when absent.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        match self.value(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) if text.trim().is_empty() => false,
            Some(Value::String(text)) if text == "true" || text == "false" => text == "true",
            Some(_) => {
                self.refuse(key, "must be true or false");
                false
            }
        }
    }

    /// A whole number that is not negative.
    pub(super) fn number(&mut self, key: &'static str) -> Option<u32> {
        let text = self.text(key)?;
        match text.trim().parse() {
            Ok(number) => Some(number),
            Err(_) => {
                self.refuse(key, "must be a whole number that is not negative");
                None
            }
        }
    }

    /// The entries of a list with their places; empty when absent.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<Placed<'a>> {
        match self.value(key) {
            None => Vec::new(),
            Some(Value::Array(entries)) => {
                let place = self.place(key);
                let entries = entries.iter().enumerate();
                entries
                    .map(|(index, value)| (format!("{place}[{index}]"), value))
                    .collect()
            }
            Some(_) => {
                self.refuse(key, "must be a list");
                Vec::new()
            }
        }
    }

    /// Whatever stands at a key, with its place.
    pub(super) fn placed(&mut self, key: &'static str) -> Option<Placed<'a>> {
        let value = self.value(key)?;
        Some((self.place(key), value))
    }

    /// The texts of a list.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<String> {
        let mut texts = Vec::new();
        for (place, value) in self.list(key) {
            match value {
                Value::String(text) => texts.push(text.trim().to_owned()),
                _ => self
                    .reading
                    .problems
                    .push(format!("{place}: must be a text")),
            }
        }
        texts
    }

    /// A table; empty when absent.
    pub(super) fn table(&mut self, key: &'static str) -> Map<String, Value> {
        match self.value(key) {
            None => Map::new(),
            Some(Value::Object(table)) => table.clone(),
            Some(_) => {
                self.refuse(key, "must be a table of keys and values");
                Map::new()
            }
        }
    }

    /// A key that is known and that nothing acts on yet.
    pub(super) fn not_built(&mut self, key: &'static str) {
        if self.value(key).is_some() {
            let place = self.place(key);
            self.reading.not_built.push(place);
        }
    }

    /// Everything that was not asked for is unknown.
    pub(super) fn finish(self) {
        let mut seen: Vec<String> = Vec::new();
        for written in self.table.keys() {
            let key = written.replace('-', "_");
            let place = if self.path.is_empty() {
                written.clone()
            } else {
                format!("{}.{written}", self.path)
            };
            if seen.contains(&key) {
                self.reading
                    .problems
                    .push(format!("{place}: is given twice"));
            } else if !self.known.contains(&key.as_str()) {
                let hint = match nearest(&key, &self.known) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => format!("known are {}", self.known.join(", ")),
                };
                let problem = format!("{place}: is not known; {hint}");
                self.reading.problems.push(problem);
            }
            seen.push(key);
        }
    }
}
