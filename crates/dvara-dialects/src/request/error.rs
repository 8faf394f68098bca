//! Why a body is no chat completion call.

/// A body that can't be read. Says what is wrong and where, and repeats nothing of what the body says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Bytes that are no text.
    #[error("the body is not UTF-8: byte {at} starts no character")]
    NotUtf8 {
        /// The position of the first bad byte, from 0.
        at: usize,
    },
    /// More nesting than anybody needs.
    #[error("the body nests deeper than {limit} objects and arrays")]
    TooDeep {
        /// How deep it may nest.
        limit: usize,
    },
    /// Text that is no JSON.
    #[error("invalid JSON at line {line} column {column}{}: {what}", in_parentheses(.path))]
    InvalidJson {
        /// The line, from 1.
        line: usize,
        /// The byte within the line, from 1; 0 when the line is empty.
        column: usize,
        /// The JSON path of the value that could not be read; empty for the whole body.
        path: String,
        /// What the parser says.
        what: String,
    },
    /// JSON, but not an object.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// A field that is missing or has the wrong shape.
    #[error("{message}")]
    Validation {
        /// The field, or several separated by `, `.
        param: String,
        /// What it must be.
        message: String,
    },
    /// A field that is right in shape and wrong in content.
    #[error("{message}")]
    InvalidRequest {
        /// The field.
        param: String,
        /// What it must be.
        message: String,
    },
    /// Something that the target can't do.
    #[error("{message}")]
    UnsupportedCapability {
        /// The field that asks for it.
        param: String,
        /// What can't be done.
        message: String,
    },
}

impl ReadError {
    /// The error code of the table in the data-plane sheet §11.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. }
            | Self::TooDeep { .. }
            | Self::InvalidJson { .. }
            | Self::NotAnObject => "invalid_json",
            Self::Validation { .. } => "validation_error",
            Self::InvalidRequest { .. } => "invalid_request",
            Self::UnsupportedCapability { .. } => "unsupported_capability",
        }
    }

    /// The text for the caller.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The field or fields that the error is about.
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::NotUtf8 { .. }
            | Self::TooDeep { .. }
            | Self::InvalidJson { .. }
            | Self::NotAnObject => None,
            Self::Validation { param, .. }
            | Self::InvalidRequest { param, .. }
            | Self::UnsupportedCapability { param, .. } => Some(param),
        }
    }

    pub(crate) fn validation(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Validation {
            param: param.into(),
            message: message.into(),
        }
    }

    pub(crate) fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidRequest {
            param: param.into(),
            message: message.into(),
        }
    }

    pub(crate) fn unsupported(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::UnsupportedCapability {
            param: param.into(),
            message: message.into(),
        }
    }
}

fn in_parentheses(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" ({path})")
    }
}
