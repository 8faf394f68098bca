//! Parts of a content in Mistral's words (Mistral, Vision; Document understanding; Audio).

use serde_json::value::RawValue;

use crate::fields::Drops;
use crate::json::{self, Member};
use crate::literal::Raw;
use crate::openai::reply::find;
use crate::request::ReadError;

/// Where a part stands, for errors.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) message: usize,
    pub(super) part: usize,
}

/// A part that has to be written anew; nothing when it goes on as it came.
///
/// # Errors
/// When it is a file without its data.
pub(super) fn part(
    part: &RawValue,
    place: Place,
    drops: &mut Drops,
) -> Result<Option<String>, ReadError> {
    let Some(members) = json::members(part) else {
        return Ok(None);
    };
    let kind = find(&members, "type").and_then(json::string);
    let (said, known) = match kind.as_deref() {
        Some("text") => (None, "text"),
        Some("image_url") => (None, "image_url"),
        Some("file") => match find(&members, "file") {
            Some(value) => (Some(file(value, place)?), "file"),
            // Mistral's own form, `{"type":"file","file_id":…}`.
            None => return Ok(None),
        },
        Some("input_audio") => (audio(&members), "input_audio"),
        Some("refusal") => (refusal(&members), "refusal"),
        _ => return Ok(None),
    };
    let others = || {
        let members = members.iter();
        members.filter(|member| member.key != "type" && member.key != known)
    };
    for other in others() {
        drops.add_unknown(&format!("messages.content.{}", other.key));
    }
    if said.is_none() && others().next().is_some() {
        let value = find(&members, known).map_or("null", RawValue::get);
        return Ok(Some(format!(
            "{{\"type\":\"{known}\",\"{known}\":{value}}}"
        )));
    }
    Ok(said)
}

/// A file in the call is a document at a `data:` URL, an uploaded one stays so.
fn file(value: &RawValue, place: Place) -> Result<String, ReadError> {
    let members = json::members(value).unwrap_or_default();
    let given = |name| Raw(find(&members, name)).some_text();
    if let Some(data) = given("file_data") {
        let name = given("filename")
            .map(|name| format!(",\"document_name\":\"{name}\""))
            .unwrap_or_default();
        return Ok(format!(
            "{{\"type\":\"document_url\",\"document_url\":\"{data}\"{name}}}"
        ));
    }
    if let Some(id) = given("file_id") {
        return Ok(format!("{{\"type\":\"file\",\"file_id\":\"{id}\"}}"));
    }
    let at = format!("messages[{}].content[{}].file", place.message, place.part);
    let message = format!("`{at}` must have `file_data` or `file_id`");
    Err(ReadError::invalid(at, message))
}

/// Mistral takes the data alone.
fn audio(members: &[Member<'_>]) -> Option<String> {
    let inside = find(members, "input_audio").and_then(json::members)?;
    let data = Raw(find(&inside, "data")).literal()?;
    Some(format!(
        "{{\"type\":\"input_audio\",\"input_audio\":\"{data}\"}}"
    ))
}

/// What the model refused with is what it said.
fn refusal(members: &[Member<'_>]) -> Option<String> {
    let text = Raw(find(members, "refusal")).literal()?;
    Some(format!("{{\"type\":\"text\",\"text\":\"{text}\"}}"))
}
