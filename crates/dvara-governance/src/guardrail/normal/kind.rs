//! What ASCII bytes are to the reader.

/// What a byte is to the reader. A byte itself, so that the table of all of them is a few lines of a cache.
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
    Sign(Sign),
    Fence,
    Other,
    /// A part of a character that is not ASCII, which is looked at as a whole.
    Foreign,
}

/// What rules call by a name of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Colon,
    Hash,
    Opening,
    Closing,
    Less,
    Greater,
}

impl Sign {
    /// The word that rules call it by.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Colon => ":",
            Self::Hash => "#",
            Self::Opening => "[",
            Self::Closing => "]",
            Self::Less => "<",
            Self::Greater => ">",
        }
    }
}

impl Kind {
    /// Whether it belongs to no word, and no word goes on behind it.
    pub(super) fn parts_words(self) -> bool {
        !matches!(
            self,
            Self::Letter | Self::Digit | Self::Symbol | Self::Apostrophe | Self::Foreign
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
        b':' => Kind::Sign(Sign::Colon),
        b'#' => Kind::Sign(Sign::Hash),
        b'[' => Kind::Sign(Sign::Opening),
        b']' => Kind::Sign(Sign::Closing),
        b'<' => Kind::Sign(Sign::Less),
        b'>' => Kind::Sign(Sign::Greater),
        128.. => Kind::Foreign,
        _ => Kind::Other,
    }
}

/// Of each byte.
pub(super) static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Foreign; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = kind(byte as u8);
        byte += 1;
    }
    kinds
};
