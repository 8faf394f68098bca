//! The sliding window of one key, pure: time is an argument.
//!
//! Seconds are numbered by the fleet's clock. A window holds a slot for each second that somebody called in, so a key that
//! calls rarely costs little, and at most 60 full seconds and the one that runs.

use std::collections::VecDeque;

/// A call counts until so many seconds after the end of the one it came in.
pub const WINDOW_SECONDS: i64 = 60;

/// How far ahead of ours another process's second may be before it is taken for a clock gone wrong.
const AHEAD: i64 = 60;

/// What a call is judged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// What the whole fleet counted.
    Fleet,
    /// This process's share of what was left when the fleet was last heard of.
    Share {
        /// The last second of which the fleet's counts are known.
        known_until: i64,
        /// Among how many the rest is divided, this process included.
        members: u64,
    },
}

/// The limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full {
    /// Milliseconds, by the fleet's clock, from which on a call is admitted if nobody else takes its place.
    pub(crate) frees_at_ms: i64,
}

/// The calls of one key.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// In the order of their seconds.
    slots: VecDeque<Slot>,
    /// The sum over all slots.
    total: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    second: i64,
    /// Admitted here.
    own: u32,
    /// As much of `own` as the others can know of.
    sent: u32,
    /// Admitted by all others, as far as is known.
    others: u32,
}

impl Slot {
    fn count(&self) -> u64 {
        u64::from(self.own) + u64::from(self.others)
    }
}

impl Window {
    /// Counts one more call, unless the limit is reached. `limit` is at least 1.
    pub(crate) fn admit(&mut self, now_ms: i64, limit: u64, basis: Basis) -> Result<(), Full> {
        let now = now_ms.div_euclid(1_000);
        self.expire(now);
        if !self.sums(basis).admit(limit, basis) {
            return Err(Full {
                frees_at_ms: self.frees_at_ms(now, limit, basis),
            });
        }
        let slot = self.slot(now);
        if let Some(own) = slot.own.checked_add(1) {
            slot.own = own;
            self.total += 1;
        }
        Ok(())
    }

    /// Learns what all others admitted in a second.
    pub(crate) fn learn(&mut self, second: i64, others: u64, now: i64) {
        if !is_live(second, now) {
            return;
        }
        let slot = self.slot(second);
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        // Counts only grow; one that came late in the day says nothing new.
        let more = others.saturating_sub(slot.others);
        slot.others += more;
        self.total += u64::from(more);
    }

    /// The seconds of which the others do not know all, with what was admitted here in each.
    pub(crate) fn unsent(&self) -> impl Iterator<Item = (i64, u32)> + '_ {
        let unsent = self.slots.iter().filter(|slot| slot.own > slot.sent);
        unsent.map(|slot| (slot.second, slot.own))
    }

    /// Notes that the others can know of this.
    pub(crate) fn sent(&mut self, second: i64, own: u32) {
        let found = self.slots.iter_mut().rev();
        if let Some(slot) = found.take_while(|slot| slot.second >= second).last()
            && slot.second == second
        {
            slot.sent = slot.sent.max(own);
        }
    }

    /// How many calls the window holds.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Forgets what no longer counts; whether nothing is left.
    pub(crate) fn expire(&mut self, now: i64) -> bool {
        while let Some(slot) = self
            .slots
            .pop_front_if(|slot| slot.second < now - WINDOW_SECONDS)
        {
            self.total -= slot.count();
        }
        while let Some(slot) = self.slots.pop_back_if(|slot| slot.second > now + AHEAD) {
            self.total -= slot.count();
        }
        self.slots.is_empty()
    }

    /// The slot of a second, made where it is missing. Nearly always the last one.
    fn slot(&mut self, second: i64) -> &mut Slot {
        let behind = self.slots.iter().rev();
        let at = self.slots.len() - behind.take_while(|slot| slot.second > second).count();
        let found = at > 0 && self.slots[at - 1].second == second;
        if found {
            return &mut self.slots[at - 1];
        }
        let slot = Slot {
            second,
            own: 0,
            sent: 0,
            others: 0,
        };
        self.slots.insert(at, slot);
        &mut self.slots[at]
    }

    fn sums(&self, basis: Basis) -> Sums {
        match basis {
            Basis::Fleet => Sums {
                known: self.total,
                own: 0,
            },
            Basis::Share { .. } => {
                let mut sums = Sums::default();
                for slot in &self.slots {
                    let (known, own) = Sums::parts(slot, basis);
                    sums.known += known;
                    sums.own += own;
                }
                sums
            }
        }
    }

    /// When so much has left the window that a call is admitted.
    fn frees_at_ms(&self, now: i64, limit: u64, basis: Basis) -> i64 {
        let mut sums = self.sums(basis);
        let mut last = now;
        for slot in &self.slots {
            let (known, own) = Sums::parts(slot, basis);
            sums.known -= known;
            sums.own -= own;
            last = slot.second;
            if sums.admit(limit, basis) {
                break;
            }
        }
        (last + WINDOW_SECONDS + 1) * 1_000
    }
}

fn is_live(second: i64, now: i64) -> bool {
    (now - WINDOW_SECONDS..=now + AHEAD).contains(&second)
}

/// What a window comes to on some basis.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    /// Known to have been admitted by the fleet.
    known: u64,
    /// Admitted here since the fleet was last heard of.
    own: u64,
}

impl Sums {
    fn parts(slot: &Slot, basis: Basis) -> (u64, u64) {
        match basis {
            Basis::Share { known_until, .. } if slot.second > known_until => {
                (0, u64::from(slot.own))
            }
            Basis::Fleet | Basis::Share { .. } => (slot.count(), 0),
        }
    }

    fn admit(self, limit: u64, basis: Basis) -> bool {
        let left = limit.saturating_sub(self.known);
        match basis {
            Basis::Fleet => left > 0,
            // Rounded up: a share of nothing would refuse a call that the fleet has room for.
            Basis::Share { members, .. } => self.own < left.div_ceil(members.max(1)),
        }
    }
}

#[cfg(test)]
mod tests;
