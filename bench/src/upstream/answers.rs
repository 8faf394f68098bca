//! The bytes that the bench upstream sends, built once.

use serde_json::{Value, json};

/// Every answer, framed and ready to be written.
pub(super) struct Answers {
    json: Vec<u8>,
    json_bytes: u64,
    /// One write each; the first has the head with it.
    pieces: Vec<Vec<u8>>,
    done: Vec<u8>,
    /// The usage event and the end in one write, so that asking for it changes nothing about the pace.
    usage_and_done: Vec<u8>,
    models: Vec<u8>,
    not_found: Vec<u8>,
    bad_request: Vec<u8>,
}

impl Answers {
    /// A JSON answer of `json_bytes` and a stream of `chunks` chunks.
    pub(super) fn new(json_bytes: usize, chunks: usize) -> Self {
        let completion = completion(json_bytes);
        let chunks = chunks.max(2);
        let mut pieces: Vec<Vec<u8>> = (0..chunks)
            .map(|index| match index {
                0 => event(&chunk(
                    json!({ "role": "assistant", "content": "" }),
                    Value::Null,
                )),
                last if last + 1 == chunks => event(&chunk(json!({}), "stop".into())),
                _ => event(&chunk(json!({ "content": " benchmark" }), Value::Null)),
            })
            .collect();
        // `X-Accel-Buffering` asks a buffering proxy (nginx) to pass each piece on at once.
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\
                    X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n";
        pieces[0].splice(0..0, head.bytes());
        let mut usage = chunk(json!({}), Value::Null);
        usage["choices"] = json!([]);
        usage["usage"] = tokens();
        let mut done = http_chunk("data: [DONE]\n\n");
        done.extend_from_slice(b"0\r\n\r\n");
        let model = json!({ "id": "gpt-4o-mini", "object": "model", "created": CREATED, "owned_by": "bench" });
        Self {
            json: answer("200 OK", &completion),
            json_bytes: completion.len() as u64,
            pieces,
            usage_and_done: [event(&usage), done.clone()].concat(),
            done,
            models: answer(
                "200 OK",
                &json!({ "object": "list", "data": [model] }).to_string(),
            ),
            not_found: answer("404 Not Found", &error("unknown path")),
            bad_request: answer("400 Bad Request", &error("unreadable request")),
        }
    }

    pub(super) fn json(&self) -> &[u8] {
        &self.json
    }

    pub(super) fn json_bytes(&self) -> u64 {
        self.json_bytes
    }

    /// Events of a stream without the usage event, `[DONE]` among them.
    pub(super) fn sse_events(&self) -> u64 {
        self.pieces.len() as u64 + 1
    }

    /// The writes of one streamed answer. Like the vendor, it ends with a usage event if that was asked for.
    pub(super) fn stream(&self, include_usage: bool) -> impl Iterator<Item = &[u8]> {
        let end = if include_usage {
            &self.usage_and_done
        } else {
            &self.done
        };
        self.pieces.iter().chain([end]).map(Vec::as_slice)
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

/// Some day; the answers are the same on every run.
const CREATED: u64 = 1_760_000_000;

fn tokens() -> Value {
    json!({ "prompt_tokens": 210, "completion_tokens": 98, "total_tokens": 308 })
}

fn chunk(delta: Value, finish_reason: Value) -> Value {
    json!({
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": "gpt-4o-mini-2024-07-18",
        "system_fingerprint": "fp_bench",
        "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason }],
    })
}

/// A whole completion whose message is padded until the document has `bytes`.
fn completion(bytes: usize) -> String {
    let render = |content: &str| {
        json!({
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": CREATED,
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": content, "refusal": null },
                "logprobs": null,
                "finish_reason": "stop",
            }],
            "usage": tokens(),
            "system_fingerprint": "fp_bench",
        })
        .to_string()
    };
    let missing = bytes.saturating_sub(render("").len());
    render(
        &"An answer of the wanted size. "
            .chars()
            .cycle()
            .take(missing)
            .collect::<String>(),
    )
}

fn error(message: &str) -> String {
    json!({ "error": { "message": message, "type": "invalid_request_error", "code": null } })
        .to_string()
}

fn event(value: &Value) -> Vec<u8> {
    http_chunk(&format!("data: {value}\n\n"))
}

fn http_chunk(content: &str) -> Vec<u8> {
    format!("{:x}\r\n{content}\r\n", content.len()).into_bytes()
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
    use super::*;
    use crate::wire::{BodyDecoder, response_head};

    fn content(wire: &[u8]) -> String {
        let head = response_head(wire).unwrap().unwrap();
        let mut decoder = BodyDecoder::new(head.framing);
        let mut content = Vec::new();
        let taken = decoder
            .push(&wire[head.size..], |piece| content.extend_from_slice(piece))
            .unwrap();
        assert!(decoder.is_done());
        assert_eq!(head.size + taken, wire.len());
        String::from_utf8(content).unwrap()
    }

    #[test]
    fn json_answer_has_the_wanted_size_and_is_json() {
        let answers = Answers::new(2_000, 100);
        let text = content(answers.json());
        assert_eq!((text.len(), answers.json_bytes()), (2_000, 2_000));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["choices"][0]["finish_reason"], "stop");
    }

    #[test]
    fn stream_has_the_wanted_chunks_and_ends_with_done() {
        for include_usage in [false, true] {
            let answers = Answers::new(0, 7);
            let text = content(&answers.stream(include_usage).collect::<Vec<_>>().concat());
            let events: Vec<&str> = text.split_terminator("\n\n").collect();
            assert_eq!(
                events.len() as u64,
                answers.sse_events() + u64::from(include_usage)
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
}
