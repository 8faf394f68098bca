//! Reading a text the way a model reads it: as words, whatever was done to hide them from a filter.
//!
//! One pass, character by character, with a bounded memory, so that a text in pieces reads exactly as the whole does. Letters
//! are folded to small ASCII ones where they look like them, invisible characters are dropped and counted, letters that were
//! spaced out are put together again, and digits that stand for letters are read as letters where that makes a word which
//! some rule knows. What is between words survives as far as rules need it: see [`Mark`].

mod fold;
mod join;
mod kind;
mod listener;
mod look_alike;
mod word;

use super::lexicon::LONGEST_WORD;
use crate::letters::{are_small, letters};
use fold::{Folded, fold};
use kind::{KINDS, Kind};
use word::WordBuffer;

pub(crate) use listener::{Listener, Mark, Place, Recognized};

/// Farther than any rule reaches.
const FAR: u32 = 4096;

/// Fewer bytes on a line, and the blank line behind it ends no paragraph.
const SHORTEST_PARAGRAPH: u32 = 40;

/// Reads one text; see the module.
#[derive(Default)]
pub(crate) struct Reader {
    word: WordBuffer,
    between: Between,
    letters: join::SpacedLetters,
    piece: join::Piece,
    /// A word in small letters; kept so that it need not be made again.
    small: String,
    position: u32,
    /// Where the line began that is being read.
    line: u32,
    origin: usize,
    hidden_between_letters: u32,
    /// Invisible characters since the last Latin letter.
    hidden: u32,
    after_latin: bool,
    fence: u8,
    last_sign: Option<&'static str>,
}

/// What was seen since the last word.
#[derive(Default, Clone, Copy)]
struct Between {
    characters: u32,
    newlines: u8,
    /// A full stop or the like; it ends a sentence if white space follows.
    stop: bool,
    breaks: bool,
    joiner: bool,
}

