//! An OpenAI-shaped answer, read for what governance needs. Its bytes are relayed untouched.

use std::fmt;

use bytes::Bytes;
use dvara_types::ProviderKind;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::stream::chunk::Choices;
use super::usage::UsageView;
use crate::answer::{Answer, Finish, ResponseHead};
use crate::fault::UpstreamFault;
use crate::lenient::{Present, Text, absent, lenient_object};

/// What an answer came to, and the body that the client gets: the vendor's own bytes.
///
/// # Errors
/// When its status is no success, it can't be read, or it has no choices.
pub fn decode(
    _kind: ProviderKind,
    head: &ResponseHead,
    body: Bytes,
) -> Result<(Answer, Bytes), UpstreamFault> {
    read(head, &body).map(|answer| (answer, body))
}

fn read(head: &ResponseHead, body: &[u8]) -> Result<Answer, UpstreamFault> {
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
    Ok(Answer {
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
    })
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
                    if choices.finish.is_none() {
                        choices.finish = choice.finish.0.as_deref().map(Finish::of_openai);
                    }
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
        let answer = read(&head(200), body.as_bytes()).unwrap();
        assert_eq!(answer.usage, None);
        assert_eq!(answer.output_characters, 8);
        assert_eq!(answer.finish, Some(Finish::Stop));
    }
}
