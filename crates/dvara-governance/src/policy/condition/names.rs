//! Exact names, allowed or denied.

/// A set of names, compared byte by byte.
pub(in crate::policy) struct Names(Box<[Box<str>]>);

impl Names {
    /// A set of the given names; `None` when there are none, for such a set matches nothing or everything by accident.
    pub(in crate::policy) fn of(mut names: Vec<Box<str>>) -> Option<Self> {
        names.sort_unstable();
        names.dedup();
        (!names.is_empty()).then(|| Self(names.into()))
    }

    pub(in crate::policy) fn contain(&self, name: &str) -> bool {
        self.0
            .binary_search_by(|known| known.as_ref().cmp(name))
            .is_ok()
    }
}

/// An allowlist, a denylist or both.
///
/// With both, a name fires when it is denied *or* not allowed: the lists of one block are two reasons to fire, whereas the
/// blocks of a rule must fire together. A name on both lists fires.
pub(in crate::policy) struct NameRule {
    allowed: Option<Names>,
    denied: Option<Names>,
}

impl NameRule {
    /// A rule of the lists that were given; `None` when neither holds a name.
    pub(in crate::policy) fn of(allowed: Option<Names>, denied: Option<Names>) -> Option<Self> {
        (allowed.is_some() || denied.is_some()).then_some(Self { allowed, denied })
    }

    pub(in crate::policy) fn fires(&self, name: &str) -> bool {
        let not_allowed = |names: &Names| !names.contain(name);
        let denied = |names: &Names| names.contain(name);
        self.allowed.as_ref().is_some_and(not_allowed) || self.denied.as_ref().is_some_and(denied)
    }
}
