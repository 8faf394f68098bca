//! Who the gateway is for a cloud: identities that are renewed in the background, shown or signed with on every attempt.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use dvara_cloud::aws::{self, AwsIdentity, AwsKeys, AwsSettings, Region, Scope, Signable};
use dvara_cloud::google::{GoogleCredentials, GoogleIdentity, GoogleSettings};
use dvara_cloud::{IdentityState, NoCredentials};
use dvara_crypto::api_key;
use dvara_service::settings::Env;
use dvara_service::tasks::Tasks;
use dvara_store::snapshot::{Account, Provider as ProviderSettings};
use dvara_upstream::Outbound;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderName, Request};

use crate::providers::InvalidProvider;

/// The project that pays for a call, where it is not the service account's own.
static USER_PROJECT: HeaderName = HeaderName::from_static("x-goog-user-project");
/// What all of Bedrock's endpoints sign with.
const BEDROCK: &str = "bedrock";

/// The settings of an identity, checked.
#[derive(Debug)]
pub(crate) enum IdentitySettings {
    /// For AWS.
    Aws(AwsSettings),
    /// For Google Cloud.
    Google(GoogleSettings),
}

impl IdentitySettings {
    /// What a provider's account says; `None` where a key is shown, or nothing at all. `environment` tells where the machine's or
    /// pod's own credentials are.
    ///
    /// # Errors
    /// When the account can't be one.
    pub(crate) fn of(
        provider: &ProviderSettings,
        environment: &Env,
    ) -> Result<Option<Self>, InvalidProvider> {
        let Some(account) = &provider.account else {
            return Ok(None);
        };
        if provider.api_key.is_some() {
            return Ok(None);
        }
        let invalid = |reason: String| InvalidProvider::Account {
            name: provider.name.clone(),
            reason,
        };
        Ok(Some(match account {
            Account::Aws(account) => {
                let region =
                    Region::parse(&account.region).map_err(|error| invalid(error.to_string()))?;
                let keys = account
                    .access_key_id
                    .clone()
                    .zip(account.secret_access_key.clone());
                let settings = AwsSettings {
                    region,
                    keys: keys.map(|(access_key_id, secret_access_key)| AwsKeys {
                        access_key_id,
                        secret_access_key,
                        session_token: account.session_token.clone(),
                    }),
                    environment: environment.clone(),
                };
                // What the machine or pod has of its own may come later, and its state is told.
                if settings.keys.is_some() {
                    settings
                        .check()
                        .map_err(|error| invalid(error.to_string()))?;
                }
                Self::Aws(settings)
            }
            Account::Google(account) => {
                let settings = GoogleSettings {
                    credentials: match &account.key {
                        Some(key) => GoogleCredentials::Json(key.clone()),
                        None => GoogleCredentials::Default,
                    },
                    project: None,
                    environment: environment.clone(),
                };
                if account.key.is_some() {
                    settings
                        .check()
                        .map_err(|error| invalid(error.to_string()))?;
                }
                Self::Google(settings)
            }
        }))
    }

    /// Starts to load credentials.
    pub(crate) fn start(self, outbound: &Outbound, tasks: &Tasks) -> Identity {
        match self {
            Self::Aws(settings) => {
                let scope = Scope::new(settings.region.clone(), BEDROCK);
                let identity = AwsIdentity::start(settings, outbound.clone(), tasks);
                Identity::Aws { identity, scope }
            }
            Self::Google(settings) => {
                Identity::Google(GoogleIdentity::start(&settings, outbound.clone(), tasks))
            }
        }
    }
}

/// Who the gateway is for a cloud.
#[derive(Debug)]
pub(crate) enum Identity {
    /// For AWS: requests are signed.
    Aws {
        /// The keys to sign with.
        identity: AwsIdentity,
        /// What signatures are good for.
        scope: Scope,
    },
    /// For Google Cloud: a token is shown.
    Google(GoogleIdentity),
}

impl Identity {
    /// Puts onto a request, whose body is `body`, what the cloud takes for proof. Reads what is there and waits for nothing.
    ///
    /// # Errors
    /// When there are no credentials at the moment, which is our own fault.
    pub(crate) fn authorise<B>(
        &self,
        request: &mut Request<B>,
        body: &Bytes,
    ) -> Result<(), NoCredentials> {
        match self {
            Self::Aws { identity, scope } => {
                let credentials = identity.current()?;
                let headers = request.headers();
                let content_type = headers
                    .get(CONTENT_TYPE)
                    .map(|value| (&CONTENT_TYPE, value));
                let host = headers
                    .get(HOST)
                    .expect("every request to a vendor has one");
                let target = request.uri().path_and_query();
                let target = target.expect("every request to a vendor has one");
                let signable = Signable {
                    method: request.method(),
                    host,
                    target,
                    headers: content_type.as_slice(),
                    body,
                };
                let signature = aws::sign(&credentials, scope, &signable, SystemTime::now());
                signature.add_to(request.headers_mut());
            }
            Self::Google(identity) => {
                let token = identity.current()?;
                let headers = request.headers_mut();
                headers.insert(AUTHORIZATION, token.authorization().clone());
                if let Some(project) = token.quota_project() {
                    headers.insert(&USER_PROJECT, project.clone());
                }
            }
        }
        Ok(())
    }

    /// What usage rows know the present credentials by; `None` where there is nothing to recognise.
    pub(crate) fn fingerprint(&self) -> Option<Arc<str>> {
        match self {
            Self::Aws { identity, .. } => {
                let credentials = identity.current().ok()?;
                Some(api_key::fingerprint(credentials.access_key_id()).into())
            }
            Self::Google(_) => None,
        }
    }

    /// What an operator may know of it.
    pub(crate) fn state(&self) -> IdentityState {
        match self {
            Self::Aws { identity, .. } => identity.state(),
            Self::Google(identity) => identity.state(),
        }
    }

    /// Waits until the first attempt to load credentials has ended, well or not.
    pub(crate) async fn settled(&self) {
        match self {
            Self::Aws { identity, .. } => identity.settled().await,
            Self::Google(identity) => identity.settled().await,
        }
    }
}
