//! A stream of chunks whose texts somebody may hold back, change or end.

use bytes::Bytes;

use super::answer::{self, Changes, Lane, Part, Read, Shell, Spoken};
use crate::json::{self, find};
use crate::sse::{self, DEFAULT_MAX_EVENT, Frame, Framer};

/// Decides what becomes of the texts of a stream.
pub trait Editor {
    /// More of a text has come; what may go on is added to `out`.
    fn push(&mut self, lane: Lane, text: &str, out: &mut String);

    /// A text has ended, or another text will follow in its lane; what is left of it is added to `out`.
    fn finish(&mut self, lane: Lane, out: &mut String);

    /// Whether texts may be held back or changed. Then nothing may go on that spells them in another way.
    fn withholds(&self) -> bool;

    /// Whether the answer must not go on. Asked after each of the above; what was added to `out` then is thrown away.
    fn is_blocked(&self) -> bool;
}

/// Whether a stream goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It does.
    On,
    /// It was ended with `content_filter` and `[DONE]`: nothing of what follows may be relayed.
    Blocked,
}

/// Rewrites the events of one stream. Events without a text go on as they are.
#[derive(Default)]
pub struct Rewriter {
    /// Members that every chunk repeats, from the first that had them, each with a comma behind it.
    head: String,
    /// Lanes in which something was said and that have not ended.
    open: Vec<Lane>,
    /// How those of them are said that no type names.
    shells: Vec<(Lane, Shell)>,
    /// Choices that were seen and have not ended.
    choices: Vec<u64>,
}

impl Rewriter {
    /// Takes whole events and adds what goes on to `relay`.
    pub fn rewrite(
        &mut self,
        events: &Bytes,
        editor: &mut impl Editor,
        relay: &mut Vec<Bytes>,
    ) -> Flow {
        let mut framer = Framer::new(DEFAULT_MAX_EVENT);
        let mut at = 0;
        while at < events.len() {
            let event = match framer.next(events, &mut at) {
                Ok(Some(Frame::Within(range))) => events.slice(range),
                Ok(Some(Frame::Gathered(bytes))) => bytes,
                Ok(None) | Err(_) => break,
            };
            if self.event(event, editor, relay) == Flow::Blocked {
                return Flow::Blocked;
            }
        }
        match framer.finish() {
            Some(rest) => self.event(rest, editor, relay),
            None => Flow::On,
        }
    }

    /// The stream ends here, as it should or not: what is still held goes on.
    pub fn finish(&mut self, editor: &mut impl Editor, relay: &mut Vec<Bytes>) -> Flow {
        let open = std::mem::take(&mut self.open);
        self.end_lanes(&open, editor, relay)
    }

    fn event(&mut self, event: Bytes, editor: &mut impl Editor, relay: &mut Vec<Bytes>) -> Flow {
        let Some(data) = sse::data(&event) else {
            relay.push(event);
            return Flow::On;
        };
        let trimmed = data.trim_ascii();
        if trimmed == b"[DONE]" {
            let flow = self.finish(editor, relay);
            if flow == Flow::On {
                relay.push(event);
            }
            return flow;
        }
        let document = std::str::from_utf8(&data).unwrap_or_default();
        let Some(read) = answer::read(document, "delta") else {
            relay.push(event);
            return Flow::On;
        };
        self.learn(&read);
        let mut changes = Changes::new(document);
        if editor.withholds() {
            changes.hide(&read.spelled);
        }
        for (place, spoken) in read.texts.iter().enumerate() {
            let lane = spoken.lane;
            let mut out = String::new();
            editor.push(lane, &spoken.text, &mut out);
            let is_last = read.texts[place + 1..]
                .iter()
                .all(|other| other.lane != lane);
            if lane.part == Part::Signed || (is_last && read.ended.contains(&lane.choice)) {
                editor.finish(lane, &mut out);
                self.open.retain(|open| *open != lane);
            } else {
                self.open(spoken);
            }
            if editor.is_blocked() {
                return self.block(relay);
            }
            if out != spoken.text {
                changes.say(spoken, &out);
            }
        }
        let (ended, open) = self
            .open
            .iter()
            .partition(|lane| read.ended.contains(&lane.choice));
        self.open = open;
        let ended: Vec<Lane> = ended;
        if self.end_lanes(&ended, editor, relay) == Flow::Blocked {
            return Flow::Blocked;
        }
        self.choices.retain(|choice| !read.ended.contains(choice));
        if changes.is_empty() {
            relay.push(event);
        } else {
            relay.push(with_data(&changes.apply(&Bytes::copy_from_slice(&data))));
        }
        Flow::On
    }

