use super::*;
use crate::answer::Finish;

/// What goes on, and how it ends.
type Outcome = (Vec<u8>, Result<(), UpstreamFault>, StreamSummary);

fn relay(chunks: &[&[u8]], shows_usage: bool) -> Outcome {
    let mut decoder = StreamDecoder::with_limit(shows_usage, 10_000);
    let mut relayed = Vec::new();
    let mut outcome = Ok(());
    for chunk in chunks {
        outcome = decoder.push(&Bytes::copy_from_slice(chunk), &mut relayed);
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        outcome = decoder.finish(&mut relayed);
    }
    (relayed.concat(), outcome, decoder.summary().clone())
}

const ROLE: &str = r#"data: {"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#;
const TEXT: &str = r#"data: {"model":"m","choices":[{"index":0,"delta":{"content":"hé😀"},"finish_reason":null}],"usage":null}"#;
const STOP: &str =
    r#"data: {"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#;
const USAGE: &str =
    r#"data: {"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
const DONE_LINE: &str = "data: [DONE]";

fn stream(events: &[&str]) -> String {
    events.iter().map(|event| format!("{event}\n\n")).collect()
}

fn code(outcome: &Outcome) -> &'static str {
    outcome
        .1
        .as_ref()
        .map_or_else(|fault| fault.code.as_str(), |()| "ok")
}

#[test]
fn a_stream_goes_on_in_its_own_bytes() {
    let events = [": keep-alive", ROLE, TEXT, STOP, USAGE, DONE_LINE];
    let sent = stream(&events);
    let (relayed, outcome, summary) = relay(&[sent.as_bytes()], true);
    assert_eq!(String::from_utf8(relayed).unwrap(), sent);
    assert_eq!(outcome, Ok(()));
    assert!(summary.complete);
    assert_eq!(summary.model.as_deref(), Some("m"));
    assert_eq!(summary.finish, Some(Finish::Stop));
    assert_eq!(summary.output_characters, 3);
    assert_eq!(summary.usage.unwrap().total().0, 5);
}

#[test]
fn events_side_by_side_go_on_as_one_piece_of_the_chunk() {
    let sent = Bytes::from(stream(&[ROLE, TEXT, STOP, USAGE, DONE_LINE]));
    let mut relayed = Vec::new();
    StreamDecoder::with_limit(false, 10_000)
        .push(&sent, &mut relayed)
        .unwrap();
    assert_eq!(relayed.len(), 2);
    assert_eq!(relayed[0].as_ptr(), sent.as_ptr());
}

#[test]
fn usage_is_withheld_from_a_client_that_did_not_ask() {
    let sent = stream(&[ROLE, STOP, USAGE, DONE_LINE]);
    let (relayed, outcome, summary) = relay(&[sent.as_bytes()], false);
    assert_eq!(
        String::from_utf8(relayed).unwrap(),
        stream(&[ROLE, STOP, DONE_LINE])
    );
    assert_eq!(outcome, Ok(()));
    assert!(summary.usage.is_some());
}

#[test]
fn every_split_gives_the_same_relay_and_summary() {
    let endings: [&[&str]; 5] = [
        &[": keep-alive", ROLE, TEXT, STOP, USAGE, DONE_LINE],
        &[
            "event: message\nid: 7",
            ROLE,
            "data: {\"choices\":[],\ndata: \"usage\":null}",
            STOP,
            DONE_LINE,
        ],
        &[
            TEXT,
            r#"data: {"error":{"message":"overloaded"}}"#,
            STOP,
            DONE_LINE,
        ],
        &[TEXT, DONE_LINE],
        &[TEXT, "data: {broken"],
    ];
    for events in endings {
        for sent in [
            stream(events),
            stream(events).replace('\n', "\r\n"),
            stream(events).replace('\n', "\r"),
            format!("\u{feff}{}", stream(events)),
        ] {
            let bytes = sent.as_bytes();
            for shows_usage in [false, true] {
                let whole = relay(&[bytes], shows_usage);
                for at in 0..bytes.len() {
                    let split = relay(&[&bytes[..at], &bytes[at..]], shows_usage);
                    assert_eq!(split, whole, "{sent:?} at {at}");
                }
                let single: Vec<_> = bytes.chunks(1).collect();
                assert_eq!(relay(&single, shows_usage), whole, "{sent:?} byte by byte");
            }
        }
    }
}

