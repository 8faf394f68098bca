//! Asking a token endpoint: a form goes there, an access token or an error comes back (RFC 6749 §5).

use dvara_crypto::Secret;
use dvara_upstream::Origin;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Deserialize;

use super::token::Bearer;
use crate::calls::{Answer, Call, Calls, Route};
use crate::failure::LoadError;

/// How long a token is taken to live when nobody says it, in seconds.
const UNSAID: u64 = 300;

/// A place that credentials are shown to: encrypted, or on this machine.
#[derive(Debug)]
pub(super) struct Endpoint(String);

impl Endpoint {
    /// A file's own address, or the default.
    pub(super) fn of(field: &str, url: Option<String>, default: &str) -> Result<Self, String> {
        let url = url.filter(|url| !url.is_empty());
        let url = url.unwrap_or_else(|| default.to_owned());
        let (origin, _) =
            Origin::of_base_url(&url).map_err(|error| format!("`{field}`: {error}"))?;
        let here = matches!(origin.host(), "127.0.0.1" | "::1" | "localhost");
        if origin.is_tls() || here {
            return Ok(Self(url));
        }
        Err(format!(
            "`{field}` must start with https:// (http:// is for this machine alone)"
        ))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Sends a form and reads a token. `secrets` are what the form shows.
    pub(super) async fn token(
        &self,
        calls: &Calls,
        form: String,
        basic: Option<&Secret<String>>,
        secrets: &[&str],
    ) -> Result<Bearer, LoadError> {
        let mut call = Call::post(Route::Public, &self.0, form)
            .with(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(basic) = basic {
            call = call.with(AUTHORIZATION, basic.expose());
        }
        let answer = self.ask(calls, call).await?;
        let given: Given = self.read(&answer, secrets)?;
        let token = given.access_token;
        let token = token.ok_or_else(|| self.unusable("`access_token` is missing"))?;
        Ok(Bearer::living(token, given.expires_in.unwrap_or(UNSAID)))
    }

    pub(super) async fn ask(&self, calls: &Calls, call: Call) -> Result<Answer, LoadError> {
        calls.make(call).await.map_err(|source| LoadError::Call {
            whom: self.0.clone(),
            source,
        })
    }

    /// The JSON of an answer that says yes.
    pub(super) fn read<T: for<'a> Deserialize<'a>>(
        &self,
        answer: &Answer,
        secrets: &[&str],
    ) -> Result<T, LoadError> {
        if !answer.status.is_success() {
            return Err(refusal(&self.0, answer, secrets));
        }
        serde_json::from_slice(&answer.body).map_err(|error| LoadError::json(&*self.0, &error))
    }

    pub(super) fn unusable(&self, what: &str) -> LoadError {
        LoadError::answer(&*self.0, what)
    }
}

/// The answer of a token endpoint.
#[derive(Deserialize)]
pub(super) struct Given {
    pub(super) access_token: Option<String>,
    pub(super) expires_in: Option<u64>,
}

/// Google has two shapes of errors: OAuth's, and that of its APIs.
#[derive(Deserialize)]
struct Refusal {
    error: Reason,
    error_description: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reason {
    Code(String),
    Status {
        status: Option<String>,
        message: Option<String>,
    },
}

/// A refusal in the server's words.
pub(super) fn refusal(whom: &str, answer: &Answer, secrets: &[&str]) -> LoadError {
    let parts = match serde_json::from_slice(&answer.body) {
        Ok(Refusal {
            error: Reason::Code(code),
            error_description,
        }) => [Some(code), error_description],
        Ok(Refusal {
            error: Reason::Status { status, message },
            ..
        }) => [status, message],
        Err(_) => [Some(answer.text().into_owned()), None],
    };
    let words: Vec<String> = parts.into_iter().flatten().collect();
    LoadError::refused(whom, answer.status, &words.join(": "), secrets)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn credentials_are_shown_encrypted_or_to_this_machine_only() {
        let of = |url: &str| Endpoint::of("token_uri", Some(url.to_owned()), "https://default/");
        assert!(of("https://oauth2.googleapis.com/token").is_ok());
        assert!(of("http://127.0.0.1:1/token").is_ok());
        assert_eq!(of("").unwrap().as_str(), "https://default/");
        for url in ["http://oauth2.googleapis.com/token", "oauth2", "ftp://x"] {
            let reason = of(url).unwrap_err();
            assert!(reason.starts_with("`token_uri`"), "{reason}");
        }
    }

    #[test]
    fn both_shapes_of_errors_are_told_in_googles_words() {
        for (body, expected) in [
            (
                r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
                "here answered 400: invalid_grant: Invalid JWT Signature.",
            ),
            (
                r#"{"error":{"code":400,"message":"No.","status":"FAILED_PRECONDITION"}}"#,
                "here answered 400: FAILED_PRECONDITION: No.",
            ),
            ("<b>no</b>", "here answered 400: <b>no</b>"),
        ] {
            let answer = Answer {
                status: StatusCode::BAD_REQUEST,
                body: body.into(),
            };
            assert_eq!(refusal("here", &answer, &[]).to_string(), expected);
        }
    }
}
