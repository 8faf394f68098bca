//! Calls, answers and events that say anything.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Any JSON, made of words that mean something here and of some that do not.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    crate::any_json::any_json(WORDS)
}

const WORDS: &[&str] = &[
    "",
    "type",
    "text",
    "role",
    "content",
    "user",
    "assistant",
    "tool",
    "system",
    "name",
    "id",
    "index",
    "thinking",
    "thinking_blocks",
    "signature",
    "document",
    "citations",
    "tool_plan",
    "tool_calls",
    "tool_call_id",
    "function",
    "arguments",
    "image_url",
    "url",
    "detail",
    "file",
    "file_data",
    "message",
    "usage",
    "tokens",
    "billed_units",
    "cached_tokens",
    "input_tokens",
    "output_tokens",
    "finish_reason",
    "COMPLETE",
    "TOOL_CALL",
    "ERROR",
    "REQUIRED",
    "delta",
    "error",
    "json_object",
    "json_schema",
    "schema",
    "refusal",
    "x",
];

/// A call whose messages mean something and whose other fields may.
pub(super) fn any_call() -> impl Strategy<Value = Value> {
    const FIELDS: &[&str] = &[
        "tools",
        "tool_choice",
        "response_format",
        "stop",
        "user",
        "metadata",
        "reasoning_effort",
        "thinking",
        "service_tier",
        "parallel_tool_calls",
        "temperature",
        "top_p",
        "p",
        "max_tokens",
        "top_k",
        "k",
        "stream",
        "store",
        "documents",
        "stop_sequences",
        "functions",
        "strict_tools",
        "nobody_knows",
    ];
    let role = select(
        &[
            "user",
            "assistant",
            "system",
            "tool",
            "developer",
            "function",
        ][..],
    );
    let kind = select(
        &[
            "text",
            "image_url",
            "file",
            "refusal",
            "document",
            "thinking",
            "input_audio",
        ][..],
    );
    let part = (kind, any_json(), any_json()).prop_map(|(kind, value, marker)| {
        json!({"type": kind, "text": "Hi", "image_url": {"url": "data:image/png;base64,AA==", "detail": value},
            "file": {"file_data": value}, "refusal": value, "thinking": "Hm", "cache_control": marker})
    });
    let call = (any_json(), any::<bool>()).prop_map(|(value, good)| {
        let arguments = if good { json!("{\"a\":[]}") } else { value.clone() };
        json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}, "x": value})
    });
    let content = prop_oneof![
        Just(json!("Hi")),
        Just(json!("")),
        Just(Value::Null),
        vec(part, 0..3).prop_map(Value::from)
    ];
    let message = (role, content, vec(call, 0..3), any_json(), select(WORDS)).prop_map(
        |(role, content, calls, value, word)| {
            let mut message = json!({"role": role, "content": content, "tool_call_id": "c"});
            match role {
                "assistant" => {
                    message["tool_calls"] = calls.into();
                    message["reasoning_content"] = json!(word);
                    message["thinking_blocks"] =
                        json!([{"type": "thinking", "thinking": word, "index": value}]);
                }
                _ => message[word] = value,
            }
            if !message["role"].is_string() {
                message["role"] = json!(role);
            }
            message
        },
    );
    let fields = vec((select(FIELDS), any_json()), 0..4);
    let model = select(&["command-a-03-2025", "command-a-reasoning-08-2025"][..]);
    (model, vec(message, 1..5), fields).prop_map(|(model, messages, fields)| {
        let mut call = json!({"model": model, "messages": messages});
        for (name, value) in fields {
            call[name] = value;
        }
        call
    })
}

/// Events whose types are right and whose members may be anything.
pub(super) fn any_events() -> impl Strategy<Value = String> {
    let kind = select(
        &[
            "message-start",
            "content-start",
            "content-delta",
            "content-end",
            "tool-plan-delta",
            "tool-call-start",
            "tool-call-delta",
            "tool-call-end",
            "citation-start",
            "message-end",
            "debug",
            "new",
        ][..],
    );
    let block = select(&["text", "thinking", "image"][..]);
    let event = (kind, 0_u8..3, block, any_json(), any::<bool>()).prop_map(
        |(kind, index, block, value, odd)| {
            let text = if odd { value.clone() } else { json!("a\"é🌍") };
            let reason = if odd { value.clone() } else { json!("TOOL_CALL") };
            json!({
                "type": kind, "index": index, "id": text,
                "delta": {"message": {
                    "content": {"type": block, block: text},
                    "tool_plan": text,
                    "tool_calls": {"id": text, "type": "function", "function": {"name": text, "arguments": text}},
                    "citations": value,
                }, "finish_reason": reason, "usage": value},
            })
        },
    );
    vec(event, 0..12).prop_map(|events| {
        let events = events.iter();
        events.map(|event| format!("data: {event}\n\n")).collect()
    })
}
