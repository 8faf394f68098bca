use super::*;

/// The events that `chunks` make, and what is left at the end.
fn events(chunks: &[&[u8]]) -> (Vec<Vec<u8>>, Option<Bytes>) {
    let mut framer = Framer::new(1_000);
    let mut events = Vec::new();
    for chunk in chunks {
        let mut at = 0;
        while let Some(frame) = framer.next(chunk, &mut at).unwrap() {
            events.push(match frame {
                Frame::Within(range) => chunk[range].to_vec(),
                Frame::Gathered(bytes) => bytes.to_vec(),
            });
        }
        assert_eq!(at, chunk.len());
    }
    (events, framer.finish())
}

const STREAMS: [&str; 8] = [
    "data: a\n\ndata: b\n\n",
    "data: a\r\n\r\ndata: b\r\n\r\n",
    "data: a\r\rdata: b\r\rdata: c",
    "\u{feff}data: a\n\n: comment\n\nevent: x\ndata: 1\ndata: 2\n\n",
    "\n\n\ndata: ä€😀\n\ndata: left over",
    "data: a\r\n\ndata: b\n\r\ndata: c\r\n\r\n\r\n",
    "data: a\n\r",
    "",
];

#[test]
fn every_split_of_the_bytes_gives_the_same_events() {
    for stream in STREAMS {
        let bytes = stream.as_bytes();
        let whole = events(&[bytes]);
        for at in 0..=bytes.len() {
            assert_eq!(
                events(&[&bytes[..at], &bytes[at..]]),
                whole,
                "{stream:?} at {at}"
            );
        }
        let single: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(events(&single), whole, "{stream:?} byte by byte");
        let joined = whole.0.concat();
        let rest = whole.1.unwrap_or_default();
        assert_eq!(
            [joined.as_slice(), &rest].concat(),
            bytes,
            "{stream:?} is kept whole"
        );
    }
}

#[test]
fn events_end_at_blank_lines_of_every_kind() {
    for (stream, count, left) in [
        (STREAMS[0], 2, ""),
        (STREAMS[1], 2, ""),
        (STREAMS[2], 2, "data: c"),
        (STREAMS[3], 3, ""),
        (STREAMS[4], 4, "data: left over"),
        (STREAMS[5], 4, ""),
        // Whether a line feed follows the return is not known before the end.
        (STREAMS[6], 0, "data: a\n\r"),
        (STREAMS[7], 0, ""),
    ] {
        let (events, rest) = events(&[stream.as_bytes()]);
        assert_eq!(events.len(), count, "{stream:?}");
        assert_eq!(rest.unwrap_or_default(), left, "{stream:?}");
    }
}

#[test]
fn an_event_within_a_chunk_is_not_copied() {
    let mut framer = Framer::new(100);
    let mut at = 0;
    let chunk = b"data: a\n\ndata: b\n\nda";
    assert_eq!(framer.next(chunk, &mut at), Ok(Some(Frame::Within(0..9))));
    assert_eq!(framer.next(chunk, &mut at), Ok(Some(Frame::Within(9..18))));
    assert_eq!(framer.next(chunk, &mut at), Ok(None));
    let mut at = 0;
    let rest = b"ta: c\n\n";
    assert_eq!(
        framer.next(rest, &mut at),
        Ok(Some(Frame::Gathered(Bytes::from_static(b"data: c\n\n"))))
    );
}

#[test]
fn an_event_beyond_the_bound_is_refused_however_it_arrives() {
    let event = b"data: 0123456789\n\n";
    let whole = Framer::new(event.len() - 1).next(event, &mut 0);
    assert_eq!(
        whole,
        Err(EventTooLarge {
            limit: event.len() - 1
        })
    );
    assert!(Framer::new(event.len()).next(event, &mut 0).is_ok());
    let mut framer = Framer::new(event.len() - 1);
    let refused = event
        .chunks(1)
        .any(|byte| framer.next(byte, &mut 0).is_err());
    assert!(refused);
}

#[test]
fn data_is_what_the_standard_says() {
    for (event, expected) in [
        ("data: a\n\n", Some("a")),
        ("data:a\n\n", Some("a")),
        ("data:  a\n\n", Some(" a")),
        ("data\n\n", Some("")),
        ("data:\n\n", Some("")),
        ("data: a\r\ndata: b\r\n\r\n", Some("a\nb")),
        ("data: a\rdata: b\r\r", Some("a\nb")),
        ("event: e\ndata: a\nid: 1\n\n", Some("a")),
        ("\u{feff}data: a\n\n", Some("a")),
        ("database: a\n\n", None),
        (" data: a\n\n", None),
        (": comment\n\n", None),
        ("\n", None),
        ("data: a", Some("a")),
    ] {
        let found = data(event.as_bytes());
        assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{event:?}");
    }
}
