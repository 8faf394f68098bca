//! A conversation as messages of blocks, which every dialect can be read into and written from.
//!
//! Everything is borrowed from the received body. Texts know their byte range there, so a redaction is an edit of
//! the body and not a new serialisation; what no type here names is kept as it came.
//!
//! Nothing here has a debug form: what people and models say is never logged.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::splice::Span;

/// What a call says.
#[derive(Clone)]
pub struct Conversation<'a> {
    /// Its messages, in order.
    pub messages: Vec<Message<'a>>,
    /// The tools it offers.
    pub tools: Vec<Tool<'a>>,
    /// Which tool the model is to use.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether the model may call several tools at once, when the client said.
    pub parallel_tools: Option<bool>,
    /// How the answer is sampled.
    pub sampling: Sampling<'a>,
    /// The form of the answer.
    pub output: OutputFormat<'a>,
    /// Fields that nothing above stands for.
    pub rest: Vec<Field<'a>>,
}

/// A field of the body that is kept as it came.
#[derive(Clone)]
pub struct Field<'a> {
    /// Its name, decoded.
    pub name: Cow<'a, str>,
    /// Its value, as it stands in the body.
    pub value: &'a RawValue,
}

/// Who speaks.
#[derive(Clone, PartialEq, Eq)]
pub enum Role<'a> {
    /// Instructions (`system` and `developer`).
    System,
    /// The caller's side.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
    /// A role that some vendor understands.
    Other(Cow<'a, str>),
}

/// One message.
#[derive(Clone)]
pub struct Message<'a> {
    /// Who speaks.
    pub role: Role<'a>,
    /// The speaker's name.
    pub name: Option<Cow<'a, str>>,
    /// What is said, in order.
    pub blocks: Vec<Block<'a>>,
    /// Fields of the blocks that the blocks do not stand for, prompt-cache markers first of all.
    pub extras: Vec<Extra<'a>>,
    /// Fields that nothing above stands for.
    pub rest: Vec<Field<'a>>,
}

/// A field of a block that is kept as it came, in the order of the blocks.
#[derive(Clone)]
pub struct Extra<'a> {
    /// The position of its block.
    pub block: usize,
    /// The field.
    pub field: Field<'a>,
}

/// One piece of a message.
#[derive(Clone)]
pub enum Block<'a> {
    /// Text.
    Text(Text<'a>),
    /// An image.
    Image(Image<'a>),
    /// A file.
    Document(Document<'a>),
    /// A call of a tool by the model.
    ToolUse(ToolUse<'a>),
    /// What a tool gave back.
    ToolResult(ToolResult<'a>),
    /// The model's reasoning, with what proves to its vendor that it is unchanged.
    Reasoning {
        /// The reasoning.
        text: Text<'a>,
        /// The vendor's signature over it, if it gives one.
        signature: Option<Cow<'a, str>>,
    },
    /// Something that only its vendor understands.
    Opaque {
        /// The kind that it says it is.
        kind: Cow<'a, str>,
        /// The whole of it.
        value: &'a RawValue,
    },
}

impl Block<'_> {
    /// Whether it is an image.
    pub fn is_image(&self) -> bool {
        matches!(self, Self::Image(_))
    }
}

/// A text and where it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Text<'a> {
    /// The text, decoded.
    pub text: Cow<'a, str>,
    /// Its string literal in the body, quotes included.
    pub span: Span,
}

/// An image.
#[derive(Clone)]
pub struct Image<'a> {
    /// Where it is.
    pub source: ImageSource<'a>,
    /// The resolution asked for: `low`, `high`, `auto`.
    pub detail: Option<Cow<'a, str>>,
}

/// Where an image is.
#[derive(Clone, PartialEq, Eq)]
pub enum ImageSource<'a> {
    /// At an address.
    Url(Cow<'a, str>),
    /// In the request (a `data:` URL).
    Data {
        /// Its media type.
        mime: Cow<'a, str>,
        /// Whether `data` is base64; otherwise it is percent-encoded.
        base64: bool,
        /// Its bytes, encoded.
        data: Cow<'a, str>,
    },
}

/// A file.
#[derive(Clone)]
pub struct Document<'a> {
    /// Its name.
    pub name: Option<Cow<'a, str>>,
    /// Where it is.
    pub source: DocumentSource<'a>,
}

