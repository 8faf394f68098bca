//! Plain words, at which no rule begins: most of a text is stepped over with one look at each byte.

use crate::letters::letters;

/// Words that some rule begins with: labels, titles, marks of keys. Only their first two letters and their length count.
const BEGINNINGS: [&[u8]; 29] = [
    b"passport",
    b"driver",
    b"drivers",
    b"mrn",
    b"medical",
    b"npi",
    b"routing",
    b"aba",
    b"rtn",
    b"aadhaar",
    b"aadhar",
    b"ssn",
    b"social",
    b"tel",
    b"telephone",
    b"phone",
    b"mobile",
    b"cell",
    b"cellphone",
    b"fax",
    b"call",
    b"whatsapp",
    b"mr",
    b"mrs",
    b"ms",
    b"mx",
    b"miss",
    b"dr",
    b"prof",
];

/// What a token begins with, however long it goes on.
const TOKEN: &[u8] = b"ey";

/// From this many letters on a word may be a key.
const SHORTEST_KEY: usize = 20;

/// For every two small letters the lengths of words that a rule may begin with, a bit for each.
static LENGTHS: [u32; 26 * 26] = {
    let mut lengths = [0; 26 * 26];
    let mut word = 0;
    while word < BEGINNINGS.len() {
        lengths[place(BEGINNINGS[word])] |= 1 << BEGINNINGS[word].len();
        word += 1;
    }
    lengths[place(TOKEN)] = u32::MAX;
    lengths
};

/// Where in [`LENGTHS`] the words stand that begin with the same two letters, in whatever case.
const fn place(word: &[u8]) -> usize {
    (word[0] | 0x20) as usize % 32 * 26 - 26 + (word[1] | 0x20) as usize % 32 - 1
}

/// Where the word ends that begins here, if it is of letters only and no rule can begin at it, whatever follows.
pub(super) fn plain_word(text: &[u8], at: usize) -> Option<usize> {
    let length = letters(&text[at..]);
    let end = at + length;
    let alone = match text.get(end)? {
        // A code, a URL, an address, a mark with its key.
        b'0'..=b'9' | b'_' | b':' | b'+' | b'-' => false,
        b'.' => length > 4,
        _ => true,
    };
    let plain = alone && length < SHORTEST_KEY && !may_begin(&text[at..end]);
    (length > 0 && plain).then_some(end)
}

fn may_begin(word: &[u8]) -> bool {
    word.len() > 1 && LENGTHS[place(word)] >> word.len() & 1 == 1
}
