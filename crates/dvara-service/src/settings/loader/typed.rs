//! Values by type. None of these fails: a mistake is noted with the loader and nothing comes out.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use dvara_crypto::Secret;

use super::Loader;
use crate::settings::property::Property;
use crate::settings::{quantity, same_name};

impl Loader {
    /// The value, else the default, else an empty text.
    pub fn text(&mut self, property: &Property) -> String {
        self.optional(property).unwrap_or_default()
    }

    /// The value, else the default, else nothing.
    pub fn optional(&mut self, property: &Property) -> Option<String> {
        self.given(property).map(|given| given.text)
    }

    /// A secret's value, which no message will show.
    pub fn secret(&mut self, property: &Property) -> Option<Secret<String>> {
        debug_assert!(property.secret, "{} is not declared secret", property.path);
        self.optional(property).map(Secret::new)
    }

    /// The value as a type. `None` when nothing is given and there is no default, or after a mistake.
    pub fn parse<T>(&mut self, property: &Property) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.read(property, |text| {
            text.parse::<T>().map_err(|error| error.to_string())
        })
    }

    /// A number between two bounds, both allowed.
    pub fn within<T>(&mut self, property: &Property, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display,
    {
        self.read(property, |text| match text.parse::<T>() {
            Ok(number) if range.contains(&number) => Ok(number),
            Ok(_) | Err(_) => Err(format!(
                "is not a number from {} to {}",
                range.start(),
                range.end()
            )),
        })
    }

    /// One of a closed list of words, in any spelling of the relaxed rule.
    pub fn one_of<T: Copy>(&mut self, property: &Property, words: &[(&str, T)]) -> Option<T> {
        self.read(property, |text| {
            let found = words
                .iter()
                .find(|(word, _)| same_name(word, text))
                .map(|(_, value)| *value);
            found.ok_or_else(|| {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                format!("is not one of {}", words.join(", "))
            })
        })
    }

    /// A switch; false when nothing is given and there is no default, or after a mistake.
    pub fn flag(&mut self, property: &Property) -> bool {
        self.read(property, quantity::flag).unwrap_or_default()
    }

    /// A duration: milliseconds, or a number with `ms`, `s`, `m`, `h` or `d`. Zero when nothing is given and there is no
    /// default, or after a mistake.
    pub fn millis(&mut self, property: &Property) -> Duration {
        self.read(property, quantity::duration).unwrap_or_default()
    }

    /// A size in bytes, or with `KB`, `MB` or `GB`. `None` when nothing is given, or after a mistake.
    pub fn bytes(&mut self, property: &Property) -> Option<u64> {
        self.read(property, quantity::bytes)
    }

    /// A list, its items separated by commas; blank items are left out.
    pub fn list(&mut self, property: &Property) -> Vec<String> {
        let text = self.text(property);
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The values of a property whose path holds a `*`, with what it stood for. A name that came from the environment is
    /// in lower case and has underscores; compare names with [`same_name`].
    pub fn entries(&self, property: &Property) -> Vec<(String, String)> {
        let entries = self.bound.entries.get(property.path);
        entries.map_or_else(Vec::new, |entries| {
            entries
                .iter()
                .map(|(free, given)| (free.clone(), given.text.clone()))
                .collect()
        })
    }

    /// The entries of a property whose path holds a `*`, each read with a rule that says what is wrong
    /// (`is not a number`). An entry that is wrong is a mistake and left out.
    pub fn read_entries<T>(
        &mut self,
        property: &Property,
        rule: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<(String, T)> {
        let mut read = Vec::new();
        for (name, text) in self.entries(property) {
            match rule(&text) {
                Ok(value) => read.push((name, value)),
                Err(reason) => self.entry_mistake(property, &name, &reason),
            }
        }
        read
    }

    /// The entries of such a property as durations, spelled as for [`Self::millis`].
    pub fn durations(&mut self, property: &Property) -> Vec<(String, Duration)> {
        self.read_entries(property, quantity::duration)
    }

    /// Reads a value with a rule of one's own, which says what is wrong (`is not a URL`).
    pub fn read<T>(
        &mut self,
        property: &Property,
        rule: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let given = self.given(property)?;
        match rule(&given.text) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.mistake(property, &reason);
                None
            }
        }
    }
}
