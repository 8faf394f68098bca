//! Server-sent events (WHATWG HTML §9.2.6), framed without being rewritten.
//!
//! The framer says where events end and what their data is; the bytes stay those that arrived. An event that lies
//! within one chunk is not copied. One that spans chunks is gathered once, up to a bound.
//!
//! A carriage return ends a line, and so does the line feed behind it together with it. An event that ends in a
//! bare carriage return is therefore handed out when the next byte is known, so that events are the same however
//! the bytes are split.

use std::borrow::Cow;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use memchr::{memchr2, memchr2_iter};

/// The bound on one event: images and audio come in events of megabytes.
pub const DEFAULT_MAX_EVENT: usize = 8 << 20;

/// An event grew beyond the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {limit} bytes")]
pub struct EventTooLarge {
    /// The bound.
    pub limit: usize,
}

/// Finds the ends of events in a stream of chunks.
pub struct Framer {
    line: Line,
    /// The beginning of an event whose end has not arrived.
    gathered: BytesMut,
    limit: usize,
}

/// An event: its blank line is part of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// It lies within the chunk.
    Within(Range<usize>),
    /// It began in an earlier chunk.
    Gathered(Bytes),
}

/// How far the line is read that the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Nothing of it is read.
    Start,
    /// Something is.
    Inside,
    /// It ended in a carriage return; a line feed may belong to it. Whether it was blank.
    Returned { blank: bool },
}

impl Framer {
    /// A framer that refuses events above `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            line: Line::Start,
            gathered: BytesMut::new(),
            limit,
        }
    }

    /// The next event that ends in `chunk[*at..]`; moves `at` behind it. `None` when the rest of the chunk ends
    /// none: it is kept, and `at` is the chunk's end.
    ///
    /// # Errors
    /// When an event is too large. Nothing can be read of the stream after that.
    pub fn next(&mut self, chunk: &[u8], at: &mut usize) -> Result<Option<Frame>, EventTooLarge> {
        let start = *at;
        let end = self.find_end(&chunk[start..]).map(|length| start + length);
        let length = self.gathered.len() + end.unwrap_or(chunk.len()) - start;
        if length > self.limit {
            return Err(EventTooLarge { limit: self.limit });
        }
        *at = end.unwrap_or(chunk.len());
        if end.is_some() && self.gathered.is_empty() {
            return Ok(Some(Frame::Within(start..*at)));
        }
        self.gathered.extend_from_slice(&chunk[start..*at]);
        Ok(end.map(|_| Frame::Gathered(self.gathered.split().freeze())))
    }

    /// What is left when the stream has ended: an event whose blank line never came; `None` when nothing is.
    pub fn finish(&mut self) -> Option<Bytes> {
        self.line = Line::Start;
        Some(self.gathered.split().freeze()).filter(|rest| !rest.is_empty())
    }

    /// The length of what `bytes` holds of the event that is being read, if it ends there.
    fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if let Line::Returned { blank } = self.line {
                at += usize::from(*bytes.get(at)? == b'\n');
                self.line = Line::Start;
                if blank {
                    return Some(at);
                }
            }
            let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
            let Some(length) = memchr2(b'\n', b'\r', rest) else {
                self.line = Line::Inside;
                return None;
            };
            let blank = length == 0 && self.line == Line::Start;
            at += length + 1;
            if rest[length] == b'\r' {
                self.line = Line::Returned { blank };
                continue;
            }
            self.line = Line::Start;
            if blank {
                return Some(at);
            }
        }
    }
}

/// The data of an event; `None` when it has no data line, as comments have none. Borrowed when there is one line.
pub fn data(event: &[u8]) -> Option<Cow<'_, [u8]>> {
    let event = event.strip_prefix(b"\xef\xbb\xbf").unwrap_or(event);
    let mut data: Option<Cow<'_, [u8]>> = None;
    for line in lines(event) {
        let Some(value) = field(line, b"data") else {
            continue;
        };
        match &mut data {
            None => data = Some(Cow::Borrowed(value)),
            Some(data) => {
                let data = data.to_mut();
                data.push(b'\n');
                data.extend_from_slice(value);
            }
        }
    }
    data
}

/// The value of `line` if it is a field of that name: without the one space that may follow the colon.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?;
    match rest.split_first() {
        None => Some(rest),
        Some((b':', value)) => Some(value.strip_prefix(b" ").unwrap_or(value)),
        Some(_) => None,
    }
}

/// The lines of an event without their ends; one more, empty, between the two bytes of a CRLF.
fn lines(event: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr2_iter(b'\n', b'\r', event).chain([event.len()]);
    ends.scan(0, |start, end| {
        let line = &event[*start..end];
        *start = (end + 1).min(event.len());
        Some(line)
    })
}

#[cfg(test)]
mod tests;
