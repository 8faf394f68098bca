//! The metadata server of Google's machines: Compute Engine, Cloud Run, and GKE with its workload identity (Compute Engine
//! documentation, "View and query VM metadata").

use std::sync::{Arc, OnceLock};

use dvara_service::settings::Env;
use http::HeaderName;

use super::endpoint::{Given, refusal};
use super::token::{Bearer, SCOPE};
use crate::calls::{Answer, Call, Calls, Route};
use crate::failure::LoadError;

/// Another host, with its port, for tests and emulators.
const HOST_VARIABLE: &str = "GCE_METADATA_HOST";
const DISABLED: &str = "NO_GCE_CHECK";

const HOST: &str = "metadata.google.internal";

/// Shows that a request was meant for it; without the header it answers nothing.
const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");

const WHOM: &str = "the metadata server";

#[derive(Debug)]
pub(super) struct Metadata {
    base: String,
    project: OnceLock<Arc<str>>,
}

impl Metadata {
    /// `None` when the environment forbids to ask it.
    pub(super) fn of(env: &Env) -> Option<Self> {
        if env
            .get(DISABLED)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        {
            return None;
        }
        let host = env.get(HOST_VARIABLE).unwrap_or(HOST);
        Some(Self {
            base: format!("http://{host}/computeMetadata/v1"),
            project: OnceLock::new(),
        })
    }

    pub(super) async fn bearer(&self, calls: &Calls) -> Result<Bearer, LoadError> {
        let path = format!("/instance/service-accounts/default/token?scopes={SCOPE}");
        let answer = self.ask(calls, &path).await?;
        if !answer.status.is_success() {
            return Err(refusal(WHOM, &answer, &[]));
        }
        let given: Given =
            serde_json::from_slice(&answer.body).map_err(|error| LoadError::json(WHOM, &error))?;
        match (given.access_token, given.expires_in) {
            (Some(token), Some(seconds)) => Ok(Bearer::living(token, seconds)),
            (None, _) => Err(LoadError::answer(WHOM, "`access_token` is missing")),
            (Some(_), None) => Err(LoadError::answer(WHOM, "`expires_in` is missing")),
        }
    }

    /// The project of the machine, asked for once. A server that does not tell it still gives tokens out.
    pub(super) async fn project(&self, calls: &Calls) -> Option<Arc<str>> {
        if let Some(project) = self.project.get() {
            return Some(project.clone());
        }
        let answer = self.ask(calls, "/project/project-id").await.ok()?;
        let project = answer.text().trim().to_owned();
        if !answer.status.is_success() || project.is_empty() {
            tracing::debug!(status = answer.status.as_u16(), "{WHOM} names no project");
            return None;
        }
        Some(self.project.get_or_init(|| project.into()).clone())
    }

    async fn ask(&self, calls: &Calls, path: &str) -> Result<Answer, LoadError> {
        let call = Call::get(Route::Local, &format!("{}{path}", self.base)).with(FLAVOR, "Google");
        calls.make(call).await.map_err(|source| LoadError::Call {
            whom: format!(
                "{WHOM} at {} (no other source of credentials is set)",
                self.base
            ),
            source,
        })
    }
}
