//! Every target that this process has called lately.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::ArcSwap;

use super::breaker::{Breaker, BreakerSettings};
use super::budget::RetryBudget;
use super::lane::{Lane, LaneSettings};
use super::latency::Latency;

/// Targets that are kept. Model names are callers' words, so there may be any number of them.
const MOST: usize = 1_024;

/// What a provider's targets begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetSettings {
    /// When calls are paused.
    pub breaker: BreakerSettings,
    /// The share of calls that may be retried, in percent.
    pub retry_percent: u16,
    /// Retries beyond that share.
    pub retry_reserve: u32,
    /// Calls at once to the provider, whatever the model.
    pub lane: LaneSettings,
}

impl Default for TargetSettings {
    fn default() -> Self {
        Self {
            breaker: BreakerSettings::default(),
            retry_percent: 20,
            retry_reserve: 10,
            lane: LaneSettings::default(),
        }
    }
}

/// A model at a provider, as far as this process has come to know it.
pub struct Target {
    /// The provider's name.
    pub provider: Arc<str>,
    /// The model's name, as the provider is asked for it.
    pub model: Arc<str>,
    /// Whether calls pass.
    pub breaker: Breaker,
    /// Whether they may be repeated.
    pub retries: RetryBudget,
    /// The way to the provider, shared by all its targets.
    pub lane: Lane,
    /// How long whole answers take.
    pub answers: Latency,
    /// How long streams take to their first event.
    pub first_events: Latency,
    /// How many targets had been added when it was last asked for. Time enough to tell which are out of use, and it stands still
    /// while no new ones come, so that nothing is written.
    used: AtomicU64,
}

type Map = HashMap<Arc<str>, HashMap<Arc<str>, Arc<Target>>>;

/// The targets of one process.
pub struct Targets {
    settings: Box<dyn Fn(&str) -> TargetSettings + Send + Sync>,
    most: usize,
    current: ArcSwap<Map>,
    added: AtomicU64,
    kept: Mutex<Kept>,
}

/// What only those look at who add a target.
#[derive(Default)]
struct Kept {
    /// Never let go: the names of providers are the configuration's words.
    lanes: HashMap<Arc<str>, Lane>,
    /// Targets that somebody may still hold. One that is asked for again comes back, lest there be two of it.
    let_go: Vec<Weak<Target>>,
}

impl Targets {
    /// None yet. `settings` is asked once for each, with the provider's name.
    pub fn new(settings: impl Fn(&str) -> TargetSettings + Send + Sync + 'static) -> Self {
        Self {
            settings: Box::new(settings),
            most: MOST,
            current: ArcSwap::default(),
            added: AtomicU64::new(0),
            kept: Mutex::default(),
        }
    }

    /// A provider's model. Beyond 1,024 the target that was not asked for for the longest time is let go, and forgotten once nobody
    /// holds it.
    pub fn of(&self, provider: &str, model: &str) -> Arc<Target> {
        if let Some(target) = find(&self.current.load(), provider, model) {
            let added = self.added.load(Ordering::Relaxed);
            if target.used.load(Ordering::Relaxed) != added {
                target.used.store(added, Ordering::Relaxed);
            }
            return target.clone();
        }
        self.add(provider, model)
    }

    /// All of them, by provider and model.
    pub fn all(&self) -> Vec<Arc<Target>> {
        let current = self.current.load();
        let mut all: Vec<_> = current
            .values()
            .flat_map(HashMap::values)
            .cloned()
            .collect();
        all.sort_by(|one, other| (&one.provider, &one.model).cmp(&(&other.provider, &other.model)));
        all
    }

    /// The map is copied for every addition: looking up is frequent, and must wait for nobody.
    fn add(&self, provider: &str, model: &str) -> Arc<Target> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current.load_full();
        if let Some(target) = find(&current, provider, model) {
            // Another core was quicker.
            return target.clone();
        }
        let target = kept
            .find(provider, model)
            .unwrap_or_else(|| Arc::new(self.make(&mut kept, provider, model)));
        let added = self.added.fetch_add(1, Ordering::Relaxed) + 1;
        target.used.store(added, Ordering::Relaxed);
        let mut map = Map::clone(&current);
        map.entry(target.provider.clone())
            .or_default()
            .insert(target.model.clone(), target.clone());
        if map.values().map(HashMap::len).sum::<usize>() > self.most {
            kept.let_go(&mut map, &target);
        }
        self.current.store(Arc::new(map));
        target
    }

    fn make(&self, kept: &mut Kept, provider: &str, model: &str) -> Target {
        let settings = (self.settings)(provider);
        let provider: Arc<str> = provider.into();
        let lane = kept.lanes.entry(provider.clone());
        let lane = lane.or_insert_with(|| Lane::new(settings.lane)).clone();
        Target {
            provider,
            model: model.into(),
            breaker: Breaker::new(settings.breaker),
            retries: RetryBudget::new(settings.retry_percent, settings.retry_reserve),
            lane,
            answers: Latency::new(),
            first_events: Latency::new(),
            used: AtomicU64::new(0),
        }
    }
}

