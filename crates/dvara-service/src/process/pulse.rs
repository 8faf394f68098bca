//! The heartbeat of cores that do not run yet.

use std::sync::{Arc, OnceLock};

use crate::cores::Pulse;

/// A pulse that is known once the cores run; before that nothing is dead yet.
#[derive(Clone, Default)]
pub(super) struct LatePulse(Arc<OnceLock<Pulse>>);

impl LatePulse {
    pub(super) fn set(&self, pulse: Pulse) {
        // Set once, by the start.
        let _first = self.0.set(pulse);
    }

    pub(super) fn is_alive(&self) -> bool {
        self.0.get().is_none_or(Pulse::is_alive)
    }
}
