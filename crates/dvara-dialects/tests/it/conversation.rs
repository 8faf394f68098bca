//! A conversation as JSON, so that a golden file can show it.

use dvara_dialects::request::{
    Block, ChatRequest, Conversation, DocumentSource, ImageSource, Message, OutputFormat, Role,
    Text, Tool, ToolChoice,
};
use serde_json::{Value, json};

/// Everything that is read of a request.
pub(crate) fn describe(request: &ChatRequest) -> Value {
    let wants = request.wants();
    json!({
        "model": request.model(),
        "stream": request.stream(),
        "include_usage": request.include_usage(),
        "max_tokens": request.max_tokens(),
        "choices": request.choices(),
        "user": request.user(),
        "messages": request.message_count(),
        "wants": format!("{wants:?}"),
        "estimated_prompt_tokens": request.estimated_prompt_tokens().0,
        "conversation": conversation(request, &request.conversation().unwrap()),
    })
}

fn conversation(request: &ChatRequest, conversation: &Conversation<'_>) -> Value {
    let tools: Vec<_> = conversation.tools.iter().map(tool).collect();
    let messages = conversation.messages.iter();
    json!({
        "messages": messages.map(|each| message(request, each)).collect::<Vec<_>>(),
        "tools": tools,
        "tool_choice": conversation.tool_choice.as_ref().map(tool_choice),
        "parallel_tools": conversation.parallel_tools,
        "sampling": sampling(conversation),
        "output": output(&conversation.output),
        "rest": conversation.rest.iter().map(|field| json!([field.name, field.value.get()])).collect::<Vec<_>>(),
    })
}

fn message(request: &ChatRequest, message: &Message<'_>) -> Value {
    json!({
        "role": match &message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
            Role::Other(name) => name,
        },
        "name": message.name,
        "blocks": message.blocks.iter().map(|each| block(request, each)).collect::<Vec<_>>(),
        "rest": message.rest.iter().map(|field| json!([field.name, field.value.get()])).collect::<Vec<_>>(),
    })
}

fn block(request: &ChatRequest, block_of_message: &Block<'_>) -> Value {
    match block_of_message {
        Block::Text(content) => json!({"text": text(request, content)}),
        Block::Image(image) => json!({
            "image": match &image.source {
                ImageSource::Url(url) => json!({"url": url}),
                ImageSource::Data { mime, base64, data } => json!({"mime": mime, "base64": base64, "data": data}),
            },
            "detail": image.detail,
        }),
        Block::Document(document) => json!({
            "document": document.name,
            "source": match &document.source {
                DocumentSource::Data(data) => json!({"data": data}),
                DocumentSource::Uploaded(id) => json!({"uploaded": id}),
            },
        }),
        Block::ToolUse(call) => json!({
            "tool_use": call.name,
            "id": call.id,
            "arguments": text(request, &call.arguments),
        }),
        Block::ToolResult(result) => json!({
            "tool_result": result.call,
            "blocks": result.blocks.iter().map(|each| block(request, each)).collect::<Vec<_>>(),
        }),
        Block::Reasoning {
            text: content,
            signature,
        } => {
            json!({"reasoning": text(request, content), "signature": signature})
        }
        Block::Opaque { kind, value } => json!({"opaque": kind, "value": value.get()}),
    }
}

/// The text, after checking that its span holds its literal.
fn text(request: &ChatRequest, content: &Text<'_>) -> Value {
    let literal = &request.body()[content.span.start..content.span.end];
    let decoded: String = serde_json::from_slice(literal).expect("a span holds a string literal");
    assert_eq!(decoded, content.text);
    Value::from(decoded)
}

fn tool(tool: &Tool<'_>) -> Value {
    match tool {
        Tool::Function(function) => json!({
            "function": function.name,
            "description": function.description.as_ref().map(|text| &text.text),
            "parameters": function.parameters.map(|schema| schema.get()),
            "strict": function.strict,
        }),
        Tool::Opaque(value) => json!({"opaque": value.get()}),
    }
}

fn tool_choice(choice: &ToolChoice<'_>) -> Value {
    match choice {
        ToolChoice::Auto => json!("auto"),
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({"named": name}),
        ToolChoice::Opaque(value) => json!({"opaque": value.get()}),
    }
}

fn sampling(conversation: &Conversation<'_>) -> Value {
    let sampling = &conversation.sampling;
    let mut said = serde_json::Map::new();
    for (name, number) in [
        ("temperature", sampling.temperature),
        ("top_p", sampling.top_p),
        ("frequency_penalty", sampling.frequency_penalty),
        ("presence_penalty", sampling.presence_penalty),
        ("seed", sampling.seed),
    ] {
        if let Some(number) = number {
            said.insert(name.to_owned(), number.as_str().into());
        }
    }
    let stop: Vec<_> = sampling.stop.iter().map(|text| &*text.text).collect();
    said.insert("stop".to_owned(), json!(stop));
    said.into()
}

fn output(output: &OutputFormat<'_>) -> Value {
    match output {
        OutputFormat::Text => json!("text"),
        OutputFormat::Json => json!("json"),
        OutputFormat::Schema {
            name,
            schema,
            strict,
            description: _,
        } => {
            json!({"schema": name, "value": schema.map(|schema| schema.get()), "strict": strict})
        }
    }
}
