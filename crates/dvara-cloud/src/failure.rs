//! Why credentials could not be loaded. Everything here ends in a log line: no variant holds a part of a credential.

use std::borrow::Cow;
use std::io;

use http::StatusCode;

use crate::calls::CallError;

/// How much of a server's own words is repeated, in characters.
const MOST_WORDS: usize = 300;

/// Secrets shorter than this are not looked for in a server's words: they would be found in everything.
const SHORTEST_SECRET: usize = 8;

/// A load that brought no credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// What was set cannot be used. The text names the place and the fix.
    #[error("{0}")]
    Settings(String),
    /// A file cannot be read.
    #[error("read the {what} {path}")]
    File {
        /// What it holds, in words.
        what: &'static str,
        path: String,
        #[source]
        source: io::Error,
    },
    /// No answer.
    #[error("ask {whom}")]
    Call {
        whom: String,
        #[source]
        source: CallError,
    },
    /// An answer that refuses.
    #[error("{whom} answered {}{said}", .status.as_u16())]
    Refused {
        whom: String,
        status: StatusCode,
        /// The server's words behind a colon; may be empty.
        said: String,
    },
    /// An answer without what was asked for.
    #[error("the answer of {whom} cannot be used: {what}")]
    Answer { whom: String, what: String },
    /// What it brought is past already.
    #[error("the credentials that came had expired {seconds} s before: is the clock right?")]
    Stale { seconds: u64 },
    /// No runtime for the work.
    #[error("start a runtime for calls")]
    Runtime(#[source] io::Error),
    /// Nobody waits for it any more.
    #[error("the process is ending")]
    Abandoned,
}

impl LoadError {
    /// A refusal with the server's words, as far as they may be repeated.
    pub(crate) fn refused(
        whom: impl Into<String>,
        status: StatusCode,
        words: &str,
        secrets: &[&str],
    ) -> Self {
        let words = repeated(words, secrets);
        let colon = if words.is_empty() { "" } else { ": " };
        Self::Refused {
            whom: whom.into(),
            status,
            said: format!("{colon}{words}"),
        }
    }

    /// An answer that cannot be used.
    pub(crate) fn answer(whom: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Answer {
            whom: whom.into(),
            what: what.into(),
        }
    }

    /// An answer that is no JSON of the expected shape. The parser's own text may quote a value, so only its place is told.
    pub(crate) fn json(whom: impl Into<String>, error: &serde_json::Error) -> Self {
        Self::answer(
            whom,
            format!(
                "it is not the JSON that is expected (line {}, column {})",
                error.line(),
                error.column()
            ),
        )
    }
}

/// A server's words on one line, cut to a length; none at all when they hold a credential.
fn repeated<'a>(words: &'a str, secrets: &[&str]) -> Cow<'a, str> {
    let leaks = secrets
        .iter()
        .any(|secret| secret.len() >= SHORTEST_SECRET && words.contains(secret));
    if leaks {
        return "(what it said holds a credential and is not repeated)".into();
    }
    let mut line = String::with_capacity(words.len().min(MOST_WORDS));
    for word in words.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((end, _)) = line.char_indices().nth(MOST_WORDS) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &str, secrets: &[&str]) -> String {
        LoadError::refused("STS", StatusCode::FORBIDDEN, words, secrets).to_string()
    }

    #[test]
    fn a_refusal_repeats_the_servers_words_on_one_line() {
        assert_eq!(
            refused("AccessDenied: not\n  you\u{7}", &["a-secret-token"]),
            "STS answered 403: AccessDenied: not you"
        );
        assert_eq!(refused(" \n", &[]), "STS answered 403");
    }

    #[test]
    fn words_that_hold_a_credential_are_not_repeated() {
        let text = refused("bad token a-secret-token!", &["", "a-secret-token"]);
        assert!(!text.contains("a-secret-token"), "{text}");
        assert!(text.contains("not repeated"), "{text}");
    }

    #[test]
    fn long_words_are_cut() {
        let text = refused(&"ä".repeat(5_000), &[]);
        assert_eq!(text.chars().filter(|c| *c == 'ä').count(), MOST_WORDS);
        assert!(text.ends_with('…'));
    }

    #[test]
    fn a_parser_does_not_quote_what_it_read() {
        let error = serde_json::from_str::<u8>("\"hunter2\"").unwrap_err();
        assert!(error.to_string().contains("hunter2"));
        let text = LoadError::json("STS", &error).to_string();
        assert!(!text.contains("hunter2"), "{text}");
    }
}
