//! The words that rules speak of, looked up once per word of a text.
//!
//! Two open-addressing tables. The first one knows the words themselves by their ends and costs about one look, with no loop
//! over letters. The second one knows them by a sum that is the same for every order of a word's inner letters, and finds the
//! word that somebody shuffled, "ignroe". In front of each stands a filter, small enough to stay near, that turns away nearly
//! every word that is not in it: most words of a text.

use std::collections::HashMap;

use super::filter::Filter;
use crate::letters::{eight, four};

/// A word's number in its [`Lexicon`].
pub(crate) type WordId = u16;

/// Disguises are not taken off longer words.
pub(crate) const LONGEST_WORD: usize = 24;

/// How many beginnings of words are told apart.
const BEGINNINGS: usize = 4096;

#[derive(Default)]
pub(crate) struct Lexicon {
    words: Vec<Box<str>>,
    /// Of each word.
    keys: Vec<u64>,
    /// Numbers by word while words are added.
    numbers: HashMap<Box<str>, WordId>,
    by_ends: Table<Ends>,
    /// Which first and last letters the words have that may be shuffled, and how many between them.
    frames: Filter,
    by_letters: Table<u64>,
    /// The longest word of those that begin with the same three letters.
    longest: Vec<u8>,
}

/// How a lexicon knows a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Same(WordId),
    /// The inner letters of this long word stand in another order.
    Shuffled(WordId),
}

impl Lexicon {
    /// The number of the word, which is added when it is new. Call [`Self::seal`] after the last one.
    pub(crate) fn add(&mut self, word: &str) -> WordId {
        if let Some(known) = self.numbers.get(word) {
            return *known;
        }
        let number = self.words.len() as WordId;
        self.words.push(word.into());
        self.keys.push(key(word.as_bytes()));
        self.numbers.insert(word.into(), number);
        number
    }

    /// Numbers the words anew, the most used ones first, so that what is known of these lies side by side; gives the new numbers.
    pub(crate) fn sort_by_use(&mut self, uses: &[u32]) -> Vec<WordId> {
        let mut order: Vec<usize> = (0..self.words.len()).collect();
        order.sort_by_key(|word| std::cmp::Reverse(uses[*word]));
        let mut numbers = vec![0; order.len()];
        for (word, number) in order.iter().zip(0..) {
            numbers[*word] = number;
        }
        self.words = order.iter().map(|word| self.words[*word].clone()).collect();
        self.keys = order.iter().map(|word| self.keys[*word]).collect();
        self.numbers = HashMap::new();
        numbers
    }

    pub(crate) fn seal(&mut self) {
        self.numbers = HashMap::new();
        let ends = self.words.iter().map(|word| Ends::of(word.as_bytes()));
        self.by_ends = Table::of(ends, Ends::sum);
        let long = self.words.iter().filter(|word| may_be_shuffled(word));
        let frames: Vec<u64> = long.map(|word| frame(word.as_bytes())).collect();
        self.frames = Filter::of(frames.into_iter());
        self.by_letters = Table::of(self.keys.iter().copied(), |key| *key);
        self.longest = vec![0; BEGINNINGS];
        for word in &self.words {
            if let Some(beginning) = beginning(word.as_bytes()) {
                let longest = &mut self.longest[beginning];
                *longest = (*longest).max(word.len().try_into().unwrap_or(u8::MAX));
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn word(&self, id: WordId) -> &str {
        &self.words[usize::from(id)]
    }

    /// The number of the word as it stands.
    #[inline]
    pub(crate) fn find_same(&self, word: &str) -> Option<WordId> {
        let ends = Ends::of(word.as_bytes());
        self.by_ends.find(&ends, ends.sum(), |id| {
            word.len() <= Ends::WHOLE || *self.words[usize::from(id)] == *word
        })
    }

    pub(crate) fn find(&self, word: &str) -> Option<Match> {
        if let Some(id) = self.find_same(word) {
            return Some(Match::Same(id));
        }
        if !may_be_shuffled(word) || !self.frames.may_have(frame(word.as_bytes())) {
            return None;
        }
        self.find_shuffled(word)
    }

    fn find_shuffled(&self, word: &str) -> Option<Match> {
        let key = key(word.as_bytes());
        self.by_letters
            .find(&key, key, |_| true)
            .map(Match::Shuffled)
    }

    /// At most this long are the words that a run of letters may begin with.
    pub(crate) fn longest_at_start(&self, run: &[u8]) -> usize {
        match beginning(run) {
            Some(beginning) if !self.longest.is_empty() => {
                usize::from(self.longest[beginning]).max(2)
            }
            _ => 2,
        }
    }
}

/// What is known of words, each at the first free slot behind the one that its sum says. What is compared stands in the slot,
/// so that a look-up touches one place of the memory, and none if the filter says that there is nothing.
struct Table<K> {
    filter: Filter,
    slots: Vec<(K, WordId)>,
}

/// No word has this number.
const NONE: WordId = WordId::MAX;

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self {
            filter: Filter::default(),
            slots: Vec::new(),
        }
    }
}

impl<K: Copy + Default + PartialEq> Table<K> {
    /// Of the words in their order.
    fn of(words: impl ExactSizeIterator<Item = K> + Clone, sum: impl Fn(&K) -> u64) -> Self {
        let filter = Filter::of(words.clone().map(|known| sum(&known)));
        let slots = (words.len() * 2).next_power_of_two().max(16);
        let (mut slots, last) = (vec![(K::default(), NONE); slots], slots - 1);
        for (known, word) in words.zip(0..) {
            let mut slot = sum(&known) as usize & last;
            while slots[slot].1 != NONE {
                slot = (slot + 1) & last;
            }
            slots[slot] = (known, word);
        }
        Self { filter, slots }
    }

