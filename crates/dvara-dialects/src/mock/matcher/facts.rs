//! What conditions can ask of a call.

use super::Subject;
use crate::request::{Block, ChatRequest, Conversation, Message, OutputFormat, Role};

/// A call as conditions see it.
#[derive(Default)]
pub struct Facts<'a> {
    pub(super) tools: bool,
    pub(super) stream: bool,
    pub(super) json: bool,
    pub(super) images: bool,
    pub(super) messages: usize,
    model: &'a str,
    user: &'a str,
    role: &'a str,
    last: String,
    system: String,
    any: String,
}

impl<'a> Facts<'a> {
    /// The facts of a call for `model`.
    pub fn of(
        request: &'a ChatRequest,
        conversation: &'a Conversation<'_>,
        model: &'a str,
    ) -> Self {
        let messages = &conversation.messages;
        let blocks = || messages.iter().flat_map(|message| &message.blocks);
        Self {
            tools: request.wants.tools,
            stream: request.stream(),
            json: !matches!(conversation.output, OutputFormat::Text),
            images: blocks().any(Block::is_image),
            messages: messages.len(),
            model,
            user: request.user().unwrap_or_default(),
            role: messages.last().map_or("", |message| role(&message.role)),
            last: joined(messages.last()),
            system: joined(
                messages
                    .iter()
                    .filter(|message| message.role == Role::System),
            ),
            any: joined(messages),
        }
    }

    pub(super) fn text(&self, subject: Subject) -> &str {
        match subject {
            Subject::Model => self.model,
            Subject::Last => &self.last,
            Subject::Role => self.role,
            Subject::System => &self.system,
            Subject::Any => &self.any,
            Subject::User => self.user,
        }
    }
}

fn role<'r>(role: &'r Role<'_>) -> &'r str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        Role::Other(name) => name,
    }
}

fn joined<'m, 'a: 'm>(messages: impl IntoIterator<Item = &'m Message<'a>>) -> String {
    let mut texts = Vec::new();
    for message in messages {
        collect(&message.blocks, &mut texts);
    }
    texts.join("\n")
}

fn collect<'b>(blocks: &'b [Block<'_>], texts: &mut Vec<&'b str>) {
    for block in blocks {
        match block {
            Block::Text(text) => texts.push(&text.text),
            Block::ToolResult(result) => collect(&result.blocks, texts),
            Block::Image(_)
            | Block::Document(_)
            | Block::ToolUse(_)
            | Block::Reasoning { .. }
            | Block::Opaque { .. } => {}
        }
    }
}
