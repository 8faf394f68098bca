//! What vendors answer, in each dialect: the same amount of text in the same number of writes.
//!
//! The bench upstream sends it, and the micro benchmark decodes it.

mod anthropic;
mod bedrock;
mod cohere;
mod gemini;
mod mistral;
mod openai;

use dvara_types::ProviderKind;

/// Some day; the answers are the same on every run.
const CREATED: u64 = 1_760_000_000;

/// A chunk's text.
const PIECE: &str = " benchmark";

/// Tokens of the prompt and of the answer.
const TOKENS: (u64, u64) = (210, 98);

const EVENT_STREAM: &str = "text/event-stream";

/// A dialect that the bench upstream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Dialect {
    Openai,
    Anthropic,
    Gemini,
    Bedrock,
    Cohere,
    /// In OpenAI's shape, and still not relayed as it comes.
    Mistral,
}

impl Dialect {
    pub(crate) const ALL: [Self; 6] = [
        Self::Openai,
        Self::Anthropic,
        Self::Gemini,
        Self::Bedrock,
        Self::Cohere,
        Self::Mistral,
    ];

    /// Whose it is.
    pub(crate) fn provider(self) -> ProviderKind {
        match self {
            Self::Openai => ProviderKind::Openai,
            Self::Anthropic => ProviderKind::Anthropic,
            Self::Gemini => ProviderKind::Gemini,
            Self::Bedrock => ProviderKind::Bedrock,
            Self::Cohere => ProviderKind::Cohere,
            Self::Mistral => ProviderKind::Mistral,
        }
    }

    /// The provider's name in the gateway.
    pub(crate) fn name(self) -> &'static str {
        self.provider().as_str()
    }

    /// A model whose name leads the gateway to this vendor.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::Openai => "gpt-4o-mini",
            Self::Anthropic => "claude-sonnet-4-5",
            Self::Gemini => "gemini-2.5-flash",
            Self::Bedrock => "bedrock/amazon.nova-pro-v1:0",
            Self::Cohere => "command-a-03-2025",
            Self::Mistral => "mistral-large-latest",
        }
    }

    /// A JSON answer of `bytes`, and a stream of `chunks` pieces, at least two.
    ///
    /// The first piece opens the answer and the last one closes it, with as many pieces of text between in every dialect:
    /// all come to the same answer at the same pace.
    pub(crate) fn script(self, bytes: usize, chunks: usize) -> Script {
        let script = match self {
            Self::Openai => openai::script,
            Self::Anthropic => anthropic::script,
            Self::Gemini => gemini::script,
            Self::Bedrock => bedrock::script,
            Self::Cohere => cohere::script,
            Self::Mistral => mistral::script,
        };
        script(bytes, chunks.max(2))
    }
}

/// One answer, whole and as a stream.
pub(crate) struct Script {
    /// The whole answer's body.
    pub(crate) json: String,
    /// What the stream calls itself.
    pub(crate) stream_type: &'static str,
    /// The stream, one write each; the end is not among them.
    pub(crate) pieces: Vec<Vec<u8>>,
    /// What ends the stream; nothing where the end of the body does.
    pub(crate) end: Vec<u8>,
    /// The same for a call that asked for usage, in one write too, so that asking changes nothing about the pace.
    pub(crate) end_with_usage: Vec<u8>,
}

impl Script {
    /// A stream that ends the same whether usage was asked for or not.
    fn new(json: String, stream_type: &'static str, pieces: Vec<Vec<u8>>, end: Vec<u8>) -> Self {
        let end_with_usage = end.clone();
        Self {
            json,
            stream_type,
            pieces,
            end,
            end_with_usage,
        }
    }
}

/// `opening`, so many times `text` that `chunks` pieces come together, `closing`.
fn stream(chunks: usize, opening: &[u8], text: &[u8], closing: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = vec![text.to_vec(); chunks];
    pieces[0] = opening.to_vec();
    pieces[chunks - 1] = closing.to_vec();
    pieces
}

/// A server-sent event without a name.
fn data(value: &serde_json::Value) -> Vec<u8> {
    format!("data: {value}\n\n").into_bytes()
}

/// A server-sent event that its `type` names.
fn event(value: &serde_json::Value) -> Vec<u8> {
    let kind = value["type"].as_str().unwrap_or_default();
    format!("event: {kind}\ndata: {value}\n\n").into_bytes()
}

/// A whole answer whose text is padded until the document has `bytes`.
fn padded(bytes: usize, render: impl Fn(&str) -> String) -> String {
    let missing = bytes.saturating_sub(render("").len());
    let text = "An answer of the wanted size. ".chars().cycle();
    render(&text.take(missing).collect::<String>())
}
