//! The windows of all keys, one set per process, in shards that are locked for some hundred nanoseconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dvara_store::rates::Counted;

use crate::window::{Basis, Full, Window};

const SHARDS: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Counts {
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug, Default)]
struct Shard {
    keys: HashMap<Arc<str>, Key>,
    /// Keys with calls that the others do not know of.
    unsent: Vec<Arc<str>>,
}

#[derive(Debug, Default)]
struct Key {
    window: Window,
    /// Whether it is in the list.
    listed: bool,
}

impl Counts {
    /// Counts a call of a key, unless its limit is reached.
    pub(crate) fn admit(
        &self,
        key: &str,
        now_ms: i64,
        limit: u64,
        basis: Basis,
    ) -> Result<(), Full> {
        let mut shard = self.shard(key);
        let Shard { keys, unsent } = &mut *shard;
        if let Some(known) = keys.get_mut(key) {
            known.window.admit(now_ms, limit, basis)?;
            if !known.listed {
                known.listed = true;
                unsent.extend(keys.get_key_value(key).map(|(key, _)| key.clone()));
            }
            return Ok(());
        }
        let mut new = Key::default();
        new.window.admit(now_ms, limit, basis)?;
        new.listed = true;
        let key: Arc<str> = key.into();
        unsent.push(key.clone());
        keys.insert(key, new);
        Ok(())
    }

    /// Takes what the others do not know of, about `most` entries of it; [`Self::sent`] or [`Self::not_sent`] must follow.
    pub(crate) fn take_unsent(&self, most: usize) -> Vec<Counted> {
        let mut taken = Vec::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            let Shard { keys, unsent } = &mut *shard;
            while taken.len() < most
                && let Some(key) = unsent.pop()
            {
                let Some(known) = keys.get_mut(&key) else {
                    continue;
                };
                known.listed = false;
                taken.extend(known.window.unsent().map(|(second, own)| Counted {
                    second,
                    key: key.to_string(),
                    requests: own.into(),
                }));
            }
        }
        taken
    }

    /// Notes that the others can know of this now.
    pub(crate) fn sent(&self, taken: &[Counted]) {
        for counted in taken {
            if let Some(known) = self.shard(&counted.key).keys.get_mut(counted.key.as_str()) {
                let own = u32::try_from(counted.requests).unwrap_or(u32::MAX);
                known.window.sent(counted.second, own);
            }
        }
    }

    /// Puts back what was taken.
    pub(crate) fn not_sent(&self, taken: &[Counted]) {
        for counted in taken {
            let mut shard = self.shard(&counted.key);
            let Shard { keys, unsent } = &mut *shard;
            if let Some(known) = keys.get_mut(counted.key.as_str())
                && !known.listed
            {
                known.listed = true;
                unsent.push(counted.key.as_str().into());
            }
        }
    }

    /// Learns what all others counted.
    pub(crate) fn learn(&self, others: &[Counted], now: i64) {
        for counted in others {
            let mut shard = self.shard(&counted.key);
            if let Some(known) = shard.keys.get_mut(counted.key.as_str()) {
                known.window.learn(counted.second, counted.requests, now);
                continue;
            }
            let mut new = Key::default();
            new.window.learn(counted.second, counted.requests, now);
            shard.keys.insert(counted.key.as_str().into(), new);
        }
    }

    /// Drops keys that nobody called with within a window.
    pub(crate) fn sweep(&self, now: i64) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.keys.retain(|_, known| !known.window.expire(now));
            if shard.keys.capacity() > 4 * shard.keys.len() {
                shard.keys.shrink_to_fit();
            }
        }
    }

    /// How many calls of a key are in its window.
    pub(crate) fn counted(&self, key: &str, now: i64) -> u64 {
        let mut shard = self.shard(key);
        shard.keys.get_mut(key).map_or(0, |known| {
            known.window.expire(now);
            known.window.total()
        })
    }

    /// How many keys are held.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).keys.len()).sum()
    }

    /// FNV-1a chooses; ids are ours, so nobody can aim at a shard.
    fn shard(&self, key: &str) -> MutexGuard<'_, Shard> {
        let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        lock(&self.shards[(hash >> 60) as usize % SHARDS])
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // Nothing in here can leave a shard half changed that a later call could not go on with.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(counts: &Counts, key: &str, now_ms: i64) -> bool {
        counts.admit(key, now_ms, 1_000, Basis::Fleet).is_ok()
    }

    fn taken(counts: &Counts) -> Vec<(String, i64, u64)> {
        let taken = counts.take_unsent(usize::MAX).into_iter();
        let mut taken: Vec<_> = taken
            .map(|counted| (counted.key, counted.second, counted.requests))
            .collect();
        taken.sort();
        taken
    }

    #[test]
    fn what_was_not_sent_is_sent_again_as_a_total() {
        let counts = Counts::default();
        assert!(
            call(&counts, "a", 1_000) && call(&counts, "a", 1_500) && call(&counts, "b", 1_000)
        );
        let first = counts.take_unsent(usize::MAX);
        assert_eq!(first.len(), 2);
        assert!(taken(&counts).is_empty());
        assert!(call(&counts, "a", 1_900) && call(&counts, "a", 2_000));
        counts.not_sent(&first);
        let all = [("a".into(), 1, 3), ("a".into(), 2, 1), ("b".into(), 1, 1)];
        assert_eq!(taken(&counts), all);
    }

    #[test]
    fn calls_that_come_while_others_are_sent_are_not_lost() {
        let counts = Counts::default();
        assert!(call(&counts, "a", 1_000));
        let sending = counts.take_unsent(usize::MAX);
        assert!(call(&counts, "a", 1_001));
        counts.sent(&sending);
        assert_eq!(taken(&counts), [("a".into(), 1, 2)]);
    }

    #[test]
    fn one_batch_has_a_bound_and_the_rest_follows() {
        let counts = Counts::default();
        for key in 0..100 {
            assert!(call(&counts, &format!("key-{key}"), 1_000));
        }
        let sizes: Vec<usize> = std::iter::repeat_with(|| counts.take_unsent(40).len())
            .take_while(|size| *size > 0)
            .collect();
        assert_eq!(sizes, [40, 40, 20]);
    }

    #[test]
    fn keys_without_calls_in_the_window_are_dropped() {
        let counts = Counts::default();
        for key in 0..10_000 {
            assert!(call(&counts, &format!("key-{key}"), key));
        }
        counts.learn(
            &[Counted {
                second: 70,
                key: "theirs".to_owned(),
                requests: 1,
            }],
            70,
        );
        counts.sweep(64);
        assert_eq!(counts.len(), 6_001, "those of seconds 4 to 9, and theirs");
        counts.sweep(131);
        assert_eq!(counts.len(), 0);
        let capacity = |shard: &Mutex<Shard>| lock(shard).keys.capacity();
        assert!(counts.shards.iter().all(|shard| capacity(shard) == 0));
        // Whatever was listed of them is nobody's any more.
        assert!(taken(&counts).is_empty());
    }
}
