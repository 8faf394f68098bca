//! The providers of this process, with everything that a request to one needs made once at start.

use std::fmt;
use std::sync::Arc;

use dvara_crypto::{Secret, api_key};
use dvara_dialects::vendor;
use dvara_store::snapshot::Provider as ProviderSettings;
use dvara_types::{ProviderKind, ProviderName};
use dvara_upstream::{InvalidOrigin, Origin};
use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};

use crate::mock::MockProvider;
use crate::settings::{Resilience, ResilienceSettings};

/// Where Anthropic expects its key.
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Why a provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidProvider {
    /// Its base URL is none.
    #[error("provider `{name}`")]
    BaseUrl {
        /// Which.
        name: ProviderName,
        /// What is wrong.
        #[source]
        source: InvalidOrigin,
    },
    /// It has no base URL, and its kind has no default.
    #[error("provider `{0}` needs a base URL")]
    NoBaseUrl(ProviderName),
    /// Its key cannot stand in a header.
    #[error("the API key of provider `{0}` holds characters that no header can carry")]
    ApiKey(ProviderName),
}

/// One provider, ready to be called.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) name: ProviderName,
    pub(crate) kind: ProviderKind,
    /// The credential of its settings.
    pub(crate) credential: Option<Arc<Credential>>,
    pub(crate) reach: Reach,
    pub(crate) resilience: Resilience,
}

/// How a provider is reached.
#[derive(Debug)]
pub(crate) enum Reach {
    /// Over HTTP.
    Http(HttpReach),
    /// Not at all: it answers here.
    Mock(Arc<MockProvider>),
}

/// Where a vendor's server is.
#[derive(Debug)]
pub(crate) struct HttpReach {
    /// Where connections go.
    pub(crate) origin: Origin,
    /// The path of chat completions.
    pub(crate) chat: PathAndQuery,
    /// The path of the list of models.
    pub(crate) models: PathAndQuery,
}

/// What a request shows to a vendor, and what usage rows call it.
pub(crate) struct Credential {
    /// The header that carries it.
    pub(crate) name: HeaderName,
    /// The header's value, marked sensitive.
    pub(crate) value: HeaderValue,
    /// Short and useless to a thief: tells one credential from another.
    pub(crate) fingerprint: Arc<str>,
}

impl Credential {
    /// A credential as a kind of provider takes it (data-plane sheet §23); `None` when it cannot stand in a header.
    pub(crate) fn of(kind: ProviderKind, secret: &Secret<String>) -> Option<Self> {
        let (name, value) = match kind {
            ProviderKind::Openai | ProviderKind::Ollama | ProviderKind::Mock => (
                AUTHORIZATION,
                HeaderValue::from_str(&format!("Bearer {}", secret.expose())),
            ),
            ProviderKind::Anthropic => (X_API_KEY, HeaderValue::from_str(secret.expose())),
        };
        let mut value = value.ok()?;
        value.set_sensitive(true);
        Some(Self {
            name,
            value,
            fingerprint: api_key::fingerprint(secret.expose()).into(),
        })
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Credential({})", self.fingerprint)
    }
}

/// All providers, in the order of their registration.
#[derive(Debug)]
pub(crate) struct Providers {
    all: Vec<Arc<Provider>>,
}

