//! How texts lie side by side.

/// Between two texts stands a line feed (data-plane sheet §5), but where citations make several blocks of one text.
#[derive(Default)]
pub(crate) struct Seam {
    /// Some text has come.
    any: bool,
    /// The block before had citations.
    was_cited: bool,
    /// A line feed is due before the next text.
    due: bool,
}

impl Seam {
    /// A block of text begins.
    pub(crate) fn begin(&mut self, is_cited: bool) {
        self.due = self.any && !self.was_cited && !is_cited;
        self.was_cited = is_cited;
    }

    /// Citations came for the block of text.
    pub(crate) fn cite(&mut self) {
        self.was_cited = true;
    }

    /// Whether a line feed goes before the text that comes now.
    pub(super) fn take(&mut self) -> bool {
        self.any = true;
        std::mem::take(&mut self.due)
    }
}