impl Reader {
    /// Reads the next piece of the text.
    pub(crate) fn push(&mut self, text: &str, listener: &mut impl Listener) {
        let bytes = text.as_bytes();
        let base = self.origin;
        let mut at = 0;
        loop {
            at = self.read_plain_words(text, at, base, listener);
            let Some(byte) = bytes.get(at).copied() else {
                break;
            };
            self.origin = base + at;
            if byte.is_ascii_alphabetic() && !self.word.is_empty() {
                // The rest of a word's letters at once.
                let room = bytes.len().min(at + self.word.room());
                let rest = &bytes[at..room];
                let letters = rest
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphabetic())
                    .count();
                self.hidden_between_letters += std::mem::take(&mut self.hidden);
                self.after_latin = true;
                self.word.push_ascii(&text[at..at + letters]);
                at += letters;
                if self.word.is_full() {
                    self.end_word(listener);
                }
            } else if byte < 128 {
                self.ascii(byte, listener);
                at += 1;
            } else {
                let character = text[at..].chars().next().unwrap_or_default();
                self.character(character, listener);
                at += character.len_utf8();
            }
        }
        self.origin = base + bytes.len();
    }

    /// Reads as many words as nothing is to be said about but that they are words; gives where the next byte stands.
    fn read_plain_words(
        &mut self,
        text: &str,
        mut at: usize,
        base: usize,
        listener: &mut impl Listener,
    ) -> usize {
        let bytes = text.as_bytes();
        if !self.word.is_empty() {
            return at;
        }
        while !self.between.joins()
            && let Some(length) = self.plain_word(&bytes[at..])
        {
            self.origin = base + at;
            self.read_plain_word(&text[at..at + length], listener);
            at += length;
            at += self.read_gap(&bytes[at..]);
        }
        at
    }

    /// The text ends: whatever was kept back is read. The reader is ready for another text, far away from this one.
    pub(crate) fn finish(&mut self, listener: &mut impl Listener) {
        self.end_word(listener);
        self.flush_letters(listener);
        self.between.breaks = true;
        self.settle_breaks(listener);
        self.piece.clear();
        self.between = Between::default();
        (self.hidden, self.after_latin, self.fence, self.last_sign) = (0, false, 0, None);
    }

    /// Puts the next text so far from this one that no rule reaches over.
    pub(crate) fn step_away(&mut self) {
        self.position = self.position.saturating_add(FAR);
    }

    /// Where the oldest byte stands that is not yet given to the listener as part of a word.
    pub(crate) fn pending_origin(&self) -> usize {
        let piece = self.piece.origin().filter(|_| self.between.joins());
        let kept = [self.letters.origin(), piece, self.word.origin()];
        kept.into_iter().flatten().min().unwrap_or(self.origin)
    }

    /// How many invisible characters stood between Latin letters so far.
    pub(crate) fn hidden_between_letters(&self) -> u32 {
        self.hidden_between_letters
    }

    /// The length of the word that begins here, if it is of ASCII letters and nothing near it makes another one of it: most of
    /// a text.
    #[inline]
    fn plain_word(&self, bytes: &[u8]) -> Option<usize> {
        // No more than that is looked at, or a run without an end would be counted again and again.
        let bytes = bytes.get(..LONGEST_WORD + 2).unwrap_or(bytes);
        let length = letters(bytes);
        let kind_at = |at: usize| Some(KINDS[usize::from(*bytes.get(at)?)]);
        let plain = match length {
            0 | LONGEST_WORD.. => false,
            // Before a longer word it can't be the first of spaced letters.
            1 => {
                let before_word = [2, 3].map(kind_at) == [Some(Kind::Letter); 2];
                self.letters.is_empty() && bytes[1..].first() == Some(&b' ') && before_word
            }
            _ => match kind_at(length)? {
                Kind::Space | Kind::Newline | Kind::Sign(_) | Kind::Fence | Kind::Other => true,
                // It joins two words unless something else stands behind it.
                Kind::Joiner | Kind::Stop => kind_at(length + 1)?.parts_words(),
                _ => false,
            },
        };
        plain.then_some(length)
    }

    /// Does what reading it letter by letter does: nothing can be wrong with such a word but the order of its letters.
    #[inline]
    fn read_plain_word<L: Listener>(&mut self, word: &str, listener: &mut L) {
        self.hidden_between_letters += std::mem::take(&mut self.hidden);
        (self.fence, self.last_sign) = (0, None);
        self.settle_breaks(listener);
        self.between = Between::default();
        self.flush_letters(listener);
        self.piece.clear();
        let mut small = std::mem::take(&mut self.small);
        let word = in_small_letters(word, &mut small);
        listener.written(word, self.origin);
        if L::RECOGNIZES {
            self.unglued(word, self.origin, listener);
        }
        self.small = small;
    }

    /// Steps over what mostly stands behind such a word; gives how many bytes that are.
    #[inline]
    fn read_gap(&mut self, bytes: &[u8]) -> usize {
        let (gap, stop) = match bytes {
            [b' ', ..] => (1, false),
            [b',', b' ', ..] => (2, false),
            [b'.' | b'?' | b';', b' ', ..] => (2, true),
            _ => return 0,
        };
        self.after_latin = false;
        self.between = Between {
            characters: gap,
            stop,
            breaks: stop,
            ..Between::default()
        };
        gap as usize
    }

    fn ascii(&mut self, byte: u8, listener: &mut impl Listener) {
        let kind = KINDS[usize::from(byte)];
        match kind {
            Kind::Letter => {
                return self.letter(char::from(byte.to_ascii_lowercase()), true, listener);
            }
            Kind::Digit => return self.letter(char::from(byte), false, listener),
            Kind::Symbol => {
                self.begin(listener);
                return self.word.push_symbol(char::from(byte));
            }
            _ => {}
        }
        self.after_latin = false;
        match kind {
            Kind::Apostrophe if self.word.may_go_on_after_apostrophe() => {
                return self.word.apostrophe();
            }
            Kind::Apostrophe => self.sign(Mark::Quote, listener),
            Kind::Quote => self.sign(Mark::Quote, listener),
            Kind::Sign(sign) => self.sign(Mark::Sign(sign.as_str()), listener),
            Kind::Fence => self.backtick(listener),
            _ => self.end_word(listener),
        }
        self.between.note(kind);
    }

    fn character(&mut self, character: char, listener: &mut impl Listener) {
        match fold(character) {
            Folded::Letter(letter) => self.letter(letter, letter.is_ascii(), listener),
            Folded::Hidden(counts) => self.hidden += u32::from(counts && self.after_latin),
            Folded::Quote => {
                self.sign(Mark::Quote, listener);
                self.between.note(Kind::Quote);
            }
            Folded::Apostrophe => self.ascii(b'\'', listener),
            Folded::Stop => {
                self.end_word(listener);
                self.between.note(Kind::Stop);
                self.between.note(Kind::Space);
            }
            Folded::Joiner => self.ascii(b'-', listener),
            Folded::Space => self.ascii(b' ', listener),
            Folded::Ideograph => {
                self.end_word(listener);
                self.letter(character, false, listener);
                self.end_word(listener);
            }
            Folded::Other => self.ascii(0, listener),
        }
    }

    fn letter(&mut self, letter: char, latin: bool, listener: &mut impl Listener) {
        if latin {
            self.hidden_between_letters += self.hidden;
        }
        (self.hidden, self.after_latin) = (0, latin);
        if self.word.is_empty() {
            self.begin(listener);
        }
        self.word.push(letter);
        if self.word.is_full() {
            self.end_word(listener);
        }
    }

    /// Before the first character of a word: now it is known what the full stop before it meant.
    fn begin(&mut self, listener: &mut impl Listener) {
        if !self.word.is_empty() {
            return;
        }
        self.word.begin_at(self.origin);
        self.fence = 0;
        self.last_sign = None;
        self.settle_breaks(listener);
    }

    #[inline]
    fn settle_breaks(&mut self, listener: &mut impl Listener) {
        // A blank line after a few words is a trick to tear a sentence apart, no paragraph.
        let paragraph =
            self.between.newlines > 1 && self.position - self.line >= SHORTEST_PARAGRAPH;
        if self.between.newlines > 0 {
            self.line = self.position;
        }
        if self.between.breaks || paragraph {
            self.flush_letters(listener);
            self.piece.clear();
            listener.mark(Mark::Break, self.here());
        }
    }

    fn sign(&mut self, mark: Mark, listener: &mut impl Listener) {
        let closes = !self.word.is_empty();
        self.end_word(listener);
        self.flush_letters(listener);
        self.piece.clear();
        let Mark::Sign(sign) = mark else {
            let mark = if closes { Mark::QuoteEnd } else { Mark::Quote };
            return listener.mark(mark, self.here());
        };
        // "<<" and "###" are one sign, or long rulers would push words apart.
        if self.last_sign.replace(sign) != Some(sign) {
            listener.mark(mark, self.here());
            self.position += sign.len() as u32 + 1;
        }
    }

    fn backtick(&mut self, listener: &mut impl Listener) {
        self.end_word(listener);
        self.fence = self.fence.saturating_add(1);
        if self.fence == 3 {
            self.sign(Mark::Sign("```"), listener);
        }
    }

    fn here(&self) -> Place {
        Place {
            position: self.position,
            origin: self.origin,
        }
    }

    /// Gives a word on and steps behind it.
    #[inline]
    fn emit<L: Listener>(&mut self, word: &str, origin: usize, listener: &mut L) {
        let known = listener.recognize(word).known();
        self.emit_known(word, known, origin, listener);
    }

    #[inline]
    fn emit_known<L: Listener>(
        &mut self,
        word: &str,
        known: L::Known,
        origin: usize,
        listener: &mut L,
    ) {
        let at = Place {
            position: self.position,
            origin,
        };
        listener.word(word, known, at);
        self.position = self.position.saturating_add(word.len() as u32 + 1);
    }
}

