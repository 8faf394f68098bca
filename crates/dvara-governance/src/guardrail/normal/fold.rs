//! Characters outside ASCII, folded to what a reader takes them for.

use super::look_alike::{BY_CHARACTER, RUNS};

/// What a character outside ASCII is read as.
pub(super) enum Folded {
    Letter(char),
    /// Invisible; `true` if it has no business between two Latin letters.
    Hidden(bool),
    Ideograph,
    Quote,
    Apostrophe,
    Stop,
    Joiner,
    Space,
    Other,
}

/// What a character outside ASCII looks like.
pub(super) fn fold(character: char) -> Folded {
    if let Some(letter) = look_alike(character) {
        return Folded::Letter(letter);
    }
    match character {
        '\u{300}'..='\u{36F}' | '\u{AD}' | '\u{FE00}'..='\u{FE0F}' | '\u{20D0}'..='\u{20F0}' => {
            Folded::Hidden(false)
        }
        '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' => Folded::Hidden(true),
        '\u{180E}' | '\u{115F}' | '\u{1160}' | '\u{3164}' => Folded::Hidden(true),
        // Tags: invisible ASCII, read by models.
        '\u{E0020}'..='\u{E007E}' => {
            let letter = char::from((character as u32 - 0xE_0000) as u8).to_ascii_lowercase();
            if letter.is_alphanumeric() {
                Folded::Letter(letter)
            } else {
                Folded::Space
            }
        }
        '“' | '”' | '„' | '«' | '»' | '「' | '」' | '‹' | '›' => Folded::Quote,
        '‘' | '’' | 'ʼ' | '＇' => Folded::Apostrophe,
        '。' | '！' | '？' | '…' => Folded::Stop,
        '·' | '•' | '‐' | '‑' | '–' | '—' | '．' | '・' | '‧' => Folded::Joiner,
        '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{3040}'..='\u{30FF}' => {
            Folded::Ideograph
        }
        _ if character.is_alphanumeric() => {
            Folded::Letter(character.to_lowercase().next().unwrap_or(character))
        }
        _ if character.is_whitespace() => Folded::Space,
        _ => Folded::Other,
    }
}

fn look_alike(character: char) -> Option<char> {
    in_runs(character as u32).or_else(|| {
        let place = BY_CHARACTER.binary_search_by_key(&character, |(alike, _)| *alike);
        Some(char::from(BY_CHARACTER[place.ok()?].1))
    })
}

fn in_runs(code: u32) -> Option<char> {
    let after = RUNS.partition_point(|(first, _)| *first <= code);
    let (first, letters) = RUNS.get(after.checked_sub(1)?)?;
    let letter = letters.as_bytes().get((code - first) as usize)?;
    (*letter != b' ').then_some(char::from(*letter))
}
