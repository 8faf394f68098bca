//! Cuts secrets out of texts that vendors wrote, before a caller or a log sees them.
//!
//! Vendors echo parts of keys in their errors. What is cut: words that start like a known kind of key, what
//! follows `Bearer`, values of parameters whose name says that they are secret, and long runs of letters and
//! digits that are nobody's words. Over-cutting costs a detail of an error text; under-cutting leaks a key.

use std::borrow::Cow;

/// What stands where a secret was.
pub const REMOVED: &str = "[removed]";

/// How keys begin: OpenAI and Anthropic, ours, Groq, xAI, Google, Hugging Face, Replicate, GitHub, AWS, Slack, JWTs.
const KEY_PREFIXES: [&str; 14] = [
    "sk-", "sk_", "pk-", "gw_", "gsk_", "xai-", "AIza", "hf_", "r8_", "ghp_", "AKIA", "ASIA",
    "xox", "eyJ",
];

/// Endings of parameter names whose values are secret.
const SECRET_NAMES: [&str; 8] = [
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "authorization",
    "signature",
    "credential",
];

/// The text without secrets; borrowed when there are none.
pub fn cut_secrets(text: &str) -> Cow<'_, str> {
    let mut kept: Option<String> = None;
    let mut copied = 0;
    let mut before = Before::default();
    for (start, word) in words(text) {
        let end = start + word.len();
        if !is_scheme(word) && (before.gives_away(word) || looks_secret(word)) {
            let kept = kept.get_or_insert_with(|| String::with_capacity(text.len()));
            kept.push_str(&text[copied..start]);
            kept.push_str(REMOVED);
            copied = end;
        }
        before = Before::of(word, &text[end..]);
    }
    match kept {
        Some(mut kept) => {
            kept.push_str(&text[copied..]);
            Cow::Owned(kept)
        }
        None => Cow::Borrowed(text),
    }
}

/// Runs of characters that keys are made of, with their positions.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let of_key = |character: char| {
        character.is_ascii_alphanumeric()
            || matches!(character, '_' | '-' | '.' | '*' | '+' | '/' | '~')
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(of_key)?;
        let run = &rest[start..];
        let length = run
            .find(|character| !of_key(character))
            .unwrap_or(run.len());
        let at = text.len() - rest.len() + start;
        rest = &run[length..];
        // The full stop of a sentence is not of the word.
        Some((at, run[..length].trim_end_matches('.')))
    })
}

fn looks_secret(word: &str) -> bool {
    // A key may stand in the path of an address.
    let prefixed = word.split('/').any(|part| {
        KEY_PREFIXES
            .iter()
            .any(|prefix| part.len() >= prefix.len() + 4 && part.starts_with(prefix))
    });
    prefixed || word.split(['-', '_', '.', '/']).any(is_random)
}

/// Names what follows as a credential, and is none itself.
fn is_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic")
}

/// Thirty-two or more letters and digits in one run: a key or a digest, and no word of a language.
fn is_random(run: &str) -> bool {
    run.len() >= 32
        && run.bytes().any(|byte| byte.is_ascii_digit())
        && run.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// What the words before a word say about it.
#[derive(Default)]
enum Before {
    #[default]
    Nothing,
    /// `Bearer`: what comes next is a credential if it looks like anything but a word.
    Scheme,
    /// `api_key=`: the value is a credential.
    Assigned,
    /// `api_key: `: the value is one if it looks like anything but a word.
    Named,
}

impl Before {
    fn of(word: &str, behind: &str) -> Self {
        let lower = word.to_ascii_lowercase();
        if is_scheme(word) {
            return Self::Scheme;
        }
        if !SECRET_NAMES.iter().any(|name| lower.ends_with(name)) {
            return Self::Nothing;
        }
        let behind = behind.trim_start_matches(['"', '\'', '`', ' ', '\\']);
        match behind.bytes().next() {
            Some(b'=') => Self::Assigned,
            Some(b':') => Self::Named,
            _ => Self::Nothing,
        }
    }

    fn gives_away(&self, word: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Assigned => true,
            // `Bearer authentication is required` and `API key: missing` name credentials and show none.
            Self::Scheme | Self::Named => !is_plain(word),
        }
    }
}

/// A word as people write them: short, letters, a capital at most at the start.
fn is_plain(word: &str) -> bool {
    word.len() < 20
        && !word.bytes().any(|byte| byte.is_ascii_digit())
        && !word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_cut_out_wherever_they_stand() {
        for (text, expected) in [
            (
                "Incorrect API key provided: sk-proj-abc123. You can find",
                "Incorrect API key provided: [removed]. You can find",
            ),
            (
                "key sk-ab*****************yz is wrong",
                "key [removed] is wrong",
            ),
            (
                "header \"Authorization: Bearer abcdef1234\" refused",
                "header \"Authorization: Bearer [removed]\" refused",
            ),
            (
                "url https://x.test/v1?key=AIzaSyD and more",
                "url https://x.test/v1?key=[removed] and more",
            ),
            (
                "https://x.test/v1?api_key=short&model=gpt",
                "https://x.test/v1?api_key=[removed]&model=gpt",
            ),
            (
                "caller gw_0123456789abcdef0123456789abcdef01234567 unknown",
                "caller [removed] unknown",
            ),
            (
                r#"{"api-key":"Zm9vYmFy","a":1}"#,
                r#"{"api-key":"[removed]","a":1}"#,
            ),
            ("secret=hunter2;", "secret=[removed];"),
            (
                "deployment 0123456789abcdef0123456789abcdef failed",
                "deployment [removed] failed",
            ),
            (
                "jwt eyJhbGciOiJIUzI1NiJ9.e30.abc here",
                "jwt [removed] here",
            ),
            ("ключ sk-12345678 плохой", "ключ [removed] плохой"),
        ] {
            assert_eq!(cut_secrets(text), expected);
        }
    }

    #[test]
    fn ordinary_error_texts_stay_as_they_are() {
        for text in [
            "The model `gpt-9` does not exist or you do not have access to it.",
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
            "Invalid value for 'messages[0].content': expected a string, got null.",
            "Missing required parameter: 'tools[0].function.name'.",
            "accounts/fireworks/models/llama-v3p1-405b-instruct is not available",
            "Bearer authentication is required, see the Basic Guide",
            "API key: missing",
            "request 123e4567-e89b-12d3-a456-426614174000 failed",
            "",
        ] {
            assert!(
                matches!(cut_secrets(text), Cow::Borrowed(kept) if kept == text),
                "{text}: {}",
                cut_secrets(text)
            );
        }
    }
}