#[test]
fn a_stream_that_stops_short_never_looks_finished() {
    for events in [
        &[ROLE, TEXT][..],
        &[ROLE, TEXT, DONE_LINE],
        &[ROLE, TEXT, USAGE, DONE_LINE],
        &[DONE_LINE],
        &[],
        &[": keep-alive"],
    ] {
        let outcome = relay(&[stream(events).as_bytes()], true);
        assert_eq!(code(&outcome), "provider_error", "{events:?}");
        assert!(!outcome.2.complete);
        assert!(
            !String::from_utf8(outcome.0).unwrap().contains("[DONE]"),
            "{events:?}"
        );
    }
}

#[test]
fn a_finished_stream_without_its_last_line_gets_one() {
    for sent in [
        stream(&[TEXT, STOP]),
        format!("{}{STOP}", stream(&[TEXT])),
        format!("{}{DONE_LINE}", stream(&[TEXT, STOP])),
        format!("{}{DONE_LINE}\n", stream(&[TEXT, STOP])),
    ] {
        let (relayed, outcome, _) = relay(&[sent.as_bytes()], false);
        assert_eq!(outcome, Ok(()), "{sent:?}");
        assert_eq!(
            String::from_utf8(relayed).unwrap(),
            stream(&[TEXT, STOP, DONE_LINE])
        );
    }
}

#[test]
fn what_breaks_off_behind_a_whole_answer_does_not_spoil_it() {
    let sent = format!("{}data: {{\"choices\":[],\"usa", stream(&[TEXT, STOP]));
    let (relayed, outcome, summary) = relay(&[sent.as_bytes()], true);
    assert_eq!((outcome, summary.usage), (Ok(()), None));
    assert_eq!(
        String::from_utf8(relayed).unwrap(),
        stream(&[TEXT, STOP, DONE_LINE])
    );
}

#[test]
fn every_choice_must_end() {
    let choice = |index: u8, finish: &str| {
        format!(
            r#"data: {{"choices":[{{"index":{index},"delta":{{"content":"x"}},"finish_reason":{finish}}}]}}"#
        )
    };
    let (first, second) = (choice(0, "null"), choice(1, "null"));
    let (first_end, second_end) = (choice(0, "\"length\""), choice(1, "\"stop\""));
    let one = stream(&[&first, &second, &first_end, DONE_LINE]);
    assert_eq!(code(&relay(&[one.as_bytes()], false)), "provider_error");
    let both = stream(&[&first, &second, &first_end, &second_end, DONE_LINE]);
    let outcome = relay(&[both.as_bytes()], false);
    assert_eq!(code(&outcome), "ok");
    assert_eq!(outcome.2.finish, Some(Finish::Length));
    assert_eq!(outcome.2.output_characters, 4);
}

#[test]
fn an_error_in_the_stream_ends_it_and_is_not_relayed() {
    let error = r#"data: {"error":{"message":"key sk-secret1234 ran dry","code":500}}"#;
    let outcome = relay(&[stream(&[TEXT, error, STOP, DONE_LINE]).as_bytes()], true);
    assert_eq!(String::from_utf8(outcome.0).unwrap(), stream(&[TEXT]));
    let fault = outcome.1.unwrap_err();
    assert!(
        fault.message_for_log.contains("ran dry") && !fault.message_for_log.contains("secret1234")
    );
    assert!(!fault.message_for_caller.contains("ran dry"));
    // A null error is none.
    let null = r#"data: {"error":null,"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
    assert_eq!(
        code(&relay(&[stream(&[null, DONE_LINE]).as_bytes()], true)),
        "ok"
    );
}