/// Where a file is.
#[derive(Clone, PartialEq, Eq)]
pub enum DocumentSource<'a> {
    /// In the request, as a `data:` URL.
    Data(Cow<'a, str>),
    /// At the vendor, under an id.
    Uploaded(Cow<'a, str>),
}

/// A call of a tool by the model.
#[derive(Clone)]
pub struct ToolUse<'a> {
    /// What the result will refer to; absent in the oldest form of function calls.
    pub id: Option<Cow<'a, str>>,
    /// The tool's name.
    pub name: Cow<'a, str>,
    /// Its arguments: JSON inside a string, as the model wrote it.
    pub arguments: Text<'a>,
}

/// What a tool gave back.
#[derive(Clone)]
pub struct ToolResult<'a> {
    /// The call it answers; absent in the oldest form of function calls.
    pub call: Option<Cow<'a, str>>,
    /// What it gave.
    pub blocks: Vec<Block<'a>>,
    /// Fields of these blocks that the blocks do not stand for.
    pub extras: Vec<Extra<'a>>,
}

/// A tool that is offered.
#[derive(Clone)]
pub enum Tool<'a> {
    /// A function with a JSON schema.
    Function(ToolFunction<'a>),
    /// Something that only its vendor understands.
    Opaque(&'a RawValue),
}

/// A function with a JSON schema.
#[derive(Clone)]
pub struct ToolFunction<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it is for.
    pub description: Option<Text<'a>>,
    /// The schema of its arguments, as it came.
    pub parameters: Option<&'a RawValue>,
    /// Whether the arguments must fit the schema exactly.
    pub strict: Option<bool>,
    /// Fields that nothing above stands for, of the function and of the tool around it.
    pub rest: Vec<Field<'a>>,
}

/// Which tool the model is to use.
#[derive(Clone)]
pub enum ToolChoice<'a> {
    /// Its own choice.
    Auto,
    /// None.
    None,
    /// Some tool.
    Required,
    /// This one.
    Named(Cow<'a, str>),
    /// Something that only its vendor understands.
    Opaque(&'a RawValue),
}

/// A number with the digits it came with: 0.7 must not leave as 0.699999988.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Number<'a>(pub(crate) &'a str);

impl<'a> Number<'a> {
    /// As it stands in the body.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// As a float.
    pub fn as_f64(self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

/// How the answer is sampled, as far as the client said.
#[derive(Clone, Default)]
pub struct Sampling<'a> {
    /// `temperature`.
    pub temperature: Option<Number<'a>>,
    /// `top_p`.
    pub top_p: Option<Number<'a>>,
    /// `frequency_penalty`.
    pub frequency_penalty: Option<Number<'a>>,
    /// `presence_penalty`.
    pub presence_penalty: Option<Number<'a>>,
    /// `seed`.
    pub seed: Option<Number<'a>>,
    /// `stop`: texts that end the answer.
    pub stop: Vec<Text<'a>>,
    /// `max_completion_tokens`, else `max_tokens`.
    pub max_tokens: Option<u64>,
    /// `n`: how many answers.
    pub choices: Option<u64>,
}

/// The form of the answer.
#[derive(Clone, Default)]
pub enum OutputFormat<'a> {
    /// Whatever the model writes.
    #[default]
    Text,
    /// A JSON object.
    Json,
    /// JSON that fits a schema.
    Schema {
        /// Its name; `response` when the client gave none.
        name: Cow<'a, str>,
        /// What it is for.
        description: Option<Cow<'a, str>>,
        /// The schema, as it came.
        schema: Option<&'a RawValue>,
        /// Whether the answer must fit exactly.
        strict: Option<bool>,
    },
}
