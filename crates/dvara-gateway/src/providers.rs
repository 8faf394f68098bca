//! The providers of this process, with everything that a request to one needs made once at start.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use dvara_crypto::{Secret, api_key};
use dvara_dialects::embedding;
use dvara_dialects::target::Target;
use dvara_dialects::vendor::{self, ChatPath};
use dvara_service::settings::Env;
use dvara_service::tasks::Tasks;
use dvara_store::snapshot::Provider as ProviderSettings;
use dvara_types::{ProviderKind, ProviderName};
use dvara_upstream::{InvalidOrigin, Origin, Outbound};
use futures_util::future::join_all;
use http::header::AUTHORIZATION;
use http::uri::{InvalidUri, PathAndQuery};
use http::{HeaderName, HeaderValue};

use crate::identity::{Identity, IdentitySettings};
use crate::mock::MockProvider;
use crate::settings::{Resilience, ResilienceSettings};

/// How long a start waits for the first credentials of clouds. Those that are to be had come within a fraction of it.
const FIRST_CREDENTIALS: Duration = Duration::from_secs(3);

/// Where Anthropic expects its key.
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Where Google does; in the query, as the fact sheet has it, a key would end up in logs.
const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
/// Where Azure does.
const API_KEY: HeaderName = HeaderName::from_static("api-key");

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
    /// Its account at a cloud can't be one.
    #[error("provider `{name}`: {reason}")]
    Account {
        /// Which.
        name: ProviderName,
        /// What is wrong.
        reason: String,
    },
}

/// One provider, ready to be called.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) name: ProviderName,
    pub(crate) kind: ProviderKind,
    /// The credentials of its settings, which take turns.
    pub(crate) credentials: Vec<Arc<Credential>>,
    /// Counts the turns.
    pub(crate) turn: AtomicUsize,
    /// Who the gateway is there, where no key is shown.
    pub(crate) identity: Option<Identity>,
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
    /// What all paths begin with; ends without a slash.
    base: String,
    /// What all queries hold, if anything.
    query: Option<String>,
    chat: Chat,
    /// The path of the list of models, for vendors that have one.
    pub(crate) models: Option<PathAndQuery>,
}

