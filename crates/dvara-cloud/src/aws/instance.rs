//! The role of an instance: its metadata service, version 2 (EC2 User Guide, "Retrieve security credentials from instance
//! metadata"). Version 1 is not asked: it answers whoever can make us send a request.

use dvara_crypto::Secret;
use dvara_service::settings::Env;
use http::{HeaderName, StatusCode};

use super::credentials::AwsCredentials;
use super::given;
use crate::calls::{Answer, Call, Calls, Route};
use crate::failure::LoadError;
use crate::keeper::Issued;

const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";
const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";

const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";

const TTL: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
const TOKEN: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");

/// How long a session with the service may last, in seconds. One load takes less than one.
const SESSION_SECONDS: &str = "60";

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

const WHOM: &str = "the instance's metadata service";

/// The metadata service of the instance that we run on.
#[derive(Debug)]
pub(super) struct Instance {
    endpoint: String,
}

impl Instance {
    /// `None` when the environment forbids to ask it.
    pub(super) fn of(env: &Env) -> Option<Self> {
        if env
            .get(DISABLED)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        {
            return None;
        }
        let by_mode = match env.get(MODE) {
            Some(mode) if mode.eq_ignore_ascii_case("ipv6") => IPV6,
            Some(_) | None => IPV4,
        };
        let endpoint = env.get(ENDPOINT).unwrap_or(by_mode);
        Some(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
        })
    }

    pub(super) async fn issue(&self, calls: &Calls) -> Result<Issued<AwsCredentials>, LoadError> {
        let session = Call::put(Route::Local, &self.url("/latest/api/token"));
        let session = self.ask(calls, session.with(TTL, SESSION_SECONDS)).await?;
        let token = Secret::new(read(&session, &[])?);
        let shown = [token.expose().as_str()];

        let get = |path: &str| Call::get(Route::Local, &self.url(path)).with(TOKEN, shown[0]);
        let roles = self.ask(calls, get(ROLES)).await?;
        if roles.status == StatusCode::NOT_FOUND {
            let what = "the instance has no role: attach an instance profile to it";
            return Err(LoadError::answer(WHOM, what));
        }
        let roles = read(&roles, &shown)?;
        let role = roles.lines().next().unwrap_or_default().trim();
        let answer = self.ask(calls, get(&format!("{ROLES}{role}"))).await?;
        given::read(WHOM, &answer, &shown)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.endpoint)
    }

    async fn ask(&self, calls: &Calls, call: Call) -> Result<Answer, LoadError> {
        calls.make(call).await.map_err(|source| LoadError::Call {
            whom: format!(
                "{WHOM} at {} (no other source of credentials is set)",
                self.endpoint
            ),
            source,
        })
    }
}

/// The text of an answer that says yes.
fn read(answer: &Answer, shown: &[&str]) -> Result<String, LoadError> {
    let text = answer.text();
    if !answer.status.is_success() {
        return Err(LoadError::refused(WHOM, answer.status, &text, shown));
    }
    match text.trim() {
        "" => Err(LoadError::answer(WHOM, "it is empty")),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(pairs: &[(&str, &str)]) -> Option<String> {
        Instance::of(&Env::from_pairs(pairs.iter().copied())).map(|instance| instance.endpoint)
    }

    #[test]
    fn the_service_is_where_the_environment_says() {
        assert_eq!(endpoint(&[]).as_deref(), Some(IPV4));
        assert_eq!(endpoint(&[(MODE, "IPv6")]).as_deref(), Some(IPV6));
        assert_eq!(
            endpoint(&[(ENDPOINT, "http://h/")]).as_deref(),
            Some("http://h")
        );
        assert_eq!(endpoint(&[(DISABLED, "True")]), None);
        assert!(endpoint(&[(DISABLED, "false")]).is_some());
    }
}
