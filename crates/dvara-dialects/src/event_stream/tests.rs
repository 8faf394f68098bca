use super::*;

/// A checksum, bit by bit (ISO/IEC 8802-3): nobody's table is asked.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg());
        }
    }
    !sum
}

fn framed(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let total = u32::try_from(OVERHEAD + headers.len() + payload.len()).unwrap();
    let mut message = total.to_be_bytes().to_vec();
    message.extend(u32::try_from(headers.len()).unwrap().to_be_bytes());
    message.extend(crc32(&message).to_be_bytes());
    message.extend(headers);
    message.extend(payload);
    message.extend(crc32(&message).to_be_bytes());
    message
}

fn text_header(name: &str, text: &str) -> Vec<u8> {
    let mut header = vec![u8::try_from(name.len()).unwrap()];
    header.extend(name.bytes());
    header.push(7);
    header.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    header.extend(text.bytes());
    header
}

fn event(kind: &str, payload: &str) -> Vec<u8> {
    let headers = [
        text_header(":event-type", kind),
        text_header(":content-type", "application/json"),
        text_header(":message-type", "event"),
    ];
    framed(&headers.concat(), payload.as_bytes())
}

/// The messages that `chunks` make, whether a message is left unfinished, and what breaks them.
fn messages(chunks: &[&[u8]]) -> (Vec<Vec<u8>>, bool, Option<BrokenMessage>) {
    let mut framer = Framer::new(1_000);
    let mut found = Vec::new();
    for chunk in chunks {
        let mut at = 0;
        loop {
            match framer.next(chunk, &mut at) {
                Ok(Some(Frame::Within(range))) => found.push(chunk[range].to_vec()),
                Ok(Some(Frame::Gathered(bytes))) => found.push(bytes.to_vec()),
                Ok(None) => break,
                Err(broken) => return (found, false, Some(broken)),
            }
        }
        assert_eq!(at, chunk.len());
    }
    (found, framer.is_between_messages(), None)
}

#[test]
fn the_checksum_is_the_one_that_everybody_knows() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
}

#[test]
fn every_split_of_the_bytes_gives_the_same_messages() {
    let (first, second) = (
        event("messageStart", "{}"),
        event("messageStop", r#"{"a":1}"#),
    );
    let empty = framed(b"", b"");
    let mut damaged = second.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let mut lying = second.clone();
    lying[3] ^= 1;
    for stream in [
        [&first[..], &second].concat(),
        [&empty[..], &first, &empty].concat(),
        [&first[..], &second[..second.len() - 1]].concat(),
        [&first[..], &second[..5]].concat(),
        [&first[..], &damaged, &first].concat(),
        [&first[..], &lying, &first].concat(),
        b"HTTP/1.1 502 Bad Gateway".to_vec(),
        Vec::new(),
    ] {
        let whole = messages(&[&stream]);
        for at in 0..=stream.len() {
            let (left, right) = stream.split_at(at);
            assert_eq!(messages(&[left, right]), whole, "at {at}");
        }
        let single: Vec<_> = stream.chunks(1).collect();
        assert_eq!(messages(&single), whole, "byte by byte");
    }
}

#[test]
fn a_message_within_a_chunk_is_not_copied() {
    let (first, second) = (event("a", "1"), event("b", "2"));
    let chunk = [&first[..], &second, &first[..7]].concat();
    let mut framer = Framer::new(1_000);
    let mut at = 0;
    let found = framer.next(&chunk, &mut at);
    assert_eq!(found, Ok(Some(Frame::Within(0..first.len()))));
    let found = framer.next(&chunk, &mut at);
    let end = first.len() + second.len();
    assert_eq!(found, Ok(Some(Frame::Within(first.len()..end))));
    assert_eq!(framer.next(&chunk, &mut at), Ok(None));
    assert!(!framer.is_between_messages());
    let found = framer.next(&first[7..], &mut 0);
    assert_eq!(found, Ok(Some(Frame::Gathered(first.into()))));
    assert!(framer.is_between_messages());
}

#[test]
fn a_message_is_refused_by_what_its_prelude_announces() {
    let announcing = |total: u32, headers: u32| {
        let mut prelude = [total.to_be_bytes(), headers.to_be_bytes()].concat();
        prelude.extend(crc32(&prelude).to_be_bytes());
        prelude
    };
    let too_large = Some(BrokenMessage::TooLarge { limit: 1_000 });
    let lengths = Some(BrokenMessage::Lengths);
    for (prelude, expected) in [
        (announcing(16 << 20, 0), too_large),
        (announcing(1_001, 0), too_large),
        (announcing(1_000, 984), None),
        (announcing(1_000, 985), lengths),
        (announcing(15, 0), lengths),
        (announcing(0, 0), lengths),
        (announcing(16, u32::MAX), lengths),
        (vec![0; 12], Some(BrokenMessage::PreludeChecksum)),
    ] {
        let mut framer = Framer::new(1_000);
        let outcome = framer.next(&prelude, &mut 0);
        assert_eq!(outcome.err(), expected, "{prelude:?}");
        assert!(framer.gathered.capacity() <= 1_000, "nothing is set aside");
        let mut framer = Framer::new(1_000);
        let outcome = prelude
            .chunks(1)
            .find_map(|byte| framer.next(byte, &mut 0).err());
        assert_eq!(outcome, expected, "{prelude:?}");
    }
}

#[test]
fn every_damaged_byte_is_noticed() {
    let good = event("contentBlockDelta", r#"{"delta":{"text":"Hi"}}"#);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert!(messages(&[&bad]).2.is_some(), "byte {at}");
    }
}

#[test]
fn headers_of_every_kind_are_passed_over() {
    let mut headers = Vec::new();
    for (kind, value) in [
        (0, &b""[..]),
        (1, b""),
        (2, b"x"),
        (3, b"xx"),
        (4, b"xxxx"),
        (5, b"xxxxxxxx"),
        (6, b"\0\x03xxx"),
        (7, b"\0\x02hi"),
        (8, b"xxxxxxxx"),
        (9, b"xxxxxxxxxxxxxxxx"),
    ] {
        headers.extend([1, b'h', kind]);
        headers.extend(value);
    }
    headers.extend(text_header(":message-type", "exception"));
    headers.extend(text_header(":exception-type", "throttlingException"));
    let frame = framed(&headers, b"{}");
    let message = Message::read(&frame).unwrap();
    let expected = Message {
        kind: Some("exception"),
        exception: Some("throttlingException"),
        payload: b"{}",
        ..Message::default()
    };
    assert_eq!(message, expected);
}

#[test]
fn headers_that_run_over_are_refused() {
    for headers in [
        &b"\x05abc"[..],
        b"\x01a",
        b"\x01a\x07",
        b"\x01a\x07\0",
        b"\x01a\x07\0\x05abc",
        b"\x01a\x0a",
        b"\x01a\x09abc",
        b"\x01a\x07\0\x01\xff",
    ] {
        let frame = framed(headers, b"{}");
        assert_eq!(Message::read(&frame), Err(BrokenMessage::Headers));
    }
    for frame in [&b""[..], b"short", &[0xFF; 20]] {
        assert!(Message::read(frame).is_err());
    }
}
