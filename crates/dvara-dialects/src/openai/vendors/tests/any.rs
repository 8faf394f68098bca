//! Calls, answers and events that say anything, in words that mean something to some vendor.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const WORDS: &[&str] = &[
    "",
    "type",
    "text",
    "thinking",
    "thinking_blocks",
    "signature",
    "reference",
    "reasoning",
    "reasoning_content",
    "content",
    "role",
    "name",
    "tool_calls",
    "id",
    "index",
    "function",
    "arguments",
    "parameters",
    "custom",
    "refusal",
    "file",
    "file_data",
    "file_id",
    "input_audio",
    "data",
    "image_url",
    "none",
    "required",
    "disabled",
    "finish_reason",
    "network_error",
    "model_length",
    "x",
];

pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..5_000).prop_map(Value::from),
        Just(json!(0.5)),
        Just(json!("é\"\\\n🌍")),
        select(WORDS).prop_map(|word| json!(word)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            any_object(inner).prop_map(Value::Object),
        ]
    })
}

fn any_object(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let member = (select(WORDS), values);
    vec(member, 0..6).prop_map(|members| {
        let members = members.into_iter();
        members
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    })
}

/// A chunk of a content, as Mistral has them, or nearly.
fn any_chunk() -> impl Strategy<Value = Value> {
    let kind = select(
        &[
            "text",
            "thinking",
            "reference",
            "image_url",
            "file",
            "refusal",
        ][..],
    );
    (kind, any_json(), any::<bool>()).prop_map(|(kind, value, odd)| {
        let thinking = json!([{"type": "text", "text": "é\"…"}, value]);
        json!({
            "type": kind,
            "text": if odd { value.clone() } else { json!("a\"é") },
            "thinking": if odd { value.clone() } else { thinking },
            "refusal": value, "file": value, "image_url": value, "signature": value,
        })
    })
}

fn any_content() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("Hi")),
        Just(json!("")),
        Just(Value::Null),
        vec(any_chunk(), 0..3).prop_map(Value::from),
    ]
}

fn any_call_of_a_tool() -> impl Strategy<Value = Value> {
    (
        any_json(),
        select(&["call_1", "a1B2c3D4e", ""][..]),
        any::<bool>(),
    )
        .prop_map(|(value, id, typed)| {
            let function = json!({"name": "f", "arguments": value});
            let mut call = json!({"id": id, "function": function, "x": value});
            if typed {
                call["type"] = json!("function");
            }
            call
        })
}

fn any_message() -> impl Strategy<Value = Value> {
    let role = select(
        &[
            "system",
            "developer",
            "user",
            "assistant",
            "tool",
            "function",
        ][..],
    );
    let rest = any_object(any_json());
    let blocks = vec(any_chunk(), 0..3);
    let calls = vec(any_call_of_a_tool(), 0..3);
    let known = (blocks, calls, 0_u8..4).prop_map(|(blocks, calls, which)| {
        let mut known = Map::new();
        if which & 1 != 0 {
            known.insert("thinking_blocks".to_owned(), blocks.into());
        }
        if which & 2 != 0 {
            known.insert("tool_calls".to_owned(), calls.into());
            known.insert("tool_call_id".to_owned(), json!("call_1"));
        }
        known
    });
    let all = (role, any_content(), rest, known, any::<bool>());
    all.prop_map(|(role, content, mut rest, known, last)| {
        rest.extend(known);
        let mut message = Map::new();
        let own = [("role", json!(role)), ("content", content)];
        let own = own.map(|(key, value)| (key.to_owned(), value));
        if !last {
            message.extend(own.clone());
        }
        message.extend(rest);
        message.extend(own);
        Value::Object(message)
    })
}

/// A call whose messages mean something and whose other fields may.
pub(super) fn any_call(fields: Vec<&'static str>) -> impl Strategy<Value = Value> {
    let fields = vec((select(fields), any_json()), 0..5);
    let model = select(&["m", "deepseek-chat", "kimi-k3", "moonshot-v1-8k", "gpt-oss"][..]);
    (model, vec(any_message(), 1..4), fields, any::<bool>()).prop_map(
        |(model, messages, fields, front)| {
            let mut call = Map::new();
            if front {
                call.insert("x".to_owned(), Value::Null);
            }
            call.insert("model".to_owned(), json!(model));
            call.insert("messages".to_owned(), messages.into());
            for (name, value) in fields {
                if name != "model" && name != "messages" {
                    call.insert(name.to_owned(), value);
                }
            }
            Value::Object(call)
        },
    )
}

/// Choices, with what they say under both names.
pub(super) fn any_choices() -> impl Strategy<Value = Value> {
    let finish = select(
        &[
            "stop",
            "length",
            "model_length",
            "error",
            "sensitive",
            "network_error",
            "end_turn",
            "insufficient_system_resource",
            "new",
            "",
        ][..],
    );
    let finish = prop_oneof![Just(Value::Null), finish.prop_map(Value::from), any_json()];
    let choice = (0_u8..3, any_message(), finish, any::<bool>()).prop_map(
        |(index, message, finish, odd)| {
            let index = if odd { json!("x") } else { json!(index) };
            json!({"index": index, "message": message, "delta": message, "finish_reason": finish})
        },
    );
    vec(choice, 0..3).prop_map(Value::from)
}
