//! A received body → [`ChatRequest`].

use bytes::Bytes;
use serde_json::value::RawValue;

use super::keys::{BodyKey, Keys, folds_to};
use super::view::View;
use crate::depth;
use crate::json;
use crate::request::{Capabilities, ChatRequest, ReadError, ReadLimits};
use crate::splice::Span;

impl ChatRequest {
    /// Reads a chat completions body. Its size is the caller's to bound; that it is text, and not too deep, is
    /// checked before anything is parsed.
    ///
    /// # Errors
    /// When it is no JSON object with a `model` and `messages`, or a field that is read has the wrong shape.
    pub fn read_openai(body: Bytes, limits: &ReadLimits) -> Result<Self, ReadError> {
        let text = std::str::from_utf8(&body).map_err(|error| ReadError::NotUtf8 {
            at: error.valid_up_to(),
        })?;
        if depth::exceeds(text.as_bytes(), limits.max_depth) {
            return Err(ReadError::TooDeep {
                limit: limits.max_depth,
            });
        }
        let view = View::read(text)?;
        let (model, model_value) = model(&view)?;
        let heads = view.heads.expect("`model` refuses a body without messages");
        let stream = flag(&view, BodyKey::Stream)?.unwrap_or(false);
        let usage = if stream {
            ask_for_usage(&view, text)?
        } else {
            UsageWish::default()
        };
        let tools = has_tools(&view)? || heads.tool_calls;
        let (json_mode, json_schema) = response_format(&view)?;
        let max_completion_tokens = number(&view, BodyKey::MaxCompletionTokens)?;
        let old_max_tokens = number(&view, BodyKey::MaxTokens);
        let (max_tokens, most_tokens) = match max_completion_tokens {
            // Beside its successor the old field is for the vendor to judge.
            Some(most) => (Some(most), old_max_tokens.ok().flatten().max(Some(most))),
            None => old_max_tokens.map(|most| (most, most))?,
        };
        let request = Self {
            model_span: Span::of(model_value.get(), text),
            stream,
            include_usage: usage.asked,
            usage_edit: usage.edit,
            metadata: view
                .value(BodyKey::Metadata)
                .map(|value| Span::of(value.get(), text)),
            wants: Capabilities {
                tools,
                streamed_tools: tools && stream,
                serial_tools: flag(&view, BodyKey::ParallelToolCalls)? == Some(false),
                json_schema,
                json_mode,
                vision: false,
            },
            heads,
            max_tokens,
            most_tokens,
            choices: number(&view, BodyKey::Choices)?,
            logprobs: flag(&view, BodyKey::Logprobs)?.unwrap_or(false),
            user: optional_text(&view, BodyKey::User)?,
            model,
            body: Bytes::new(),
        };
        Ok(Self { body, ..request })
    }
}

/// The model, once it and the messages are there: what is missing is reported together.
fn model<'a>(view: &View<'a>) -> Result<(Box<str>, &'a RawValue), ReadError> {
    let given = view.value(BodyKey::Model);
    let model = given
        .and_then(json::string)
        .filter(|text| !text.trim().is_empty());
    let has_messages = view.heads.is_some_and(|heads| heads.count > 0);
    match (model, given) {
        (Some(model), Some(value)) if has_messages => Ok((model.into(), value)),
        (Some(_), _) => Err(ReadError::validation(
            "messages",
            "`messages` must have at least one message",
        )),
        (None, _) if has_messages => {
            Err(ReadError::validation("model", "`model` must name a model"))
        }
        (None, _) => Err(ReadError::validation(
            "model, messages",
            "`model` must name a model; `messages` must have at least one message",
        )),
    }
}

fn flag(view: &View<'_>, key: BodyKey) -> Result<Option<bool>, ReadError> {
    view.value(key)
        .map(|value| json::boolean(value).ok_or_else(|| wrong(key, "true or false")))
        .transpose()
}

/// A count. Negative numbers, by which some servers mean "no bound", are none.
fn number(view: &View<'_>, key: BodyKey) -> Result<Option<u64>, ReadError> {
    let Some(value) = view.value(key) else {
        return Ok(None);
    };
    if let Ok(count) = value.get().parse::<u64>() {
        return Ok(Some(count));
    }
    match serde_json::from_str::<f64>(value.get()) {
        Ok(number) if number < 0.0 => Ok(None),
        // Saturates: a bound beyond 2⁶⁴ is no bound.
        Ok(number) if number.fract() == 0.0 => Ok(Some(number as u64)),
        Ok(_) | Err(_) => Err(wrong(key, "a whole number")),
    }
}

