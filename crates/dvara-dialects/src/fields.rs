//! What becomes of every field of a call at a vendor: each adapter declares it in one value, which judges calls, makes
//! `docs/translation.md`, and is held against the golden files.

use std::borrow::Cow;

use crate::json;
use crate::request::{Field, ReadError};
use crate::target::Dropped;

/// What becomes of a field.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    /// It goes on as it came.
    Passed,
    /// The vendor has another name for it.
    Renamed(&'static str),
    /// The vendor can say it, in its own words.
    Translated,
    /// The vendor can't say it, and the answer would not be what was asked for: refused, unless the value asks for nothing.
    Refused {
        /// Whether the value, as JSON, asks for nothing.
        unless: fn(&str) -> bool,
        /// Why, and what to do instead.
        because: &'static str,
    },
    /// The vendor can't say it, and the answer is good without: left out, and the caller is told, unless the value asks for
    /// nothing.
    Dropped {
        /// Whether the value, as JSON, asks for nothing.
        unless: fn(&str) -> bool,
        /// Why.
        because: &'static str,
    },
}

/// What becomes of the fields that are in no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// They go on as they came: the vendor judges them.
    Passed,
    /// They are left out, and the caller is told: the vendor refuses what it does not know.
    Dropped,
}

/// What an adapter makes of a chat completion call.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// The vendor, as a person says it.
    pub vendor: &'static str,
    /// Every field that OpenAI's dialect has (OpenAI, Create chat completion), and the vendor's own that need a verdict.
    pub fields: &'static [(&'static str, Verdict)],
    /// What becomes of all others.
    pub unknown: Unknown,
    /// What is left out within fields that are said: where, and why.
    pub drops: &'static [(&'static str, &'static str)],
    /// What is refused within fields that are said: where, and why.
    pub refusals: &'static [(&'static str, &'static str)],
}

impl Declared {
    /// The verdict on a field, with its name for good.
    pub(crate) fn find(&self, name: &str) -> Option<(&'static str, &'static Verdict)> {
        self.fields
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(known, verdict)| (*known, verdict))
    }

    /// Gives a field its verdict: what is dropped is noted.
    ///
    /// # Errors
    /// When it is refused.
    pub(crate) fn judge(
        &self,
        name: &'static str,
        value: &str,
        verdict: &Verdict,
        drops: &mut Drops,
    ) -> Result<(), ReadError> {
        match verdict {
            Verdict::Passed | Verdict::Renamed(_) | Verdict::Translated => Ok(()),
            Verdict::Refused { unless, .. } | Verdict::Dropped { unless, .. } if unless(value) => {
                Ok(())
            }
            Verdict::Refused { because, .. } => Err(self.refusal(name, because)),
            Verdict::Dropped { because, .. } => {
                drops.add(name, because);
                Ok(())
            }
        }
    }

    /// The error of what the vendor can't say.
    pub(crate) fn refusal(&self, param: impl Into<String>, because: &str) -> ReadError {
        let param = param.into();
        let message = format!("{}'s API cannot take `{param}`: {because}", self.vendor);
        ReadError::unsupported(param, message)
    }
}

/// Refused, unless the value asks for nothing.
pub(crate) const fn refused(unless: fn(&str) -> bool, because: &'static str) -> Verdict {
    Verdict::Refused { unless, because }
}

/// Dropped, unless the value asks for nothing.
pub(crate) const fn dropped(unless: fn(&str) -> bool, because: &'static str) -> Verdict {
    Verdict::Dropped { unless, because }
}

/// Null asks for nothing.
pub(crate) fn nothing(json: &str) -> bool {
    json == "null"
}

/// Nor does `false`.
pub(crate) fn off(json: &str) -> bool {
    matches!(json, "null" | "false")
}

/// Nor does 0.
pub(crate) fn zero(json: &str) -> bool {
    nothing(json) || json.parse::<f64>().is_ok_and(|number| number == 0.0)
}

/// Nor does 1.
pub(crate) fn one(json: &str) -> bool {
    nothing(json) || json.parse::<f64>().is_ok_and(|number| number == 1.0)
}

/// Nor does an object without members.
pub(crate) fn empty(json: &str) -> bool {
    let inside = json
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    nothing(json) || inside.is_some_and(|inside| inside.trim().is_empty())
}

/// Nor does a list of no other kind of answer than text.
pub(crate) fn text_only(json: &str) -> bool {
    serde_json::from_str::<Option<Vec<&str>>>(json)
        .is_ok_and(|kinds| kinds.is_none_or(|kinds| kinds.iter().all(|kind| *kind == "text")))
}

