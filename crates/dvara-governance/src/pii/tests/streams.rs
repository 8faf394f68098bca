//! Whatever the pieces are, a stream finds what the whole text shows.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::{CustomPattern, Detectors, Kind, Piece, Scanner, placeholder, replace};

fn detectors() -> Arc<Detectors> {
    let patterns = [r"\bEMP-[0-9]{3,6}\b", "x[a-c]{1,5}y", "end$"]
        .map(|pattern| CustomPattern::new(pattern, pattern).unwrap());
    Arc::new(Detectors::new(patterns.to_vec()).unwrap())
}

/// A text as it is let go, findings in brackets; and the most that was held.
fn streamed(detectors: &Arc<Detectors>, pieces: &[&str]) -> (String, usize) {
    let mut scanner = Scanner::new(Arc::clone(detectors));
    let (mut out, mut held) = (String::new(), 0);
    let mut take = |piece: Piece<'_>| match piece {
        Piece::Text(text) | Piece::Placeholder(text) => out.push_str(text),
        Piece::Found { kind, value, .. } => out.push_str(&format!("<{kind}:{value}>")),
    };
    for piece in pieces {
        scanner.push(piece, &mut take);
        held = held.max(scanner.held());
    }
    scanner.finish(take);
    assert_eq!(scanner.held(), 0);
    (out, held)
}

fn whole(detectors: &Detectors, text: &str) -> String {
    let findings = detectors.scan(text);
    replace(text, &findings, |finding, value| {
        Some(format!("<{}:{value}>", finding.kind).into())
    })
}

const SAMPLE: &str = "Dr. Jane Doe <jane.doe@example.com> paid with 4111 1111 1111 1111 from DE89 3704 0044 0532 0130 00; call \
(212) 555-0143 or +44 20 7946 0958. Passport no. A1234567, SSN 078-05-1120, 10.0.0.1, fe80::1, EMP-12345, xabcy, \
https://u:p@h.example/x, [REDACTED_EMAIL] {{PII_EMAIL_0a}} -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n\
-----END PRIVATE KEY----- ünïcödé sk-A1b2C3d4E5f6G7h8J9k0L1m2N3p4 the end";

#[test]
fn every_split_of_a_text_in_two_finds_the_same() {
    let detectors = detectors();
    let wanted = whole(&detectors, SAMPLE);
    assert_eq!(wanted.matches('<').count(), 17, "{wanted}");
    for at in (0..SAMPLE.len()).filter(|at| SAMPLE.is_char_boundary(*at)) {
        let (left, right) = SAMPLE.split_at(at);
        assert_eq!(
            streamed(&detectors, &[left, right]).0,
            wanted,
            "split before byte {at}"
        );
    }
}

#[test]
fn a_text_that_comes_sign_by_sign_finds_the_same() {
    let detectors = detectors();
    let long = SAMPLE.repeat(20);
    let signs: Vec<&str> = long.split_inclusive(|_| true).collect();
    let (out, held) = streamed(&detectors, &signs);
    assert_eq!(out, whole(&detectors, &long));
    assert!(held <= detectors.longest(), "{held}");
}

#[test]
fn prose_waits_for_no_more_than_its_last_words() {
    let prose =
        "The quick brown fox jumps over the lazy dog, and nobody in the village minds at all. "
            .repeat(50);
    let words: Vec<&str> = prose.split_inclusive(' ').collect();
    let (_, held) = streamed(&Arc::new(Detectors::default()), &words);
    assert!(held < 16, "{held}");
}

#[test]
fn what_waits_never_exceeds_the_longest_match() {
    let detectors = Arc::new(Detectors::default());
    for endless in [
        format!("-----BEGIN PRIVATE KEY-----{}", "A".repeat(100_000)),
        "a".repeat(100_000),
        format!("eyJ{}", "a.eyJ".repeat(20_000)),
        "{{PII_EMAIL_".to_owned() + &"0".repeat(50_000),
        "a@".to_owned() + &"b.".repeat(30_000),
        "Dr. A ".repeat(10_000),
        "1 ".repeat(30_000),
        "(".repeat(30_000),
        "passport no is ".repeat(5_000),
    ] {
        let pieces: Vec<&str> = endless
            .as_bytes()
            .chunks(997)
            .map(|chunk| std::str::from_utf8(chunk).unwrap())
            .collect();
        let (out, held) = streamed(&detectors, &pieces);
        assert!(held <= detectors.longest(), "{held} of {}…", &endless[..20]);
        assert_eq!(out, whole(&detectors, &endless));
    }
}

