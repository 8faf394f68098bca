//! How a rule looks at a text: from one place on, byte by byte, and without an end until the end is known.

/// Why a rule did not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Whatever follows, there is no match from here.
    No,
    /// The text ended where the rule had to look on, and more may come.
    More,
}

/// What a rule gives.
pub(super) type Step<T> = Result<T, Stop>;

/// A place in a text.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t [u8],
    pub(super) at: usize,
    /// Whether the text ends where the bytes end.
    pub(super) complete: bool,
}

impl<'t> Cursor<'t> {
    /// The byte here, `None` at the end of the text.
    pub(super) fn peek(&self) -> Step<Option<u8>> {
        self.ahead(0)
    }

    /// The byte `distance` behind this one.
    pub(super) fn ahead(&self, distance: usize) -> Step<Option<u8>> {
        match self.text.get(self.at + distance) {
            Some(byte) => Ok(Some(*byte)),
            None if self.complete => Ok(None),
            None => Err(Stop::More),
        }
    }

    /// The byte before this one. What precedes a text that is looked at in pieces is kept by whoever does so.
    pub(super) fn before(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|at| self.text[at])
    }

    /// Steps over one byte that a rule wants.
    pub(super) fn take(&mut self, wanted: impl FnOnce(u8) -> bool) -> Step<u8> {
        match self.peek()? {
            Some(byte) if wanted(byte) => {
                self.at += 1;
                Ok(byte)
            }
            _ => Err(Stop::No),
        }
    }

    /// Steps over one byte if it is wanted.
    pub(super) fn skip(&mut self, wanted: impl FnOnce(u8) -> bool) -> Step<Option<u8>> {
        let byte = self.peek()?.filter(|byte| wanted(*byte));
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    /// Steps over as many wanted bytes as there are, up to `most`; gives them. Does not look behind the last of `most`.
    pub(super) fn run(&mut self, most: usize, wanted: impl Fn(u8) -> bool) -> Step<&'t [u8]> {
        let start = self.at;
        while self.at - start < most && self.skip(&wanted)?.is_some() {}
        Ok(&self.text[start..self.at])
    }

    /// Steps over exactly `count` wanted bytes.
    pub(super) fn exactly(&mut self, count: usize, wanted: impl Fn(u8) -> bool) -> Step<&'t [u8]> {
        let start = self.at;
        for _ in 0..count {
            self.take(&wanted)?;
        }
        Ok(&self.text[start..self.at])
    }

    /// Steps over a word, in whatever case.
    pub(super) fn word(&mut self, word: &[u8]) -> Step<()> {
        for letter in word {
            self.take(|byte| byte.eq_ignore_ascii_case(letter))?;
        }
        Ok(())
    }

    /// That no byte of a kind follows.
    pub(super) fn ends(&self, unwanted: impl FnOnce(u8) -> bool) -> Step<()> {
        match self.peek()? {
            Some(byte) if unwanted(byte) => Err(Stop::No),
            _ => Ok(()),
        }
    }
}

/// Whether a byte belongs to a word: a letter of ASCII, a digit or an underscore. Other scripts write without blanks, so
/// their letters part words as any other sign does.
pub(super) fn is_word(byte: u8) -> bool {
    WORD[usize::from(byte)]
}

/// Of each byte, since every byte of a text is asked about.
static WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        word[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    word
};

/// Whether a byte is a digit.
pub(super) fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}
