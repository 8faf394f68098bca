//! The words that rules speak of, looked up once per word of a text.
//!
//! Two open-addressing tables. The first one knows the words themselves by their ends and costs about one look, with no loop
//! over letters. The second one knows them by a sum that is the same for every order of a word's inner letters, and finds the
//! word that somebody shuffled, "ignroe".

use std::collections::HashMap;

/// A word's number in its [`Lexicon`].
pub(crate) type WordId = u16;

/// Disguises are not taken off longer words.
pub(crate) const LONGEST_WORD: usize = 24;

/// How many words are kept near.
const COMMON: usize = 256;

/// How many beginnings of words are told apart.
const BEGINNINGS: usize = 4096;

#[derive(Default)]
pub(crate) struct Lexicon {
    words: Vec<Box<str>>,
    /// Of each word.
    keys: Vec<u64>,
    /// Numbers by word while words are added.
    numbers: HashMap<Box<str>, WordId>,
    /// Words that are used most, each at the one slot that its sum says: a table so small that it stays near.
    common: Vec<(Ends, WordId)>,
    by_ends: Table<Ends>,
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
        self.by_ends = Table::of(ends.clone(), Ends::sum);
        self.common = vec![(Ends::default(), NONE); COMMON];
        for (ends, word) in ends.zip(0..) {
            let slot = &mut self.common[common(ends.sum())];
            if slot.1 == NONE && ends.length as usize <= Ends::WHOLE {
                *slot = (ends, word);
            }
        }
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
    pub(crate) fn find_same(&self, word: &str) -> Option<WordId> {
        let ends = Ends::of(word.as_bytes());
        let sum = ends.sum();
        let (known, id) = self.common.get(common(sum))?;
        if *known == ends && *id != NONE {
            return Some(*id);
        }
        self.by_ends.find(&ends, sum, |id| {
            word.len() <= Ends::WHOLE || *self.words[usize::from(id)] == *word
        })
    }

    pub(crate) fn find(&self, word: &str) -> Option<Match> {
        if let Some(id) = self.find_same(word) {
            return Some(Match::Same(id));
        }
        if !may_be_shuffled(word) {
            return None;
        }
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
/// so that a look-up touches one place of the memory.
struct Table<K>(Vec<(K, WordId)>);

/// No word has this number.
const NONE: WordId = WordId::MAX;

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Copy + Default + PartialEq> Table<K> {
    /// Of the words in their order.
    fn of(words: impl ExactSizeIterator<Item = K>, sum: impl Fn(&K) -> u64) -> Self {
        let slots = (words.len() * 2).next_power_of_two().max(16);
        let (mut slots, last) = (vec![(K::default(), NONE); slots], slots - 1);
        for (known, word) in words.zip(0..) {
            let mut slot = sum(&known) as usize & last;
            while slots[slot].1 != NONE {
                slot = (slot + 1) & last;
            }
            slots[slot] = (known, word);
        }
        Self(slots)
    }

    /// The first word of which this is known and that is the one.
    fn find(&self, wanted: &K, sum: u64, is_it: impl Fn(WordId) -> bool) -> Option<WordId> {
        let last = self.0.len().checked_sub(1)?;
        let mut at = sum as usize & last;
        loop {
            let (known, word) = &self.0[at];
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

/// Where in [`Lexicon::common`] a word may be.
fn common(sum: u64) -> usize {
    (sum >> 40) as usize % COMMON
}

fn two(bytes: &[u8]) -> u16 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn four(bytes: &[u8]) -> u32 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn eight(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
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
