//! The word that is being read.

/// Longer runs of letters are cut; no rule knows words of half this length.
pub(super) const LONGEST_RUN: usize = 256;

/// Letters since the last gap, folded.
#[derive(Default)]
pub(super) struct WordBuffer {
    text: String,
    /// Bytes at the end that are symbols and may turn out to be punctuation.
    trailing: usize,
    origin: usize,
    apostrophe: bool,
    digits: bool,
    symbols: bool,
}

impl WordBuffer {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.text.len() >= LONGEST_RUN
    }

    pub(super) fn begin_at(&mut self, origin: usize) {
        self.origin = origin;
    }

    pub(super) fn origin(&self) -> Option<usize> {
        (!self.text.is_empty()).then_some(self.origin)
    }

    pub(super) fn push(&mut self, letter: char) {
        self.text.push(letter);
        self.digits |= letter.is_ascii_digit();
        self.symbols |= self.trailing > 0;
        (self.trailing, self.apostrophe) = (0, false);
    }

    /// How many more bytes the word may have.
    pub(super) fn room(&self) -> usize {
        LONGEST_RUN.saturating_sub(self.text.len())
    }

    /// ASCII letters in any case.
    pub(super) fn push_ascii(&mut self, letters: &str) {
        let start = self.text.len();
        self.text.push_str(letters);
        self.text[start..].make_ascii_lowercase();
        self.symbols |= self.trailing > 0;
        (self.trailing, self.apostrophe) = (0, false);
    }

    pub(super) fn push_symbol(&mut self, symbol: char) {
        // A ruler of symbols is no word, however long.
        if self.text.len() < LONGEST_RUN {
            self.text.push(symbol);
            self.trailing += 1;
        }
    }

    /// "don't" is one word; a second apostrophe ends it.
    pub(super) fn may_go_on_after_apostrophe(&self) -> bool {
        !self.text.is_empty() && !self.apostrophe && self.trailing == 0
    }

    pub(super) fn apostrophe(&mut self) {
        self.apostrophe = true;
    }

    /// The word is over; the buffer is empty afterwards.
    pub(super) fn take(&mut self) -> Taken {
        let mut taken = std::mem::take(self);
        let word_end = taken.text.len() - taken.trailing;
        let ends_sentence = taken.text[word_end..].contains('!');
        let with_symbols = (taken.trailing > 0 && word_end > 0).then(|| taken.text.clone());
        taken.text.truncate(word_end);
        Taken {
            with_symbols,
            origin: taken.origin,
            disguised: taken.symbols
                || (taken.digits && taken.text.bytes().any(|byte| byte.is_ascii_lowercase())),
            symbols: taken.symbols,
            closing_quote: taken.apostrophe,
            ends_sentence,
            text: taken.text,
        }
    }

    /// Takes the buffer back, so that it need not be made again.
    pub(super) fn reuse(&mut self, mut buffer: String) {
        buffer.clear();
        self.text = buffer;
    }
}

/// A word that is over.
pub(super) struct Taken {
    pub(super) text: String,
    /// The word with the symbols at its end, which may be letters too: "filter$".
    pub(super) with_symbols: Option<String>,
    pub(super) origin: usize,
    /// Digits or symbols may stand for letters in it.
    pub(super) disguised: bool,
    pub(super) symbols: bool,
    pub(super) closing_quote: bool,
    pub(super) ends_sentence: bool,
}

/// What a digit or symbol may stand for; `1` and `|` are read in two ways.
pub(super) fn plain_letter(character: char, one: char) -> char {
    match character {
        '0' => 'o',
        '1' | '|' => one,
        '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '6' | '9' => 'g',
        '7' | '+' => 't',
        '8' => 'b',
        '2' => 'z',
        other => other,
    }
}

/// The symbols among the letters of a word.
pub(super) fn is_symbol(character: char) -> bool {
    matches!(character, '@' | '$' | '!' | '|' | '+')
}
