//! The texts of an answer in OpenAI's dialect, and of one event of a stream.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bytes::Bytes;
use serde_json::value::RawValue;

use super::strings;
use crate::json::{self, Member, Members, find};
use crate::splice::{Edits, Span};

/// What a text of a choice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The answer itself.
    Content,
    /// Why the model refuses.
    Refusal,
    /// Reasoning that people may read (`reasoning_content`).
    Reasoning,
    /// The arguments of the tool call at this place: JSON.
    Arguments(u64),
    /// What the custom tool at this place is given: any text.
    Input(u64),
    /// A text under a name that no type has; the number tells names apart.
    Other(u64),
    /// A text that its vendor has signed, as a whole: a change takes it out, since whoever gives it back would be refused for it.
    Signed,
}

/// One text as it grows over the events of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lane {
    /// The choice.
    pub choice: u64,
    /// What it is there.
    pub part: Part,
}

/// A text of an answer. Without a debug form: what models say is never logged.
pub struct Spoken<'a> {
    /// Which text it is, or a piece of.
    pub lane: Lane,
    /// The text, decoded.
    pub text: Cow<'a, str>,
    /// Its literal, quotes included.
    pub span: Span,
    /// How a delta says more of it, where no type tells.
    pub(super) shell: Option<Shell>,
    /// What was signed.
    entry: Option<Entry>,
}

/// What stands around a text in its message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shell {
    pub(super) before: String,
    pub(super) behind: String,
}

impl Shell {
    fn within(&self, before: &str, behind: &str) -> Self {
        Self {
            before: format!("{}{before}", self.before),
            behind: format!("{behind}{}", self.behind),
        }
    }
}

/// An element of a list.
#[derive(Debug, Clone, Copy)]
struct Entry {
    list: Span,
    place: usize,
}

/// What a document says: its texts, its choices, and those of them that end here.
pub(super) struct Read<'a> {
    pub(super) texts: Vec<Spoken<'a>>,
    pub(super) choices: Vec<u64>,
    pub(super) ended: Vec<u64>,
    pub(super) members: Vec<Member<'a>>,
    /// What spells texts once more: the probabilities of their pieces.
    pub(super) spelled: Vec<Span>,
}

/// Every text of a whole answer, in order. What is no chat completion has none.
pub fn spoken(answer: &[u8]) -> Vec<Spoken<'_>> {
    std::str::from_utf8(answer)
        .ok()
        .and_then(|text| read(text, "message"))
        .map(|read| read.texts)
        .unwrap_or_default()
}

/// The answer with other texts in the places of some of its own, and without what spells those: probabilities.
pub fn replace(answer: &Bytes, replaced: &[(&Spoken<'_>, String)]) -> Bytes {
    if replaced.is_empty() {
        return answer.clone();
    }
    let Ok(document) = std::str::from_utf8(answer) else {
        return answer.clone();
    };
    let mut changes = Changes::new(document);
    for (spoken, text) in replaced {
        changes.say(spoken, text);
    }
    let read = read(document, "message");
    changes.hide(&read.map(|read| read.spelled).unwrap_or_default());
    changes.apply(answer)
}

/// Changes of the texts of one document.
pub(super) struct Changes<'d> {
    document: &'d str,
    edits: Edits<'static>,
    /// Signed elements that are taken out.
    taken: Vec<Entry>,
}

impl<'d> Changes<'d> {
    pub(super) fn new(document: &'d str) -> Self {
        Self {
            document,
            edits: Edits::new(),
            taken: Vec::new(),
        }
    }

    /// Puts another text in the place of one.
    pub(super) fn say(&mut self, spoken: &Spoken<'_>, text: &str) {
        match spoken.entry {
            Some(entry) => self.taken.push(entry),
            None => self.edits.replace(spoken.span, json::quote(text)),
        }
    }

    /// Takes out what spells texts.
    pub(super) fn hide(&mut self, spelled: &[Span]) {
        for span in spelled {
            self.edits.replace(*span, "null");
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.taken.is_empty()
    }

    pub(super) fn apply(mut self, document: &Bytes) -> Bytes {
        while let Some(list) = self.taken.last().map(|entry| entry.list) {
            let whole = &self.document[list.start..list.end];
            let items: Vec<&RawValue> = serde_json::from_str(whole).unwrap_or_default();
            let taken = |place: usize| {
                let mut entries = self.taken.iter();
                entries.any(|entry| entry.list == list && entry.place == place)
            };
            let kept = items.iter().enumerate().filter(|(place, _)| !taken(*place));
            let kept: Vec<&str> = kept.map(|(_, item)| item.get()).collect();
            self.edits.replace(list, format!("[{}]", kept.join(",")));
            self.taken.retain(|entry| entry.list != list);
        }
        self.edits.apply(document)
    }
}

/// Reads a document whose choices have a `message` or a `delta`.
pub(super) fn read<'a>(document: &'a str, message: &str) -> Option<Read<'a>> {
    let Members(members) = serde_json::from_str(document).ok()?;
    let mut reader = Reader {
        document,
        choice: 0,
        texts: Vec::new(),
    };
    let mut spelled = Vec::new();
    let (mut seen, mut ended) = (Vec::new(), Vec::new());
    for (place, choice) in find(&members, "choices")
        .and_then(json::items)?
        .into_iter()
        .enumerate()
    {
        let Some(choice) = json::members(choice) else {
            continue;
        };
        let index = find(&choice, "index").and_then(|index| index.get().parse().ok());
        reader.choice = index.unwrap_or(place as u64);
        seen.push(reader.choice);
        let probabilities = find(&choice, "logprobs").filter(|value| !json::is_null(value));
        spelled.extend(probabilities.map(|value| Span::of(value.get(), document)));
        for member in find(&choice, message)
            .and_then(json::members)
            .unwrap_or_default()
        {
            reader.member(&member);
        }
        if find(&choice, "finish_reason")
            .is_some_and(|reason| reason.get().len() > 2 && reason.get().starts_with('"'))
        {
            ended.push(reader.choice);
        }
    }
    Some(Read {
        texts: reader.texts,
        choices: seen,
        ended,
        members,
        spelled,
    })
}