impl Providers {
    /// Makes the providers ready. `mock` is what the mock providers answer, `resilience` how failures are dealt with.
    ///
    /// # Errors
    /// Every provider that cannot be used.
    pub(crate) fn new(
        settings: &[ProviderSettings],
        mock: &Arc<MockProvider>,
        resilience: &ResilienceSettings,
    ) -> Result<Self, Vec<InvalidProvider>> {
        let (mut all, mut problems) = (Vec::new(), Vec::new());
        for one in settings {
            match Provider::new(one, mock, resilience.of(&one.name)) {
                Ok(provider) => all.push(Arc::new(provider)),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self { all })
        } else {
            Err(problems)
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Arc<Provider>] {
        &self.all
    }

    /// The provider of a name.
    pub(crate) fn named(&self, name: &ProviderName) -> Option<&Arc<Provider>> {
        self.all.iter().find(|provider| provider.name == *name)
    }

    /// The providers one of whose prefixes starts the model; the first serves it, the others stand in.
    pub(crate) fn by_prefix<'a>(
        &'a self,
        model: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Provider>> {
        self.all
            .iter()
            .filter(move |provider| has_prefix(provider.kind, model))
    }
}

/// Whether a kind's prefixes name the model as its own.
pub(crate) fn has_prefix(kind: ProviderKind, model: &str) -> bool {
    let prefixes = kind.model_prefixes();
    prefixes.iter().any(|prefix| model.starts_with(prefix))
}

impl Provider {
    fn new(
        settings: &ProviderSettings,
        mock: &Arc<MockProvider>,
        mut resilience: Resilience,
    ) -> Result<Self, InvalidProvider> {
        let name = &settings.name;
        let credential = match &settings.api_key {
            None => None,
            Some(secret) => {
                let credential = Credential::of(settings.kind, secret);
                Some(Arc::new(
                    credential.ok_or_else(|| InvalidProvider::ApiKey(name.clone()))?,
                ))
            }
        };
        let reach = match settings.kind {
            ProviderKind::Mock => {
                // Its faults are made on purpose and do not pass (data-plane sheet §17).
                resilience.retry.max_attempts = 1;
                Reach::Mock(mock.clone())
            }
            ProviderKind::Openai | ProviderKind::Anthropic | ProviderKind::Ollama => {
                http_reach(settings)?
            }
        };
        Ok(Self {
            name: name.clone(),
            kind: settings.kind,
            credential,
            reach,
            resilience,
        })
    }
}

fn http_reach(settings: &ProviderSettings) -> Result<Reach, InvalidProvider> {
    let name = &settings.name;
    let url = settings
        .base_url
        .as_ref()
        .ok_or_else(|| InvalidProvider::NoBaseUrl(name.clone()))?
        .as_str();
    let refused = |source| InvalidProvider::BaseUrl {
        name: name.clone(),
        source,
    };
    let (origin, base) = Origin::of_base_url(url).map_err(refused)?;
    let path = |end: &str| {
        // A kind whose paths begin with the version takes a base URL that has it already, too.
        let has_version = end.starts_with("/v1/") && base.ends_with("/v1");
        let end = &end[if has_version { "/v1".len() } else { 0 }..];
        PathAndQuery::from_maybe_shared(format!("{base}{end}")).map_err(|_| {
            refused(InvalidOrigin {
                url: url.to_owned(),
                reason: "its path cannot be used",
            })
        })
    };
    Ok(Reach::Http(HttpReach {
        origin,
        chat: path(vendor::chat_path(settings.kind))?,
        models: path(vendor::models_path(settings.kind))?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::MockConfig;

    fn provider(
        kind: ProviderKind,
        base_url: Option<&str>,
        key: Option<&str>,
    ) -> Result<Provider, InvalidProvider> {
        let settings = ProviderSettings::new(
            ProviderName::parse("p").unwrap(),
            kind,
            base_url.map(|url| url.parse().unwrap()),
            key.map(|key| Secret::new(key.to_owned())),
        );
        let resilience = ResilienceSettings::defaults().of(&settings.name);
        Provider::new(
            &settings,
            &MockProvider::new(MockConfig::default()),
            resilience,
        )
    }

    #[test]
    fn paths_lie_below_the_base_url() {
        let chat = |kind, url| match provider(kind, url, None).unwrap().reach {
            Reach::Http(reach) => reach.chat.to_string(),
            Reach::Mock(_) => String::new(),
        };
        assert_eq!(chat(ProviderKind::Openai, None), "/v1/chat/completions");
        assert_eq!(
            chat(ProviderKind::Openai, Some("http://x:8000/api/")),
            "/api/chat/completions"
        );
        assert_eq!(
            chat(ProviderKind::Openai, Some("http://x:8000")),
            "/chat/completions"
        );
        assert_eq!(
            chat(ProviderKind::Ollama, Some("http://ollama:11434")),
            "/v1/chat/completions"
        );
        assert_eq!(chat(ProviderKind::Anthropic, None), "/v1/messages");
        assert_eq!(
            chat(ProviderKind::Anthropic, Some("http://x:1/claude")),
            "/claude/v1/messages"
        );
        for url in ["http://x:1/v1", "http://x:1/v1/"] {
            assert_eq!(chat(ProviderKind::Anthropic, Some(url)), "/v1/messages");
        }
        let models = match provider(ProviderKind::Anthropic, Some("http://x:1/v1"), None)
            .unwrap()
            .reach
        {
            Reach::Http(reach) => reach.models.to_string(),
            Reach::Mock(_) => String::new(),
        };
        assert_eq!(models, "/v1/models?limit=1000");
    }

    #[test]
    fn each_kind_gets_its_key_where_it_looks_for_it() {
        let secret = Secret::new("sk-x".to_owned());
        for (kind, name, value) in [
            (ProviderKind::Openai, "authorization", "Bearer sk-x"),
            (ProviderKind::Anthropic, "x-api-key", "sk-x"),
        ] {
            let credential = Credential::of(kind, &secret).unwrap();
            assert_eq!(credential.name, name);
            assert_eq!(credential.value, value);
            assert!(credential.value.is_sensitive());
        }
    }

    #[test]
    fn a_provider_that_cannot_work_is_refused_and_its_key_is_not_told() {
        assert!(provider(ProviderKind::Openai, Some("ftp://x/"), None).is_err());
        let refused = provider(ProviderKind::Openai, None, Some("sk-line\nbreak")).unwrap_err();
        assert!(!refused.to_string().contains("sk-line"));
        let fine = provider(ProviderKind::Openai, None, Some("sk-secret")).unwrap();
        assert!(!format!("{fine:?}").contains("sk-secret"), "{fine:?}");
    }
}
