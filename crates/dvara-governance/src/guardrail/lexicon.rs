//! The words that rules speak of, looked up once per word of a text.
//!
//! An open-addressing table over a hash of a word's first and last eight bytes: most words of a text are in no rule and cost
//! one look at an empty slot.

use std::collections::HashMap;

/// A word's number in its [`Lexicon`].
pub(crate) type WordId = u16;

/// Words are never longer; whatever is longer is in no rule.
pub(crate) const LONGEST_WORD: usize = 24;

const EMPTY: WordId = WordId::MAX;

#[derive(Default)]
pub(crate) struct Lexicon {
    words: Vec<Box<str>>,
    /// Numbers by word while words are added.
    numbers: HashMap<Box<str>, WordId>,
    slots: Vec<WordId>,
    /// Long words again, by what stays the same when the letters between the first and the last change places.
    shuffled: Vec<(u64, WordId)>,
}

impl Lexicon {
    /// The number of the word, which is added when it is new. Call [`Self::seal`] after the last one.
    pub(crate) fn add(&mut self, word: &str) -> WordId {
        if let Some(known) = self.numbers.get(word) {
            return *known;
        }
        let number = self.words.len() as WordId;
        self.words.push(word.into());
        self.numbers.insert(word.into(), number);
        number
    }

    pub(crate) fn seal(&mut self) {
        self.numbers = HashMap::new();
        self.slots = vec![EMPTY; (self.words.len() * 4).next_power_of_two().max(16)];
        for (id, word) in self.words.iter().enumerate() {
            let mut slot = hash(word.as_bytes()) as usize & (self.slots.len() - 1);
            while self.slots[slot] != EMPTY {
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            self.slots[slot] = id as WordId;
        }
        let long = self
            .words
            .iter()
            .zip(0..)
            .filter(|(word, _)| may_be_shuffled(word));
        self.shuffled = long.map(|(word, id)| (shuffle_key(word), id)).collect();
        self.shuffled.sort_unstable();
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn word(&self, id: WordId) -> &str {
        &self.words[usize::from(id)]
    }

    pub(crate) fn find(&self, word: &str) -> Option<WordId> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = hash(word.as_bytes()) as usize & (self.slots.len() - 1);
        loop {
            match self.slots[slot] {
                EMPTY => return None,
                id if *self.words[usize::from(id)] == *word => return Some(id),
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        }
    }

    /// The long word whose inner letters stand here in another order: "ignroe", "isntrucitons".
    pub(crate) fn find_shuffled(&self, word: &str) -> Option<WordId> {
        if !may_be_shuffled(word) {
            return None;
        }
        let key = shuffle_key(word);
        let at = self.shuffled.partition_point(|(known, _)| *known < key);
        self.shuffled
            .get(at)
            .filter(|(known, _)| *known == key)
            .map(|(_, id)| *id)
    }
}

/// Shorter words are anagrams of each other too often ("form", "from").
fn may_be_shuffled(word: &str) -> bool {
    word.len() >= 6 && word.len() <= LONGEST_WORD && word.is_ascii()
}

fn hash(word: &[u8]) -> u64 {
    let load = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let head = load(&word[..word.len().min(8)]);
    let tail = load(&word[word.len().saturating_sub(8)..]);
    mix(head ^ tail.rotate_left(29) ^ (word.len() as u64) << 56)
}

fn mix(value: u64) -> u64 {
    let product = value.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

/// The same for every order of the inner letters, and hardly ever for other letters: a sum of one random number a letter.
fn shuffle_key(word: &str) -> u64 {
    let bytes = word.as_bytes();
    let [first, inner @ .., last] = bytes else {
        return 0;
    };
    let letters = inner.iter().fold(0u64, |sum, letter| {
        sum.wrapping_add(mix(u64::from(*letter) + 0x51))
    });
    mix(letters ^ u64::from(*first) << 8 ^ u64::from(*last) ^ (bytes.len() as u64) << 16)
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
        for word in &words {
            assert_eq!(
                lexicon.find(word).map(|id| lexicon.word(id)),
                Some(word.as_str())
            );
        }
        assert_eq!(lexicon.find("word"), None);
        assert_eq!(lexicon.find(""), None);
    }

    #[test]
    fn inner_letters_may_change_places_in_long_words_only() {
        let lexicon = lexicon(&["ignore", "instructions", "from"]);
        assert_eq!(lexicon.find_shuffled("ignroe"), lexicon.find("ignore"));
        assert_eq!(
            lexicon.find_shuffled("isntrucitons"),
            lexicon.find("instructions")
        );
        assert_eq!(lexicon.find_shuffled("ignite"), None);
        assert_eq!(lexicon.find_shuffled("form"), None);
    }
}
