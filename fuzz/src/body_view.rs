mod bedrock;
mod cohere;

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use dvara_dialects::request::{
    Block, ChatRequest, Conversation, ReadError, ReadLimits, Text, Tool,
};
use dvara_dialects::splice::Span;
use dvara_dialects::target::{ProviderCapabilities, Target};
use dvara_dialects::vendor;
use dvara_types::ProviderKind;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The body of a chat call.
pub fn check(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    let request = match ChatRequest::read_openai(body, &ReadLimits::default()) {
        Ok(request) => request,
        Err(error) => return says_why(&error),
    };
    agrees_with_other_readers(&request);
    let wants = request.wants();
    let _ = (
        request.estimated_prompt_tokens(),
        request.has_metadata("tenant_id"),
    );
    match request.conversation() {
        Ok(conversation) => places(&request, &conversation),
        Err(error) => says_why(&error),
    }
    for kind in ProviderKind::ALL {
        let _ = ProviderCapabilities::of(kind).lacks(&wants);
        for pinned in [None, Some("pinned \"model\"\n")] {
            goes_out(&request, &Target::new(kind, request.model(), pinned));
        }
    }
}

fn says_why(error: &ReadError) {
    assert!(!error.code().is_empty() && !error.message().is_empty());
}

/// What a vendor's parser, for which the last of two equal keys counts, sees is what was governed.
fn agrees_with_other_readers(request: &ChatRequest) {
    let other: HashMap<String, &RawValue> =
        serde_json::from_slice(request.body()).unwrap_or_else(|error| {
            assert!(
                error.is_data()
                    || error.to_string().contains("surrogate")
                    || error.to_string().contains("escape"),
                "what is no JSON was read: {error}"
            );
            HashMap::new()
        });
    if other.is_empty() {
        return;
    }
    let text = |key: &str| {
        other
            .get(key)
            .and_then(|value| serde_json::from_str(value.get()).ok())
    };
    assert_eq!(text("model"), Some(request.model().to_owned()));
    let streams = other
        .get("stream")
        .is_some_and(|value| value.get() == "true");
    assert_eq!(request.stream(), streams);
    let messages: Vec<&RawValue> =
        serde_json::from_str(other["messages"].get()).expect("a list was read");
    assert_eq!(messages.len(), request.message_count());
    assert!(!request.model().trim().is_empty() && request.message_count() > 0);
}

/// Every text stands where it says that it stands: a redaction there cuts out the text and nothing else.
fn places(request: &ChatRequest, conversation: &Conversation<'_>) {
    assert_eq!(conversation.messages.len(), request.message_count());
    for message in &conversation.messages {
        blocks(request, &message.blocks);
    }
    for tool in &conversation.tools {
        if let Tool::Function(function) = tool
            && let Some(description) = &function.description
        {
            text(request, description);
        }
    }
    for stop in &conversation.sampling.stop {
        text(request, stop);
    }
}

fn blocks(request: &ChatRequest, blocks_of_one: &[Block<'_>]) {
    for block in blocks_of_one {
        match block {
            Block::Text(inner) | Block::Reasoning { text: inner, .. } => text(request, inner),
            Block::ToolUse(call) => text(request, &call.arguments),
            Block::ToolResult(result) => blocks(request, &result.blocks),
            Block::Image(_) | Block::Document(_) | Block::Opaque { .. } => {}
        }
    }
}

fn text(request: &ChatRequest, text: &Text<'_>) {
    let Span { start, end } = text.span;
    let literal = &request.body()[start..end];
    let decoded: String = serde_json::from_slice(literal).expect("a span is a string literal");
    assert_eq!(decoded, text.text);
}

/// What goes out for a target is JSON, says its model, and loses nothing where the dialect is the same.
fn goes_out(request: &ChatRequest, target: &Target<'_>) {
    if let Err(error) = target.check(request) {
        return says_why(&error);
    }
    let encoded = match vendor::encode(request, target) {
        Ok(encoded) => encoded,
        Err(error) => return says_why(&error),
    };
    for dropped in &encoded.dropped {
        let plain =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        assert!(
            plain(&dropped.field) && plain(dropped.reason),
            "a header can't say it"
        );
    }
    match target.kind {
        ProviderKind::Openai | ProviderKind::Ollama | ProviderKind::Mock => {
            same_dialect(request, target, &encoded.body);
        }
        ProviderKind::AzureOpenai
        | ProviderKind::Mistral
        | ProviderKind::Groq
        | ProviderKind::Qwen
        | ProviderKind::Deepseek
        | ProviderKind::Moonshot
        | ProviderKind::Chatglm
        | ProviderKind::Grok => shaped(request, target, &encoded.body),
        ProviderKind::Anthropic => messages(request, target, &encoded.body),
        ProviderKind::Bedrock => bedrock::holds(&encoded.body),
        ProviderKind::Cohere => cohere::holds(request, target, &encoded.body),
        _ => {
            serde_json::from_slice::<&RawValue>(&encoded.body).expect("a body is JSON");
        }
    }
}

/// A call of the Messages API, as far as it must be one; a key that stands there twice is refused.
#[derive(Deserialize)]
struct Messages<'a> {
    model: Cow<'a, str>,
    max_tokens: u64,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    stream: Option<bool>,
    #[serde(borrow)]
    tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    stop_sequences: Option<&'a RawValue>,
    #[expect(
        dead_code,
        reason = "that it has the user's id and nothing else is the check"
    )]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Message<'a> {
    role: &'a str,
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    #[expect(dead_code, reason = "as above")]
    user_id: Option<IgnoredAny>,
}

