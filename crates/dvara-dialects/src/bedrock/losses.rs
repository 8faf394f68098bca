//! What is left out and what is refused within fields that are said, all of it shown by golden cases.

use crate::openai::{TENANT_ID, WORKSPACE_ID};

/// Where something is left out, and why.
pub(super) static DROPS: &[(&str, &str)] = &[
    (
        "messages",
        "a member of a message has no place in Bedrock's API",
    ),
    (
        "messages.cache_control",
        "this model takes no cache point there",
    ),
    (
        "messages.cache_control.ttl",
        "this model's cache keeps for five minutes",
    ),
    (
        "messages.content",
        "a member of a part has no place in Bedrock's API",
    ),
    (
        "messages.image_url.detail",
        "the model chooses the resolution itself",
    ),
    ("messages.name", "Bedrock's messages have no names"),
    (
        "messages.reasoning_content",
        "only `thinking_blocks` prove to a model that reasoning is its own",
    ),
    (
        "messages.thinking_blocks",
        "this model takes no such reasoning back",
    ),
    (
        "metadata",
        "Bedrock keeps 16 pairs of texts, of 256 letters, digits, blanks and signs such as `_` and `-` at most",
    ),
    ("metadata", "`requestMetadata` says it already"),
    TENANT_ID,
    WORKSPACE_ID,
    (
        "parallel_tool_calls",
        "the model's own fields say it already",
    ),
    (
        "parallel_tool_calls",
        "this model can't be held to one call at a time",
    ),
    ("reasoning_effort", "the model's own fields say it already"),
    (
        "reasoning_effort",
        "beside a bound on tokens, a temperature or `top_p` this model takes `medium` at most",
    ),
    (
        "reasoning_effort",
        "how this model takes it is not known: say it in `additionalModelRequestFields`",
    ),
    (
        "reasoning_effort",
        "the tool calls of the last turn came without their `thinking_blocks`",
    ),
    (
        "reasoning_effort",
        "this model does not think where it is made to call a tool",
    ),
    ("reasoning_effort", "this model reasons as much as it likes"),
    (
        "reasoning_effort",
        "this model thinks by itself: the lowest effort is asked for",
    ),
    ("reasoning_effort", "`thinking` says it already"),
    ("response_format", "the model's own fields say it already"),
    (
        "response_format",
        "a tool of the client has the name of the tool that would take the answer",
    ),
    (
        "response_format",
        "`tool_choice` asks for a tool call, which has no format",
    ),
    (
        "response_format.json_schema.strict",
        "the answer fits its schema by the model's good will",
    ),
    ("service_tier", "Bedrock has no such tier"),
    ("service_tier", "`serviceTier` says it already"),
    ("tool_choice", "the model's own fields say it already"),
    (
        "tool_choice",
        "a conversation with calls needs its tools, and this model can't be kept from calling them",
    ),
    ("tool_choice", "there are no tools to choose from"),
    ("tools", "a member of a tool has no place in Bedrock's API"),
    (
        "tools.cache_control",
        "this model takes no cache points among tools",
    ),
    (
        "tools.cache_control.ttl",
        "this model's cache keeps for five minutes",
    ),
    ("tools.function.strict", "this model has no strict tools"),
];

/// What is refused, and why.
pub(super) static REFUSALS: &[(&str, &str)] = &[
    (
        "additionalModelRequestFields",
        "what a model is told goes through `messages`, and which model it is, through `model`",
    ),
    (
        "messages",
        "it needs a message of the user or the assistant that has some content",
    ),
    ("messages.content", "it has no such part"),
    (
        "messages.content",
        "it looks at PNG, JPEG, GIF and WebP images",
    ),
    ("messages.content", "its system prompt is text"),
    (
        "messages.content.file.file_data",
        "it reads PDF, CSV, Word, Excel, HTML, Markdown, text and images",
    ),
    (
        "messages.content.file.file_id",
        "it knows no uploaded files but those at `s3://`; send `file_data`",
    ),
    (
        "messages.content.image_url",
        "it fetches no images but those at `s3://`; send a base64 `data:` URL",
    ),
    ("messages.tool_calls", "its calls are calls of functions"),
    ("stop", "each of its stop sequences must hold something"),
    ("temperature", "its temperatures lie between 0 and 1"),
    (
        "tool_choice",
        "it knows `auto`, `none`, `required` and one named function",
    ),
    (
        "tools",
        "its tools are functions, and those of Converse: `{\"systemTool\":…}`",
    ),
];
