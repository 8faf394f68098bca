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
    /// A copy of a call for a shadow target: nobody's call, and nobody pays for it.
    Shadow,
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
            Self::Shadow => "shadow",
            Self::Other => "other",
        }
    }

    /// The path, where it is one of ours.
    pub fn path(self) -> Option<&'static str> {
        match self {
            Self::ChatCompletions => Some("/v1/chat/completions"),
            Self::Embeddings => Some("/v1/embeddings"),
            Self::Models => Some("/v1/models"),
            Self::Shadow | Self::Other => None,
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

/// The side of a route's experiment that a call is on (data-plane sheet §13, canary).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// What is in use.
    Baseline,
    /// What is tried.
    Candidate,
}

impl Variant {
    /// The name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
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
