//! The fields of a call, read, each with its verdict.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{DECLARED, NUCLEUS, PENALTY, refusal};
use crate::fields::Verdict::Passed;
use crate::fields::{Drops, given_once, text};
use crate::json;
use crate::request::{ChatRequest, Conversation, Field, Number, ReadError, Sampling};

/// What the fields of a call say beside its conversation.
#[derive(Default)]
pub(in crate::cohere) struct Said<'c> {
    /// Cohere's own fields, which go on as they came.
    pub(in crate::cohere) passed: Vec<&'c Field<'c>>,
    /// `reasoning_effort`.
    pub(in crate::cohere) effort: Option<Cow<'c, str>>,
    /// `top_k`.
    pub(in crate::cohere) top_k: Option<&'c RawValue>,
    /// What is sent of `top_p`.
    pub(in crate::cohere) nucleus: Option<&'c str>,
}

impl Said<'_> {
    /// Whether the client says this in Cohere's own words.
    pub(in crate::cohere) fn has_own(&self, name: &str) -> bool {
        self.passed.iter().any(|field| field.name == name)
    }
}

/// Reads the fields and gives each its verdict.
///
/// # Errors
/// Names the field that Cohere's API can't say, or that is said twice.
pub(in crate::cohere) fn read<'c>(
    request: &'c ChatRequest,
    conversation: &'c Conversation<'_>,
    drops: &mut Drops,
) -> Result<Said<'c>, ReadError> {
    judge_read(request, conversation, drops)?;
    given_once(&conversation.rest)?;
    let mut said = Said::default();
    for field in &conversation.rest {
        let value = field.value;
        match DECLARED.find(&field.name) {
            _ if json::is_null(value) => {}
            None => drops.add_unknown(&field.name),
            Some((_, Passed)) => said.passed.push(field),
            Some(("reasoning_effort", _)) => said.effort = Some(text(field)?),
            Some(("top_k", _)) => said.top_k = Some(value),
            Some((name, verdict)) => DECLARED.judge(name, value.get(), verdict, drops)?,
        }
    }
    let sampling = &conversation.sampling;
    said.nucleus = sampling.top_p.map(|number| nucleus(number, drops));
    for (own, given, others) in [
        ("p", said.nucleus.is_some(), "top_p"),
        ("k", said.top_k.is_some(), "top_k"),
        ("stop_sequences", !sampling.stop.is_empty(), "stop"),
    ] {
        if given && said.has_own(own) {
            return Err(ReadError::invalid(
                own,
                format!("`{own}` must not be given beside `{others}`"),
            ));
        }
    }
    Ok(said)
}

/// Judges what was read of the body already.
fn judge_read(
    request: &ChatRequest,
    conversation: &Conversation<'_>,
    drops: &mut Drops,
) -> Result<(), ReadError> {
    let mut judge = |name: &str, value: &str| match DECLARED.find(name) {
        Some((name, verdict)) => DECLARED.judge(name, value, verdict, drops),
        None => Ok(()),
    };
    if let Some(choices) = request.choices() {
        judge("n", &choices.to_string())?;
    }
    if conversation.parallel_tools == Some(false) {
        judge("parallel_tool_calls", "false")?;
    }
    if request.user().is_some() {
        judge("user", "\"…\"")?;
    }
    penalties(&conversation.sampling)
}

/// Cohere's penalties have no negative side (Cohere API reference, Chat: `frequency_penalty`).
fn penalties(sampling: &Sampling<'_>) -> Result<(), ReadError> {
    for (name, number) in [
        ("frequency_penalty", sampling.frequency_penalty),
        ("presence_penalty", sampling.presence_penalty),
    ] {
        if number.is_some_and(|number| !(0.0..=1.0).contains(&number.as_f64())) {
            return Err(refusal(name, PENALTY));
        }
    }
    Ok(())
}

/// What of OpenAI's 0 to 1 Cohere takes: the ends lie beyond its `p`. What is out of both ranges is the vendor's to judge.
fn nucleus<'c>(number: Number<'c>, drops: &mut Drops) -> &'c str {
    let nearest = match number.as_f64() {
        low if (0.0..0.01).contains(&low) => "0.01",
        high if high > 0.99 && high <= 1.0 => "0.99",
        _ => return number.as_str(),
    };
    let (field, reason) = NUCLEUS;
    drops.add(field, reason);
    nearest
}