    /// The first word of which this is known and that is the one.
    #[inline]
    fn find(&self, wanted: &K, sum: u64, is_it: impl Fn(WordId) -> bool) -> Option<WordId> {
        if !self.filter.may_have(sum) {
            return None;
        }
        let last = self.slots.len().checked_sub(1)?;
        let mut at = sum as usize & last;
        loop {
            let (known, word) = &self.slots[at];
            if *word == NONE {
                return None;
            }
            if known == wanted && is_it(*word) {
                return Some(*word);
            }
            at = (at + 1) & last;
        }
    }
}

/// Both ends of a word and its length: up to sixteen bytes all of it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    length: u32,
}

impl Ends {
    /// Longer words have more than their ends.
    const WHOLE: usize = 16;

    #[inline]
    fn of(word: &[u8]) -> Self {
        let (first, last) = match word {
            [] => (0, 0),
            [one] => (u64::from(*one), 0),
            _ if word.len() < 4 => (u64::from(two(word)), u64::from(word[word.len() - 1])),
            _ if word.len() < 8 => (
                u64::from(four(word)),
                u64::from(four(&word[word.len() - 4..])),
            ),
            _ => (eight(word), eight(&word[word.len() - 8..])),
        };
        Self {
            first,
            last,
            length: word.len() as u32,
        }
    }

    fn sum(&self) -> u64 {
        mix(self.first ^ self.last.rotate_left(29) ^ u64::from(self.length) << 56)
    }
}

/// A number for a word, hardly ever that of another one.
pub(crate) fn sum(word: &str) -> u64 {
    Ends::of(word.as_bytes()).sum()
}

fn two(bytes: &[u8]) -> u16 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// Where [`Lexicon::longest`] has the words that begin with these three letters.
fn beginning(word: &[u8]) -> Option<usize> {
    let [first, second, third] = word.first_chunk().copied()?.map(usize::from);
    Some((first ^ second << 4 ^ third << 8 ^ third) % BEGINNINGS)
}

/// Shorter words are anagrams of each other too often ("form", "from").
fn may_be_shuffled(word: &str) -> bool {
    word.len() >= 6 && word.len() <= LONGEST_WORD && word.is_ascii()
}

/// The same for every order of the inner letters, at a look.
fn frame(word: &[u8]) -> u64 {
    let [first, last] =
        [word.first(), word.last()].map(|letter| u64::from(letter.copied().unwrap_or(0)));
    mix(first | last << 8 | (word.len() as u64) << 16)
}

/// The same for every order of the inner letters, and hardly ever for other letters: a sum of one random number a letter.
fn key(word: &[u8]) -> u64 {
    let inner = word
        .get(1..word.len().saturating_sub(1))
        .unwrap_or_default();
    let letters = inner.iter().fold(0u64, |sum, letter| {
        sum.wrapping_add(NUMBERS[usize::from(*letter)])
    });
    let ends = [word.first(), word.last()].map(|letter| u64::from(letter.copied().unwrap_or(0)));
    mix(letters ^ ends[0] << 8 ^ ends[1] ^ (word.len() as u64) << 16)
}

/// A random number for each letter.
static NUMBERS: [u64; 256] = {
    let mut numbers = [0; 256];
    let mut letter = 0;
    while letter < 256 {
        numbers[letter] = mix(letter as u64 + 0x51);
        letter += 1;
    }
    numbers
};

const fn mix(value: u64) -> u64 {
    let product = value.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon(words: &[&str]) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for word in words {
            lexicon.add(word);
        }
        lexicon.seal();
        lexicon
    }

    #[test]
    fn every_word_is_found_and_no_other() {
        let words: Vec<String> = (0..500).map(|n| format!("word{n}s{}", n * 7)).collect();
        let lexicon = lexicon(&words.iter().map(String::as_str).collect::<Vec<_>>());
        for (word, id) in words.iter().zip(0..) {
            assert_eq!(lexicon.find(word), Some(Match::Same(id)));
            assert_eq!(lexicon.word(id), word);
        }
        assert_eq!(lexicon.find("word"), None);
        assert_eq!(lexicon.find(""), None);
    }

    #[test]
    fn inner_letters_may_change_places_in_long_words_only() {
        let lexicon = lexicon(&["ignore", "instructions", "from", "ignroes", "ignores"]);
        assert_eq!(lexicon.find("ignroe"), Some(Match::Shuffled(0)));
        assert_eq!(lexicon.find("isntrucitons"), Some(Match::Shuffled(1)));
        assert_eq!(
            lexicon.find("ignores"),
            Some(Match::Same(4)),
            "also behind another one"
        );
        assert_eq!(lexicon.find("ignite"), None);
        assert_eq!(lexicon.find("form"), None);
    }
}
