//! Messages in Mistral's words.

use serde_json::value::RawValue;

use super::content::{self, Place};
use super::ids;
use crate::json;
use crate::openai::history::{self, THINKING_BLOCKS, Turn};
use crate::openai::members;
use crate::openai::reply::find;
use crate::request::ReadError;
use crate::splice::Span;

pub(super) const NAME: (&str, &str) = ("messages.name", "only tools have names there");
pub(super) const REASONING: (&str, &str) = (
    "messages.reasoning_content",
    "reasoning goes back in `thinking_blocks`",
);
pub(super) const REFUSAL: (&str, &str) = ("messages.refusal", "the content goes alone");
pub(super) const OLD_CALL: &str = "say it with `tools` and `tool_calls`";

pub(super) fn turn(turn: &mut Turn<'_, '_>) -> Result<(), ReadError> {
    if turn.role == "function" {
        return Err(turn.refusal(".role", OLD_CALL));
    }
    history::developer_is_system(turn);
    let blocks = own_blocks(turn);
    for position in 0..turn.members.len() {
        let value = turn.members[position].value;
        match (&*turn.members[position].key, &*turn.role) {
            ("role", _) | ("prefix", "assistant") | ("name", "tool") => {}
            ("content", _) => said(turn, position, blocks.as_deref())?,
            ("tool_calls", "assistant") => tool_calls(turn, value),
            ("tool_call_id", "tool") => own_id(turn, value),
            ("name", _) => turn.drop(position, NAME.0, NAME.1),
            ("function_call", _) if !json::is_null(value) => {
                return Err(turn.refusal(".function_call", OLD_CALL));
            }
            ("refusal", "assistant") if refusal(turn).is_some() => turn.leave_out(position),
            ("refusal", "assistant") => turn.drop(position, REFUSAL.0, REFUSAL.1),
            // They are said again in the content.
            ("thinking_blocks" | "reasoning_content" | "reasoning", _) if blocks.is_some() => {
                turn.leave_out(position);
            }
            ("thinking_blocks", _) => turn.drop(position, THINKING_BLOCKS.0, THINKING_BLOCKS.1),
            ("reasoning_content" | "reasoning", _) => turn.drop(position, REASONING.0, REASONING.1),
            _ => turn.drop_unknown(position),
        }
    }
    if let Some(blocks) = blocks.filter(|_| find(turn.members, "content").is_none()) {
        turn.add(format!(",\"content\":[{blocks}]"));
    }
    Ok(())
}

/// Mistral's own blocks of thinking, byte for byte, but for the position that we gave them. Another vendor's have a text where
/// Mistral's have a list; and nothing but thinking goes this way, for governance reads contents.
fn own_blocks(turn: &Turn<'_, '_>) -> Option<String> {
    if turn.role != "assistant" {
        return None;
    }
    let blocks = find(turn.members, "thinking_blocks").and_then(json::items)?;
    let mut own = Vec::with_capacity(blocks.len());
    for block in blocks {
        let members = json::members(block)?;
        let given = |name| members.iter().filter(|member| member.key == name).count();
        let is_own = (given("type"), given("thinking")) == (1, 1)
            && find(&members, "type")?.get() == "\"thinking\""
            && find(&members, "thinking")?.get().starts_with('[');
        is_own.then_some(())?;
        let members = members.iter().filter(|member| member.key != "index");
        let members = members.map(|member| format!("{}:{}", member.raw_key, member.value.get()));
        own.push(format!("{{{}}}", members.collect::<Vec<_>>().join(",")));
    }
    Some(own.join(",")).filter(|own| !own.is_empty())
}

/// A content, behind the model's own thinking.
fn said(turn: &mut Turn<'_, '_>, position: usize, blocks: Option<&str>) -> Result<(), ReadError> {
    let content = turn.members[position].value;
    let mut parts = Vec::new();
    let mut is_new = blocks.is_some();
    parts.extend(blocks.map(ToOwned::to_owned));
    match json::items(content) {
        Some(items) => {
            for (part, item) in items.into_iter().enumerate() {
                let place = Place {
                    message: turn.index,
                    part,
                };
                let said = content::part(item, place, turn.drops)?;
                is_new |= said.is_some();
                parts.push(said.unwrap_or_else(|| item.get().to_owned()));
            }
        }
        None => {
            let refusal = refusal(turn);
            is_new |= refusal.is_some();
            let text = refusal.map_or(content.get(), RawValue::get);
            if !matches!(text, "null" | "\"\"") {
                parts.push(format!("{{\"type\":\"text\",\"text\":{text}}}"));
            }
        }
    }
    if is_new {
        turn.replace(position, format!("[{}]", parts.join(",")));
    }
    Ok(())
}

/// What the model refused with, where it is all that it said.
fn refusal<'r>(turn: &Turn<'_, 'r>) -> Option<&'r RawValue> {
    let refusal = find(turn.members, "refusal")?;
    let content = find(turn.members, "content")?;
    let is_text = refusal.get().starts_with('"') && refusal.get() != "\"\"";
    (is_text && json::is_null(content)).then_some(refusal)
}

/// Ids in Mistral's form, and nothing that it does not know.
fn tool_calls(turn: &mut Turn<'_, '_>, calls: &RawValue) {
    // Borrowed from the body, as the members of the message are.
    for call in json::items(calls).into_iter().flatten() {
        let Some(call) = json::members(call) else {
            continue;
        };
        let known = |name: &str| matches!(name, "id" | "type" | "function" | "index");
        let goes: Vec<_> = call.iter().map(|member| !known(&member.key)).collect();
        for member in call.iter().filter(|member| !known(&member.key)) {
            let field = format!("messages.tool_calls.{}", member.key);
            turn.drops.add_unknown(&field);
        }
        members::remove(&call, &goes, turn.whole, turn.edits);
        if let Some(id) = find(&call, "id") {
            own_id(turn, id);
        }
    }
}

fn own_id(turn: &mut Turn<'_, '_>, id: &RawValue) {
    let own = json::string(id).and_then(|id| ids::own(&id));
    if let Some(own) = own {
        let span = Span::of(id.get(), turn.whole);
        turn.edits.replace(span, format!("\"{own}\""));
    }
}
