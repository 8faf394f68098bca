//! The end of a start that fails: one list of messages, the licence first, and an exit code.

pub mod texts;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use dvara_crypto::licence::{LicenceError, Verified};

use crate::settings::{Loaded, Loader, Problem};

/// What kind of refusal it is, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Configuration,
    Database,
    Failure,
}

/// Why a process does not start. Displays as one message a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootError {
    kind: Kind,
    messages: Vec<String>,
    warnings: Vec<String>,
}

impl BootError {
    /// Settings that cannot be started with: exit code 64 (`EX_USAGE`).
    pub fn configuration<M: fmt::Display>(messages: impl IntoIterator<Item = M>) -> Self {
        Self::new(Kind::Configuration, messages)
    }

    /// A database that cannot be reached or used: exit code 1.
    pub fn database(message: impl fmt::Display) -> Self {
        Self::new(Kind::Database, [message])
    }

    /// Anything else that keeps a process from running, such as a port in use or a part that ended early: exit code 1.
    pub fn failure(message: impl fmt::Display) -> Self {
        Self::new(Kind::Failure, [message])
    }

    fn new<M: fmt::Display>(kind: Kind, messages: impl IntoIterator<Item = M>) -> Self {
        let messages = messages
            .into_iter()
            .map(|message| message.to_string())
            .collect();
        Self {
            kind,
            messages,
            warnings: Vec::new(),
        }
    }

    /// Adds what would have been logged, had the process started: often the cause, such as a misspelled variable.
    #[must_use]
    pub fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }

    /// The messages, the most important first.
    pub fn messages(&self) -> &[String] {
        &self.messages
    }

    /// What would have been logged.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// 64 for configuration, 1 for the rest.
    pub fn code(&self) -> u8 {
        match self.kind {
            Kind::Configuration => 64,
            Kind::Database | Kind::Failure => 1,
        }
    }

    /// Prints the messages and after them the warnings to standard error, where `kubectl logs` shows them whatever the log's format, and gives the
    /// exit code for `main` to return.
    pub fn report(&self) -> ExitCode {
        // Nothing is left to tell when standard error is gone.
        let mut text = format!("{self}\n");
        for warning in &self.warnings {
            text.push_str(&format!("warning: {warning}\n"));
        }
        let _ = io::stderr().lock().write_all(text.as_bytes());
        ExitCode::from(self.code())
    }
}

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.messages.join("\n"))
    }
}

impl std::error::Error for BootError {}

impl From<Vec<Problem>> for BootError {
    fn from(problems: Vec<Problem>) -> Self {
        Self::configuration(problems)
    }
}

/// Decides the start, once every part has read its settings and before any connection is made.
///
/// # Errors
/// Everything that is wrong, in one list: the licence first, then every mistake of the settings.
pub fn conclude(
    licence: Result<Verified, LicenceError>,
    loader: Loader,
) -> Result<(Verified, Loaded), BootError> {
    let warnings = loader.warnings().to_vec();
    let error = match (licence, loader.finish()) {
        (Ok(verified), Ok(loaded)) => return Ok((verified, loaded)),
        (Ok(_), Err(problems)) => problems.into(),
        (Err(refused), outcome) => {
            let problems = outcome.err().unwrap_or_default();
            let others = problems.iter().map(Problem::to_string);
            BootError::configuration(std::iter::once(refused.to_string()).chain(others))
        }
    };
    Err(error.with_warnings(warnings))
}
