//! One scan of one text: the reader in front, the machines behind it.

use std::sync::Arc;

use super::detection::Detection;
use super::leak::{LeakDetector, LeakMatcher};
use super::lexicon::{Match, WordId};
use super::machine::Machine;
use super::normal::{Listener, Mark, Place, Reader, Recognized};
use super::rules::RuleSet;

/// The built-in rules and, where a tenant has lists, the tenant's, along one text; and what may leak into it.
pub(crate) struct Scan {
    reader: Reader,
    ears: Ears,
}

struct Ears {
    builtin: Machine,
    tenant: Option<Machine>,
    leak: Option<LeakMatcher>,
    /// Behind the last word.
    position: u32,
}

/// A rule that has found something.
pub(crate) struct Found<'r> {
    pub(crate) set: &'r RuleSet,
    pub(crate) rule: usize,
}

impl Scan {
    pub(crate) fn new(builtin: &Arc<RuleSet>, tenant: Option<&Arc<RuleSet>>) -> Self {
        let ears = Ears {
            builtin: Machine::new(builtin.clone()),
            tenant: tenant.cloned().map(Machine::new),
            leak: None,
            position: 0,
        };
        Self {
            reader: Reader::default(),
            ears,
        }
    }

    /// The same, listening for what must not leak.
    #[must_use]
    pub(crate) fn with_leak(mut self, detector: Option<Arc<LeakDetector>>) -> Self {
        self.ears.leak = detector.map(LeakMatcher::new);
        self
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.reader.push(text, &mut self.ears);
    }

    /// The text ends; another may follow, and no match spans the two.
    pub(crate) fn end_text(&mut self) {
        self.reader.finish(&mut self.ears);
        self.reader.step_away();
    }

    /// What was found since the last call and is certain. After [`Self::end_text`] say `ended`.
    pub(crate) fn take_found(&mut self, ended: bool, mut found: impl FnMut(Found<'_>)) {
        let position = self.ears.position;
        for machine in [Some(&mut self.ears.builtin), self.ears.tenant.as_mut()]
            .into_iter()
            .flatten()
        {
            let set = machine.set().clone();
            machine.take_found(ended, position, &mut |rule| {
                found(Found { set: &set, rule })
            });
        }
    }

    /// Everything before this byte of the text is part of no match that may still become complete.
    pub(crate) fn settled_origin(&self) -> usize {
        let pending = self.reader.pending_origin();
        let machines = [Some(&self.ears.builtin), self.ears.tenant.as_ref()]
            .into_iter()
            .flatten();
        machines
            .filter_map(|machine| machine.unfinished_origin(self.ears.position))
            .fold(pending, usize::min)
    }

    /// What has leaked so far.
    pub(crate) fn leaks(&self) -> impl Iterator<Item = Detection> {
        self.ears.leak.iter().flat_map(LeakMatcher::detections)
    }

    /// Everything before this byte of the text is part of no passage that may still become a leak; `None` where nothing may leak.
    pub(crate) fn unleaked_origin(&self) -> Option<usize> {
        let begun = self.ears.leak.as_ref()?.unfinished_origin();
        let pending = self.reader.pending_origin();
        Some(begun.unwrap_or(pending).min(pending))
    }

    pub(crate) fn hidden_between_letters(&self) -> u32 {
        self.reader.hidden_between_letters()
    }

    /// Whether the last text has words in ROT13, and words written backwards. The next text starts afresh.
    pub(crate) fn take_disguises(&mut self) -> (bool, bool) {
        self.ears.builtin.take_disguises()
    }

    /// Steps of rules looked at so far: the measure of work.
    #[cfg(test)]
    pub(crate) fn checks(&self) -> u64 {
        self.ears.builtin.checks()
    }
}

impl Ears {
    fn in_tenants(&self, word: &str) -> Option<WordId> {
        let machine = self.tenant.as_ref()?;
        machine.set().lexicon.find_same(word)
    }
}

/// The numbers that a word has in the lexicons; of an unknown word none.
#[derive(Clone, Copy, Default)]
struct Known {
    builtin: Option<WordId>,
    tenant: Option<WordId>,
}

impl Listener for Ears {
    type Known = Known;

    #[inline]
    fn recognize(&self, word: &str) -> Recognized<'_, Known> {
        let tenant = self.in_tenants(word);
        let lexicon = &self.builtin.set().lexicon;
        let builtin = match lexicon.find(word) {
            Some(Match::Same(id)) => Some(id),
            Some(Match::Shuffled(id)) if tenant.is_none() => {
                return Recognized::Shuffled(lexicon.word(id));
            }
            _ => None,
        };
        match builtin.or(tenant) {
            Some(_) => Recognized::Known(Known { builtin, tenant }),
            None => Recognized::Unknown,
        }
    }

    fn knows(&self, word: &str) -> bool {
        let builtin = &self.builtin.set().lexicon;
        builtin.find_same(word).is_some() || self.in_tenants(word).is_some()
    }

    fn longest_known(&self, run: &str) -> usize {
        let longest = |machine: &Machine| machine.set().lexicon.longest_at_start(run.as_bytes());
        self.tenant
            .as_ref()
            .map_or(0, longest)
            .max(longest(&self.builtin))
    }

    #[inline]
    fn written(&mut self, word: &str, origin: usize) {
        if let Some(leak) = &mut self.leak {
            leak.written(word, origin);
        }
    }

    fn word(&mut self, word: &str, known: Known, at: Place) {
        let length = word.len() as u32;
        self.position = at.position + length;
        self.builtin.hear(self.position);
        if let Some(id) = known.builtin {
            self.builtin.word(id, length, at);
        }
        if let (Some(id), Some(machine)) = (known.tenant, &mut self.tenant) {
            machine.word(id, length, at);
        }
    }

    fn mark(&mut self, mark: Mark, at: Place) {
        self.builtin.mark(mark, at);
        if let Some(machine) = &mut self.tenant {
            machine.mark(mark, at);
        }
        if let Mark::Sign(sign) = mark {
            let known = self.recognize(sign).known();
            self.word(sign, known, at);
        }
    }
}
