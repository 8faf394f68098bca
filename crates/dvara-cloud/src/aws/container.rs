//! Credentials of a container: EKS Pod Identity and ECS tasks (SDKs and Tools Reference Guide, "Container credential provider").

use std::net::IpAddr;

use dvara_crypto::Secret;
use dvara_service::settings::Env;
use dvara_upstream::Origin;
use http::header::{ACCEPT, AUTHORIZATION};

use super::credentials::AwsCredentials;
use super::given;
use crate::calls::{Call, Calls, Route};
use crate::failure::LoadError;
use crate::keeper::Issued;

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// Where ECS answers relative addresses.
const ECS: &str = "http://169.254.170.2";

/// Hosts beside loopback that may be asked without TLS: ECS, and EKS in both address families.
const TRUSTED: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

const WHOM: &str = "the container's credential service";

/// The service, and what is shown to it.
#[derive(Debug)]
pub(super) struct Container {
    url: String,
    token: Token,
}

#[derive(Debug)]
enum Token {
    None,
    Given(Secret<String>),
    /// Written anew by the platform; read with every load.
    File(String),
}

impl Container {
    /// The service of an environment; `None` when none is set. The error says what to change.
    pub(super) fn of(env: &Env) -> Option<Result<Self, String>> {
        let url = match (env.get(RELATIVE), env.get(FULL)) {
            (Some(path), _) if path.starts_with('/') => format!("{ECS}{path}"),
            (Some(_), _) => return Some(Err(format!("{RELATIVE} must start with a slash"))),
            (None, Some(url)) => url.to_owned(),
            (None, None) => return None,
        };
        let token = match (env.get(TOKEN_FILE), env.get(TOKEN)) {
            (Some(path), _) => Token::File(path.to_owned()),
            (None, Some(token)) => Token::Given(Secret::new(token.to_owned())),
            (None, None) => Token::None,
        };
        Some(trusted(&url).map(|()| Self { url, token }))
    }

    pub(super) async fn issue(&self, calls: &Calls) -> Result<Issued<AwsCredentials>, LoadError> {
        let token = self.token.read()?;
        let mut call = Call::get(Route::Local, &self.url).with(ACCEPT, "application/json");
        if let Some(token) = &token {
            call = call.with(AUTHORIZATION, token.expose());
        }
        let answer = calls.make(call).await.map_err(|source| LoadError::Call {
            whom: format!("{WHOM} at {}", self.url),
            source,
        })?;
        let shown: &[&str] = match &token {
            Some(token) => &[token.expose().as_str()],
            None => &[],
        };
        given::read(WHOM, &answer, shown)
    }
}

impl Token {
    fn read(&self) -> Result<Option<Secret<String>>, LoadError> {
        match self {
            Self::None => Ok(None),
            Self::Given(token) => Ok(Some(token.clone())),
            Self::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| LoadError::File {
                    what: "container's token",
                    path: path.clone(),
                    source,
                })?;
                Ok(Some(Secret::new(text.trim_end().to_owned())))
            }
        }
    }
}

/// Without TLS only addresses that cannot be anybody else's are asked, since the answer is a credential.
fn trusted(url: &str) -> Result<(), String> {
    let base = url.split(['?', '#']).next().unwrap_or(url);
    let (origin, _) =
        Origin::of_base_url(base).map_err(|error| format!("{FULL} cannot be used: {error}"))?;
    let host = origin.host();
    let address = host.parse::<IpAddr>();
    let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    if origin.is_tls() || loopback || TRUSTED.contains(&host) {
        return Ok(());
    }
    Err(format!(
        "{FULL} names {host}: without TLS only this machine, {} may be asked",
        TRUSTED.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Option<Result<Container, String>> {
        Container::of(&Env::from_pairs(pairs.iter().copied()))
    }

    #[test]
    fn a_relative_address_is_that_of_ecs() {
        let container = of(&[
            (RELATIVE, "/v2/credentials/x?id=1"),
            (FULL, "http://other/"),
        ]);
        let container = container.unwrap().unwrap();
        assert_eq!(container.url, "http://169.254.170.2/v2/credentials/x?id=1");
        assert!(of(&[(RELATIVE, "v2")]).unwrap().is_err());
        assert!(of(&[(TOKEN, "x")]).is_none());
    }

    #[test]
    fn only_the_platform_is_asked_without_tls() {
        for url in [
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "http://127.0.0.5:8080/x?y",
            "http://[::1]/",
            "http://localhost:8080",
            "https://credentials.example/x",
        ] {
            assert!(of(&[(FULL, url)]).unwrap().is_ok(), "{url}");
        }
        for url in [
            "http://10.0.0.1/",
            "http://credentials.example/",
            "file:///x",
        ] {
            let reason = of(&[(FULL, url)]).unwrap().unwrap_err();
            assert!(reason.starts_with(FULL), "{reason}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let container = of(&[(FULL, "http://localhost/"), (TOKEN, "hunter2")]);
        let shown = format!("{container:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
