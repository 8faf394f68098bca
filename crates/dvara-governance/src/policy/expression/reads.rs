//! What an expression reads of a call, as far as it makes a difference.

/// What an expression reads.
#[derive(Default)]
pub(super) struct Reads {
    /// Something that is different for another target.
    pub(super) target: bool,
    /// Of the arguments of a tool call.
    pub(super) arguments: Members,
}

/// Which members of the arguments are read: a rule over `path` must not fail because `content` is large.
pub(super) enum Members {
    /// These, and no other.
    Named(Vec<String>),
    /// Whatever is there.
    All,
}

impl Default for Members {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

impl Members {
    pub(super) fn add(&mut self, name: &str) {
        if let Self::Named(names) = self {
            names.push(name.to_owned());
        }
    }
}