fn find<'m>(map: &'m Map, provider: &str, model: &str) -> Option<&'m Arc<Target>> {
    map.get(provider)?.get(model)
}

impl Kept {
    fn find(&self, provider: &str, model: &str) -> Option<Arc<Target>> {
        let held = self.let_go.iter().filter_map(Weak::upgrade);
        held.into_iter()
            .find(|target| *target.provider == *provider && *target.model == *model)
    }

    /// Takes the target that has been out of use for the longest time off the map.
    fn let_go(&mut self, map: &mut Map, newest: &Arc<Target>) {
        self.let_go.retain(|target| target.strong_count() > 0);
        let others = map.values().flat_map(HashMap::values);
        let oldest = others
            .filter(|target| !Arc::ptr_eq(target, newest))
            .min_by_key(|target| target.used.load(Ordering::Relaxed))
            .cloned();
        let Some(oldest) = oldest else { return };
        self.let_go.push(Arc::downgrade(&oldest));
        if let Some(models) = map.get_mut(&oldest.provider) {
            models.remove(&oldest.model);
            if models.is_empty() {
                map.remove(&oldest.provider);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::time::Instant;

    use super::*;

    fn targets(most: usize) -> Targets {
        let mut targets = Targets::new(|_| TargetSettings::default());
        targets.most = most;
        targets
    }

    fn models(targets: &Targets) -> String {
        let all = targets.all();
        let names: Vec<_> = all.iter().map(|target| &*target.model).collect();
        names.join(" ")
    }

    #[test]
    fn a_target_is_one_for_everybody_and_lives_on_between_calls() {
        let targets = targets(10);
        let now = Instant::now();
        for _ in 0..5 {
            let target = targets.of("openai", "gpt");
            target.breaker.try_pass(now).unwrap().failed(now);
        }
        assert!(targets.of("openai", "gpt").breaker.try_pass(now).is_err());
        assert!(targets.of("azure", "gpt").breaker.try_pass(now).is_ok());
        assert!(targets.of("openai", "gpt-2").breaker.try_pass(now).is_ok());
    }

    #[test]
    fn settings_are_the_providers_and_so_is_the_lane() {
        let targets = Targets::new(|provider| TargetSettings {
            retry_reserve: u32::from(provider == "a"),
            lane: LaneSettings {
                max: NonZeroUsize::new(1),
                queue: 0,
            },
            ..TargetSettings::default()
        });
        let one = targets.of("a", "x");
        assert!(one.retries.try_withdraw());
        assert!(!targets.of("b", "x").retries.try_withdraw());
        let mut place = std::pin::pin!(one.lane.acquire(tokio::time::Instant::now()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let held = place.as_mut().poll(&mut context);
        assert!(matches!(held, std::task::Poll::Ready(Ok(_))));
        assert_eq!(targets.of("a", "y").lane.in_use(), 1);
        assert_eq!(targets.of("b", "x").lane.in_use(), 0);
    }

    #[test]
    fn the_longest_unused_ones_are_let_go() {
        let targets = targets(3);
        for model in ["a", "b", "c", "a", "d"] {
            targets.of("p", model);
        }
        assert_eq!(models(&targets), "a c d");
        for model in 0..100 {
            targets.of("q", &model.to_string());
            targets.of("p", "a");
        }
        assert_eq!(models(&targets), "a 98 99");
        assert!(targets.kept.lock().unwrap().let_go.len() <= 1);
    }

    #[test]
    fn a_target_that_somebody_holds_is_found_again_after_it_was_let_go() {
        let targets = targets(1);
        let held = targets.of("p", "held");
        for model in 0..10 {
            targets.of("p", &model.to_string());
        }
        assert_eq!(models(&targets), "9");
        assert!(Arc::ptr_eq(&held, &targets.of("p", "held")));
        assert_eq!(models(&targets), "held");
        targets.of("p", "other");
        let forgotten = Arc::downgrade(&held);
        drop(held);
        assert!(forgotten.upgrade().is_none());
    }

    #[test]
    fn on_several_threads_there_is_never_a_second_one_of_a_target_that_is_held() {
        let targets = targets(4);
        let core = |seed: usize| {
            for turn in 0..5_000 {
                let model = ((seed + turn) * 7 % 13).to_string();
                let held = targets.of("p", &model);
                let again = targets.of("p", &model);
                assert!(Arc::ptr_eq(&held, &again));
            }
        };
        std::thread::scope(|scope| {
            (0..4).for_each(|seed| drop(scope.spawn(move || core(seed))));
        });
        assert!(targets.all().len() <= 4);
    }
}
