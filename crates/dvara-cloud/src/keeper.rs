//! Loads credentials, keeps them for requests to read, and renews them before they expire.
//!
//! Requests read one pointer. Everything else happens in one task per identity: a load takes a blocking thread of the background
//! for as long as it lasts, since connections belong to the single-threaded runtime that made them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use dvara_service::error_chain;
use dvara_service::tasks::Tasks;
use dvara_upstream::Outbound;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::calls::Calls;
use crate::failure::LoadError;
use crate::pace;
use crate::state::{Failure, IdentityState, NoCredentials};

/// How often the clock is looked at while waiting: it may be set, and a machine may sleep.
const LOOK: Duration = Duration::from_secs(30);

/// Something that gives credentials out.
pub(crate) trait Issuer: Send + Sync + 'static {
    /// What requests use.
    type Credentials: Send + Sync + 'static;
    /// Whose they are, in words.
    const CLOUD: &'static str;

    /// Where they come from, in words.
    fn from(&self) -> &'static str;

    /// Gives new ones out.
    fn issue(
        &self,
        calls: &Calls,
    ) -> impl Future<Output = Result<Issued<Self::Credentials>, LoadError>>;
}

/// What an issuer gave out.
pub(crate) struct Issued<C> {
    pub(crate) credentials: C,
    /// `None` when they are good for ever.
    pub(crate) expires: Option<SystemTime>,
}

/// Credentials that are renewed for as long as a clone of this exists.
pub(crate) struct Kept<C> {
    shared: Arc<Shared<C>>,
    /// Ends the task. Static credentials have none.
    _stop: Option<Arc<DropGuard>>,
}

struct Shared<C> {
    cloud: &'static str,
    held: ArcSwapOption<Held<C>>,
    state: watch::Sender<IdentityState>,
}

struct Held<C> {
    credentials: Arc<C>,
    expires: Option<SystemTime>,
}

impl<C> Clone for Kept<C> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            _stop: self._stop.clone(),
        }
    }
}

impl<C: Send + Sync + 'static> Kept<C> {
    /// Credentials that never change.
    pub(crate) fn for_ever(cloud: &'static str, from: &'static str, credentials: C) -> Self {
        let shared = Shared::new(cloud, from);
        shared.hold(Issued {
            credentials,
            expires: None,
        });
        Self {
            shared: Arc::new(shared),
            _stop: None,
        }
    }

    /// Starts to load and renew. The task ends with the last clone, or with the process.
    pub(crate) fn start<I>(name: &'static str, issuer: I, outbound: Outbound, tasks: &Tasks) -> Self
    where
        I: Issuer<Credentials = C>,
    {
        let shared = Arc::new(Shared::new(I::CLOUD, issuer.from()));
        let stop = tasks.cancel_token().child_token();
        let keeper = Keeper {
            issuer: Arc::new(issuer),
            shared: shared.clone(),
            outbound,
            stop: stop.clone(),
            told: None,
        };
        tasks.spawn_once(name, keeper.run());
        Self {
            shared,
            _stop: Some(Arc::new(stop.drop_guard())),
        }
    }

    /// What a request uses now. Takes no lock where there is something to use.
    pub(crate) fn current(&self, now: SystemTime) -> Result<Arc<C>, NoCredentials> {
        let held = self.shared.held.load();
        match held.as_deref() {
            Some(held) if held.expires.is_none_or(|expires| now < expires) => {
                Ok(held.credentials.clone())
            }
            Some(_) | None => Err(self.shared.state.borrow().refusal(self.shared.cloud)),
        }
    }

    pub(crate) fn state(&self) -> IdentityState {
        self.shared.state.borrow().clone()
    }

    /// Waits until the first attempt has ended, well or not.
    pub(crate) async fn settled(&self) {
        let mut state = self.shared.state.subscribe();
        // The sender lives in `self`, so there is always an answer.
        let _settled = state.wait_for(IdentityState::is_settled).await;
    }
}

impl<C> Shared<C> {
    fn new(cloud: &'static str, from: &'static str) -> Self {
        Self {
            cloud,
            held: ArcSwapOption::empty(),
            state: watch::Sender::new(IdentityState::new(from)),
        }
    }

    fn hold(&self, issued: Issued<C>) {
        let expires = issued.expires;
        self.held.store(Some(Arc::new(Held {
            credentials: Arc::new(issued.credentials),
            expires,
        })));
        self.state.send_modify(|state| {
            state.loads += 1;
            state.expires = expires;
            state.failure = None;
        });
    }
}