/// Where chat calls go.
#[derive(Debug)]
enum Chat {
    /// All to one place.
    Fixed(PathAndQuery),
    /// Each model has a place of its own.
    OfModel(fn(&Target<'_>, bool) -> String),
}

impl HttpReach {
    /// Where a call for a target goes; `None` when no address can be made of the model's name.
    pub(crate) fn chat(&self, target: &Target<'_>, stream: bool) -> Option<PathAndQuery> {
        match &self.chat {
            Chat::Fixed(path) => Some(path.clone()),
            Chat::OfModel(path) => self.below(&path(target, stream)),
        }
    }

    /// Where a target's embeddings are; `None` where there are none, or no address can be made of the model's name.
    pub(crate) fn embeddings(&self, target: &Target<'_>) -> Option<PathAndQuery> {
        self.below(&embedding::path(target, &self.base)?)
    }

    fn below(&self, path: &str) -> Option<PathAndQuery> {
        path_below(&self.base, path, self.query.as_deref()).ok()
    }
}

/// A path below a base, with a query that all have.
fn path_below(base: &str, path: &str, query: Option<&str>) -> Result<PathAndQuery, InvalidUri> {
    let base = without_version(base, path);
    let text = match query {
        None => format!("{base}{path}"),
        Some(query) if path.contains('?') => format!("{base}{path}&{query}"),
        Some(query) => format!("{base}{path}?{query}"),
    };
    PathAndQuery::from_maybe_shared(text)
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
        let secret_text = secret.expose();
        let (name, value) = match kind {
            ProviderKind::Anthropic => (X_API_KEY, HeaderValue::from_str(secret_text)),
            ProviderKind::Gemini | ProviderKind::Vertex => {
                (X_GOOG_API_KEY, HeaderValue::from_str(secret_text))
            }
            ProviderKind::AzureOpenai => (API_KEY, HeaderValue::from_str(secret_text)),
            _ => (
                AUTHORIZATION,
                HeaderValue::from_str(&format!("Bearer {secret_text}")),
            ),
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

/// All providers, before their identities are known.
#[derive(Debug)]
pub(crate) struct Unidentified {
    all: Vec<(Provider, Option<IdentitySettings>)>,
}

/// All providers, in the order of their registration.
#[derive(Debug)]
pub(crate) struct Providers {
    all: Vec<Arc<Provider>>,
}

impl Unidentified {
    /// Makes the providers ready as far as that needs nobody. `mock` is what the mock providers answer, `resilience` how failures
    /// are dealt with, `environment` where the machine's own credentials are.
    ///
    /// # Errors
    /// Every provider that cannot be used.
    pub(crate) fn new(
        settings: &[ProviderSettings],
        mock: &Arc<MockProvider>,
        resilience: &ResilienceSettings,
        environment: &Env,
    ) -> Result<Self, Vec<InvalidProvider>> {
        let (mut all, mut problems) = (Vec::new(), Vec::new());
        for one in settings {
            let provider = Provider::new(one, mock, resilience.of(&one.name));
            let made = provider
                .and_then(|provider| Ok((provider, IdentitySettings::of(one, environment)?)));
            match made {
                Ok(made) => all.push(made),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self { all })
        } else {
            Err(problems)
        }
    }

    /// Starts to load what clouds take for proof, and waits a while for the first attempts: who calls next finds credentials, or
    /// why there are none.
    pub(crate) async fn identify(self, outbound: &Outbound, tasks: &Tasks) -> Providers {
        let identified = self.all.into_iter().map(|(provider, settings)| Provider {
            identity: settings.map(|settings| settings.start(outbound, tasks)),
            ..provider
        });
        let all: Vec<_> = identified.map(Arc::new).collect();
        let identities = all.iter().filter_map(|provider| provider.identity.as_ref());
        let settled = join_all(identities.map(Identity::settled));
        // One that takes longer is waited for by its own calls alone: they are told so.
        let _ = tokio::time::timeout(FIRST_CREDENTIALS, settled).await;
        Providers { all }
    }
}

impl Providers {
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
        let credentials = settings.api_key.iter().chain(&settings.more_api_keys);
        let credentials = credentials
            .map(|secret| Credential::of(settings.kind, secret).map(Arc::new))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| InvalidProvider::ApiKey(name.clone()))?;
        let reach = match settings.kind {
            ProviderKind::Mock => {
                // Its faults are made on purpose and do not pass (data-plane sheet §17).
                resilience.retry.max_attempts = 1;
                Reach::Mock(mock.clone())
            }
            _ => http_reach(settings)?,
        };
        Ok(Self {
            name: name.clone(),
            kind: settings.kind,
            credentials,
            turn: AtomicUsize::new(0),
            identity: None,
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
    let query = match &settings.api_version {
        Some(version) if !base.ends_with(WITHOUT_VERSIONS) => {
            Some(format!("api-version={version}"))
        }
        Some(_) | None => None,
    };
    let path = |end: &str| {
        path_below(&base, end, query.as_deref()).map_err(|_| {
            refused(InvalidOrigin {
                url: url.to_owned(),
                reason: "its path cannot be used",
            })
        })
    };
    let chat = match vendor::chat_path(settings.kind, &base) {
        ChatPath::Fixed(end) => Chat::Fixed(path(end)?),
        ChatPath::OfModel(path) => Chat::OfModel(path),
    };
    let models = vendor::models_path(settings.kind).map(path).transpose()?;
    Ok(Reach::Http(HttpReach {
        origin,
        base,
        query,
        chat,
        models,
    }))
}

/// How an address of Azure ends whose API has its version in the path.
const WITHOUT_VERSIONS: &str = "/v1";

/// A base without its version, for a path that begins with one: where clients of a kind name the server alone, an address
/// that ends with the version is taken too.
fn without_version<'a>(base: &'a str, path: &str) -> &'a str {
    let begins_with_version = path.split('/').nth(1).is_some_and(is_version);
    match base.rsplit_once('/') {
        Some((server, end)) if begins_with_version && is_version(end) => server,
        _ => base,
    }
}

/// `v1`, `v1beta`.
fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or_default();
    digits.starts_with(|first: char| first.is_ascii_digit())
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
            Reach::Http(reach) => {
                let target = Target::new(kind, "m", None);
                reach.chat(&target, false).unwrap().to_string()
            }
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
        for (base, expected) in [
            ("http://x:1", "/v2/chat"),
            ("http://x:1/v2", "/v2/chat"),
            ("http://x:1/cohere/v2/", "/cohere/v2/chat"),
        ] {
            assert_eq!(chat(ProviderKind::Cohere, Some(base)), expected);
        }
        assert_eq!(
            chat(ProviderKind::AzureOpenai, Some("http://x:1/openai")),
            "/openai/deployments/m/chat/completions"
        );
        assert_eq!(
            chat(ProviderKind::AzureOpenai, Some("http://x:1/openai/v1")),
            "/openai/v1/chat/completions"
        );
        for url in ["http://x:1/v1", "http://x:1/v1/"] {
            assert_eq!(chat(ProviderKind::Anthropic, Some(url)), "/v1/messages");
        }
        let models = match provider(ProviderKind::Anthropic, Some("http://x:1/v1"), None)
            .unwrap()
            .reach
        {
            Reach::Http(reach) => reach.models.unwrap().to_string(),
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
            (ProviderKind::Gemini, "x-goog-api-key", "sk-x"),
            (ProviderKind::AzureOpenai, "api-key", "sk-x"),
            (ProviderKind::Groq, "authorization", "Bearer sk-x"),
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
