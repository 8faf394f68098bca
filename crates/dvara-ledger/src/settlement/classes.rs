//! The closed sets of words that settlements are told apart by; all of them are fit to be metric labels.

/// What was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/v1/chat/completions`.
    ChatCompletions,
    /// `/v1/embeddings`.
    Embeddings,
    /// `/v1/models`.
    Models,
    /// Anything else; its path is the caller's word and is not kept.
    Other,
}

impl Endpoint {
    /// The name in rows, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Embeddings => "embeddings",
            Self::Models => "models",
            Self::Other => "other",
        }
    }

    /// The path, where it is one of ours.
    pub fn path(self) -> Option<&'static str> {
        match self {
            Self::ChatCompletions => Some("/v1/chat/completions"),
            Self::Embeddings => Some("/v1/embeddings"),
            Self::Models => Some("/v1/models"),
            Self::Other => None,
        }
    }
}

/// The method of a call, for log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// Anything else.
    Other,
}

impl Method {
    /// The method of a request line; methods are case-sensitive.
    pub fn of(text: &str) -> Self {
        match text {
            "GET" => Self::Get,
            "POST" => Self::Post,
            _ => Self::Other,
        }
    }

    /// The name in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Other => "other",
        }
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The caller got the whole answer.
    Completed,
    /// We did not let it through: the caller's fault, or a rule's.
    Refused,
    /// We or a vendor could not serve it.
    Failed,
    /// The caller left before the end.
    Abandoned,
}

impl Outcome {
    /// The name in rows, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// What the response cache had to say about a call that asked it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheStatus {
    /// It had the answer.
    Hit,
    /// It had not.
    Miss,
}

impl CacheStatus {
    /// The text of the `X-Cache` header, of rows and of logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "HIT",
            Self::Miss => "MISS",
        }
    }
}
