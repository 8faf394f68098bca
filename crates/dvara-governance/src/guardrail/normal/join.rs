//! Taking disguises off words: letters that were spaced out, words that were cut or glued, digits in place of letters.

use super::word::{LONGEST_RUN, Taken, is_symbol, plain_letter};
use super::{Between, Listener, Mark, Reader, Recognized};
use crate::guardrail::lexicon::LONGEST_WORD;
use crate::letters::has_three_alike;

/// Fewer single letters in a row are initials or list items.
const FEWEST_SPACED_LETTERS: usize = 4;
const THIN: char = '\u{1f}';
/// Shorter runs of letters are not searched for glued words.
const SHORTEST_GLUED: usize = 14;
/// The longest word that a run of letters is cut into.
const LONGEST_PART: usize = 16;

/// Single letters in a row, which may be one word written "i g n o r e".
#[derive(Default)]
pub(super) struct SpacedLetters {
    /// The letters, with a space where the gap was wide and [`THIN`] where it was one blank.
    text: String,
    /// Some letters are held apart by something other than a blank, so that a blank parts words.
    joined: bool,
    count: usize,
    origin: usize,
}

impl SpacedLetters {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn origin(&self) -> Option<usize> {
        (self.count > 0).then_some(self.origin)
    }
}

/// A word that a hyphen or the like cut off from the next: "ig-nore".
#[derive(Default)]
pub(super) struct Piece {
    text: String,
    origin: usize,
}

impl Piece {
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    pub(super) fn origin(&self) -> Option<usize> {
        (!self.text.is_empty()).then_some(self.origin)
    }
}

impl Reader {
    /// A gap begins, or a sign: the word before it is complete.
    pub(super) fn end_word(&mut self, listener: &mut impl Listener) {
        if self.word.is_empty() {
            return;
        }
        let taken = self.word.take();
        let before = std::mem::take(&mut self.between);
        if taken.text.len() > 1 {
            listener.written(&taken.text, taken.origin);
        }
        if let Some(read) = taken
            .with_symbols
            .as_deref()
            .and_then(|text| undisguised(text, listener))
        {
            self.plain(&read, taken.origin, before, listener);
        } else if taken.disguised {
            self.disguised(&taken, before, listener);
        } else if !taken.text.is_empty() {
            self.plain(&taken.text, taken.origin, before, listener);
        }
        if taken.closing_quote {
            listener.mark(Mark::QuoteEnd, self.here());
        }
        self.between.stop |= taken.ends_sentence;
        self.word.reuse(taken.text);
    }

    /// "1gn0re", "$ystem", "user@example": the word that a rule knows, or the parts.
    fn disguised(&mut self, taken: &Taken, before: Between, listener: &mut impl Listener) {
        if !listener.knows(&taken.text)
            && let Some(read) = undisguised(&taken.text, listener)
        {
            return self.plain(&read, taken.origin, before, listener);
        }
        if !taken.symbols {
            return self.plain(&taken.text, taken.origin, before, listener);
        }
        let mut between = before;
        for part in taken.text.split(is_symbol).filter(|part| !part.is_empty()) {
            self.plain(part, taken.origin, between, listener);
            between = Between {
                characters: 1,
                joiner: true,
                ..Between::default()
            };
        }
    }

    fn plain(&mut self, word: &str, origin: usize, before: Between, listener: &mut impl Listener) {
        if word.len() == 1 {
            return self.spaced_letter(word, origin, before, listener);
        }
        self.flush_letters(listener);
        let glued = before.joins() && !self.piece.text.is_empty();
        if glued && self.piece.text.len() + word.len() <= LONGEST_WORD {
            self.piece.text.push_str(word);
            if let Recognized::Known(known) = listener.recognize(&self.piece.text) {
                let (whole, origin) = (std::mem::take(&mut self.piece.text), self.piece.origin);
                return self.emit_known(&whole, known, origin, listener);
            }
        } else {
            self.piece.text.clear();
            self.piece
                .text
                .push_str(if word.len() < LONGEST_WORD { word } else { "" });
            self.piece.origin = origin;
        }
        self.unglued(word, origin, listener);
    }

    fn spaced_letter(
        &mut self,
        letter: &str,
        origin: usize,
        before: Between,
        listener: &mut impl Listener,
    ) {
        self.piece.clear();
        if self.letters.count == 0 {
            self.letters.origin = origin;
        } else if before.characters > 1 {
            self.letters.text.push(' ');
        } else if before.joiner {
            self.letters.joined = true;
        } else {
            self.letters.text.push(THIN);
        }
        self.letters.text.push_str(letter);
        self.letters.count += 1;
        if self.letters.text.len() >= LONGEST_RUN {
            self.flush_letters(listener);
        }
    }

    /// Something other than a single letter came: were the ones before it a word?
    #[inline]
    pub(super) fn flush_letters(&mut self, listener: &mut impl Listener) {
        if !self.letters.is_empty() {
            self.give_letters(listener);
        }
    }

