//! A stream that the rules look through as it passes (data-plane.md §5.3).
//!
//! Where the action only records, nothing is held or changed. Where it withholds, text waits for no more than some rule still
//! waits for; arguments of tools wait for their end, since only whole JSON can be told apart from what it says.

use std::collections::BTreeMap;

use bytes::Bytes;
use dvara_dialects::texts::{Editor, Flow, Lane, Part, Rewriter};
use dvara_governance::guardrail::{self, AnswerScanner, Detection, Direction};
use dvara_governance::pii::{Action, Counts, Piece, Scanner};

use super::answer::{AnswerRules, redact};
use super::recorder::Source;
use super::{MOST_HELD, guardrails, redacted, restored};

/// Most texts of one stream (data-plane.md §5.3).
const MOST_LANES: usize = 256;

/// Looks through one stream.
pub(crate) struct Guard {
    rewriter: Rewriter,
    watch: Watch,
}

/// The editor of a guard's rewriter.
struct Watch {
    rules: AnswerRules,
    /// Whether text may have to be kept from its reader.
    withholds: bool,
    lanes: BTreeMap<Lane, Watched>,
    counts: Counts,
    detections: Vec<Detection>,
    held: usize,
    blocked: Option<Withheld>,
}

/// Why a stream was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Withheld {
    /// Personal data or secrets.
    PersonalData,
    /// What guardrails found.
    Contents,
    /// More than can be looked through.
    TooLarge,
    /// Arguments of a tool that are no JSON.
    Unreadable,
}

impl Withheld {
    /// Status and code of the refusal that a whole answer would have been.
    pub(crate) fn refusal(self) -> (u16, &'static str) {
        match self {
            Self::PersonalData => (400, "pii_detected"),
            Self::Contents => (403, "guardrail_blocked"),
            Self::TooLarge => (403, "answer_too_large_to_scan"),
            Self::Unreadable => (403, "tool_arguments_unenforceable"),
        }
    }

    /// The event of the audit trail.
    fn event(self) -> &'static str {
        match self {
            Self::PersonalData => "PII_BLOCKED_STREAMING",
            Self::Contents => "GUARDRAIL_BLOCKED_STREAMING",
            Self::TooLarge => "STREAM_TOO_LARGE_TO_SCAN",
            Self::Unreadable => "STREAM_TOOL_ARGUMENTS_UNENFORCEABLE",
        }
    }
}

/// What is known of one text.
enum Watched {
    /// It is looked through as it comes.
    Text(Box<Text>),
    /// It goes to a tool, and is looked through when it is whole.
    Arguments(String),
}

/// A text that people read: its contents first, then the personal data in what they let go.
struct Text {
    contents: Option<AnswerScanner>,
    /// What the contents' rules have not let go yet, and how much of the text went before it.
    waiting: String,
    gone: usize,
    personal: Scanner,
}

impl Guard {
    pub(crate) fn new(rules: AnswerRules) -> Self {
        let withholds = rules.withholds();
        Self {
            rewriter: Rewriter::default(),
            watch: Watch {
                rules,
                withholds,
                lanes: BTreeMap::new(),
                counts: Counts::default(),
                detections: Vec::new(),
                held: 0,
                blocked: None,
            },
        }
    }

    /// Takes whole events and adds what may go on.
    pub(crate) fn pass(&mut self, events: &Bytes, relay: &mut Vec<Bytes>) -> Flow {
        self.rewriter.rewrite(events, &mut self.watch, relay)
    }

    /// Why the stream was ended here, if it was.
    pub(crate) fn withheld(&self) -> Option<Withheld> {
        self.watch.blocked
    }