/// Nor does `medium`.
pub(crate) fn medium(json: &str) -> bool {
    matches!(json, "null" | "\"medium\"")
}

/// A field that is given twice may mean one thing to us and another to the vendor.
pub(crate) fn given_once(fields: &[Field<'_>]) -> Result<(), ReadError> {
    let mut names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(ReadError::invalid(
            pair[0],
            format!("`{}` must not be given twice", pair[0]),
        )),
    }
}

/// The text that a field holds.
pub(crate) fn text<'c>(field: &'c Field<'_>) -> Result<Cow<'c, str>, ReadError> {
    json::string(field.value).ok_or_else(|| {
        let name = &*field.name;
        ReadError::validation(name, format!("`{name}` must be a string"))
    })
}

/// What was dropped, each field once.
#[derive(Default)]
pub(crate) struct Drops(Vec<Dropped>);

impl Drops {
    /// Notes a field.
    pub(crate) fn add(&mut self, field: &'static str, reason: &'static str) {
        if !self.0.iter().any(|dropped| dropped.field == field) {
            self.0.push(Dropped {
                field: field.into(),
                reason,
            });
        }
    }

    /// Notes a field that is in no table, under the name that the client gave it. A call may have any number of them, and a
    /// header has room for some: behind [`MOST_UNKNOWN`] there is one that stands for all others.
    pub(crate) fn add_unknown(&mut self, field: &str) {
        let unknown = self.0.iter().filter(|dropped| dropped.reason == UNKNOWN);
        let field = match unknown.count() {
            count if count < MOST_UNKNOWN => header_text(field),
            _ => OTHERS.to_owned(),
        };
        if !self.0.iter().any(|dropped| dropped.field == field) {
            self.0.push(Dropped {
                field: field.into(),
                reason: UNKNOWN,
            });
        }
    }

    /// All of it.
    pub(crate) fn into_list(self) -> Vec<Dropped> {
        self.0
    }
}

/// Why a field that is in no table is dropped.
pub const UNKNOWN: &str = "the vendor refuses fields that it does not know";

/// How many fields that are in no table are named.
const MOST_UNKNOWN: usize = 32;

/// The name for the rest of them.
const OTHERS: &str = "...";

/// A name as a header can carry it: a client may have made it up.
fn header_text(name: &str) -> String {
    if name.is_empty() {
        return "_".to_owned();
    }
    let plain = |character: char| {
        let fits = character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
        if fits { character } else { '_' }
    };
    name.chars().take(64).map(plain).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The parameters of OpenAI's document, deprecated ones included.
    pub(crate) const OF_OPENAI: [&str; 37] = [
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "modalities",
        "model",
        "moderation",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    ];

    #[test]
    fn a_clients_own_name_cannot_break_a_header() {
        let mut drops = Drops::default();
        drops.add_unknown("a,b\r\nx: y é");
        drops.add_unknown(&"n".repeat(100));
        drops.add_unknown("");
        let names: Vec<_> = drops.into_list().into_iter().map(|one| one.field).collect();
        assert_eq!(names[0], "a_b__x__y__");
        assert_eq!(names[1].len(), 64);
        assert_eq!(names[2], "_");
    }

    #[test]
    fn a_client_that_makes_up_any_number_of_fields_is_told_of_some_and_that_there_are_more() {
        let mut drops = Drops::default();
        for number in 0..10_000 {
            drops.add_unknown(&number.to_string());
        }
        drops.add("user", "no");
        let names: Vec<_> = drops.into_list().into_iter().map(|one| one.field).collect();
        assert_eq!(names.len(), MOST_UNKNOWN + 2);
        assert_eq!(names[MOST_UNKNOWN..], [OTHERS, "user"]);
    }

    #[test]
    fn values_that_ask_for_nothing_are_known() {
        for (unless, yes, no) in [
            (nothing as fn(&str) -> bool, &["null"][..], &["0", "{}"][..]),
            (off, &["null", "false"], &["true", "0"]),
            (zero, &["null", "0", "0.0", "-0"], &["0.1", "\"0\""]),
            (one, &["null", "1", "1.0"], &["2", "true"]),
            (empty, &["null", "{}", "{ }"], &["{\"a\":1}", "[]"]),
            (
                text_only,
                &["null", "[]", "[\"text\"]"],
                &["[\"audio\"]", "1"],
            ),
            (medium, &["null", "\"medium\""], &["\"low\""]),
        ] {
            assert!(yes.iter().all(|json| unless(json)), "{yes:?}");
            assert!(!no.iter().any(|json| unless(json)), "{no:?}");
        }
    }
}
