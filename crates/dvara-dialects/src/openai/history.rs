//! One message of a call, as a vendor with differences takes it.

use std::borrow::Cow;

use super::shape::is_given;
use crate::fields::{Declared, Drops};
use crate::json::{self, Member};
use crate::request::ReadError;
use crate::splice::{Edits, Span};

/// A message while it is edited.
pub(super) struct Turn<'t, 'r> {
    /// Its position.
    pub(super) index: usize,
    /// Who speaks.
    pub(super) role: Cow<'t, str>,
    /// What it is made of.
    pub(super) members: &'t [Member<'r>],
    /// The fields of the call.
    pub(super) call: &'t [Member<'r>],
    /// The model that is asked.
    pub(super) model: &'t str,
    /// The body.
    pub(super) whole: &'r str,
    /// What the vendor declares.
    pub(super) declared: &'static Declared,
    /// Which members do not go out.
    pub(super) goes: Vec<bool>,
    pub(super) edits: &'t mut Edits<'r>,
    pub(super) drops: &'t mut Drops,
}

/// Who speaks in a message. One who has no name that can be read is nobody's.
pub(super) fn role<'t>(members: &'t [Member<'_>]) -> Cow<'t, str> {
    let role = members.iter().find(|member| member.key == "role");
    role.and_then(|role| json::string(role.value))
        .unwrap_or_default()
}

impl<'r> Turn<'_, 'r> {
    /// Whether it has a member, and not as null.
    pub(super) fn has(&self, name: &str) -> bool {
        is_given(self.members, name)
    }

    /// A member does not go out, and nothing is lost.
    pub(super) fn leave_out(&mut self, position: usize) {
        self.goes[position] = true;
    }

    /// A member does not go out; `field` says where it stood. Null says nothing.
    pub(super) fn drop(&mut self, position: usize, field: &'static str, because: &'static str) {
        self.goes[position] = true;
        if !json::is_null(self.members[position].value) {
            self.drops.add(field, because);
        }
    }

    /// A member that the vendor does not know, and would refuse. Null and empty lists say nothing.
    pub(super) fn drop_unknown(&mut self, position: usize) {
        self.goes[position] = true;
        let member = &self.members[position];
        let is_list = member.value.get().starts_with('[');
        let says_nothing =
            json::is_null(member.value) || (is_list && !json::is_filled_array(member.value));
        if !says_nothing {
            self.drops.add_unknown(&format!("messages.{}", member.key));
        }
    }

    /// A member goes out under another name.
    pub(super) fn rename(&mut self, position: usize, name: &'static str) {
        let key = Span::of(self.members[position].raw_key, self.whole);
        self.edits.replace(key, name);
    }

    /// A member goes out with another value.
    pub(super) fn replace(&mut self, position: usize, value: impl Into<Cow<'r, str>>) {
        let span = Span::of(self.members[position].value.get(), self.whole);
        self.edits.replace(span, value);
    }

    /// Another member, behind the last that goes out: `,"name":value`.
    pub(super) fn add(&mut self, member: impl Into<Cow<'r, str>>) {
        let last = self.members.last().expect("a message has a role");
        // A member that goes takes the bytes up to its end with it.
        let end = Span::of(last.value.get(), self.whole).end;
        self.edits.replace(Span::before(end), member);
    }

    /// The error of what the vendor can't say.
    pub(super) fn refusal(&self, field: &str, because: &str) -> ReadError {
        let at = format!("messages[{}]{field}", self.index);
        self.declared.refusal(at, because)
    }
}

/// `developer` is OpenAI's newer word for `system`, which all others know.
pub(super) fn developer_is_system(turn: &mut Turn<'_, '_>) {
    if turn.role != "developer" {
        return;
    }
    let role = turn.members.iter().position(|member| member.key == "role");
    if let Some(role) = role {
        turn.replace(role, "\"system\"");
    }
}

/// The member of messages that other vendors sign their reasoning in.
pub(super) const THINKING_BLOCKS: (&str, &str) = (
    "messages.thinking_blocks",
    "they are of a vendor that signs its reasoning",
);

/// Leaves out the signed reasoning of other vendors.
pub(super) fn without_thinking_blocks(turn: &mut Turn<'_, '_>) {
    for position in 0..turn.members.len() {
        if turn.members[position].key == "thinking_blocks" {
            turn.drop(position, THINKING_BLOCKS.0, THINKING_BLOCKS.1);
        }
    }
}

/// A model that thinks wants its reasoning back with its calls, and refuses calls without: those that another vendor made, or
/// that a client brings back without it. Nothing is known of what was thought, and a space says so.
pub(super) fn calls_have_reasoning(turn: &mut Turn<'_, '_>) {
    let calls = turn
        .members
        .iter()
        .any(|member| member.key == "tool_calls" && json::is_filled_array(member.value));
    if turn.role != "assistant" || !calls || turn.has("reasoning_content") {
        return;
    }
    let position = |name: &str| turn.members.iter().position(|member| member.key == name);
    let (null, other) = (position("reasoning_content"), position("reasoning"));
    if let Some(null) = null {
        turn.replace(null, "\" \"");
    } else if let Some(other) = other.filter(|_| turn.has("reasoning")) {
        turn.rename(other, "\"reasoning_content\"");
    } else {
        turn.add(",\"reasoning_content\":\" \"");
    }
}
