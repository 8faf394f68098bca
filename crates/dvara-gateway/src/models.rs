//! `GET /v1/models`: what the providers list, asked live and all at once (data-plane sheet §6).

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dvara_dialects::mock::LISTED_MODEL;
use dvara_dialects::models::{self, ModelEntry, VendorModel};
use dvara_dialects::target::ProviderCapabilities;
use dvara_dialects::vendor;
use dvara_service::error_chain;
use dvara_store::snapshot::Snapshot;
use futures_util::future::join_all;
use http::header::HOST;
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};

use crate::core::Core;
use crate::enter::Entered;
use crate::plan::credential;
use crate::providers::{Credential, HttpReach, Provider, Reach};

/// How long all providers together may take; one that is slower is left out.
const DEADLINE: Duration = Duration::from_secs(5);
/// Largest list that is read, in bytes.
const MAX_LIST: usize = 8 * 1024 * 1024;

/// The list of every provider's models. A provider that fails or is slow is left out, with a warning in the log.
pub(crate) async fn list(core: &Rc<Core>, snapshot: &Snapshot, entered: &Entered) -> Bytes {
    let providers = core.shared.providers.all();
    let asked = providers
        .iter()
        .map(|provider| ask(core, snapshot, entered, provider));
    let lists = join_all(asked).await;
    let entries: Vec<ModelEntry<'_>> = providers
        .iter()
        .zip(&lists)
        .flat_map(|(provider, list)| list.iter().map(|model| entry(provider, model)))
        .collect();
    models::render(&entries)
}

fn entry<'a>(provider: &'a Provider, model: &'a VendorModel) -> ModelEntry<'a> {
    ModelEntry {
        id: &model.id,
        owned_by: model.owned_by.as_deref().unwrap_or(provider.name.as_str()),
        created: model.created,
        capabilities: ProviderCapabilities::of(provider.kind),
    }
}

async fn ask(
    core: &Rc<Core>,
    snapshot: &Snapshot,
    entered: &Entered,
    provider: &Arc<Provider>,
) -> Vec<VendorModel> {
    let reach = match &provider.reach {
        Reach::Http(reach) => reach,
        Reach::Mock(_) => {
            return vec![VendorModel {
                id: LISTED_MODEL.to_owned(),
                owned_by: None,
                created: 0,
            }];
        }
    };
    let listed =
        tokio::time::timeout(DEADLINE, fetch(core, snapshot, entered, provider, reach)).await;
    match listed.unwrap_or_else(|_| Err("no answer within the limit".to_owned())) {
        Ok(models) => models
            .into_iter()
            .map(|model| addressed(provider, model))
            .collect(),
        Err(reason) => {
            tracing::warn!(
                provider = provider.name.as_str(),
                reason,
                "a provider's models are left out of the list"
            );
            Vec::new()
        }
    }
}

/// The model under the name that a caller asks for it by.
fn addressed(provider: &Provider, model: VendorModel) -> VendorModel {
    match provider.kind.stripped_prefix() {
        Some(prefix) => VendorModel {
            id: format!("{prefix}{}", model.id),
            ..model
        },
        None => model,
    }
}

/// The question for a provider's list; `None` where its vendor has none.
pub(crate) fn request(
    reach: &HttpReach,
    provider: &Provider,
    credential: Option<&Credential>,
) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.method_mut() = Method::GET;
    *request.uri_mut() = Uri::from(reach.models.clone()?);
    let headers = request.headers_mut();
    headers.insert(HOST, reach.origin.authority().clone());
    headers.extend(vendor::models_headers(provider.kind));
    if let Some(credential) = credential {
        headers.insert(credential.name.clone(), credential.value.clone());
    }
    Some(request)
}

async fn fetch(
    core: &Rc<Core>,
    snapshot: &Snapshot,
    entered: &Entered,
    provider: &Arc<Provider>,
    reach: &HttpReach,
) -> Result<Vec<VendorModel>, String> {
    let tenant = entered.caller().key().map(|key| &key.tenant.id);
    let credentials = credential(snapshot, tenant, provider).map_err(|error| error.message())?;
    let (limits, now) = (&core.shared.limits, Instant::now());
    // Limits are those of a model's calls; the list of models is none of them.
    let credential = credentials.pick(provider, "", limits, now).ok().flatten();
    let Some(request) = request(reach, provider, credential.as_deref()) else {
        return Ok(Vec::new());
    };
    let sent = core
        .upstreams
        .send(&reach.origin, request, provider.resilience.timeouts.connect)
        .await;
    let (head, body) = sent.map_err(|error| error_chain(&error))?.into_parts();
    if !head.status.is_success() {
        return Err(format!("it answered {}", head.status.as_u16()));
    }
    let bytes = Limited::new(body, MAX_LIST)
        .collect()
        .await
        .map_err(|error| error.to_string())?
        .to_bytes();
    models::read(provider.kind, &bytes).map_err(|error| error.to_string())
}