struct Keeper<I: Issuer> {
    issuer: Arc<I>,
    shared: Arc<Shared<I::Credentials>>,
    outbound: Outbound,
    stop: CancellationToken,
    /// What was last told of a failure: its reason, and whether requests still had credentials.
    told: Option<(Arc<str>, bool)>,
}

impl<I: Issuer> Keeper<I> {
    async fn run(mut self) {
        loop {
            let issued = self.issue().await.and_then(fresh);
            let pause = match issued {
                Err(LoadError::Abandoned) => return,
                Err(error) => self.failed(&error),
                Ok(issued) => match self.renewed(issued) {
                    Some(pause) => pause,
                    None => return,
                },
            };
            if !self.wait(pause).await {
                return;
            }
        }
    }

    /// Loads on a thread of its own, which is let go when nobody waits any more.
    async fn issue(&self) -> Result<Issued<I::Credentials>, LoadError> {
        let (issuer, outbound) = (self.issuer.clone(), self.outbound.clone());
        let stop = self.stop.clone();
        let work = tokio::task::spawn_blocking(move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build_local(LocalOptions::default())
                .map_err(LoadError::Runtime)?;
            runtime.block_on(async move {
                let calls = Calls::new(outbound);
                tokio::select! {
                    biased;
                    () = stop.cancelled() => Err(LoadError::Abandoned),
                    issued = issuer.issue(&calls) => issued,
                }
            })
        });
        match work.await {
            Ok(issued) => issued,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(LoadError::Abandoned),
        }
    }

    /// Keeps them. Returns how long to wait with renewing them; `None` when they are good for ever.
    fn renewed(&mut self, issued: Issued<I::Credentials>) -> Option<Duration> {
        let (expires, before) = (issued.expires, self.shared.state.borrow().clone());
        self.shared.hold(issued);
        self.told = None;
        let (cloud, from) = (I::CLOUD, before.from);
        let until = expires.map(|at| chrono::DateTime::<chrono::Utc>::from(at).to_rfc3339());
        let until = until.as_deref().unwrap_or("for ever");
        if before.loads == 0 || before.failure.is_some() {
            tracing::info!(from, until, "{cloud} credentials are loaded");
        } else {
            tracing::debug!(from, until, "{cloud} credentials are renewed");
        }
        let left = expires?
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        Some(pace::until_renewal(left, rand::random()))
    }

    /// Tells of it: once for each reason, and once more when nothing is left to use. Returns how long to wait before the next
    /// attempt.
    fn failed(&mut self, error: &LoadError) -> Duration {
        let now = SystemTime::now();
        let reason: Arc<str> = error_chain(error).into();
        let before = self.shared.state.borrow().clone();
        let (from, usable) = (before.from, before.is_usable(now));
        let (since, attempts) = match before.failure {
            Some(failure) => (failure.since, failure.attempts + 1),
            None => (now, 1),
        };
        let news = Some((reason.clone(), usable));
        if self.told == news {
            tracing::debug!(from, attempts, "{} credentials: {reason}", I::CLOUD);
        } else {
            let cloud = I::CLOUD;
            tracing::warn!(
                from,
                usable,
                "{cloud} credentials were not loaded: {reason}"
            );
            self.told = news;
        }
        self.shared.state.send_modify(|state| {
            state.failure = Some(Failure {
                since,
                attempts,
                reason,
            });
        });
        pace::after_failures(attempts, rand::random())
    }

    /// Waits by the clock on the wall. `false` when it is time to end.
    async fn wait(&self, pause: Duration) -> bool {
        let due = SystemTime::now() + pause;
        while let Ok(left) = due.duration_since(SystemTime::now()) {
            if left.is_zero() {
                break;
            }
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = tokio::time::sleep(left.min(LOOK)) => {}
            }
        }
        !self.stop.is_cancelled()
    }
}

/// Refuses credentials that are past when they come.
fn fresh<C>(issued: Issued<C>) -> Result<Issued<C>, LoadError> {
    match issued
        .expires
        .map(|at| SystemTime::now().duration_since(at))
    {
        Some(Ok(past)) => Err(LoadError::Stale {
            seconds: past.as_secs(),
        }),
        Some(Err(_)) | None => Ok(issued),
    }
}