fn optional_text(view: &View<'_>, key: BodyKey) -> Result<Option<Box<str>>, ReadError> {
    view.value(key)
        .map(|value| {
            json::string(value)
                .map(Into::into)
                .ok_or_else(|| wrong(key, "a string"))
        })
        .transpose()
}

fn wrong(key: BodyKey, expected: &str) -> ReadError {
    ReadError::validation(key.name(), format!("`{}` must be {expected}", key.name()))
}

fn has_tools(view: &View<'_>) -> Result<bool, ReadError> {
    let mut any = false;
    for key in [BodyKey::Tools, BodyKey::Functions] {
        if let Some(value) = view.value(key) {
            if !value.get().starts_with('[') {
                return Err(wrong(key, "a list"));
            }
            any |= json::is_filled_array(value);
        }
    }
    Ok(any)
}

/// Whether the answer must be JSON, and whether it must fit a schema.
fn response_format(view: &View<'_>) -> Result<(bool, bool), ReadError> {
    let Some(value) = view.value(BodyKey::ResponseFormat) else {
        return Ok((false, false));
    };
    let refusal = || {
        ReadError::invalid(
            "response_format",
            "`response_format.type` must be `text`, `json_object` or `json_schema`",
        )
    };
    let members = json::members(value).ok_or_else(refusal)?;
    let mut kinds = members.iter().filter(|member| member.key == "type");
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        return Err(refusal());
    };
    match json::string(kind.value).as_deref() {
        Some("text") => Ok((false, false)),
        Some("json_object") => Ok((true, false)),
        Some("json_schema") => {
            let mut schemas = members.iter().filter(|member| member.key == "json_schema");
            let given = schemas
                .next()
                .is_some_and(|member| member.value.get().starts_with('{'));
            if given && schemas.next().is_none() {
                Ok((false, true))
            } else {
                Err(ReadError::invalid(
                    "response_format.json_schema",
                    "`response_format.json_schema` must be an object",
                ))
            }
        }
        _ => Err(refusal()),
    }
}

/// Whether the client asked for usage, and the edit that asks for it in its place.
#[derive(Default)]
struct UsageWish {
    asked: bool,
    edit: Option<(Span, &'static str)>,
}

fn ask_for_usage(view: &View<'_>, text: &str) -> Result<UsageWish, ReadError> {
    let edited = |span, with| {
        Ok(UsageWish {
            asked: false,
            edit: Some((span, with)),
        })
    };
    let Some(options) = view.member(BodyKey::StreamOptions) else {
        // Behind the last member; there is one, the model.
        let closing = text.trim_end().len() - 1;
        return edited(
            Span::before(closing),
            ",\"stream_options\":{\"include_usage\":true}",
        );
    };
    let span = Span::of(options.get(), text);
    if json::is_null(options) {
        return edited(span, "{\"include_usage\":true}");
    }
    let members =
        json::members(options).ok_or_else(|| wrong(BodyKey::StreamOptions, "an object"))?;
    let mut found = members
        .iter()
        .filter(|member| folds_to(&member.key, "include_usage"));
    let inside = Span::before(span.start + 1);
    match (found.next(), found.next()) {
        (None, _) if members.is_empty() => edited(inside, "\"include_usage\":true"),
        (None, _) => edited(inside, "\"include_usage\":true,"),
        (Some(member), None) if member.key == "include_usage" => match member.value.get() {
            "true" => Ok(UsageWish {
                asked: true,
                edit: None,
            }),
            "false" | "null" => edited(Span::of(member.value.get(), text), "true"),
            _ => Err(ReadError::validation(
                "stream_options.include_usage",
                "`stream_options.include_usage` must be true or false",
            )),
        },
        (Some(_), _) => Err(ReadError::invalid(
            "stream_options.include_usage",
            "`stream_options.include_usage` must be given once, in lower case",
        )),
    }
}

#[cfg(test)]
mod tests;
