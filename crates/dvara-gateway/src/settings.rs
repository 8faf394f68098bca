//! The gateway's settings: what they may be (`properties`), and the typed values that are left once all are checked.

mod outbound;
pub(crate) mod properties;
mod providers;
mod rate_limit;
mod resilience;

use dvara_dialects::request::ReadLimits;
use dvara_governance::tenant::RuleSettings;
use dvara_service::body::BodyLimits;
use dvara_service::boot::texts;
use dvara_service::settings::{Loader, Problem};
use dvara_store::snapshot::Provider;
use dvara_types::RouteStrategy;

use crate::http::cors::Cors;
use crate::http::internal::Internal;
use crate::mock::MockConfig;
use crate::outside::OutsideSettings;

use outbound::OutboundSettings;
pub use properties::{MOCK_ENABLED, PROPERTIES};
pub(crate) use providers::{key_variable, put as put_provider};
pub(crate) use rate_limit::RateLimitSettings;
pub(crate) use resilience::{Resilience, ResilienceSettings, Retry};

/// What an operating mode means is design §3: both read the store, `standalone` closes `/internal/*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With everything.
    Full,
    /// Without a control plane to wait for.
    Standalone,
}

impl Mode {
    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Standalone => "standalone",
        }
    }
}

/// Everything that the gateway takes from settings.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// The operating mode.
    pub mode: Mode,
    /// What the request path needs.
    pub(crate) data_plane: DataPlaneSettings,
    /// Providers in the order of their registration.
    pub(crate) providers: Vec<Provider>,
    /// What the mock provider answers.
    pub(crate) mock: MockConfig,
    /// What calls to vendors go out with.
    pub(crate) outbound: OutboundSettings,
    /// The rules that are in force where a tenant says nothing else.
    pub(crate) rules: RuleSettings,
}

/// What the request path needs.
#[derive(Debug, Clone)]
pub(crate) struct DataPlaneSettings {
    /// Who may call `/internal/*`.
    pub(crate) internal: Internal,
    /// Whether a call without a key is served as nobody's. Never in production.
    pub(crate) keyless_allowed: bool,
    /// Bounds on a body.
    pub(crate) body: BodyLimits,
    /// Bounds on its shape.
    pub(crate) json: ReadLimits,
    /// Whose web pages may call; `None` for nobody's.
    pub(crate) cors: Option<Cors>,
    pub(crate) resilience: ResilienceSettings,
    /// Who serves a model that no route serves.
    pub(crate) default_strategy: RouteStrategy,
    /// Who else is asked about a call.
    pub(crate) outside: OutsideSettings,
}

impl GatewaySettings {
    /// Reads and checks them; mistakes are collected in the loader.
    pub fn load(loader: &mut Loader) -> Self {
        let modes = [("full", Mode::Full), ("standalone", Mode::Standalone)];
        let mode = loader
            .one_of(&properties::MODE, &modes)
            .unwrap_or(Mode::Full);
        Self {
            mode,
            data_plane: DataPlaneSettings {
                internal: Internal::load(loader, mode),
                keyless_allowed: keyless_allowed(loader),
                body: BodyLimits {
                    size: loader
                        .within(&properties::MAX_BODY_BYTES, 1_024..=1 << 30)
                        .unwrap_or(0),
                    time: loader.millis(&properties::BODY_TIMEOUT),
                },
                json: ReadLimits::default(),
                cors: cors(loader),
                resilience: ResilienceSettings::load(loader),
                default_strategy: default_strategy(loader),
                outside: crate::outside::load_settings(loader),
            },
            providers: providers::load(loader),
            mock: MockConfig::load(loader),
            outbound: OutboundSettings::load(loader),
            rules: crate::rules::load_settings(loader),
        }
    }
}

/// Those that need nothing but providers.
fn default_strategy(loader: &mut Loader) -> RouteStrategy {
    use RouteStrategy::{LatencyAware, ModelPrefix, PromptCache, RoundRobin, Weighted};
    let known = [ModelPrefix, RoundRobin, Weighted, LatencyAware, PromptCache];
    let words = known.map(|strategy| (strategy.as_str(), strategy));
    loader
        .one_of(&properties::DEFAULT_STRATEGY, &words)
        .unwrap_or_default()
}

fn keyless_allowed(loader: &mut Loader) -> bool {
    let allowed = !loader.flag(&properties::REQUIRE_API_KEY);
    if allowed && loader.profile().production_class() {
        loader.refuse(Problem::new(texts::KEYLESS_REQUESTS).fix(texts::KEYLESS_FIX));
    }
    allowed
}

fn cors(loader: &mut Loader) -> Option<Cors> {
    let list = loader.list(&properties::CORS_ORIGINS);
    Cors::parse(&list).unwrap_or_else(|reason| {
        loader.mistake(&properties::CORS_ORIGINS, &reason);
        None
    })
}
