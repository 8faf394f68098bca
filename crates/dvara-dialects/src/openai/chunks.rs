//! Contents that are lists of chunks, thinking among them, as models that reason write them at Mistral (Mistral, Reasoning): text
//! becomes `content`, thinking `reasoning_content`, and each whole block of thinking stands in `thinking_blocks` as its vendor
//! wants it back.

use serde_json::value::RawValue;

use super::reply::{Form, find};
use crate::json::{self, Member};
use crate::literal::Raw;
use crate::splice::{Edits, Span};

/// A bound on the thinking that is kept of a stream until it is whole. More than that is no model's; it goes on as text and
/// can't be sent back.
const MOST: usize = crate::sse::DEFAULT_MAX_EVENT;

/// The thinking of a stream whose blocks are not whole yet, by choice.
#[derive(Default)]
pub(super) struct Thoughts(Vec<(u64, Open)>);

impl Thoughts {
    /// Whether a block of some choice is not whole yet.
    pub(super) fn any_is_open(&self) -> bool {
        self.0.iter().any(|(_, open)| open.is_open())
    }

    /// That of a choice.
    pub(super) fn of_choice(&mut self, choice: u64) -> &mut Open {
        let known = self.0.iter().position(|(index, _)| *index == choice);
        // OpenAI allows 128 choices; a vendor with more loses the distinction among the last.
        let position = known.unwrap_or_else(|| {
            if self.0.len() < 128 {
                self.0.push((choice, Open::default()));
            }
            self.0.len() - 1
        });
        &mut self.0[position].1
    }
}

/// A block of thinking that is being written.
#[derive(Default)]
pub(super) struct Open {
    /// Its items, the last one unfinished if it is a text.
    items: String,
    in_text: bool,
    signature: String,
    /// Blocks of this choice that are whole.
    whole: u64,
    overflows: bool,
}

impl Open {
    fn add(&mut self, chunk: &[Member<'_>]) {
        let items = find(chunk, "thinking").and_then(json::items);
        for item in items.into_iter().flatten() {
            self.add_item(item);
        }
        let signature = Raw(find(chunk, "signature")).some_text();
        if let Some(signature) = signature {
            signature.clone_into(&mut self.signature);
        }
        if self.items.len() > MOST {
            self.items = String::new();
            self.overflows = true;
        }
    }

    fn add_item(&mut self, item: &RawValue) {
        if self.overflows {
            return;
        }
        let Some(text) = text_of(item) else {
            self.end_text();
            self.begin_item();
            self.items.push_str(item.get());
            return;
        };
        if !self.in_text {
            self.begin_item();
            self.items.push_str("{\"type\":\"text\",\"text\":\"");
            self.in_text = true;
        }
        self.items.push_str(text);
    }

    fn begin_item(&mut self) {
        if !self.items.is_empty() {
            self.items.push(',');
        }
    }

    fn end_text(&mut self) {
        if std::mem::take(&mut self.in_text) {
            self.items.push_str("\"}");
        }
    }

    fn is_open(&self) -> bool {
        !(self.overflows || (self.items.is_empty() && self.signature.is_empty()))
    }

    /// The block, once something else begins; nothing when none is open.
    fn end(&mut self) -> Option<String> {
        if !self.is_open() {
            return None;
        }
        self.end_text();
        let items = std::mem::take(&mut self.items);
        let signature = std::mem::take(&mut self.signature);
        let signature = match &*signature {
            "" => String::new(),
            signed => format!(",\"signature\":\"{signed}\""),
        };
        let index = self.whole;
        self.whole += 1;
        Some(format!(
            "{{\"type\":\"thinking\",\"thinking\":[{items}]{signature},\"index\":{index}}}"
        ))
    }
}

/// What a content of chunks comes to: insides of literals.
#[derive(Default)]
struct Said {
    text: String,
    has_text: bool,
    reasoning: String,
    blocks: Vec<String>,
}

/// Edits a message, or a piece of one. `ends`: its choice ends with it.
pub(super) fn edit<'d>(
    document: &'d str,
    message: &'d RawValue,
    form: Form,
    ends: bool,
    open: &mut Open,
    edits: &mut Edits<'d>,
) {
    let Some(members) = json::members(message) else {
        return;
    };
    let content = members.iter().find(|member| member.key == "content");
    let list = content.and_then(|content| json::items(content.value));
    let mut said = Said::default();
    for chunk in list.iter().flatten() {
        said.take(chunk, form, open);
    }
    let calls = find(&members, "tool_calls").and_then(json::items);
    for call in calls.iter().flatten() {
        say_type(document, call, edits);
    }
    let calls = calls.is_some_and(|calls| !calls.is_empty());
    let text = content.and_then(|content| Raw(Some(content.value)).some_text());
    if ends || calls || text.is_some() {
        said.blocks.extend(open.end());
    }
    if list.is_some() {
        let content = content.expect("it is a list");
        let start = Span::of(content.raw_key, document).start;
        let end = Span::of(content.value.get(), document).end;
        edits.replace(Span { start, end }, said.members(form));
    } else if !said.blocks.is_empty() {
        let inside = Span::of(message.get(), document).start + 1;
        let comma = if members.is_empty() { "" } else { "," };
        let blocks = said.blocks.join(",");
        edits.replace(
            Span::before(inside),
            format!("\"thinking_blocks\":[{blocks}]{comma}"),
        );
    }
}

