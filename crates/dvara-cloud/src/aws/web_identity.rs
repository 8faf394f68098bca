//! A role for a web identity: IAM roles for service accounts on EKS, and every other platform that writes a token into a file
//! (AWS STS API Reference, `AssumeRoleWithWebIdentity`).

use dvara_crypto::Secret;
use dvara_service::settings::Env;
use http::header::CONTENT_TYPE;
use url::form_urlencoded::Serializer;

use super::credentials::AwsCredentials;
use super::region::Region;
use super::settings::AwsKeys;
use super::{given, xml};
use crate::calls::{Answer, Call, Calls, Route};
use crate::failure::LoadError;
use crate::keeper::Issued;

/// What CloudTrail calls our sessions unless `AWS_ROLE_SESSION_NAME` says otherwise.
const SESSION: &str = "dvara";

const WHOM: &str = "STS";

/// A token in a file, the role that it is exchanged for, and where.
#[derive(Debug)]
pub(super) struct WebIdentity {
    token_file: String,
    role: String,
    session: String,
    endpoint: String,
}

impl WebIdentity {
    pub(super) fn new(token_file: &str, role: &str, env: &Env, region: &Region) -> Self {
        let endpoint = env
            .get("AWS_ENDPOINT_URL_STS")
            .or_else(|| env.get("AWS_ENDPOINT_URL"))
            .map_or_else(|| region.endpoint("sts"), str::to_owned);
        Self {
            token_file: token_file.to_owned(),
            role: role.to_owned(),
            session: env
                .get("AWS_ROLE_SESSION_NAME")
                .unwrap_or(SESSION)
                .to_owned(),
            endpoint,
        }
    }

    pub(super) async fn issue(&self, calls: &Calls) -> Result<Issued<AwsCredentials>, LoadError> {
        // The platform writes a new token long before the old one ends.
        let token =
            std::fs::read_to_string(&self.token_file).map_err(|source| LoadError::File {
                what: "web identity's token",
                path: self.token_file.clone(),
                source,
            })?;
        let token = Secret::new(token.trim().to_owned());
        let form = Serializer::new(String::new())
            .append_pair("Action", "AssumeRoleWithWebIdentity")
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", &self.role)
            .append_pair("RoleSessionName", &self.session)
            .append_pair("WebIdentityToken", token.expose())
            .finish();
        let call = Call::post(Route::Public, &self.endpoint, form).with(
            CONTENT_TYPE,
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        let answer = calls.make(call).await.map_err(|source| LoadError::Call {
            whom: format!("{WHOM} at {}", self.endpoint),
            source,
        })?;
        read(&answer, &[token.expose()])
    }
}

fn read(answer: &Answer, shown: &[&str]) -> Result<Issued<AwsCredentials>, LoadError> {
    let document = answer.text();
    if !answer.status.is_success() {
        let words = words(&document).unwrap_or_default();
        return Err(LoadError::refused(WHOM, answer.status, &words, shown));
    }
    let missing = |what: &str| LoadError::answer(WHOM, format!("`{what}` is missing"));
    let credentials =
        xml::element(&document, "Credentials").ok_or_else(|| missing("Credentials"))?;
    let field = |name| {
        xml::text(credentials, name)
            .map(|text| text.into_owned())
            .ok_or_else(|| missing(name))
    };
    let keys = AwsKeys {
        access_key_id: Secret::new(field("AccessKeyId")?),
        secret_access_key: Secret::new(field("SecretAccessKey")?),
        session_token: Some(Secret::new(field("SessionToken")?)),
    };
    given::temporary(WHOM, &keys, &field("Expiration")?)
}

/// What STS says to an error: its code, which is what one looks up, and a sentence.
fn words(document: &str) -> Option<String> {
    let error = xml::element(document, "Error")?;
    let code = xml::text(error, "Code")?;
    let message = xml::text(error, "Message").unwrap_or_default();
    Some(format!("{code}: {message}"))
}
