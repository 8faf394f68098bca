//! What ASCII bytes are to the reader.

/// What an ASCII byte is to the reader; everything else is looked at as a character.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Letter,
    Digit,
    /// Reads as a letter inside of words: `$ystem`.
    Symbol,
    Space,
    Newline,
    Stop,
    Joiner,
    Apostrophe,
    Quote,
    Sign(&'static str),
    Fence,
    Other,
}

impl Kind {
    /// Whether it belongs to no word, and no word goes on behind it.
    pub(super) fn parts_words(self) -> bool {
        !matches!(
            self,
            Self::Letter | Self::Digit | Self::Symbol | Self::Apostrophe
        )
    }
}

const fn kind(byte: u8) -> Kind {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => Kind::Letter,
        b'0'..=b'9' => Kind::Digit,
        b'@' | b'$' | b'!' | b'|' | b'+' => Kind::Symbol,
        b' ' | b'\t' => Kind::Space,
        b'\n' | b'\r' => Kind::Newline,
        b'.' | b'?' | b';' => Kind::Stop,
        b'-' | b'_' | b'*' | b'/' | b'~' | b'\\' | b'^' | b'=' | b',' => Kind::Joiner,
        b'\'' => Kind::Apostrophe,
        b'"' => Kind::Quote,
        b'`' => Kind::Fence,
        b':' => Kind::Sign(":"),
        b'#' => Kind::Sign("#"),
        b'[' => Kind::Sign("["),
        b']' => Kind::Sign("]"),
        b'<' => Kind::Sign("<"),
        b'>' => Kind::Sign(">"),
        _ => Kind::Other,
    }
}

/// Of each ASCII byte.
pub(super) static KINDS: [Kind; 128] = {
    let mut kinds = [Kind::Other; 128];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte as usize] = kind(byte);
        byte += 1;
    }
    kinds
};