    /// The stream has ended: what is held goes on.
    pub(crate) fn finish(&mut self, relay: &mut Vec<Bytes>) -> Flow {
        self.rewriter.finish(&mut self.watch, relay)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let found = std::mem::take(&mut self.watch.detections);
        let watch = &self.watch;
        let recorder = &watch.rules.recorder;
        if !watch.counts.is_empty() {
            let action = watch.rules.pii.settings.action;
            recorder.pii("PII_OUTPUT_LEAK", Source::Response, action, &watch.counts);
        }
        if watch.withholds {
            recorder.held(watch.held);
        }
        if let Some(withheld) = watch.blocked {
            let payload = serde_json::json!({"source": "response", "held_bytes": watch.held, "limit": MOST_HELD});
            recorder.event(withheld.event(), &payload);
        }
        if let Some(guardrails) = &watch.rules.guardrails {
            // A stream that must not go on was ended already; here it is only recorded.
            let _ended =
                guardrails::decide(found.into(), Direction::Response, guardrails, recorder);
        }
    }
}

impl Editor for Watch {
    fn push(&mut self, lane: Lane, text: &str, out: &mut String) {
        if self.lanes.len() >= MOST_LANES && !self.lanes.contains_key(&lane) {
            self.too_large();
            return;
        }
        let mut watched = self
            .lanes
            .remove(&lane)
            .unwrap_or_else(|| self.watched(lane.part));
        let held = match &mut watched {
            Watched::Text(watched) => {
                let let_go = self.contents(watched, text);
                self.personal(lane.part, &let_go, out, |text, seen| {
                    watched.personal.push(text, |piece| seen.take(piece));
                });
                watched.waiting.len() + watched.personal.held()
            }
            Watched::Arguments(whole) => {
                whole.push_str(text);
                whole.len()
            }
        };
        self.lanes.insert(lane, watched);
        if !self.withholds {
            out.push_str(text);
        } else {
            self.held = self.held.max(held);
        }
        if held > MOST_HELD {
            self.too_large();
        }
    }

    fn finish(&mut self, lane: Lane, out: &mut String) {
        match self.lanes.remove(&lane) {
            Some(Watched::Text(mut watched)) => {
                if let Some(contents) = &mut watched.contents {
                    contents.finish(&mut self.detections);
                    self.judge();
                }
                let rest = std::mem::take(&mut watched.waiting);
                self.personal(lane.part, &rest, out, |text, seen| {
                    watched.personal.push(text, |piece| seen.take(piece));
                    watched.personal.finish(|piece| seen.take(piece));
                });
            }
            Some(Watched::Arguments(whole)) => {
                let is_json = matches!(lane.part, Part::Arguments(_));
                self.arguments(&whole, is_json, out);
            }
            None => {}
        }
    }

    fn withholds(&self) -> bool {
        self.withholds
    }

    fn is_blocked(&self) -> bool {
        self.blocked.is_some()
    }
}

impl Watch {
    fn watched(&self, part: Part) -> Watched {
        let rules = &self.rules;
        let contents = rules
            .guardrails
            .as_ref()
            .filter(|_| guardrails::is_read(part));
        match part {
            Part::Arguments(_) | Part::Input(_) => Watched::Arguments(String::new()),
            _ => Watched::Text(Box::new(Text {
                contents: contents.map(|rules_of_contents| {
                    AnswerScanner::new(rules_of_contents.clone(), rules.leak.clone())
                }),
                waiting: String::new(),
                gone: 0,
                personal: Scanner::new(rules.pii.detectors.clone()),
            })),
        }
    }

    /// More of a text: what its contents let go of it.
    fn contents(&mut self, watched: &mut Text, text: &str) -> String {
        watched.waiting.push_str(text);
        let mut let_go = watched.waiting.len();
        if let Some(contents) = &mut watched.contents {
            let_go = contents.push(text, &mut self.detections) - watched.gone;
            self.judge();
        }
        let let_go = watched.waiting.floor_char_boundary(let_go);
        watched.gone += let_go;
        watched.waiting.drain(..let_go).collect()
    }

    /// Ends the stream when something was found that must not pass.
    fn judge(&mut self) {
        if let Some(guardrails) = &self.rules.guardrails {
            let blocks =
                |found: &Detection| guardrails.action(found.category) == guardrail::Action::Block;
            if self.detections.iter().any(blocks) {
                self.block(Withheld::Contents);
            }
        }
    }

