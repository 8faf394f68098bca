//! Messages as Anthropic answers them, whole and streamed (API reference, "Messages" and "Streaming messages").

use bytes::Bytes;
use serde_json::{Value, json};

use super::chat::Body;
use super::instance;

const ID: &str = "msg_01fake00000000000000000000";

/// What is answered to one call.
pub(super) struct Message {
    model: Value,
    block: Block,
    stream: bool,
    reports_usage: bool,
}

enum Block {
    Text(String),
    Tool { name: String, input: Value },
}

impl Message {
    /// The answer to `call`, or the complaint that Anthropic would have.
    pub(super) fn to(call: &Value, text: &str, reports_usage: bool) -> Result<Self, String> {
        for field in ["model", "max_tokens", "messages"] {
            if call[field].is_null() {
                return Err(format!("{field}: Field required"));
            }
        }
        let Some(last) = call["messages"].as_array().and_then(|list| list.last()) else {
            return Err("messages: at least one message is required".to_owned());
        };
        let blocks = last["content"].as_array();
        let answers_tool =
            blocks.is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_result"));
        let forced = call["tool_choice"]["name"].as_str();
        let tools = call["tools"].as_array().into_iter().flatten();
        let tool = match forced {
            Some(forced) => tools.into_iter().find(|tool| tool["name"] == forced),
            None => tools.into_iter().next().filter(|_| !answers_tool),
        };
        let block = match tool {
            Some(tool) => Block::Tool {
                name: tool["name"].as_str().unwrap_or_default().to_owned(),
                input: instance::of_schema(&tool["input_schema"]),
            },
            None => Block::Text(text.to_owned()),
        };
        Ok(Self {
            model: call["model"].clone(),
            block,
            stream: call["stream"] == true,
            reports_usage,
        })
    }

    pub(super) fn body(&self) -> Body {
        if self.stream {
            Body::Events(self.events())
        } else {
            Body::Json(self.whole().to_string().into())
        }
    }

    fn stop_reason(&self) -> &'static str {
        match self.block {
            Block::Text(_) => "end_turn",
            Block::Tool { .. } => "tool_use",
        }
    }

    fn whole(&self) -> Value {
        let block = match &self.block {
            Block::Text(text) => json!({"type": "text", "text": text}),
            Block::Tool { name, input } => {
                json!({"type": "tool_use", "id": "toolu_01fake", "name": name, "input": input})
            }
        };
        let mut message = start(&self.model);
        message["content"] = json!([block]);
        message["stop_reason"] = self.stop_reason().into();
        message["usage"] = if self.reports_usage {
            usage(7)
        } else {
            Value::Null
        };
        message
    }

    fn events(&self) -> Vec<Bytes> {
        let mut opening = start(&self.model);
        opening["usage"] = if self.reports_usage {
            usage(1)
        } else {
            Value::Null
        };
        let mut events = vec![
            event("message_start", &json!({"message": opening})),
            event("ping", &json!({})),
        ];
        let (block, deltas) = match &self.block {
            Block::Text(text) => (
                json!({"type": "text", "text": ""}),
                pieces(
                    text,
                    ' ',
                    |part| json!({"type": "text_delta", "text": part}),
                ),
            ),
            Block::Tool { name, input } => (
                json!({"type": "tool_use", "id": "toolu_01fake", "name": name, "input": {}}),
                pieces(
                    &input.to_string(),
                    ',',
                    |part| json!({"type": "input_json_delta", "partial_json": part}),
                ),
            ),
        };
        events.push(event(
            "content_block_start",
            &json!({"index": 0, "content_block": block}),
        ));
        events.extend(deltas);
        events.push(event("content_block_stop", &json!({"index": 0})));
        let mut end = json!({"delta": {"stop_reason": self.stop_reason(), "stop_sequence": null}});
        if self.reports_usage {
            end["usage"] = json!({"output_tokens": 7});
        }
        events.push(event("message_delta", &end));
        events.push(event("message_stop", &json!({})));
        events
    }

    /// What begins a stream that never ends, and one more word of it.
    pub(super) fn words(call: &Value, word: &str) -> (Vec<Bytes>, Bytes) {
        let mut opening = start(&call["model"]);
        opening["usage"] = usage(1);
        let first = vec![
            event("message_start", &json!({"message": opening})),
            event(
                "content_block_start",
                &json!({"index": 0, "content_block": {"type": "text", "text": ""}}),
            ),
        ];
        let delta = json!({"index": 0, "delta": {"type": "text_delta", "text": word}});
        (first, event("content_block_delta", &delta))
    }
}

/// Anthropic's error object.
pub(super) fn error(message: &str, kind: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_01fake"})
}

fn start(model: &Value) -> Value {
    json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
    })
}

fn usage(output: u64) -> Value {
    json!({
        "input_tokens": 8,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 4,
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn pieces(text: &str, after: char, delta: impl Fn(&str) -> Value) -> Vec<Bytes> {
    text.split_inclusive(after)
        .map(|part| {
            event(
                "content_block_delta",
                &json!({"index": 0, "delta": delta(part)}),
            )
        })
        .collect()
}

fn event(name: &str, fields: &Value) -> Bytes {
    let mut data = json!({"type": name});
    if let (Some(data), Some(fields)) = (data.as_object_mut(), fields.as_object()) {
        data.extend(fields.clone());
    }
    format!("event: {name}\ndata: {data}\n\n").into()
}
