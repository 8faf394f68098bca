//! Chat completions as OpenAI answers them, whole and streamed.

use bytes::Bytes;
use serde_json::{Value, json};

use super::instance;

const ID: &str = "chatcmpl-fake0000000000000000000000";
const CREATED: i64 = 1_700_000_000;

/// What is answered to one call.
pub(super) struct Chat {
    model: Value,
    text: Option<String>,
    tool: Option<(String, String)>,
    stream: bool,
    usage: Option<Value>,
    usage_in_stream: bool,
}

/// The body of an answer.
pub(super) enum Body {
    Json(Bytes),
    Events(Vec<Bytes>),
}

impl Chat {
    /// The answer to `call`, or the complaint that OpenAI would have.
    pub(super) fn to(call: &Value, text: &str, reports_usage: bool) -> Result<Self, String> {
        if call["model"].as_str().is_none() {
            return Err("you must provide a model parameter".to_owned());
        }
        let Some(messages) = call["messages"].as_array().filter(|list| !list.is_empty()) else {
            return Err("Missing required parameter: 'messages'.".to_owned());
        };
        let answers_tool = messages
            .last()
            .is_some_and(|message| message["role"] == "tool");
        let tool = call.pointer("/tools/0/function").filter(|_| !answers_tool);
        let schema = call.pointer("/response_format/json_schema/schema");
        let text = match (tool, schema) {
            (Some(_), _) => None,
            (None, Some(schema)) => Some(instance::of_schema(schema).to_string()),
            (None, None) if call["response_format"]["type"] == "json_object" => {
                Some("{}".to_owned())
            }
            (None, None) => Some(text.to_owned()),
        };
        Ok(Self {
            model: call["model"].clone(),
            text,
            tool: tool.map(|function| {
                let name = function["name"].as_str().unwrap_or_default();
                let arguments = instance::of_schema(&function["parameters"]);
                (name.to_owned(), arguments.to_string())
            }),
            stream: call["stream"] == true,
            usage: reports_usage.then(|| {
                json!({
                    "prompt_tokens": 12,
                    "completion_tokens": 7,
                    "total_tokens": 19,
                    "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
                    "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 0},
                })
            }),
            usage_in_stream: call["stream_options"]["include_usage"] == true,
        })
    }

    pub(super) fn body(&self) -> Body {
        if self.stream {
            Body::Events(self.events())
        } else {
            Body::Json(self.whole().to_string().into())
        }
    }

    fn finish(&self) -> &'static str {
        if self.tool.is_some() {
            "tool_calls"
        } else {
            "stop"
        }
    }

    fn whole(&self) -> Value {
        let mut message = json!({"role": "assistant", "content": self.text, "refusal": null});
        if let Some((name, arguments)) = &self.tool {
            message["tool_calls"] = json!([call(name, arguments)]);
        }
        let mut completion = json!({
            "id": ID,
            "object": "chat.completion",
            "created": CREATED,
            "model": self.model,
            "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": self.finish()}],
            "system_fingerprint": "fp_fake",
        });
        if let Some(usage) = &self.usage {
            completion["usage"] = usage.clone();
        }
        completion
    }

    fn events(&self) -> Vec<Bytes> {
        let mut deltas =
            vec![json!({"role": "assistant", "content": self.text.as_ref().map(|_| "")})];
        let words = self.text.iter().flat_map(|text| text.split_inclusive(' '));
        deltas.extend(words.map(|word| json!({"content": word})));
        if let Some((name, arguments)) = &self.tool {
            let mut opening = call(name, "");
            opening["index"] = 0.into();
            deltas.push(json!({"tool_calls": [opening]}));
            deltas.extend(arguments.split_inclusive(',').map(
                |part| json!({"tool_calls": [{"index": 0, "function": {"arguments": part}}]}),
            ));
        }
        let mut events: Vec<_> = deltas
            .into_iter()
            .map(|delta| self.chunk(json!([{"index": 0, "delta": delta, "finish_reason": null}])))
            .collect();
        let end = json!([{"index": 0, "delta": {}, "finish_reason": self.finish()}]);
        events.push(self.chunk(end));
        if let Some(usage) = self.usage.as_ref().filter(|_| self.usage_in_stream) {
            let mut last = self.chunk_value(json!([]));
            last["usage"] = usage.clone();
            events.push(event(&last));
        }
        events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        events
    }

    /// One event with a word; for streams that never end.
    pub(super) fn word(call: &Value, word: &str) -> Bytes {
        let chunk = json!({
            "id": ID,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": call["model"],
            "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": null}],
        });
        event(&chunk)
    }

    fn chunk(&self, choices: Value) -> Bytes {
        event(&self.chunk_value(choices))
    }

    fn chunk_value(&self, choices: Value) -> Value {
        let mut chunk = json!({
            "id": ID,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.model,
            "choices": choices,
        });
        if self.usage_in_stream {
            // As OpenAI does on every chunk but the last, once usage is asked for.
            chunk["usage"] = Value::Null;
        }
        chunk
    }
}

fn call(name: &str, arguments: &str) -> Value {
    json!({"id": "call_fake00000000000000000000", "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn event(chunk: &Value) -> Bytes {
    format!("data: {chunk}\n\n").into()
}
