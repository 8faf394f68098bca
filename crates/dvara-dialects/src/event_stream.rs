//! Amazon's binary event streams (`application/vnd.amazon.eventstream`; Amazon Transcribe, Event stream encoding), framed
//! without being copied where a message lies within one chunk.
//!
//! A message is a prelude of twelve bytes (its length, the length of its headers, a checksum of both), headers, a payload and
//! a checksum of everything before it. The prelude is believed once its checksum fits, and a message that announces more
//! than the bound is refused there and then: no more than the bound is ever gathered.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// The prelude: two lengths and their checksum.
const PRELUDE: usize = 12;
/// What a message has beside headers and payload.
const OVERHEAD: usize = PRELUDE + CHECKSUM;
const CHECKSUM: usize = 4;

/// Bytes that are no event stream, or one that was damaged. Nothing can be read of the stream after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenMessage {
    /// A message announces more than the bound.
    #[error("a message is larger than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// A prelude's checksum does not fit it.
    #[error("the checksum of a message's prelude is wrong")]
    PreludeChecksum,
    /// The lengths in a prelude contradict each other.
    #[error("the lengths in a message's prelude contradict each other")]
    Lengths,
    /// A message's checksum does not fit it.
    #[error("the checksum of a message is wrong")]
    Checksum,
    /// The headers of a message can't be read.
    #[error("the headers of a message can't be read")]
    Headers,
}

/// A whole message, checksums checked.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// It lies within the chunk.
    Within(Range<usize>),
    /// It began in an earlier chunk.
    Gathered(Bytes),
}

/// Finds messages in a stream of chunks.
pub struct Framer {
    /// The beginning of a message whose end has not arrived.
    gathered: BytesMut,
    limit: usize,
}

impl Framer {
    /// A framer that refuses messages above `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            gathered: BytesMut::new(),
            limit,
        }
    }

    /// The next message that ends in `chunk[*at..]`; moves `at` behind it. `None` when the rest of the chunk ends none: it is
    /// kept, and `at` is the chunk's end.
    ///
    /// # Errors
    /// When a message is damaged or too large.
    pub fn next(&mut self, chunk: &[u8], at: &mut usize) -> Result<Option<Frame>, BrokenMessage> {
        if self.gathered.is_empty()
            && let Some(total) = self.announced(&chunk[*at..])?
            && chunk.len() - *at >= total
        {
            let range = *at..*at + total;
            check(&chunk[range.clone()])?;
            *at = range.end;
            return Ok(Some(Frame::Within(range)));
        }
        if !self.gather(PRELUDE, chunk, at) {
            return Ok(None);
        }
        let total = self.announced(&self.gathered)?.unwrap_or(PRELUDE);
        if !self.gather(total, chunk, at) {
            return Ok(None);
        }
        check(&self.gathered)?;
        Ok(Some(Frame::Gathered(self.gathered.split().freeze())))
    }

    /// Whether the stream may end here: no message has begun that is not whole.
    pub fn is_between_messages(&self) -> bool {
        self.gathered.is_empty()
    }

    /// Takes over what is missing of so many bytes; whether that is all of them.
    fn gather(&mut self, bytes: usize, chunk: &[u8], at: &mut usize) -> bool {
        let missing = bytes.saturating_sub(self.gathered.len());
        let taken = missing.min(chunk.len() - *at);
        self.gathered.extend_from_slice(&chunk[*at..*at + taken]);
        *at += taken;
        taken == missing
    }

    /// The length of the message that begins here; `None` when its prelude is not whole.
    fn announced(&self, bytes: &[u8]) -> Result<Option<usize>, BrokenMessage> {
        let Some(prelude) = bytes.get(..PRELUDE) else {
            return Ok(None);
        };
        if crc32fast::hash(&prelude[..8]) != number(&prelude[8..]) {
            return Err(BrokenMessage::PreludeChecksum);
        }
        let (total, headers) = (length(prelude), length(&prelude[4..]));
        if total > self.limit {
            return Err(BrokenMessage::TooLarge { limit: self.limit });
        }
        if total < OVERHEAD || headers > total - OVERHEAD {
            return Err(BrokenMessage::Lengths);
        }
        Ok(Some(total))
    }
}

/// Whether the checksum at the end of a message fits it.
fn check(message: &[u8]) -> Result<(), BrokenMessage> {
    let (sum, checked) = (
        &message[message.len() - CHECKSUM..],
        message.len() - CHECKSUM,
    );
    if crc32fast::hash(&message[..checked]) == number(sum) {
        Ok(())
    } else {
        Err(BrokenMessage::Checksum)
    }
}

/// The four bytes that `bytes` begins with, as a number.
fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn length(bytes: &[u8]) -> usize {
    usize::try_from(number(bytes)).unwrap_or(usize::MAX)
}

/// A message, borrowed: the headers that say what it is, and what it says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Message<'a> {
    /// `:message-type`: `event`, `exception` or `error`.
    pub kind: Option<&'a str>,
    /// `:event-type`.
    pub event: Option<&'a str>,
    /// `:exception-type`.
    pub exception: Option<&'a str>,
    /// `:error-code`.
    pub error_code: Option<&'a str>,
    /// `:error-message`.
    pub error_message: Option<&'a str>,
    /// Its payload.
    pub payload: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads what a [`Frame`] holds.
    ///
    /// # Errors
    /// When its headers can't be read.
    pub fn read(frame: &'a [u8]) -> Result<Self, BrokenMessage> {
        let headers = frame.get(4..8).map_or(0, length);
        let body = frame
            .get(PRELUDE..frame.len().saturating_sub(CHECKSUM))
            .ok_or(BrokenMessage::Lengths)?;
        let (mut headers, payload) = body
            .split_at_checked(headers)
            .ok_or(BrokenMessage::Lengths)?;
        let mut message = Self {
            payload,
            ..Self::default()
        };
        while !headers.is_empty() {
            let (name, text) = header(&mut headers).ok_or(BrokenMessage::Headers)?;
            match name {
                b":message-type" => message.kind = text,
                b":event-type" => message.event = text,
                b":exception-type" => message.exception = text,
                b":error-code" => message.error_code = text,
                b":error-message" => message.error_message = text,
                _ => {}
            }
        }
        Ok(message)
    }
}

/// Takes a header off: its name, and its value if that is a text.
fn header<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], Option<&'a str>)> {
    let name = usize::from(rest.split_off_first().copied()?);
    let name = rest.split_off(..name)?;
    let kind = rest.split_off_first().copied()?;
    let length = match kind {
        // True, false.
        0 | 1 => 0,
        // A byte, and integers of two, four and eight bytes.
        2 => 1,
        3 => 2,
        4 => 4,
        // An integer, a time.
        5 | 8 => 8,
        // Bytes, a text.
        6 | 7 => {
            let length = rest.split_off(..2)?;
            usize::from(u16::from_be_bytes([length[0], length[1]]))
        }
        // A UUID.
        9 => 16,
        _ => return None,
    };
    let value = rest.split_off(..length)?;
    let text = (kind == 7).then(|| std::str::from_utf8(value)).transpose();
    Some((name, text.ok()?))
}

#[cfg(test)]
mod tests;
