//! Credentials as metadata services give them out, in JSON.

use std::time::SystemTime;

use chrono::DateTime;
use dvara_crypto::Secret;
use serde::Deserialize;

use super::credentials::AwsCredentials;
use super::settings::AwsKeys;
use crate::calls::Answer;
use crate::failure::LoadError;
use crate::keeper::Issued;

/// The answer of a container's or an instance's metadata: credentials, or a code and a message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    #[serde(alias = "code")]
    code: Option<String>,
    #[serde(alias = "message")]
    message: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    token: Option<String>,
    expiration: Option<String>,
}

/// Reads an answer. `secrets` are what was shown to get it.
pub(super) fn read(
    whom: &str,
    answer: &Answer,
    secrets: &[&str],
) -> Result<Issued<AwsCredentials>, LoadError> {
    let given: Result<Given, _> = serde_json::from_slice(&answer.body);
    if !answer.status.is_success() {
        let words = match given {
            Ok(given) => words(&given),
            Err(_) => answer.text().into_owned(),
        };
        return Err(LoadError::refused(whom, answer.status, &words, secrets));
    }
    let given = given.map_err(|error| LoadError::json(whom, &error))?;
    // An instance without the right to its role is told so with status 200.
    if given.code.as_deref().is_some_and(|code| code != "Success") {
        return Err(LoadError::refused(
            whom,
            answer.status,
            &words(&given),
            secrets,
        ));
    }
    let missing = |field: &str| LoadError::answer(whom, format!("`{field}` is missing"));
    let id = given.access_key_id.ok_or_else(|| missing("AccessKeyId"))?;
    let secret = given.secret_access_key;
    let secret = secret.ok_or_else(|| missing("SecretAccessKey"))?;
    let expiration = given.expiration.ok_or_else(|| missing("Expiration"))?;
    temporary(
        whom,
        &AwsKeys {
            access_key_id: Secret::new(id),
            secret_access_key: Secret::new(secret),
            session_token: given.token.map(Secret::new),
        },
        &expiration,
    )
}

/// Keys that end at a time in RFC 3339.
pub(super) fn temporary(
    whom: &str,
    keys: &AwsKeys,
    expiration: &str,
) -> Result<Issued<AwsCredentials>, LoadError> {
    let expires = DateTime::parse_from_rfc3339(expiration)
        .map_err(|_| LoadError::answer(whom, "`Expiration` is no time in RFC 3339"))?;
    let credentials =
        AwsCredentials::new(keys).map_err(|error| LoadError::answer(whom, error.to_string()))?;
    Ok(Issued {
        credentials,
        expires: Some(SystemTime::from(expires)),
    })
}

fn words(given: &Given) -> String {
    let parts = [given.code.as_deref(), given.message.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn refusal(status: u16, body: &'static str) -> String {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.into(),
        };
        match read("the metadata", &answer, &["t0ken-t0ken"]) {
            Ok(_) => panic!("taken: {body}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (body, part) in [
            ("{}", "`AccessKeyId` is missing"),
            (r#"{"AccessKeyId":"A"}"#, "`SecretAccessKey` is missing"),
            (
                r#"{"AccessKeyId":"A","SecretAccessKey":"s3cret"}"#,
                "`Expiration` is missing",
            ),
            (
                r#"{"AccessKeyId":"A","SecretAccessKey":"s3cret","Expiration":"soon"}"#,
                "RFC 3339",
            ),
            (
                r#"{"AccessKeyId":"A","SecretAccessKey":"s3c ret","Expiration":"2026-11-27T00:00:00Z"}"#,
                "white space",
            ),
            ("<html>", "not the JSON"),
            (r#"{"AccessKeyId":["s3cret"]}"#, "not the JSON"),
        ] {
            let text = refusal(200, body);
            assert!(text.contains(part), "{text}");
            assert!(!text.contains("s3c"), "{text}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_services_words() {
        let code = r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume it","LastUpdated":"2026-11-27T00:00:00Z"}"#;
        assert_eq!(
            refusal(200, code),
            "the metadata answered 200: AssumeRoleUnauthorizedAccess: EC2 cannot assume it"
        );
        assert_eq!(
            refusal(400, r#"{"code":"InvalidToken","message":"no"}"#),
            "the metadata answered 400: InvalidToken: no"
        );
        assert!(!refusal(401, "not t0ken-t0ken").contains("t0ken-t0ken"));
    }
}