fn messages(request: &ChatRequest, target: &Target<'_>, sent: &Bytes) {
    let messages: Messages<'_> = serde_json::from_slice(sent)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(sent)));
    assert_eq!(messages.model, target.model);
    assert_eq!(messages.stream.unwrap_or_default(), request.stream());
    // A bound of 0 is the client's, and its vendor's to refuse.
    let _ = messages.max_tokens;
    assert!(!messages.messages.is_empty());
    for message in &messages.messages {
        assert!(matches!(message.role, "user" | "assistant"));
        assert!(message.content.get().starts_with(['"', '[']));
    }
    let object = |value: &&RawValue| value.get().starts_with('{');
    assert!(messages.tools.iter().flatten().all(object));
    // A client that says it in Anthropic's own word is the vendor's to judge.
    let stop = request.conversation().expect("it went out").sampling.stop;
    if !stop.is_empty() {
        let sent = messages.stop_sequences.expect("a stop is not lost");
        let sent: Vec<Cow<'_, str>> = serde_json::from_str(sent.get()).expect("a list of texts");
        assert_eq!(sent.len(), stop.len());
    }
}

fn same_dialect(request: &ChatRequest, target: &Target<'_>, sent: &Bytes) {
    let read = ChatRequest::read_openai(sent.clone(), &ReadLimits::default())
        .unwrap_or_else(|error| panic!("a readable call goes out unreadable: {error}"));
    assert_eq!(read.model(), target.model);
    assert_eq!(read.stream(), request.stream());
    assert_eq!(read.include_usage(), request.stream());
    assert_eq!(read.message_count(), request.message_count());
    assert_eq!(read.max_tokens(), request.max_tokens());
    assert_eq!(read.wants(), request.wants());
    for claim in ["tenant_id", "workspace_id"] {
        assert!(!read.has_metadata(claim), "a tenant claim went out");
    }
    let again = vendor::encode(&read, target).expect("it went out once");
    assert_eq!(
        again.body.as_ptr(),
        read.body().as_ptr(),
        "nothing is left to edit"
    );
}

/// A call of a vendor of OpenAI's shape is a call of OpenAI's, with everything said in the vendor's words.
fn shaped(request: &ChatRequest, target: &Target<'_>, sent: &Bytes) {
    let read = ChatRequest::read_openai(sent.clone(), &ReadLimits::default())
        .unwrap_or_else(|error| panic!("a readable call goes out unreadable: {error}"));
    assert_eq!(read.model(), target.model);
    assert_eq!(read.stream(), request.stream());
    assert_eq!(read.message_count(), request.message_count());
    assert_eq!(read.max_tokens(), request.max_tokens());
    for claim in ["tenant_id", "workspace_id"] {
        assert!(!read.has_metadata(claim), "a tenant claim went out");
    }
    let again = vendor::encode(&read, target).expect("it went out once");
    assert_eq!(
        again.body.as_ptr(),
        read.body().as_ptr(),
        "nothing is left to edit"
    );
}
