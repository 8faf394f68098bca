use bytes::Bytes;
use dvara_dialects::event_stream::{BrokenMessage, Frame, Framer, Message};

use crate::pieces;

/// No larger messages are taken; inputs are larger than that.
const LIMIT: usize = 2_048;

/// Bytes that may be a stream of Amazon's events.
pub fn check(data: &[u8]) {
    let whole = read(&[Bytes::copy_from_slice(data)]);
    for cut in pieces::cuts(data) {
        assert_eq!(read(&cut), whole, "the cuts make a difference");
    }
    let found = whole.messages.concat();
    assert!(data.starts_with(&found), "messages are made up");
    if whole.is_between && whole.broken.is_none() {
        assert_eq!(found.len(), data.len(), "bytes are lost");
    }
    for message in &whole.messages {
        assert!((16..=LIMIT).contains(&message.len()));
        if let Ok(read) = Message::read(message) {
            assert!(read.payload.len() <= message.len() - 16);
        }
    }
    // Whatever is read that no framer found must not panic.
    let _ = Message::read(data);
}

/// What a framer makes of a stream.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    messages: Vec<Vec<u8>>,
    is_between: bool,
    broken: Option<BrokenMessage>,
}

fn read(pieces: &[Bytes]) -> Found {
    let mut framer = Framer::new(LIMIT);
    let mut found = Found {
        messages: Vec::new(),
        is_between: true,
        broken: None,
    };
    for piece in pieces {
        let mut at = 0;
        loop {
            match framer.next(piece, &mut at) {
                Ok(Some(Frame::Within(range))) => found.messages.push(piece[range].to_vec()),
                Ok(Some(Frame::Gathered(bytes))) => found.messages.push(bytes.to_vec()),
                Ok(None) => break,
                Err(broken) => {
                    found.broken = Some(broken);
                    return found;
                }
            }
        }
        assert_eq!(at, piece.len(), "a piece is not read to its end");
    }
    found.is_between = framer.is_between_messages();
    found
}

/// The message that a line stands for: the name of an event or an exception, a blank, and the payload.
pub(crate) fn message(line: &[u8]) -> Vec<u8> {
    let blank = line.iter().position(|byte| *byte == b' ');
    let (name, payload) = line.split_at(blank.unwrap_or(line.len()));
    let payload = payload.get(1..).unwrap_or_default();
    let name = &name[..name.len().min(64)];
    let (kind, message_type) = if name.ends_with(b"Exception") {
        (":exception-type", "exception")
    } else {
        (":event-type", "event")
    };
    let mut headers = Vec::new();
    for (header, value) in [(kind, name), (":message-type", message_type.as_bytes())] {
        headers.push(header.len() as u8);
        headers.extend(header.bytes());
        headers.push(7);
        headers.extend((value.len() as u16).to_be_bytes());
        headers.extend(value);
    }
    let mut message = ((16 + headers.len() + payload.len()) as u32)
        .to_be_bytes()
        .to_vec();
    message.extend((headers.len() as u32).to_be_bytes());
    message.extend(checksum(&message));
    message.extend(headers);
    message.extend(payload);
    message.extend(checksum(&message));
    message
}

/// CRC-32, bit by bit.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    });
    (!sum).to_be_bytes()
}
