//! The last results of a target.

/// The last `size` results, the oldest making place for the newest.
pub(super) struct Window {
    size: usize,
    failed: Vec<bool>,
    /// Where the next result goes once the window is full.
    next: usize,
    failures: usize,
}

impl Window {
    pub(super) fn new(size: u16) -> Self {
        Self {
            size: usize::from(size),
            failed: Vec::new(),
            next: 0,
            failures: 0,
        }
    }

    pub(super) fn push(&mut self, failed: bool) {
        self.failures += usize::from(failed);
        if self.failed.len() < self.size {
            self.failed.push(failed);
            return;
        }
        let oldest = std::mem::replace(&mut self.failed[self.next], failed);
        self.failures -= usize::from(oldest);
        self.next = (self.next + 1) % self.size;
    }

    /// Whether at least `percent` of at least `minimum` results failed.
    pub(super) fn reaches(&self, percent: u8, minimum: u16) -> bool {
        let seen = self.failed.len();
        seen >= usize::from(minimum) && self.failures * 100 >= usize::from(percent) * seen
    }
}
