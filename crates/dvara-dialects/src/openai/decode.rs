//! An OpenAI-shaped answer, read for what governance needs. Its bytes are relayed untouched, but for what its vendor says in
//! words of its own.

use std::fmt;

use bytes::Bytes;
use dvara_types::ProviderKind;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::chunks::Thoughts;
use super::reply::{self, Form};
use super::shape::Reply;
use super::stream::chunk::Choices;
use super::usage::UsageView;
use super::vendors;
use crate::answer::{Answer, Finish, ResponseHead};
use crate::fault::UpstreamFault;
use crate::json;
use crate::lenient::{Present, Text, absent, lenient_object};

/// What an answer came to, and the body that the client gets: the vendor's own bytes, with edits where it speaks its own words.
///
/// # Errors
/// When its status is no success, it can't be read, it has no choices, or it says that the vendor failed.
pub fn decode(
    kind: ProviderKind,
    head: &ResponseHead,
    body: Bytes,
) -> Result<(Answer, Bytes), UpstreamFault> {
    let (mut answer, odd_ending) = read(head, &body)?;
    let Some(reply) = &vendors::shape(kind).reply else {
        return Ok((answer, body));
    };
    let finish = answer.finish.take();
    let finish = finish.map(|reason| reply::finish(reason, Some(reply)));
    answer.finish = finish.transpose()?;
    let Some(text) = text_to_edit(&body, reply, odd_ending) else {
        return Ok((answer, body));
    };
    let edits = reply::edit(text, Form::Answer, reply, &mut Thoughts::default())?;
    let edited = edits.apply(&body);
    Ok((answer, edited))
}

/// The answer as text, when something in it may be in the vendor's words.
fn text_to_edit<'b>(body: &'b Bytes, reply: &Reply, odd_ending: bool) -> Option<&'b str> {
    let names_reasoning = |name: &str| {
        let key = json::quote(name);
        memchr::memmem::find(body, key.as_bytes()).is_some()
    };
    let concerned = (odd_ending && !reply.endings.is_empty())
        || reply.chunks
        || reply.reasoning.is_some_and(names_reasoning);
    std::str::from_utf8(body).ok().filter(|_| concerned)
}

/// What an answer came to, and whether some choice ended for a reason that OpenAI does not have.
fn read(head: &ResponseHead, body: &[u8]) -> Result<(Answer, bool), UpstreamFault> {
    if !head.status.is_success() {
        return Err(UpstreamFault::of_status(head, body));
    }
    let Ok(view) = serde_json::from_slice::<AnswerView<'_>>(body) else {
        return Err(UpstreamFault::unusable(head, "it is no JSON", body));
    };
    if view.choices.count == 0 {
        let reason = if view.error.0 {
            "it is an error"
        } else {
            "it has no choices"
        };
        return Err(UpstreamFault::unusable(head, reason, body));
    }
    let usage = view.usage.classes();
    let answer = Answer {
        model: view
            .model
            .0
            .filter(|model| !model.is_empty())
            .map(Into::into),
        usage,
        finish: view.choices.finish,
        choices: view.choices.count,
        output_characters: if usage.is_none() {
            count_output(body)
        } else {
            0
        },
    };
    Ok((answer, view.choices.odd))
}

#[derive(Default)]
struct AnswerView<'a> {
    model: Text<'a>,
    choices: Finishes,
    usage: UsageView,
    error: Present,
}

lenient_object!(AnswerView<'de> {
    "model" => model,
    "choices" => choices,
    "usage" => usage,
    "error" => error,
});

/// The choices of an answer, their contents skipped over.
#[derive(Default)]
struct Finishes {
    count: u32,
    finish: Option<Finish>,
    /// Some choice ended for a reason that OpenAI does not have.
    odd: bool,
}

#[derive(Default)]
struct ChoiceView<'a> {
    finish: Text<'a>,
}

lenient_object!(ChoiceView<'de> {
    "finish_reason" => finish,
});

impl<'de> Deserialize<'de> for Finishes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FinishesVisitor;

        impl<'de> Visitor<'de> for FinishesVisitor {
            type Value = Finishes;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of choices")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Finishes, A::Error> {
                let mut choices = Finishes::default();
                while let Some(choice) = items.next_element::<ChoiceView<'de>>()? {
                    choices.count += 1;
                    let finish = choice.finish.0.as_deref().map(Finish::of_openai);
                    choices.odd |= matches!(finish, Some(Finish::Other(_)));
                    choices.finish = choices.finish.or(finish);
                }
                Ok(choices)
            }

            absent!(bool number str null map);
        }

        deserializer.deserialize_any(FinishesVisitor)
    }
}

/// Characters of output of an answer that reports no usage: a second reading that most answers don't need.
fn count_output(body: &[u8]) -> u64 {
    #[derive(Default)]
    struct OutputView {
        choices: Choices,
    }

    lenient_object!(OutputView {
        "choices" => choices,
    });

    serde_json::from_slice::<OutputView>(body).map_or(0, |view| view.choices.output_characters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    fn head(status: u16) -> ResponseHead {
        ResponseHead {
            content_type: Some("application/json".into()),
            ..ResponseHead::of_status(StatusCode::from_u16(status).unwrap())
        }
    }

    #[test]
    fn an_answer_without_choices_is_a_fault() {
        for body in [
            "",
            "null",
            "{}",
            r#"{"choices":[]}"#,
            r#"{"choices":null}"#,
            r#"{"choices":{"index":0}}"#,
            r#"{"error":{"message":"no"}}"#,
            "<html></html>",
            r#"{"choices":[{"finish_reason":"stop"}]"#,
        ] {
            let fault = read(&head(200), body.as_bytes()).unwrap_err();
            assert_eq!(fault.code.as_str(), "provider_error", "{body}");
        }
    }

    #[test]
    fn output_is_counted_when_no_usage_is_reported() {
        let body = r#"{"choices":[{"message":{"role":"assistant","content":"héllo","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],"usage":null}"#;
        let (answer, _) = read(&head(200), body.as_bytes()).unwrap();
        assert_eq!(answer.usage, None);
        assert_eq!(answer.output_characters, 8);
        assert_eq!(answer.finish, Some(Finish::Stop));
    }
}