struct Reader<'a> {
    document: &'a str,
    choice: u64,
    texts: Vec<Spoken<'a>>,
}

impl<'a> Reader<'a> {
    fn member(&mut self, member: &Member<'a>) {
        match (&*member.key, member.value.get().starts_with('"')) {
            ("role" | "name" | "id", _) => {}
            ("content", true) => self.text(Part::Content, member.value),
            ("refusal", true) => self.text(Part::Refusal, member.value),
            ("reasoning_content", true) => self.text(Part::Reasoning, member.value),
            ("tool_calls", _) => {
                for (place, call) in json::items(member.value)
                    .unwrap_or_default()
                    .into_iter()
                    .enumerate()
                {
                    self.call(place, call);
                }
            }
            ("function_call", _) => {
                self.text_of(Part::Arguments(u64::MAX), member.value, "arguments");
            }
            _ => {
                let shell = Shell::default().within(&format!("{{{}:", member.raw_key), "}");
                self.other(member.value, shell);
            }
        }
    }

    /// Texts under names that no type has.
    fn other(&mut self, value: &'a RawValue, shell: Shell) {
        match value.get().as_bytes().first() {
            Some(b'"') => {
                let part = Part::Other(number_of(&shell.before));
                self.text(part, value);
                if let Some(spoken) = self.texts.last_mut() {
                    spoken.shell = Some(shell);
                }
            }
            Some(b'[') => {
                let items = json::items(value).unwrap_or_default();
                for (place, item) in items.into_iter().enumerate() {
                    let entry = Entry {
                        list: Span::of(value.get(), self.document),
                        place,
                    };
                    self.item(item, entry, &shell);
                }
            }
            Some(b'{') => {
                for member in json::members(value).unwrap_or_default() {
                    if !strings::NO_TEXTS.contains(&&*member.key) {
                        let shell = shell.within(&format!("{{{}:", member.raw_key), "}");
                        self.other(member.value, shell);
                    }
                }
            }
            _ => {}
        }
    }

    /// An element of a list under such a name. Lists grow over a stream by elements that say their place.
    fn item(&mut self, item: &'a RawValue, entry: Entry, shell: &Shell) {
        let Some(members) = json::members(item) else {
            return self.other(item, shell.within("[", "]"));
        };
        if find(&members, "signature").is_some_and(|signature| signature.get().len() > 2) {
            return strings::each(item, &mut |text, literal| {
                self.texts.push(Spoken {
                    lane: Lane {
                        choice: self.choice,
                        part: Part::Signed,
                    },
                    text,
                    span: Span::of(literal, self.document),
                    shell: None,
                    entry: Some(entry),
                });
            });
        }
        let mut head = String::from("[{");
        for name in ["type", "index"] {
            if let Some(value) = find(&members, name) {
                head.push_str(&format!("\"{name}\":{},", value.get()));
            }
        }
        for member in members {
            if !strings::NO_TEXTS.contains(&&*member.key) {
                let shell = shell.within(&format!("{head}{}:", member.raw_key), "}]");
                self.other(member.value, shell);
            }
        }
    }

    fn call(&mut self, place: usize, call: &'a RawValue) {
        let Some(call) = json::members(call) else {
            return;
        };
        let index = find(&call, "index").and_then(|index| index.get().parse().ok());
        let index = index.unwrap_or(place as u64);
        if let Some(function) = find(&call, "function") {
            self.text_of(Part::Arguments(index), function, "arguments");
        }
        if let Some(custom) = find(&call, "custom") {
            self.text_of(Part::Input(index), custom, "input");
        }
    }

    /// A text that stands in a member of its own.
    fn text_of(&mut self, part: Part, of: &'a RawValue, name: &str) {
        let members = json::members(of).unwrap_or_default();
        if let Some(text) = find(&members, name) {
            self.text(part, text);
        }
    }

    fn text(&mut self, part: Part, value: &'a RawValue) {
        if !value.get().starts_with('"') {
            return;
        }
        // Half a surrogate pair is no text that anybody can read; nor can a rule.
        let text = json::string(value).unwrap_or(Cow::Borrowed("\u{fffd}"));
        self.texts.push(Spoken {
            lane: Lane {
                choice: self.choice,
                part,
            },
            text,
            span: Span::of(value.get(), self.document),
            shell: None,
            entry: None,
        });
    }
}

/// Tells the names of texts apart; the same in every event of a stream.
fn number_of(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
