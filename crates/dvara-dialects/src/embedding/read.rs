//! A received body → [`EmbeddingRequest`].

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::{EmbeddingRequest, Format, InputKind};
use crate::depth;
use crate::json::{self, Members};
use crate::request::{ReadError, ReadLimits};
use crate::splice::Span;

/// Largest number of inputs of one call, as OpenAI has it.
const MAX_INPUTS: usize = 2_048;

impl EmbeddingRequest {
    /// Reads a body. Its size is the caller's to bound.
    ///
    /// # Errors
    /// When it is no JSON object with a `model` and an `input`, or a field that is read has the wrong shape.
    pub fn read_openai(body: Bytes, limits: &ReadLimits) -> Result<Self, ReadError> {
        let text = std::str::from_utf8(&body).map_err(|error| ReadError::NotUtf8 {
            at: error.valid_up_to(),
        })?;
        if depth::exceeds(text.as_bytes(), limits.max_depth) {
            return Err(ReadError::TooDeep {
                limit: limits.max_depth,
            });
        }
        let members: Members<'_> = serde_json::from_str(text).map_err(|error| not_read(&error))?;
        let mut names = HashSet::new();
        if let Some(twice) = members.0.iter().find(|member| !names.insert(&*member.key)) {
            // Two readers may mean two things by it.
            let name = &*twice.key;
            return Err(ReadError::invalid(
                name,
                format!("`{name}` must not be given twice"),
            ));
        }
        let value = |key: &str| {
            let member = members.0.iter().find(|member| member.key == key)?;
            Some(member.value).filter(|value| !json::is_null(value))
        };
        let model = value("model")
            .and_then(json::string)
            .filter(|model| !model.trim().is_empty())
            .ok_or_else(|| ReadError::validation("model", "`model` must name a model"))?;
        let input = value("input").ok_or_else(wrong_input)?;
        let (inputs, kind, is_single) = inputs(input, text)?;
        let format = match value("encoding_format").map(json::string) {
            None => Format::Float,
            Some(Some(format)) if format == "float" => Format::Float,
            Some(Some(format)) if format == "base64" => Format::Base64,
            Some(_) => {
                return Err(ReadError::invalid(
                    "encoding_format",
                    "`encoding_format` must be `float` or `base64`",
                ));
            }
        };
        let dimensions = value("dimensions");
        if dimensions.is_some_and(|number| !matches!(number.get().parse::<u32>(), Ok(1..))) {
            return Err(ReadError::validation(
                "dimensions",
                "`dimensions` must be a whole number from 1 on",
            ));
        }
        Ok(Self {
            model: model.into(),
            inputs,
            kind,
            is_single,
            format,
            has_dimensions: dimensions.is_some(),
            body,
        })
    }
}

fn not_read(error: &serde_json::Error) -> ReadError {
    if error.is_data() {
        return ReadError::NotAnObject;
    }
    ReadError::InvalidJson {
        line: error.line(),
        column: error.column(),
        path: String::new(),
        what: "it ends early or has a character that JSON has not there".to_owned(),
    }
}

fn wrong_input() -> ReadError {
    ReadError::validation(
        "input",
        "`input` must be a text, a list of texts, a list of tokens or a list of such lists, and none of them empty",
    )
}

/// Each input, what it is, and whether the input is one and no list.
fn inputs(input: &RawValue, whole: &str) -> Result<(Vec<Span>, InputKind, bool), ReadError> {
    let span = |value: &RawValue| Span::of(value.get(), whole);
    if input.get().starts_with('"') {
        return match is_text(input) {
            true => Ok((vec![span(input)], InputKind::Texts, true)),
            false => Err(wrong_input()),
        };
    }
    let items = json::items(input).ok_or_else(wrong_input)?;
    if items.len() > MAX_INPUTS && !is_token(items[0]) {
        return Err(ReadError::validation(
            "input",
            format!("`input` must have at most {MAX_INPUTS} entries"),
        ));
    }
    let spans = || items.iter().copied().map(span).collect();
    let all = |fits: fn(&RawValue) -> bool| items.iter().all(|item| fits(item));
    match items.first() {
        None => Err(wrong_input()),
        Some(_) if all(is_text) => Ok((spans(), InputKind::Texts, false)),
        Some(_) if all(is_token) => Ok((vec![span(input)], InputKind::Tokens, true)),
        Some(_) if all(is_token_list) => Ok((spans(), InputKind::Tokens, false)),
        Some(_) => Err(wrong_input()),
    }
}

/// A text with something in it.
fn is_text(value: &RawValue) -> bool {
    json::string(value).is_some_and(|text| !text.is_empty())
}

fn is_token(value: &RawValue) -> bool {
    value.get().parse::<u32>().is_ok()
}

fn is_token_list(value: &RawValue) -> bool {
    json::items(value).is_some_and(|items| !items.is_empty() && items.into_iter().all(is_token))
}
