//! Where the services are, and what holds when they do not answer.

use std::sync::Arc;
use std::time::Duration;

use dvara_governance::guardrail::{DEFAULT_CONFIDENCE, OnAbsence};
use dvara_service::settings::{Loader, Property};
use dvara_upstream::Origin;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;

use super::service::ServiceSettings;
use crate::settings::properties::outside as properties;

/// Those that are set up.
#[derive(Debug, Clone, Default)]
pub(crate) struct OutsideSettings {
    pub(super) classifier: Option<ClassifierSettings>,
    pub(super) plugin: Option<PluginSettings>,
    pub(super) presidio: Option<PresidioSettings>,
}

#[derive(Debug, Clone)]
pub(super) struct ClassifierSettings {
    pub(super) service: ServiceSettings,
    /// What it is less sure of is nothing; 0 to 1.
    pub(super) confidence: f32,
    /// Where nothing is set it follows from what is done about findings.
    pub(super) on_failure: Option<OnAbsence>,
}

#[derive(Debug, Clone)]
pub(super) struct PluginSettings {
    /// For metrics.
    pub(super) name: Arc<str>,
    pub(super) service: ServiceSettings,
    pub(super) on_failure: OnAbsence,
}

#[derive(Debug, Clone)]
pub(super) struct PresidioSettings {
    pub(super) service: ServiceSettings,
    pub(super) language: Box<str>,
    pub(super) score_threshold: f32,
}

/// Reads and checks them; mistakes are collected in the loader.
pub(crate) fn load(loader: &mut Loader) -> OutsideSettings {
    OutsideSettings {
        classifier: classifier(loader),
        plugin: plugin(loader),
        presidio: presidio(loader),
    }
}

fn classifier(loader: &mut Loader) -> Option<ClassifierSettings> {
    let is_on = loader.flag(&properties::CLASSIFIER_ENABLED);
    loader.one_of(&properties::CLASSIFIER_PROVIDER, &[("generic", ())]);
    let endpoint = endpoint(loader, &properties::CLASSIFIER_ENDPOINT, is_on);
    let key = loader.secret(&properties::CLASSIFIER_KEY);
    let bearer = key.map(|key| format!("Bearer {}", key.expose()));
    let bearer = bearer.and_then(|bearer| {
        let mut value = HeaderValue::from_str(&bearer).ok();
        if value.is_none() {
            let reason = "it cannot stand in a header: write visible ASCII characters";
            loader.mistake(&properties::CLASSIFIER_KEY, reason);
        }
        value.iter_mut().for_each(|value| value.set_sensitive(true));
        value
    });
    let timeout = seconds(loader, &properties::CLASSIFIER_TIMEOUT);
    let kept = kept(
        loader,
        &properties::CLASSIFIER_CACHE_SIZE,
        &properties::CLASSIFIER_CACHE_TIME,
    );
    let confidence = share(loader, &properties::CLASSIFIER_CONFIDENCE);
    let on_failure = on_failure(loader, &properties::CLASSIFIER_ON_FAILURE);
    let (origin, path) = endpoint.filter(|_| is_on)?;
    Some(ClassifierSettings {
        service: ServiceSettings {
            origin,
            path,
            headers: bearer
                .map(|bearer| (AUTHORIZATION, bearer))
                .into_iter()
                .collect(),
            signing: None,
            timeout,
            kept,
        },
        confidence: confidence.unwrap_or(DEFAULT_CONFIDENCE),
        on_failure,
    })
}

fn plugin(loader: &mut Loader) -> Option<PluginSettings> {
    let endpoint = endpoint(loader, &properties::PLUGIN_ENDPOINT, false);
    let signing = loader.secret(&properties::PLUGIN_SECRET);
    let timeout = seconds(loader, &properties::PLUGIN_TIMEOUT);
    let on_failure = on_failure(loader, &properties::PLUGIN_ON_FAILURE);
    let name = loader.text(&properties::PLUGIN_NAME);
    if endpoint.is_some() && signing.is_none() {
        let reason = "is not set: without it the plugin cannot tell this gateway's questions from anybody else's";
        loader.mistake(&properties::PLUGIN_SECRET, reason);
    }
    let (origin, path) = endpoint?;
    Some(PluginSettings {
        name: name.into(),
        service: ServiceSettings {
            origin,
            path,
            headers: Vec::new(),
            signing,
            timeout,
            kept: None,
        },
        on_failure: on_failure.unwrap_or(OnAbsence::Closed),
    })
}

fn presidio(loader: &mut Loader) -> Option<PresidioSettings> {
    let providers = [("regex", false), ("presidio", true)];
    let provider = loader.one_of(&properties::PII_PROVIDER, &providers);
    let is_on = provider.unwrap_or(false);
    let endpoint = endpoint(loader, &properties::PRESIDIO_ENDPOINT, is_on);
    let timeout = seconds(loader, &properties::PRESIDIO_TIMEOUT);
    let kept = kept(
        loader,
        &properties::PRESIDIO_CACHE_SIZE,
        &properties::PRESIDIO_CACHE_TIME,
    );
    let language = loader.text(&properties::PRESIDIO_LANGUAGE);
    let score_threshold = share(loader, &properties::PRESIDIO_THRESHOLD);
    let (origin, base) = endpoint.filter(|_| is_on)?;
    let base = base.path().trim_end_matches('/').to_owned();
    let base = base.strip_suffix("/analyze").unwrap_or(&base);
    Some(PresidioSettings {
        service: ServiceSettings {
            origin,
            path: PathAndQuery::from_maybe_shared(format!("{base}/analyze")).ok()?,
            headers: Vec::new(),
            signing: None,
            timeout,
            kept,
        },
        language: language.into(),
        score_threshold: score_threshold.unwrap_or_default(),
    })
}

fn endpoint(
    loader: &mut Loader,
    property: &Property,
    is_needed: bool,
) -> Option<(Origin, PathAndQuery)> {
    let Some(url) = loader.optional(property) else {
        if is_needed {
            loader.mistake(property, "is not set: write the URL that is asked");
        }
        return None;
    };
    let refused = |reason: &str| format!("is no URL that can be asked: {reason}");
    let found = Origin::of_base_url(&url).map_err(|error| refused(error.reason));
    let found = found.and_then(|(origin, path)| {
        let path = if path.is_empty() {
            "/".to_owned()
        } else {
            path
        };
        let path = PathAndQuery::from_maybe_shared(path);
        Ok((origin, path.map_err(|error| refused(&error.to_string()))?))
    });
    found
        .map_err(|reason| loader.mistake(property, &reason))
        .ok()
}

fn seconds(loader: &mut Loader, property: &Property) -> Duration {
    let seconds = loader.within(property, 1..=60_u64);
    Duration::from_secs(seconds.unwrap_or_default())
}

fn kept(loader: &mut Loader, size: &Property, time: &Property) -> Option<(u64, Duration)> {
    let size = loader.within(size, 0..=1_000_000_u64);
    let time = loader.within(time, 0..=86_400_u64);
    let kept = (size.unwrap_or_default(), time.unwrap_or_default());
    let is_kept = kept.0 > 0 && kept.1 > 0;
    is_kept.then_some((kept.0, Duration::from_secs(kept.1)))
}

fn share(loader: &mut Loader, property: &Property) -> Option<f32> {
    loader.within(property, 0.0..=1.0_f32)
}

fn on_failure(loader: &mut Loader, property: &Property) -> Option<OnAbsence> {
    let words = [("open", OnAbsence::Open), ("closed", OnAbsence::Closed)];
    loader.one_of(property, &words)
}
