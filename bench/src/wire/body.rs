//! Where a body ends, byte by byte and fed in pieces of any size.

use super::{Framing, WireError};

/// Takes a body apart. After an error it must not be fed again.
#[derive(Debug)]
pub(crate) struct BodyDecoder {
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Length(u64),
    UntilClose,
    /// Digits of a chunk size; `any` says whether one was seen.
    Size {
        value: u64,
        any: bool,
    },
    /// After the digits: extensions and the line end.
    SizeRest {
        value: u64,
    },
    Data {
        left: u64,
    },
    /// The CR LF after a chunk's data; `cr` says whether the CR was seen.
    DataEnd {
        cr: bool,
    },
    /// Trailer lines after the last chunk; `empty` says that the current one has no byte yet.
    Trailer {
        empty: bool,
    },
    Done,
}

impl BodyDecoder {
    pub(crate) fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::Length(0) => State::Done,
            Framing::Length(left) => State::Length(left),
            Framing::Chunked => State::Size {
                value: 0,
                any: false,
            },
            Framing::UntilClose => State::UntilClose,
        };
        Self { state }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Tells the decoder that the connection ended. An error unless that is a proper end.
    pub(crate) fn closed(&mut self) -> Result<(), WireError> {
        match self.state {
            State::Done | State::UntilClose => {
                self.state = State::Done;
                Ok(())
            }
            State::Length(_)
            | State::Size { .. }
            | State::SizeRest { .. }
            | State::Data { .. }
            | State::DataEnd { .. }
            | State::Trailer { .. } => Err(WireError::Truncated),
        }
    }

    /// Reads `bytes`, hands the content to `sink` in order, and says how many bytes belonged to this body:
    /// all of them, unless the body ended among them.
    pub(crate) fn push<'a>(
        &mut self,
        bytes: &'a [u8],
        mut sink: impl FnMut(&'a [u8]),
    ) -> Result<usize, WireError> {
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            self.state = match self.state {
                State::Done => return Ok(at),
                State::UntilClose => {
                    sink(&bytes[at..]);
                    return Ok(bytes.len());
                }
                State::Length(left) => {
                    let (taken, left) = take(&bytes[at..], left, &mut sink);
                    at += taken;
                    if left == 0 {
                        State::Done
                    } else {
                        State::Length(left)
                    }
                }
                State::Data { left } => {
                    let (taken, left) = take(&bytes[at..], left, &mut sink);
                    at += taken;
                    if left == 0 {
                        State::DataEnd { cr: false }
                    } else {
                        State::Data { left }
                    }
                }
                State::Size { value, any } => match (byte as char).to_digit(16) {
                    Some(_) if value >> 60 != 0 => return Err(WireError::ChunkSize),
                    Some(digit) => {
                        at += 1;
                        State::Size {
                            value: value << 4 | u64::from(digit),
                            any: true,
                        }
                    }
                    None if any => State::SizeRest { value },
                    None => return Err(WireError::ChunkSize),
                },
                State::SizeRest { value } => {
                    at += 1;
                    match (byte, value) {
                        (b'\n', 0) => State::Trailer { empty: true },
                        (b'\n', left) => State::Data { left },
                        _ => State::SizeRest { value },
                    }
                }
                State::DataEnd { cr } => {
                    at += 1;
                    match (byte, cr) {
                        (b'\r', false) => State::DataEnd { cr: true },
                        (b'\n', true) => State::Size {
                            value: 0,
                            any: false,
                        },
                        _ => return Err(WireError::ChunkEnd),
                    }
                }
                State::Trailer { empty } => {
                    at += 1;
                    match (byte, empty) {
                        (b'\n', true) => State::Done,
                        (b'\n', false) => State::Trailer { empty: true },
                        (b'\r', empty) => State::Trailer { empty },
                        _ => State::Trailer { empty: false },
                    }
                }
            };
        }
        Ok(at)
    }
}

/// Hands over at most `left` bytes; returns how many were taken and how many are still to come.
fn take<'a>(bytes: &'a [u8], left: u64, sink: &mut impl FnMut(&'a [u8])) -> (usize, u64) {
    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    sink(&bytes[..taken]);
    (taken, left - taken as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `wire` in two pieces and returns the content and how many bytes were taken.
    fn decode(
        framing: Framing,
        wire: &[u8],
        cut: usize,
    ) -> Result<(Vec<u8>, usize, bool), WireError> {
        let mut decoder = BodyDecoder::new(framing);
        let mut content = Vec::new();
        let mut taken = decoder.push(&wire[..cut], |piece| content.extend_from_slice(piece))?;
        if taken == cut {
            taken += decoder.push(&wire[cut..], |piece| content.extend_from_slice(piece))?;
        }
        Ok((content, taken, decoder.is_done()))
    }

    #[test]
    fn chunked_body_is_the_same_wherever_it_is_cut() {
        let wire = b"5\r\nhello\r\n1A;name=value\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n";
        for cut in 0..=wire.len() {
            let (content, taken, done) = decode(Framing::Chunked, wire, cut).unwrap();
            assert_eq!(content, b"helloabcdefghijklmnopqrstuvwxyz", "cut at {cut}");
            assert_eq!((taken, done), (wire.len(), true), "cut at {cut}");
        }
    }

    #[test]
    fn trailers_belong_to_the_body_and_the_next_answer_does_not() {
        let body = b"1\r\nx\r\n0\r\nChecksum: 1\r\nOther: 2\r\n\r\n";
        let wire = [&body[..], b"HTTP/1.1 200 OK\r\n"].concat();
        for cut in 0..wire.len() {
            assert_eq!(
                decode(Framing::Chunked, &wire, cut),
                Ok((b"x".to_vec(), body.len(), true)),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn length_ends_where_it_said() {
        for cut in 0..=7 {
            assert_eq!(
                decode(Framing::Length(5), b"helloHT", cut),
                Ok((b"hello".to_vec(), 5, true)),
                "cut at {cut}"
            );
        }
        assert_eq!(
            decode(Framing::Length(0), b"HT", 0),
            Ok((Vec::new(), 0, true))
        );
    }

    #[test]
    fn a_body_that_ends_early_is_truncated() {
        for (framing, wire) in [
            (Framing::Length(5), &b"hell"[..]),
            (Framing::Chunked, b"5\r\nhello\r\n"),
            (Framing::Chunked, b"5\r\nhello\r\n0\r\n"),
            (Framing::Chunked, b""),
        ] {
            let mut decoder = BodyDecoder::new(framing);
            decoder.push(wire, |_| {}).unwrap();
            assert_eq!(decoder.closed(), Err(WireError::Truncated));
        }
        let mut decoder = BodyDecoder::new(Framing::UntilClose);
        decoder.push(b"anything", |_| {}).unwrap();
        assert_eq!(decoder.closed(), Ok(()));
        assert!(decoder.is_done());
    }

    #[test]
    fn broken_chunks_are_refused() {
        for (wire, error) in [
            (&b"xyz\r\n"[..], WireError::ChunkSize),
            (b"\r\n", WireError::ChunkSize),
            (b"11111111111111111\r\n", WireError::ChunkSize),
            (b"3\r\nabcd\r\n", WireError::ChunkEnd),
        ] {
            assert_eq!(
                decode(Framing::Chunked, wire, 0).unwrap_err(),
                error,
                "{}",
                String::from_utf8_lossy(wire)
            );
        }
    }
}