impl Said {
    fn take(&mut self, chunk: &RawValue, form: Form, open: &mut Open) {
        let Some(members) = json::members(chunk) else {
            return;
        };
        let kind = find(&members, "type").and_then(json::string);
        match kind.as_deref() {
            Some("text") => {
                self.blocks.extend(open.end());
                self.text.push_str(text_of(chunk).unwrap_or_default());
                self.has_text = true;
            }
            Some("thinking") => {
                let items = find(&members, "thinking").and_then(json::items);
                let texts = items.iter().flatten().filter_map(|item| text_of(item));
                self.reasoning.extend(texts);
                match form {
                    Form::Event => open.add(&members),
                    Form::Answer => self.whole(chunk, open),
                }
            }
            // OpenAI's dialect has no place for others, references first.
            Some(_) | None => {}
        }
    }

    /// A block of an answer, byte for byte, and its position.
    fn whole(&mut self, chunk: &RawValue, open: &mut Open) {
        let index = open.whole;
        open.whole += 1;
        let inside = chunk.get().strip_suffix('}').unwrap_or_default();
        self.blocks.push(format!("{inside},\"index\":{index}}}"));
    }

    /// The members that stand for the list.
    fn members(&self, form: Form) -> String {
        let mut members = Vec::new();
        if self.has_text || form == Form::Answer {
            members.push(format!("\"content\":\"{}\"", self.text));
        }
        if !self.reasoning.is_empty() {
            members.push(format!("\"reasoning_content\":\"{}\"", self.reasoning));
        }
        if !self.blocks.is_empty() {
            members.push(format!("\"thinking_blocks\":[{}]", self.blocks.join(",")));
        }
        if members.is_empty() {
            members.push("\"content\":\"\"".to_owned());
        }
        members.join(",")
    }
}

/// A call is one of a function, also where its vendor does not say so.
fn say_type<'d>(document: &'d str, call: &'d RawValue, edits: &mut Edits<'d>) {
    let members = json::members(call).unwrap_or_default();
    if !members.is_empty() && find(&members, "type").is_none() {
        let inside = Span::of(call.get(), document).start + 1;
        edits.replace(Span::before(inside), "\"type\":\"function\",");
    }
}

/// The inside of the literal of a chunk of text; nothing when it is none.
fn text_of(chunk: &RawValue) -> Option<&str> {
    let members = json::members(chunk)?;
    let kind = find(&members, "type").and_then(json::string);
    let text = Raw(Some(find(&members, "text")?)).literal();
    text.filter(|_| kind.as_deref() == Some("text"))
}