#[test]
fn what_is_no_json_ends_the_stream() {
    for event in [
        "data: <html>",
        "data: {\"choices\":",
        "data: {\"choices\":[{\"delta\":{\"content\":\"\u{7}\"}}]}",
    ] {
        let outcome = relay(&[stream(&[TEXT, event, STOP, DONE_LINE]).as_bytes()], true);
        assert_eq!(code(&outcome), "provider_error", "{event}");
        assert_eq!(String::from_utf8(outcome.0).unwrap(), stream(&[TEXT]));
    }
}

#[test]
fn what_follows_the_last_line_is_nobodys_business() {
    let sent = stream(&[TEXT, STOP, DONE_LINE, TEXT, "data: junk"]);
    let (relayed, outcome, summary) = relay(&[sent.as_bytes()], true);
    assert_eq!(outcome, Ok(()));
    assert_eq!(
        String::from_utf8(relayed).unwrap(),
        stream(&[TEXT, STOP, DONE_LINE])
    );
    assert_eq!(summary.output_characters, 3);
}

#[test]
fn everything_a_model_writes_counts_as_output() {
    for (delta, characters) in [
        (r#"{"content":"1234"}"#, 4),
        (r#"{"refusal":"12"}"#, 2),
        (
            r#"{"reasoning_content":"123","reasoning":"123","content":null}"#,
            3,
        ),
        (
            r#"{"tool_calls":[{"index":0,"id":"ignored","function":{"name":"ab","arguments":"{}"}},{"function":{"arguments":"x"}}]}"#,
            5,
        ),
        (r#"{"function_call":{"name":"ab","arguments":"{}"}}"#, 4),
        (r#"{"content":[{"type":"text","text":"1234"}]}"#, 4),
        (r#"{"content":{"a":5},"tool_calls":"odd"}"#, 0),
        ("null", 0),
    ] {
        let event = format!(r#"data: {{"choices":[{{"index":0,"delta":{delta}}}]}}"#);
        let (_, _, summary) = relay(&[stream(&[&event]).as_bytes()], true);
        assert_eq!(summary.output_characters, characters, "{delta}");
    }
}

#[test]
fn running_totals_replace_each_other() {
    let running = |completion: u8| {
        format!(
            r#"data: {{"choices":[{{"delta":{{}},"finish_reason":""}}],"usage":{{"prompt_tokens":1,"completion_tokens":{completion}}}}}"#
        )
    };
    let sent = stream(&[&running(1), &running(2), STOP, DONE_LINE]);
    let (relayed, outcome, summary) = relay(&[sent.as_bytes()], false);
    assert_eq!(outcome, Ok(()));
    // Usage beside choices is the vendor's way, and stays.
    assert_eq!(String::from_utf8(relayed).unwrap(), sent);
    assert_eq!(summary.usage.unwrap().output.0, 2);
}

#[test]
fn an_endless_event_is_a_fault_and_not_a_memory_leak() {
    let endless = format!("data: {}", "x".repeat(20_000));
    let chunks: Vec<_> = endless.as_bytes().chunks(1_000).collect();
    assert_eq!(code(&relay(&chunks, true)), "provider_error");
}

proptest::proptest! {
    #[test]
    fn damaged_streams_come_to_the_same_however_they_are_split(
        damage in proptest::collection::vec((0_usize..2_000, proptest::prelude::any::<u8>()), 0..3),
        cuts in proptest::collection::vec(0_usize..2_000, 0..6),
        shows_usage in proptest::prelude::any::<bool>(),
    ) {
        let mut sent = stream(&[": keep-alive", ROLE, TEXT, STOP, USAGE, DONE_LINE]).into_bytes();
        for (at, byte) in damage {
            let at = at % sent.len();
            sent[at] = byte;
        }
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut % sent.len()).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut start = 0;
        for cut in cuts {
            chunks.push(&sent[start..cut]);
            start = cut;
        }
        chunks.push(&sent[start..]);
        proptest::prop_assert_eq!(relay(&chunks, shows_usage), relay(&[&sent], shows_usage));
    }
}
