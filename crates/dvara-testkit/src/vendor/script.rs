//! What a fake vendor does, request by request.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

/// Turns, one per request.
#[derive(Debug, Clone)]
pub struct Script {
    first: VecDeque<Turn>,
    then: Turn,
    repeats: bool,
    key: Option<String>,
}

impl Script {
    /// Every request gets this turn.
    pub fn new(turn: Turn) -> Self {
        Self {
            first: VecDeque::new(),
            then: turn,
            repeats: false,
            key: None,
        }
    }

    /// Requests get these turns in order, over and over.
    pub fn cycle(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self {
            first: turns.into_iter().collect(),
            repeats: true,
            ..Self::default()
        }
    }

    /// One request gets this turn, before the others do. Several are taken in the order they are added.
    #[must_use]
    pub fn first(mut self, turn: Turn) -> Self {
        self.first.push_back(turn);
        self
    }

    /// Requests without `Authorization: Bearer <key>` are refused with 401, as OpenAI does.
    #[must_use]
    pub fn require_key(mut self, key: &str) -> Self {
        self.key = Some(format!("Bearer {key}"));
        self
    }

    pub(super) fn next(&mut self) -> Turn {
        let Some(turn) = self.first.pop_front() else {
            return self.then.clone();
        };
        if self.repeats {
            self.first.push_back(turn.clone());
        }
        turn
    }

    pub(super) fn admits(&self, authorization: Option<&str>) -> bool {
        self.key.is_none() || self.key.as_deref() == authorization
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::new(Turn::chat("Hello from the fake vendor."))
    }
}

/// What becomes of one request.
#[derive(Debug, Clone)]
pub struct Turn {
    pub(super) answer: Answer,
    pub(super) head_after: Duration,
    pub(super) pieces_every: Duration,
    pub(super) cut_after: Option<usize>,
    pub(super) bits: Option<usize>,
    pub(super) reports_usage: bool,
    pub(super) headers: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// What the call asks for: JSON or events, this text, a tool call, JSON that fits a schema.
    Chat(String),
    /// Fixed bytes.
    Fixed {
        status: u16,
        content_type: &'static str,
        body: Bytes,
    },
    /// These pieces, as a stream of events, whatever is asked.
    Pieces(Vec<Bytes>),
    /// A stream of this word that never ends.
    Endless(String),
    /// No answer at all.
    Silence,
}

impl Turn {
    /// Answers chat completions with a text; a call that offers tools and ends with no tool result gets a call of
    /// the first tool, and a call with a JSON schema gets JSON that fits it.
    pub fn chat(text: &str) -> Self {
        Self::of(Answer::Chat(text.to_owned()))
    }

    /// Answers with a status and a JSON body.
    pub fn status(status: u16, body: &str) -> Self {
        Self::of(Answer::Fixed {
            status,
            content_type: "application/json",
            body: Bytes::copy_from_slice(body.as_bytes()),
        })
    }

    /// Answers with a status and an HTML page.
    pub fn html(status: u16, page: &str) -> Self {
        Self::of(Answer::Fixed {
            status,
            content_type: "text/html",
            body: Bytes::copy_from_slice(page.as_bytes()),
        })
    }

    /// Answers with OpenAI's error object.
    pub fn error(status: u16, message: &str, code: &str) -> Self {
        let body = serde_json::json!({
            "error": {"message": message, "type": "fake_vendor", "param": null, "code": code},
        });
        Self::status(status, &body.to_string())
    }

    /// Answers with a stream of exactly these pieces, each written by itself.
    pub fn pieces<P: Into<Bytes>>(pieces: impl IntoIterator<Item = P>) -> Self {
        Self::of(Answer::Pieces(pieces.into_iter().map(Into::into).collect()))
    }

    /// Streams a word for ever, for calls that are to be cancelled; set a pace with [`Self::pieces_every`].
    pub fn endless(word: &str) -> Self {
        Self::of(Answer::Endless(word.to_owned())).pieces_every(Duration::from_millis(10))
    }

    /// Takes the request and never answers.
    pub fn silence() -> Self {
        Self::of(Answer::Silence)
    }

    /// Waits before the head of the answer.
    #[must_use]
    pub fn head_after(mut self, wait: Duration) -> Self {
        self.head_after = wait;
        self
    }

    /// Waits before every piece of the body but the first.
    #[must_use]
    pub fn pieces_every(mut self, wait: Duration) -> Self {
        self.pieces_every = wait;
        self
    }

    /// Breaks the connection after so many pieces of the body; an answer that is no stream is one piece.
    #[must_use]
    pub fn cut_after(mut self, pieces: usize) -> Self {
        self.cut_after = Some(pieces);
        self
    }

    /// Sends the body in pieces of so many bytes, wherever its events end.
    #[must_use]
    pub fn in_bits(mut self, bytes: usize) -> Self {
        self.bits = Some(bytes);
        self
    }

    /// Reports no usage.
    #[must_use]
    pub fn without_usage(mut self) -> Self {
        self.reports_usage = false;
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn of(answer: Answer) -> Self {
        Self {
            answer,
            head_after: Duration::ZERO,
            pieces_every: Duration::ZERO,
            cut_after: None,
            bits: None,
            reports_usage: true,
            headers: Vec::new(),
        }
    }
}
