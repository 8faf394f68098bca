use super::*;

const STREAM: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n\
    b\r\ndata: {1}\n\n\r\n16\r\ndata: {2}\n\ndata: {3}\n\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
const JSON: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"id\":\"x\"}";

fn feed(expect: Expect, wire: &[u8], cut: usize) -> Result<Option<Finished>, Failure> {
    let mut answer = Answer::new(expect);
    let early = answer.push(&wire[..cut])?;
    if early.is_some() || cut == wire.len() {
        Ok(early)
    } else {
        answer.push(&wire[cut..])
    }
}

#[test]
fn streamed_answer_is_the_same_wherever_it_is_cut() {
    for cut in 1..=STREAM.len() {
        let finished = feed(Expect::Stream { events: Some(4) }, STREAM, cut)
            .unwrap()
            .unwrap();
        assert_eq!(
            finished,
            Finished {
                status: 200,
                closes: false,
                bytes: 47,
                events: 4
            },
            "cut at {cut}"
        );
    }
}

#[test]
fn json_answer_is_the_same_wherever_it_is_cut() {
    for cut in 1..=JSON.len() {
        let finished = feed(Expect::Json { bytes: Some(10) }, JSON, cut)
            .unwrap()
            .unwrap();
        assert_eq!((finished.status, finished.bytes), (200, 10), "cut at {cut}");
    }
}

#[test]
fn what_is_missing_makes_an_answer_incomplete() {
    assert_eq!(
        feed(Expect::Stream { events: Some(5) }, STREAM, STREAM.len()),
        Err(Failure::Incomplete)
    );
    assert_eq!(
        feed(Expect::Json { bytes: Some(11) }, JSON, JSON.len()),
        Err(Failure::Incomplete)
    );
    assert_eq!(
        feed(Expect::Stream { events: None }, JSON, JSON.len()),
        Err(Failure::Incomplete)
    );
    let no_done = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\ndata: {1}\n\n";
    assert_eq!(
        feed(Expect::Stream { events: None }, no_done, no_done.len()),
        Err(Failure::Incomplete)
    );
}

#[test]
fn refusals_are_answers() {
    let refusal = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy";
    let finished = feed(Expect::Stream { events: Some(4) }, refusal, 20)
        .unwrap()
        .unwrap();
    assert_eq!((finished.status, finished.closes), (503, true));
}

#[test]
fn a_cut_connection_is_told_from_an_unanswered_call() {
    assert_eq!(
        Answer::new(Expect::Json { bytes: None }).closed(),
        Err(Failure::Connection)
    );
    for cut in [5, JSON.len() - 1] {
        let mut answer = Answer::new(Expect::Json { bytes: None });
        assert_eq!(answer.push(&JSON[..cut]), Ok(None));
        assert_eq!(answer.closed(), Err(Failure::Truncated), "cut at {cut}");
    }
}

#[test]
fn bytes_nobody_asked_for_are_a_protocol_error() {
    let twice = [JSON, JSON].concat();
    assert_eq!(
        feed(Expect::Json { bytes: None }, &twice, twice.len()),
        Err(Failure::Protocol)
    );
    assert_eq!(
        feed(Expect::Json { bytes: None }, b"SSH-2.0-x\r\n\r\n", 3),
        Err(Failure::Protocol)
    );
}

#[test]
fn interim_answers_are_skipped() {
    let wire = [&b"HTTP/1.1 100 Continue\r\n\r\n"[..], JSON].concat();
    for cut in 1..=wire.len() {
        assert_eq!(
            feed(Expect::Json { bytes: Some(10) }, &wire, cut)
                .unwrap()
                .unwrap()
                .status,
            200
        );
    }
}
