//! The bytes that the bench upstream sends, built once.

use serde_json::json;

use crate::vendor::{Dialect, Script};

/// Every answer, framed and ready to be written.
pub(super) struct Answers {
    /// In the order of the dialects.
    vendors: [Vendor; Dialect::ALL.len()],
    models: Vec<u8>,
    not_found: Vec<u8>,
    bad_request: Vec<u8>,
}

/// The answers in one dialect.
pub(super) struct Vendor {
    json: Vec<u8>,
    json_bytes: u64,
    /// One write each; the first has the head with it.
    pieces: Vec<Vec<u8>>,
    end: Vec<u8>,
    end_with_usage: Vec<u8>,
}

impl Answers {
    /// A JSON answer of `json_bytes` and a stream of `chunks` chunks.
    pub(super) fn new(json_bytes: usize, chunks: usize) -> Self {
        let model =
            json!({ "id": "gpt-4o-mini", "object": "model", "created": 0, "owned_by": "bench" });
        Self {
            vendors: Dialect::ALL.map(|dialect| Vendor::new(&dialect.script(json_bytes, chunks))),
            models: answer(
                "200 OK",
                &json!({ "object": "list", "data": [model] }).to_string(),
            ),
            not_found: answer("404 Not Found", &error("unknown path")),
            bad_request: answer("400 Bad Request", &error("unreadable request")),
        }
    }

    pub(super) fn of(&self, dialect: Dialect) -> &Vendor {
        &self.vendors[dialect as usize]
    }

    pub(super) fn models(&self) -> &[u8] {
        &self.models
    }

    pub(super) fn not_found(&self) -> &[u8] {
        &self.not_found
    }

    pub(super) fn bad_request(&self) -> &[u8] {
        &self.bad_request
    }
}

impl Vendor {
    fn new(script: &Script) -> Self {
        let mut pieces: Vec<Vec<u8>> = script
            .pieces
            .iter()
            .map(|piece| http_chunk(piece))
            .collect();
        // `X-Accel-Buffering` asks a buffering proxy (nginx) to pass each piece on at once.
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nCache-Control: no-cache\r\n\
             X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n",
            script.stream_type
        );
        pieces[0].splice(0..0, head.bytes());
        let last = |end: &[u8]| match end {
            [] => http_chunk(end),
            end => [http_chunk(end), http_chunk(b"")].concat(),
        };
        Self {
            json: answer("200 OK", &script.json),
            json_bytes: script.json.len() as u64,
            pieces,
            end: last(&script.end),
            end_with_usage: last(&script.end_with_usage),
        }
    }

    pub(super) fn json(&self) -> &[u8] {
        &self.json
    }

    pub(super) fn json_bytes(&self) -> u64 {
        self.json_bytes
    }

    /// Writes of a stream, which are events too where each is one: without the usage event, the end among them.
    pub(super) fn writes(&self) -> u64 {
        self.pieces.len() as u64 + 1
    }

    /// The writes of one streamed answer. Like the vendor, it ends with a usage event if that was asked for.
    pub(super) fn stream(&self, include_usage: bool) -> impl Iterator<Item = &[u8]> {
        let end = if include_usage {
            &self.end_with_usage
        } else {
            &self.end
        };
        self.pieces.iter().chain([end]).map(Vec::as_slice)
    }
}

fn error(message: &str) -> String {
    json!({ "error": { "message": message, "type": "invalid_request_error", "code": null } })
        .to_string()
}

/// One that is empty ends the body.
fn http_chunk(content: &[u8]) -> Vec<u8> {
    [
        format!("{:x}\r\n", content.len()).as_bytes(),
        content,
        b"\r\n",
    ]
    .concat()
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::wire::{BodyDecoder, response_head};

    fn content(wire: &[u8]) -> Vec<u8> {
        let head = response_head(wire).unwrap().unwrap();
        let mut decoder = BodyDecoder::new(head.framing);
        let mut content = Vec::new();
        let taken = decoder
            .push(&wire[head.size..], |piece| content.extend_from_slice(piece))
            .unwrap();
        assert!(decoder.is_done());
        assert_eq!(head.size + taken, wire.len());
        content
    }

    fn stream(vendor: &Vendor, include_usage: bool) -> Vec<u8> {
        content(&vendor.stream(include_usage).collect::<Vec<_>>().concat())
    }

    #[test]
    fn json_answer_has_the_wanted_size_and_is_json() {
        let answers = Answers::new(2_000, 100);
        for dialect in Dialect::ALL {
            let vendor = answers.of(dialect);
            let text = content(vendor.json());
            assert_eq!((text.len(), vendor.json_bytes()), (2_000, 2_000));
            assert!(serde_json::from_slice::<Value>(&text).is_ok_and(|value| value.is_object()));
        }
    }

    #[test]
    fn stream_has_the_wanted_chunks_and_ends_with_done() {
        for include_usage in [false, true] {
            let answers = Answers::new(0, 7);
            let vendor = answers.of(Dialect::Openai);
            let text = String::from_utf8(stream(vendor, include_usage)).unwrap();
            let events: Vec<&str> = text.split_terminator("\n\n").collect();
            assert_eq!(
                events.len() as u64,
                vendor.writes() + u64::from(include_usage)
            );
            assert_eq!(events.last(), Some(&"data: [DONE]"));
            for event in &events[..events.len() - 1] {
                let value: Value =
                    serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
                assert_eq!(value["object"], "chat.completion.chunk");
            }
            assert_eq!(text.contains("\"usage\""), include_usage);
        }
    }

    #[test]
    fn dialects_stream_in_as_many_writes() {
        let answers = Answers::new(0, 7);
        assert_eq!(
            Dialect::ALL.map(|dialect| answers.of(dialect).writes()),
            [8; 6]
        );
    }

    #[test]
    fn anthropic_opens_and_closes_its_message() {
        let text =
            String::from_utf8(stream(Answers::new(0, 7).of(Dialect::Anthropic), false)).unwrap();
        let kinds: Vec<&str> = text
            .split_terminator("\n\n")
            .map(|event| event.split(['\n', ' ']).nth(1).unwrap())
            .collect();
        assert_eq!(kinds[..3], ["message_start", "content_block_start", "ping"]);
        assert_eq!(kinds[3..8], ["content_block_delta"; 5]);
        assert_eq!(
            kinds[8..],
            ["content_block_stop", "message_delta", "message_stop"]
        );
    }
}
