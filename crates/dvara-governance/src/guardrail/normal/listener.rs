//! Who is told what a reader reads.

/// Something that listens to the words of a text.
pub(crate) trait Listener {
    /// What it knows of a word; nothing by default.
    type Known: Copy + Default;
    /// Whether it wants words as rules know them. One that doesn't is only told what is written.
    const RECOGNIZES: bool = true;
    /// A folded word as it is written, before disguises are taken off: the same ones whatever is recognized.
    fn written(&mut self, _word: &str, _origin: usize) {}
    /// What rules know of this word; disguises are taken off only where they know what is under them.
    fn recognize(&self, word: &str) -> Recognized<'_, Self::Known>;
    /// A folded word.
    fn word(&mut self, word: &str, known: Self::Known, at: Place);
    /// What stands between words.
    fn mark(&mut self, mark: Mark, at: Place);
    /// Whether a rule speaks of this word.
    fn knows(&self, word: &str) -> bool {
        matches!(self.recognize(word), Recognized::Known(_))
    }
    /// At most this many bytes have the words that a rule speaks of and that a run of letters may begin with.
    fn longest_known(&self, _run: &str) -> usize {
        usize::MAX
    }
}

/// Whether rules speak of a word.
pub(crate) enum Recognized<'l, K> {
    Known(K),
    /// They speak of this one, which has the same letters in another order.
    Shuffled(&'l str),
    Unknown,
}

impl<K: Default> Recognized<'_, K> {
    /// What is known of the word as it stands.
    pub(crate) fn known(self) -> K {
        match self {
            Recognized::Known(known) => known,
            _ => K::default(),
        }
    }
}

/// Where a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// In the text of folded words with one space between them, in bytes. Distances are measured here.
    pub(crate) position: u32,
    /// In the text as it came, in bytes, from the start of the first piece. May point before the word, never behind its start.
    pub(crate) origin: usize,
}

/// What between words matters to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A sentence or paragraph ends here.
    Break,
    /// A quotation mark that may open or close.
    Quote,
    /// A single quotation mark after a word: closes one that is open, else it is an apostrophe.
    QuoteEnd,
    /// A colon, bracket, hash or code fence, as the word that rules call it by.
    Sign(&'static str),
}
