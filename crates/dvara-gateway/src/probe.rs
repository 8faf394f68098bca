//! The active probe, off unless an interval is set: a target that was left alone is tried by a question of our own before a caller
//! has to try it.
//!
//! The vendor's list of models is asked for, with the provider's own credential. An answer shows a vendor at work and closes the
//! breakers of its targets whose wait is over; none, or a 5xx, leaves them alone for another while. A list says nothing about a
//! single model: one that goes on failing is left alone again by the calls that it fails.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dvara_service::drain::Drain;
use dvara_upstream::Upstreams;
use dvara_upstream::targets::{BreakerState, Pass};
use tokio::time::{Instant, timeout};

use crate::core::Shared;
use crate::models;
use crate::providers::{Provider, Reach};

/// How long a vendor may take for its list.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks every `interval`, until the process ends. One core of a process does it for all.
pub(crate) async fn run(
    shared: Arc<Shared>,
    upstreams: Rc<Upstreams>,
    drain: Drain,
    interval: Duration,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = drain.cutting() => return,
        }
        for provider in shared.providers.all() {
            let passes = due(&shared, provider);
            if !passes.is_empty() {
                let works = works(&upstreams, provider).await;
                let now = Instant::now().into_std();
                for pass in passes {
                    if works {
                        pass.succeeded(now);
                    } else {
                        pass.failed(now);
                    }
                }
                tracing::info!(
                    provider = provider.name.as_str(),
                    works,
                    "a provider was probed"
                );
            }
        }
    }
}

/// Leave to try the targets of a provider whose wait is over.
fn due(shared: &Shared, provider: &Provider) -> Vec<Pass> {
    let now = Instant::now().into_std();
    let targets = shared.targets.all();
    let own = targets
        .iter()
        .filter(|target| *target.provider == *provider.name.as_str());
    own.filter(|target| target.breaker.state(now) == BreakerState::HalfOpen)
        .filter_map(|target| target.breaker.try_pass(now).ok())
        .collect()
}

/// Whether a vendor answers.
async fn works(upstreams: &Rc<Upstreams>, provider: &Provider) -> bool {
    let Reach::Http(reach) = &provider.reach else {
        return true;
    };
    let credential = provider.credentials.first();
    let Some(request) = models::request(reach, provider, credential.map(|one| &**one)) else {
        // Without a list there is nothing to ask; the next call tries it.
        return true;
    };
    let connect = provider.resilience.timeouts.connect;
    let asked = upstreams.send(&reach.origin, request, connect);
    matches!(timeout(PATIENCE, asked).await, Ok(Ok(answer)) if !answer.status().is_server_error())
}
