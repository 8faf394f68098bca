//! One answer, fed in pieces: where it ends and whether it is whole.

use memchr::memchr_iter;

use crate::wire::{BodyDecoder, Framing, ResponseHead, WireError, response_head};

/// What a good answer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// One JSON object, of this many bytes if given.
    Json { bytes: Option<u64> },
    /// Server-sent events that end with `[DONE]`, this many with it if given.
    Stream { events: Option<u64> },
}

/// Why a call did not give a whole answer. The order is that of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Failure {
    /// No connection.
    Connect,
    /// The connection broke, or the server closed it before the first byte of an answer.
    Connection,
    /// The connection was closed within an answer.
    Truncated,
    /// What came is not HTTP.
    Protocol,
    /// The answer was framed properly and yet is not the whole one: wrong size, or no `[DONE]`.
    Incomplete,
    /// No whole answer within ten seconds after the end of the measurement.
    Timeout,
}

/// A call's answer as it arrives.
#[derive(Debug)]
pub(crate) struct Answer {
    expect: Expect,
    /// The start of a head that came in pieces; empty in the usual case.
    early: Vec<u8>,
    body: Option<(ResponseHead, BodyDecoder)>,
    content: Content,
}

/// What is remembered of a body.
#[derive(Debug, Default)]
struct Content {
    bytes: u64,
    /// Blank lines, that is ends of events.
    events: u64,
    /// The last bytes, enough to see `data: [DONE]` and two line ends.
    tail: [u8; 16],
    first: u8,
    after_newline: bool,
}

/// A whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) status: u16,
    pub(crate) closes: bool,
    pub(crate) bytes: u64,
    pub(crate) events: u64,
}

impl Answer {
    pub(crate) fn new(expect: Expect) -> Self {
        Self {
            expect,
            early: Vec::new(),
            body: None,
            content: Content::default(),
        }
    }

    /// Takes bytes from the connection; `Some` when the answer is whole.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Option<Finished>, Failure> {
        if self.body.is_some() {
            return self.push_body(bytes);
        }
        // The usual case: the whole head came in one piece and nothing is copied.
        if self.early.is_empty() {
            return match read_head(bytes)? {
                Some(size) => self.start_body(size, bytes),
                None => {
                    self.early.extend_from_slice(bytes);
                    Ok(None)
                }
            };
        }
        self.early.extend_from_slice(bytes);
        let early = std::mem::take(&mut self.early);
        match read_head(&early)? {
            Some(head) => self.start_body(head, &early),
            None => {
                self.early = early;
                Ok(None)
            }
        }
    }

    /// The connection ended.
    pub(crate) fn closed(&mut self) -> Result<Finished, Failure> {
        let Some((_, decoder)) = &mut self.body else {
            return Err(if self.early.is_empty() {
                Failure::Connection
            } else {
                Failure::Truncated
            });
        };
        decoder.closed().map_err(|_| Failure::Truncated)?;
        self.finish()
    }

    fn start_body(
        &mut self,
        head: ResponseHead,
        bytes: &[u8],
    ) -> Result<Option<Finished>, Failure> {
        let rest = &bytes[head.size..];
        // An interim answer (100 to 199) is followed by the real one.
        if (100..200).contains(&head.status) {
            return if rest.is_empty() {
                Ok(None)
            } else {
                self.push(rest)
            };
        }
        let decoder = BodyDecoder::new(head.framing);
        self.body = Some((head, decoder));
        self.push_body(rest)
    }

    fn push_body(&mut self, bytes: &[u8]) -> Result<Option<Finished>, Failure> {
        let Some((_, decoder)) = &mut self.body else {
            return Ok(None);
        };
        let content = &mut self.content;
        let streams = matches!(self.expect, Expect::Stream { .. });
        let taken = decoder
            .push(bytes, |piece| content.take(piece, streams))
            .map_err(|error| match error {
                WireError::Truncated => Failure::Truncated,
                WireError::Head(_)
                | WireError::ContentLength
                | WireError::ChunkSize
                | WireError::ChunkEnd => Failure::Protocol,
            })?;
        if !decoder.is_done() {
            return Ok(None);
        }
        // Nothing was asked yet that these bytes could answer.
        if taken < bytes.len() {
            return Err(Failure::Protocol);
        }
        self.finish().map(Some)
    }

    fn finish(&self) -> Result<Finished, Failure> {
        let Some((head, _)) = &self.body else {
            return Err(Failure::Truncated);
        };
        // A refusal has a shape of its own; it is counted by its status.
        if head.status == 200 && !self.content.is_whole(self.expect, head.framing) {
            return Err(Failure::Incomplete);
        }
        Ok(Finished {
            status: head.status,
            closes: head.closes,
            bytes: self.content.bytes,
            events: self.content.events,
        })
    }
}

fn read_head(bytes: &[u8]) -> Result<Option<ResponseHead>, Failure> {
    response_head(bytes).map_err(|_| Failure::Protocol)
}

impl Content {
    fn take(&mut self, piece: &[u8], streams: bool) {
        let (Some(first), Some(last)) = (piece.first(), piece.last()) else {
            return;
        };
        if self.bytes == 0 {
            self.first = *first;
        }
        self.bytes += piece.len() as u64;
        if streams {
            let mut previous = if self.after_newline { Some(0) } else { None };
            for at in memchr_iter(b'\n', piece) {
                if previous == Some(at) {
                    self.events += 1;
                }
                previous = Some(at + 1);
            }
            self.after_newline = *last == b'\n';
        }
        let size = self.tail.len();
        if piece.len() >= size {
            self.tail.copy_from_slice(&piece[piece.len() - size..]);
        } else {
            self.tail.copy_within(piece.len().., 0);
            self.tail[size - piece.len()..].copy_from_slice(piece);
        }
    }

    fn is_whole(&self, expect: Expect, framing: Framing) -> bool {
        let tail = self.tail.trim_ascii_end();
        match expect {
            Expect::Json { bytes } => {
                self.first == b'{'
                    && tail.ends_with(b"}")
                    && framing != Framing::UntilClose
                    && bytes.is_none_or(|bytes| bytes == self.bytes)
            }
            Expect::Stream { events } => {
                tail.ends_with(b"data: [DONE]") && events.is_none_or(|events| events == self.events)
            }
        }
    }
}

#[cfg(test)]
mod tests;
