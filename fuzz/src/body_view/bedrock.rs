use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A call of Converse, as far as it must be one; a key that stands there twice, or that Converse does not have, is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Converse<'a> {
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    #[serde(borrow)]
    system: Option<Vec<&'a RawValue>>,
    inference_config: Option<Inference<'a>>,
    tool_config: Option<Tools<'a>>,
    additional_model_request_fields: Option<&'a RawValue>,
    output_config: Option<&'a RawValue>,
    service_tier: Option<&'a RawValue>,
    request_metadata: Option<&'a RawValue>,
    additional_model_response_field_paths: Option<&'a RawValue>,
    guardrail_config: Option<&'a RawValue>,
    performance_config: Option<&'a RawValue>,
    project_identifier: Option<&'a RawValue>,
    prompt_variables: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    role: &'a str,
    #[serde(borrow)]
    content: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Inference<'a> {
    #[expect(dead_code, reason = "that it is a count is the check")]
    max_tokens: Option<u64>,
    #[serde(borrow)]
    temperature: Option<&'a RawValue>,
    #[serde(borrow)]
    top_p: Option<&'a RawValue>,
    #[serde(borrow)]
    stop_sequences: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Tools<'a> {
    #[serde(borrow)]
    tools: Vec<&'a RawValue>,
    #[serde(borrow)]
    tool_choice: Option<&'a RawValue>,
}

pub(super) fn holds(sent: &Bytes) {
    let call: Converse<'_> = serde_json::from_slice(sent)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(sent)));
    let object = |value: &RawValue| value.get().starts_with('{');
    let text = |value: &RawValue| value.get().starts_with('"');
    assert!(!call.messages.is_empty());
    for message in &call.messages {
        assert!(matches!(message.role, "user" | "assistant"));
        assert!(!message.content.is_empty() && message.content.iter().all(|block| object(block)));
    }
    let roles: Vec<_> = call.messages.iter().map(|message| message.role).collect();
    assert!(roles.windows(2).all(|pair| pair[0] != pair[1]), "{roles:?}");
    assert!(call.system.iter().flatten().all(|block| object(block)));
    if let Some(inference) = &call.inference_config {
        let stops = inference.stop_sequences.iter().flatten();
        assert!(stops.into_iter().all(|stop| text(stop)));
        let numbers = [inference.temperature, inference.top_p];
        assert!(!numbers.into_iter().flatten().any(text));
    }
    if let Some(tools) = &call.tool_config {
        assert!(!tools.tools.is_empty() && tools.tools.iter().all(|tool| object(tool)));
        assert!(tools.tool_choice.is_none_or(object));
    }
    let ours = [call.additional_model_request_fields, call.output_config];
    assert!(ours.into_iter().flatten().all(object));
    // What is Converse's own goes on as it came.
    let _ = [
        call.service_tier,
        call.request_metadata,
        call.additional_model_response_field_paths,
        call.guardrail_config,
        call.performance_config,
        call.project_identifier,
        call.prompt_variables,
    ];
}