    /// Has text that was let go looked through for personal data.
    fn personal(
        &mut self,
        part: Part,
        text: &str,
        out: &mut String,
        look: impl FnOnce(&str, &mut Seen<'_>),
    ) {
        let mut seen = Seen::new(&self.rules, self.withholds, &mut self.counts, out);
        // What is signed must go back as it came, tokens and all.
        seen.restores = part != Part::Signed;
        look(text, &mut seen);
        if seen.blocked {
            self.block(Withheld::PersonalData);
        }
    }

    /// Ends the stream; the first reason stands.
    fn block(&mut self, withheld: Withheld) {
        self.blocked.get_or_insert(withheld);
    }

    /// All that a tool is given.
    fn arguments(&mut self, whole: &str, is_json: bool, out: &mut String) {
        if self.withholds && is_json && !is_readable(whole) {
            self.block(Withheld::Unreadable);
            return;
        }
        let rules = &self.rules;
        let detectors = &rules.pii.detectors;
        let findings = match (rules.scans(), is_json) {
            (false, _) => Vec::new(),
            (true, true) => detectors.scan_arguments(whole, Vec::new()),
            (true, false) => detectors.scan(whole),
        };
        self.counts.add_all(&findings);
        if !self.withholds {
            return;
        }
        let action = rules.pii.settings.action;
        if !findings.is_empty() && action == Action::Block {
            self.block(Withheld::PersonalData);
            return;
        }
        let withholds = action.withholds() && !findings.is_empty();
        let text = withholds.then(|| redact(whole, &findings, rules, is_json));
        let text = text.as_deref().unwrap_or(whole);
        let restored = rules
            .tokens
            .as_ref()
            .and_then(|key| restored(key, text, is_json, || {}));
        out.push_str(restored.as_deref().unwrap_or(text));
    }

    /// More than can be looked through: where something may have to be withheld, all of it is.
    fn too_large(&mut self) {
        if self.withholds {
            self.block(Withheld::TooLarge);
        }
    }
}

/// Whether a tool could read its arguments; vendors write nothing where there are none. What nobody can read may say anything
/// (data-plane.md §5.3).
fn is_readable(arguments: &str) -> bool {
    arguments.trim().is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok()
}

/// Where the pieces of a text go.
struct Seen<'a> {
    rules: &'a AnswerRules,
    withholds: bool,
    counts: &'a mut Counts,
    out: &'a mut String,
    /// Tokens become what they stand for.
    restores: bool,
    blocked: bool,
}

impl<'a> Seen<'a> {
    fn new(
        rules: &'a AnswerRules,
        withholds: bool,
        counts: &'a mut Counts,
        out: &'a mut String,
    ) -> Self {
        Self {
            rules,
            withholds,
            counts,
            out,
            restores: true,
            blocked: false,
        }
    }

    fn take(&mut self, piece: Piece<'_>) {
        let settings = &self.rules.pii.settings;
        match piece {
            Piece::Found {
                kind,
                pattern,
                value,
            } if self.rules.scans() => {
                self.counts.add(kind);
                match settings.action {
                    Action::Block => self.blocked = true,
                    Action::Redact | Action::Tokenize => {
                        self.out
                            .push_str(&redacted(&self.rules.pii.detectors, kind, pattern))
                    }
                    Action::Log => self.say(value),
                }
            }
            Piece::Found { value, .. } => self.say(value),
            Piece::Placeholder(token) => {
                let value = self
                    .rules
                    .tokens
                    .as_ref()
                    .filter(|_| self.restores)
                    .and_then(|key| restored(key, token, false, || {}));
                self.say(value.as_deref().unwrap_or(token));
            }
            Piece::Text(text) => self.say(text),
        }
    }

    /// What is only looked at has gone on already.
    fn say(&mut self, text: &str) {
        if self.withholds {
            self.out.push_str(text);
        }
    }
}
