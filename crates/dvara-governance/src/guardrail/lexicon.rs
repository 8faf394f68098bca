//! The words that rules speak of, looked up once per word of a text.
//!
//! An open-addressing table over a sum that is the same for every order of a word's inner letters: one look finds the word
//! itself and the word that somebody shuffled, "ignroe", and most words of a text cost one look at an empty slot.

use std::collections::HashMap;

/// A word's number in its [`Lexicon`].
pub(crate) type WordId = u16;

/// Disguises are not taken off longer words.
pub(crate) const LONGEST_WORD: usize = 24;

const EMPTY: Slot = Slot {
    tag: 0,
    word: WordId::MAX,
};

#[derive(Default)]
pub(crate) struct Lexicon {
    words: Vec<Box<str>>,
    /// Of each word.
    keys: Vec<u64>,
    /// Numbers by word while words are added.
    numbers: HashMap<Box<str>, WordId>,
    slots: Vec<Slot>,
}

/// How a lexicon knows a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Same(WordId),
    /// The inner letters of this long word stand in another order.
    Shuffled(WordId),
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    /// Some bits of the word's key, so that other words are seldom looked at.
    tag: u16,
    word: WordId,
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

    pub(crate) fn seal(&mut self) {
        self.numbers = HashMap::new();
        self.slots = vec![EMPTY; (self.words.len() * 3).next_power_of_two().max(16)];
        for (key, word) in self.keys.iter().zip(0..) {
            let mut slot = self.slot(*key);
            while self.slots[slot] != EMPTY {
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            self.slots[slot] = Slot {
                tag: tag(*key),
                word,
            };
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn word(&self, id: WordId) -> &str {
        &self.words[usize::from(id)]
    }

    pub(crate) fn find(&self, word: &str) -> Option<Match> {
        if self.slots.is_empty() {
            return None;
        }
        let key = key(word.as_bytes());
        let mut slot = self.slot(key);
        let mut shuffled = None;
        loop {
            let Slot {
                tag: known,
                word: id,
            } = self.slots[slot];
            if id == EMPTY.word {
                return shuffled;
            }
            if known == tag(key) && self.keys[usize::from(id)] == key {
                if *self.words[usize::from(id)] == *word {
                    return Some(Match::Same(id));
                }
                let same_letters = may_be_shuffled(word).then_some(Match::Shuffled(id));
                shuffled = shuffled.or(same_letters);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    fn slot(&self, key: u64) -> usize {
        key as usize & (self.slots.len() - 1)
    }
}

/// Shorter words are anagrams of each other too often ("form", "from").
fn may_be_shuffled(word: &str) -> bool {
    word.len() >= 6 && word.len() <= LONGEST_WORD && word.is_ascii()
}

fn tag(key: u64) -> u16 {
    (key >> 48) as u16
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