/// A word of ASCII letters in small ones, written into `buffer` where it is not.
fn in_small_letters<'w>(word: &'w str, buffer: &'w mut String) -> &'w str {
    if are_small(word.as_bytes()) {
        return word;
    }
    buffer.clear();
    buffer.push_str(word);
    buffer.make_ascii_lowercase();
    buffer
}

impl Between {
    /// Whether there is but one sign, which may have cut a word.
    fn joins(self) -> bool {
        self.joiner && self.characters == 1
    }

    fn note(&mut self, kind: Kind) {
        self.joiner = self.characters == 0 && matches!(kind, Kind::Joiner | Kind::Stop);
        self.characters += 1;
        match kind {
            Kind::Stop => self.stop = true,
            Kind::Space | Kind::Newline => {
                self.breaks |= self.stop;
                self.newlines = self
                    .newlines
                    .saturating_add(u8::from(kind == Kind::Newline));
            }
            _ => {}
        }
    }
}

/// The words of a short text, as rules will meet them.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    #[derive(Default)]
    struct Words(Vec<String>);
    impl Listener for Words {
        type Known = ();
        fn recognize(&self, _: &str) -> Recognized<'_, ()> {
            Recognized::Unknown
        }
        fn word(&mut self, word: &str, (): (), _: Place) {
            self.0.push(word.to_owned());
        }
        fn mark(&mut self, _: Mark, _: Place) {}
    }
    let (mut reader, mut words) = (Reader::default(), Words::default());
    reader.push(text, &mut words);
    reader.finish(&mut words);
    words.0
}

#[cfg(test)]
mod tests;