/// Texts in which much is nearly something.
fn suspicious() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "a",
        "Z",
        "1",
        "4",
        "11",
        "555",
        "0143",
        "4111",
        "1111",
        " ",
        " ",
        "-",
        ".",
        "@",
        ":",
        "/",
        "//",
        "(",
        ")",
        "+",
        "_",
        "ä",
        "é",
        "名",
        "\n",
        "'",
        "\"",
        "[",
        "]",
        "{{",
        "}}",
        "[REDACTED_EMAIL]",
        "{{PII_EMAIL_0a}}",
        "{{PII_",
        "a@b.io",
        "4111111111111111",
        "4111 1111 1111 1111",
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "Dr. ",
        "Mr ",
        "Jane",
        "Passport ",
        "no. ",
        "MRN ",
        "routing ",
        "021000021",
        "078-05-1120",
        "10.0.0.1",
        "fe80::1",
        "::",
        "eyJ",
        "sk-",
        "ghp_",
        "https://u:p@h",
        "://",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "-----END ",
        "AKIAIOSFODNN7EXAMPLE",
        "EMP-",
        "123",
        "xaby",
        "x",
        "y",
        "abc",
        "end",
        "phone ",
        "212",
        "212-555-0143",
        "04/23/1985",
        "00:1a:2b:3c:4d:5e",
        "1HGCM82633A004352",
        "AB1234563",
        "2341 2341 2346",
        "ABCPE1234F",
        "driver's license ",
        "ssn ",
    ]);
    prop::collection::vec(parts, 0..40).prop_map(|parts| parts.concat())
}

/// Whole values and words. Only where values hang together without a gap does what is left beside one make another.
fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "and",
        "Jane",
        "passport",
        "Passport no. A1234567",
        "MRN 12345678",
        "Dr. Jane Doe",
        "a@b.io",
        "[REDACTED_EMAIL]",
        "EMP-12345",
        "{{PII_EMAIL_0a}}",
        "4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
        "078-05-1120",
        "10.0.0.1",
        "fe80::1",
        "xabcy",
        "https://u:p@h.example",
        "AKIAIOSFODNN7EXAMPLE",
        "212-555-0143",
        "+44 20 7946 0958",
        "04/23/1985",
        "00:1a:2b:3c:4d:5e",
        "1HGCM82633A004352",
        "AB1234563",
        "ABCPE1234F",
        "driver's license D1234567",
        "routing number 021000021",
        "phone",
        "SSN",
        "Mr",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_split_of_any_text_finds_the_same(text in suspicious(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let detectors = detectors();
        let mut places: Vec<usize> = cuts.iter().map(|cut| text.floor_char_boundary(cut.index(text.len() + 1))).collect();
        places.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for place in places {
            pieces.push(&text[from..place]);
            from = place;
        }
        pieces.push(&text[from..]);
        prop_assert_eq!(streamed(&detectors, &pieces).0, whole(&detectors, &text));
    }

    #[test]
    fn redacting_twice_is_redacting_once(texts in prop::collection::vec(value(), 0..20), parted in prop::sample::select(vec![", ", "; ", "\n"])) {
        let detectors = detectors();
        let redact = |text: &str| {
            let findings = detectors.scan(text);
            replace(text, &findings, |finding, _| Some(placeholder(finding.kind, Some("label")).into()))
        };
        let once = redact(&texts.join(parted));
        prop_assert_eq!(redact(&once), once);
    }

    #[test]
    fn findings_lie_on_characters_in_order_and_apart(text in "\\PC{0,80}", tail in suspicious()) {
        let text = text + &tail;
        let mut end = 0;
        for finding in detectors().scan(&text) {
            prop_assert!(finding.start >= end && finding.end > finding.start);
            prop_assert!(text.get(finding.start..finding.end).is_some());
            end = finding.end;
        }
    }
}

#[test]
fn a_second_text_begins_anew() {
    let detectors = Arc::new(Detectors::default());
    let mut scanner = Scanner::new(detectors);
    scanner.push("a@b", |_| {});
    scanner.finish(|_| {});
    let mut kinds = Vec::new();
    scanner.push("c@d.io ", |piece| {
        if let Piece::Found { kind, value, .. } = piece {
            kinds.push((kind, value.to_owned()));
        }
    });
    assert_eq!(kinds, [(Kind::Email, "c@d.io".to_owned())]);
}
