//! Where tokens come from: which source there is, and asking it.

use std::path::Path;
use std::sync::Arc;

use dvara_crypto::Secret;
use dvara_service::settings::Env;

use super::account::Account;
use super::metadata::Metadata;
use super::settings::{GoogleCredentials, GoogleSettings};
use super::token::GoogleToken;
use crate::calls::Calls;
use crate::failure::LoadError;
use crate::keeper::{Issued, Issuer};

/// A source, chosen once: the environment of a process does not change.
pub(super) struct Source {
    place: Place,
    project: Option<Arc<str>>,
}

enum Place {
    Settings(Secret<String>),
    File(&'static str, String),
    Metadata(Metadata),
    /// There is no source. The text says what to do.
    Nowhere(&'static str),
}

impl Source {
    pub(super) fn choose(settings: &GoogleSettings) -> Self {
        let env = &settings.environment;
        let place = match &settings.credentials {
            GoogleCredentials::Json(text) => Place::Settings(text.clone()),
            GoogleCredentials::File(path) => Place::File("credentials file", path.clone()),
            GoogleCredentials::Default => Place::by_default(env),
        };
        let project = settings
            .project
            .as_deref()
            .or_else(|| env.get("GOOGLE_CLOUD_PROJECT"));
        Self {
            place,
            project: project.map(Into::into),
        }
    }

    /// The account of a text or a file; `None` for the metadata server, whose account the platform knows.
    pub(super) fn read(&self) -> Result<Option<Account>, LoadError> {
        match &self.place {
            Place::Settings(text) => {
                Account::parse(text, "the credentials of the settings").map(Some)
            }
            Place::File(_, path) => {
                let text = std::fs::read_to_string(path).map_err(|source| LoadError::File {
                    what: "credentials file",
                    path: path.clone(),
                    source,
                })?;
                Account::parse(&Secret::new(text), &format!("the file {path}")).map(Some)
            }
            Place::Metadata(_) => Ok(None),
            Place::Nowhere(reason) => Err(LoadError::Settings((*reason).to_owned())),
        }
    }
}

impl Place {
    fn by_default(env: &Env) -> Self {
        if let Some(path) = env.get("GOOGLE_APPLICATION_CREDENTIALS") {
            return Self::File("application default credentials", path.to_owned());
        }
        if let Some(path) = left_by_gcloud(env).filter(|path| Path::new(path).is_file()) {
            return Self::File("credentials of gcloud", path);
        }
        match Metadata::of(env) {
            Some(metadata) => Self::Metadata(metadata),
            None => Self::Nowhere(
                "no credentials are set, and NO_GCE_CHECK forbids to ask the metadata server: set a service account key, \
                 or GOOGLE_APPLICATION_CREDENTIALS",
            ),
        }
    }
}

/// Where `gcloud auth application-default login` leaves its file.
fn left_by_gcloud(env: &Env) -> Option<String> {
    let folder = match (env.get("CLOUDSDK_CONFIG"), env.get("HOME")) {
        (Some(folder), _) => folder.into(),
        (None, Some(home)) => Path::new(home).join(".config/gcloud"),
        (None, None) => return None,
    };
    let file = folder.join("application_default_credentials.json");
    Some(file.to_str()?.to_owned())
}

impl Issuer for Source {
    type Credentials = GoogleToken;
    const CLOUD: &'static str = "Google";

    fn from(&self) -> &'static str {
        match &self.place {
            Place::Settings(_) => "settings",
            Place::File(name, _) => name,
            Place::Metadata(_) => "metadata server",
            Place::Nowhere(_) => "nowhere",
        }
    }

    async fn issue(&self, calls: &Calls) -> Result<Issued<GoogleToken>, LoadError> {
        let account = self.read()?;
        let (bearer, project, quota_project) = match (&account, &self.place) {
            (Some(account), _) => {
                let bearer = account.bearer(calls).await?;
                (
                    bearer,
                    account.project.clone(),
                    account.quota_project.as_deref(),
                )
            }
            (None, Place::Metadata(metadata)) => {
                let bearer = metadata.bearer(calls).await?;
                let project = match &self.project {
                    Some(_) => None,
                    None => metadata.project(calls).await,
                };
                (bearer, project, None)
            }
            (None, Place::Settings(_) | Place::File(..) | Place::Nowhere(_)) => {
                unreachable!("reading these gives an account or an error")
            }
        };
        let project = self.project.clone().or(project);
        let token = GoogleToken::new(&bearer.token, project, quota_project)
            .ok_or_else(|| LoadError::answer("Google", "the token cannot stand in a header"))?;
        Ok(Issued {
            credentials: token,
            expires: Some(bearer.expires),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> &'static str {
        Source::choose(&GoogleSettings {
            credentials: GoogleCredentials::Default,
            project: None,
            environment: Env::from_pairs(pairs.iter().copied()),
        })
        .from()
    }

    #[test]
    fn default_credentials_are_looked_for_where_google_says() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().to_str().unwrap();
        let named = ("GOOGLE_APPLICATION_CREDENTIALS", "/key.json");
        let gcloud = ("CLOUDSDK_CONFIG", config);
        assert_eq!(from(&[named, gcloud]), "application default credentials");
        assert_eq!(from(&[gcloud]), "metadata server");
        let file = folder.path().join("application_default_credentials.json");
        std::fs::write(file, "{}").unwrap();
        assert_eq!(from(&[gcloud]), "credentials of gcloud");
        assert_eq!(from(&[("NO_GCE_CHECK", "true")]), "nowhere");
        assert_eq!(from(&[]), "metadata server");
    }
}
