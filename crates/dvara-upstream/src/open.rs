//! How many connections of a core are open, so that a leak shows.

use std::cell::Cell;
use std::rc::Rc;

/// Counts connections from the end of their handshake until their last task has ended.
#[derive(Default, Clone)]
pub(crate) struct OpenCount(Rc<Cell<usize>>);

impl OpenCount {
    pub(crate) fn get(&self) -> usize {
        self.0.get()
    }

    /// Counts one more until the value is dropped.
    pub(crate) fn enter(&self) -> Open {
        self.0.set(self.0.get() + 1);
        Open(self.clone())
    }
}

/// One open connection.
pub(crate) struct Open(OpenCount);

impl Drop for Open {
    fn drop(&mut self) {
        let count = &self.0.0;
        count.set(count.get() - 1);
    }
}