    fn give_letters(&mut self, listener: &mut impl Listener) {
        let mut text = std::mem::take(&mut self.letters.text);
        let spaced = std::mem::take(&mut self.letters.count) >= FEWEST_SPACED_LETTERS;
        let origin = self.letters.origin;
        let blanks_part_words = std::mem::take(&mut self.letters.joined) || !spaced;
        if !blanks_part_words {
            text.retain(|letter| letter != THIN);
        }
        for part in text.split([' ', THIN]) {
            if spaced {
                listener.written(part, origin);
                self.spaced_word(part, origin, listener);
                continue;
            }
            for letter in part.chars() {
                let mut letter_bytes = [0; 4];
                let letter = letter.encode_utf8(&mut letter_bytes);
                listener.written(letter, origin);
                self.emit(letter, origin, listener);
            }
        }
        text.clear();
        self.letters.text = text;
    }

    fn spaced_word(&mut self, word: &str, origin: usize, listener: &mut impl Listener) {
        let disguised = word.bytes().any(|byte| !byte.is_ascii_lowercase());
        if disguised && !listener.knows(word) {
            let read: String = word
                .chars()
                .map(|letter| plain_letter(letter, 'i'))
                .collect();
            let cuts = Cuts::best(&read, listener);
            return self.segments(&read, &cuts, origin, listener);
        }
        let cuts = Cuts::best(word, listener);
        self.segments(word, &cuts, origin, listener);
    }

    /// A word as it is, or the known words it was glued together from.
    #[inline]
    pub(super) fn unglued<L: Listener>(&mut self, word: &str, origin: usize, listener: &mut L) {
        match listener.recognize(word) {
            Recognized::Known(known) => return self.emit_known(word, known, origin, listener),
            Recognized::Shuffled(known) => {
                let known = known.to_owned();
                return self.emit(&known, origin, listener);
            }
            Recognized::Unknown => {}
        }
        self.unknown(word, origin, listener);
    }

    fn unknown<L: Listener>(&mut self, word: &str, origin: usize, listener: &mut L) {
        if let Some(short) = without_drawl(word).filter(|short| listener.knows(short)) {
            return self.emit(&short, origin, listener);
        }
        if word.len() >= SHORTEST_GLUED {
            let cuts = Cuts::best(word, listener);
            if cuts.unknown_letters() * 8 <= word.len() {
                return self.segments(word, &cuts, origin, listener);
            }
        }
        self.emit_known(word, L::Known::default(), origin, listener);
    }

    /// Cuts a run of letters into known words; what is between them goes on as it is.
    fn segments(&mut self, run: &str, cuts: &Cuts, origin: usize, listener: &mut impl Listener) {
        let mut unknown = 0;
        let mut at = 0;
        while at < run.len() {
            let end = at + usize::from(cuts.steps[at].1);
            if end - at > 1 {
                if unknown < at {
                    self.emit(&run[unknown..at], origin, listener);
                }
                self.emit(&run[at..end], origin, listener);
                unknown = end;
            }
            at = end;
        }
        if unknown < run.len() {
            self.emit(&run[unknown..], origin, listener);
        }
    }
}

/// How a run of letters is best cut into known words.
struct Cuts {
    /// For each byte the cost from here to the end, and how many bytes the first step takes: one is no word.
    steps: [(u32, u8); LONGEST_RUN + 5],
}

/// An unknown letter is worse than any number of words; words of two letters are found in everything and are no better.
const UNKNOWN_LETTER: u32 = 1000;

impl Cuts {
    /// Fewest letters outside of known words, then fewest words: "youre|vil" loses against "your|evil".
    fn best(run: &str, listener: &impl Listener) -> Self {
        let mut steps = [(0, 1); LONGEST_RUN + 5];
        let run = &run[..run.floor_char_boundary(LONGEST_RUN)];
        for at in (0..run.len()).rev() {
            let mut best = (steps[at + 1].0 + UNKNOWN_LETTER, 1);
            let rest = run.get(at..).unwrap_or_default();
            let longest = listener.longest_known(rest).min(rest.len());
            for length in 2..=LONGEST_PART.min(longest) {
                let cost = steps[at + length].0 + if length == 2 { UNKNOWN_LETTER } else { 1 };
                let known = || {
                    run.get(at..at + length)
                        .is_some_and(|word| listener.knows(word))
                };
                if cost < best.0 && known() {
                    best = (cost, length as u8);
                }
            }
            steps[at] = best;
        }
        Self { steps }
    }

    fn unknown_letters(&self) -> usize {
        (self.steps[0].0 / UNKNOWN_LETTER) as usize
    }
}

/// The known word that digits and symbols were put into.
fn undisguised(text: &str, listener: &impl Listener) -> Option<String> {
    if text.len() > LONGEST_WORD {
        return None;
    }
    let readings = ['i', 'l'].map(|one| {
        text.chars()
            .map(|letter| plain_letter(letter, one))
            .collect::<String>()
    });
    readings
        .into_iter()
        .find(|read| !matches!(listener.recognize(read), Recognized::Unknown))
}

/// "ignooooore" as "ignore": letters written three times or more are read once.
fn without_drawl(word: &str) -> Option<String> {
    if !has_three_alike(word.as_bytes()) || !word.is_ascii() {
        return None;
    }
    let mut short = word.to_owned();
    short.clear();
    word.chars().for_each(|letter| {
        if !short.ends_with(letter) {
            short.push(letter);
        }
    });
    Some(short)
}
