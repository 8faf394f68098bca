//! The keys that are read, and the tricks by which a body could show one value to us and another to a vendor.
//!
//! A repeated key is refused, also when one of the two is escaped (`mod\u0065l`), because parsers differ in which
//! of them counts. So is a key that differs only in case: servers written in Go, Ollama among them, read `Model`
//! as `model` (`encoding/json` folds case, and even U+017F and U+212A).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

macro_rules! keys {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($variant,)* }

        impl Keys for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            fn exact(key: &str) -> Option<Self> {
                match key { $($text => Some(Self::$variant),)* _ => None }
            }

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

keys! {
    /// What is read of a body.
    BodyKey {
        Model = "model",
        Messages = "messages",
        Stream = "stream",
        StreamOptions = "stream_options",
        Tools = "tools",
        ToolChoice = "tool_choice",
        Functions = "functions",
        FunctionCall = "function_call",
        ParallelToolCalls = "parallel_tool_calls",
        ResponseFormat = "response_format",
        MaxTokens = "max_tokens",
        MaxCompletionTokens = "max_completion_tokens",
        Choices = "n",
        User = "user",
        Metadata = "metadata",
        Temperature = "temperature",
        TopP = "top_p",
        FrequencyPenalty = "frequency_penalty",
        PresencePenalty = "presence_penalty",
        Seed = "seed",
        Stop = "stop",
        Logprobs = "logprobs",
    }
}

keys! {
    /// What is read of a message.
    MessageKey {
        Role = "role",
        Content = "content",
        ToolCalls = "tool_calls",
        FunctionCall = "function_call",
        ToolCallId = "tool_call_id",
        Name = "name",
        Refusal = "refusal",
        ReasoningContent = "reasoning_content",
        Reasoning = "reasoning",
    }
}

/// A closed set of keys.
pub(super) trait Keys: Copy + 'static {
    /// All of them.
    const ALL: &'static [Self];
    /// The key that `key` is.
    fn exact(key: &str) -> Option<Self>;
    /// The text of the key.
    fn name(self) -> &'static str;
}

/// What a key of an object turned out to be.
pub(super) enum Found<K> {
    /// One that is read.
    Known(K),
    /// One that some server would take for one that is read.
    OtherSpelling(K),
    /// One that is relayed.
    Unknown,
}

/// Reads a key without keeping it.
pub(super) struct KeySeed<K>(std::marker::PhantomData<K>);

impl<K> KeySeed<K> {
    pub(super) fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<'de, K: Keys> DeserializeSeed<'de> for KeySeed<K> {
    type Value = Found<K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<K: Keys> Visitor<'_> for KeySeed<K> {
    type Value = Found<K>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(find(key))
    }
}

/// What `key` is.
pub(super) fn find<K: Keys>(key: &str) -> Found<K> {
    if let Some(known) = K::exact(key) {
        return Found::Known(known);
    }
    K::ALL
        .iter()
        .find(|known| folds_to(key, known.name()))
        .map_or(Found::Unknown, |known| Found::OtherSpelling(*known))
}

/// Whether `key` is `name` but for case, as Go's `encoding/json` compares them.
pub(super) fn folds_to(key: &str, name: &str) -> bool {
    // A character of three bytes at most stands for one: longer keys can't match, whatever they say.
    key.len() >= name.len()
        && key.len() <= 3 * name.len()
        && key
            .chars()
            .map(|character| match character {
                '\u{17f}' => 's',
                '\u{212a}' => 'k',
                other => other.to_ascii_lowercase(),
            })
            .eq(name.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_of_a_read_key_are_told_from_unknown_keys() {
        for (key, expected) in [
            ("model", "known"),
            ("Model", "other"),
            ("MODEL", "other"),
            ("me\u{17f}\u{17f}ages", "other"),
            ("to\u{212a}en", "unknown"),
            ("max_to\u{212a}ens", "other"),
            ("models", "unknown"),
            ("mode", "unknown"),
            ("", "unknown"),
        ] {
            let found = match find::<BodyKey>(key) {
                Found::Known(_) => "known",
                Found::OtherSpelling(_) => "other",
                Found::Unknown => "unknown",
            };
            assert_eq!(found, expected, "{key}");
        }
    }

    #[test]
    fn every_key_is_found_by_its_name() {
        for key in BodyKey::ALL {
            assert_eq!(BodyKey::exact(key.name()), Some(*key));
        }
        for key in MessageKey::ALL {
            assert_eq!(MessageKey::exact(key.name()), Some(*key));
        }
    }
}
