//! `reasoning_effort` at vendors that have a switch for thinking beside it.

use std::borrow::Cow;

use crate::openai::shape::{Field, Said};
use crate::request::ReadError;

/// For a vendor whose `thinking` is on or off, and which knows the efforts too: `none` turns it off, every other effort on. A
/// client's own `thinking` wins.
pub(super) fn beside_thinking(effort: &Field<'_>) -> Result<Said, ReadError> {
    let word = effort.text()?;
    Ok(match (&*word, effort.is_beside("thinking")) {
        ("none", true) => Said::Nothing,
        (_, true) => Said::AsItCame,
        ("none", false) => Said::Members(Cow::Borrowed(OFF)),
        (_, false) => {
            let value = effort.value.get();
            Said::Members(format!("\"reasoning_effort\":{value},{ON}").into())
        }
    })
}

/// Thinking is on.
pub(super) const ON: &str = "\"thinking\":{\"type\":\"enabled\"}";
/// Thinking is off.
pub(super) const OFF: &str = "\"thinking\":{\"type\":\"disabled\"}";
