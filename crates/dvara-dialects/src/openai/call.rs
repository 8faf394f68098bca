//! The one pass over the fields of a call for a vendor with differences: each gets its verdict, as an edit.

use serde_json::value::RawValue;

use super::history::{self, Turn};
use super::members;
use super::shape::{Call, Field, Said};
use crate::fields::{Declared, Drops, Unknown, Verdict};
use crate::json::{self, Member, Members};
use crate::request::{ChatRequest, ReadError};
use crate::splice::{Edits, Span};
use crate::target::Target;

/// Edits the fields of a call; says whether its `metadata` goes out.
///
/// # Errors
/// Names the field that the vendor can't say.
pub(super) fn edit<'r>(
    request: &'r ChatRequest,
    target: &Target<'_>,
    declared: &'static Declared,
    call: &Call,
    edits: &mut Edits<'r>,
    drops: &mut Drops,
) -> Result<bool, ReadError> {
    let whole = request.text();
    let Members(fields) = serde_json::from_str(whole).expect("checked when the body was read");
    let mut pass = Pass {
        whole,
        model: target.model,
        declared,
        call,
        fields: &fields,
        goes: vec![false; fields.len()],
        edits,
        drops,
    };
    for (position, field) in fields.iter().enumerate() {
        pass.field(position, field)?;
    }
    let goes = pass.goes;
    let mut numbered = fields.iter().zip(&goes);
    let keeps_metadata = !numbered.any(|(field, goes)| *goes && field.key == "metadata");
    members::remove(&fields, &goes, whole, edits);
    Ok(keeps_metadata)
}

struct Pass<'p, 'r> {
    whole: &'r str,
    model: &'p str,
    declared: &'static Declared,
    call: &'p Call,
    fields: &'p [Member<'r>],
    goes: Vec<bool>,
    edits: &'p mut Edits<'r>,
    drops: &'p mut Drops,
}

impl<'r> Pass<'_, 'r> {
    fn field(&mut self, position: usize, field: &Member<'r>) -> Result<(), ReadError> {
        let value = field.value;
        match self.declared.find(&field.key) {
            Some((_, Verdict::Passed)) => {}
            None if self.declared.unknown == Unknown::Passed => {}
            None => {
                if !json::is_null(value) {
                    self.drops.add_unknown(&field.key);
                }
                self.goes[position] = true;
            }
            // Messages can't be null.
            Some(("messages", Verdict::Translated)) => self.messages(value)?,
            // Null asks for nothing, and not every vendor takes it.
            Some((_, Verdict::Renamed(_) | Verdict::Translated)) if json::is_null(value) => {
                self.goes[position] = true;
            }
            Some((name, Verdict::Renamed(new))) => self.rename(name, field, new),
            Some((name, Verdict::Translated)) => self.translate(position, name, field)?,
            Some((name, verdict @ (Verdict::Refused { .. } | Verdict::Dropped { .. }))) => {
                let judged = self.declared.judge(name, value.get(), verdict, self.drops);
                judged?;
                self.goes[position] = true;
            }
        }
        Ok(())
    }

    /// The field goes out under another name, in the place of what already has that name.
    fn rename(&mut self, name: &'static str, field: &Member<'r>, new: &'static str) {
        let key = Span::of(field.raw_key, self.whole);
        self.edits.replace(key, json::quote(new));
        for (position, other) in self.fields.iter().enumerate() {
            if other.key == new {
                self.goes[position] = true;
                if other.value.get() != field.value.get() && !json::is_null(other.value) {
                    let because = beside(self.declared, new);
                    debug_assert!(because.is_some(), "{new} beside {name} is declared");
                    self.drops.add(new, because.unwrap_or_default());
                }
            }
        }
    }

    fn translate(
        &mut self,
        position: usize,
        name: &'static str,
        field: &Member<'r>,
    ) -> Result<(), ReadError> {
        let said = (self.call.say)(
            &Field {
                name,
                value: field.value,
                call: self.fields,
                model: self.model,
                declared: self.declared,
            },
            self.drops,
        )?;
        let value = Span::of(field.value.get(), self.whole);
        match said {
            Said::AsItCame => {}
            Said::Value(text) => self.edits.replace(value, text),
            Said::Members(text) => {
                let start = Span::of(field.raw_key, self.whole).start;
                let end = value.end;
                self.make_room(&text);
                self.edits.replace(Span { start, end }, text);
            }
            Said::Nothing => self.goes[position] = true,
        }
        Ok(())
    }

    /// Members that come in place of a field push out those of the same name: they are null, or the client's own would have won.
    fn make_room(&mut self, members: &str) {
        let object = format!("{{{members}}}");
        let Members(members) = serde_json::from_str(&object).expect("a vendor's words are JSON");
        for (position, field) in self.fields.iter().enumerate() {
            let mut members = members.iter();
            if json::is_null(field.value) && members.any(|member| member.key == field.key) {
                self.goes[position] = true;
            }
        }
    }

    fn messages(&mut self, list: &'r RawValue) -> Result<(), ReadError> {
        let turns: Vec<Members<'r>> =
            serde_json::from_str(list.get()).expect("checked when the body was read");
        for (index, Members(members)) in turns.iter().enumerate() {
            let mut turn = Turn {
                index,
                role: history::role(members),
                members,
                call: self.fields,
                model: self.model,
                whole: self.whole,
                declared: self.declared,
                goes: vec![false; members.len()],
                edits: self.edits,
                drops: self.drops,
            };
            (self.call.turn)(&mut turn)?;
            let goes = turn.goes;
            members::remove(members, &goes, self.whole, self.edits);
        }
        Ok(())
    }
}

/// Why a field goes where another one says the same.
fn beside(declared: &Declared, name: &str) -> Option<&'static str> {
    let mut drops = declared.drops.iter();
    drops.find(|(field, _)| *field == name).map(|(_, why)| *why)
}