    /// Something was said in a lane, and more of it may come.
    fn open(&mut self, spoken: &Spoken<'_>) {
        if self.open.contains(&spoken.lane) {
            return;
        }
        self.open.push(spoken.lane);
        if let Some(shell) = &spoken.shell {
            self.shells.retain(|(lane, _)| *lane != spoken.lane);
            self.shells.push((spoken.lane, shell.clone()));
        }
    }

    /// Remembers what chunks of ours need, and which choices there are.
    fn learn(&mut self, read: &Read<'_>) {
        if self.head.is_empty() {
            for name in ["id", "object", "created", "model"] {
                if let Some(value) = find(&read.members, name) {
                    self.head.push_str(&format!("\"{name}\":{},", value.get()));
                }
            }
        }
        for choice in &read.choices {
            if !self.choices.contains(choice) {
                self.choices.push(*choice);
            }
        }
    }

    /// Lets go what is held of lanes that have ended.
    fn end_lanes(
        &mut self,
        lanes: &[Lane],
        editor: &mut impl Editor,
        relay: &mut Vec<Bytes>,
    ) -> Flow {
        for lane in lanes {
            let mut out = String::new();
            editor.finish(*lane, &mut out);
            if editor.is_blocked() {
                return self.block(relay);
            }
            if !out.is_empty() {
                relay.push(self.chunk(lane.choice, &self.delta(*lane, &out), "null"));
            }
        }
        Flow::On
    }

    /// Ends every choice as a vendor's own filter would (data-plane.md §5.2).
    fn block(&mut self, relay: &mut Vec<Bytes>) -> Flow {
        for choice in std::mem::take(&mut self.choices) {
            relay.push(self.chunk(choice, "{}", "\"content_filter\""));
        }
        relay.push(Bytes::from_static(b"data: [DONE]\n\n"));
        Flow::Blocked
    }

    /// A delta that says a text.
    fn delta(&self, lane: Lane, text: &str) -> String {
        let shell = self.shells.iter().find(|(known, _)| *known == lane);
        match shell {
            Some((_, shell)) => {
                format!("{}{}{}", shell.before, json::quote(text), shell.behind)
            }
            None => delta(lane.part, text),
        }
    }

    /// A chunk of ours, in the name of those that came.
    fn chunk(&self, choice: u64, delta: &str, finish: &str) -> Bytes {
        let head = &self.head;
        let data = format!(
            "{{{head}\"choices\":[{{\"index\":{choice},\"delta\":{delta},\"finish_reason\":{finish}}}]}}"
        );
        with_data(data.as_bytes())
    }
}

/// A delta that says a text of a type that we know.
fn delta(part: Part, text: &str) -> String {
    let text = json::quote(text);
    match part {
        Part::Content | Part::Other(_) | Part::Signed => format!("{{\"content\":{text}}}"),
        Part::Refusal => format!("{{\"refusal\":{text}}}"),
        Part::Reasoning => format!("{{\"reasoning_content\":{text}}}"),
        Part::Arguments(u64::MAX) => format!("{{\"function_call\":{{\"arguments\":{text}}}}}"),
        Part::Arguments(call) => called(call, "function", "arguments", &text),
        Part::Input(call) => called(call, "custom", "input", &text),
    }
}

fn called(call: u64, kind: &str, name: &str, literal: &str) -> String {
    format!("{{\"tool_calls\":[{{\"index\":{call},\"{kind}\":{{\"{name}\":{literal}}}}}]}}")
}

/// An event of this data.
fn with_data(data: &[u8]) -> Bytes {
    let mut event = Vec::with_capacity(data.len() + 8);
    event.extend_from_slice(b"data: ");
    // JSON over several lines: a line feed stands between its values only.
    event.extend(data.iter().map(|byte| {
        if matches!(byte, b'\n' | b'\r') {
            b' '
        } else {
            *byte
        }
    }));
    event.extend_from_slice(b"\n\n");
    event.into()
}
