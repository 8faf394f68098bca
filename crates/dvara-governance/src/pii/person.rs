//! People, as far as a title names them.

use super::cursor::{Cursor, Step, Stop, is_word};

/// Titles, in the one spelling that is no other word: `MS` is a company and `dr` a drive.
const TITLES: [&[u8]; 7] = [b"Mr", b"Mrs", b"Ms", b"Miss", b"Mx", b"Dr", b"Prof"];

/// Most bytes that are read of a name's word.
const LONGEST_WORD: usize = 48;

/// A title, then one to three capitalised words; the words are the finding.
pub(super) fn person_name(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let title = cursor.run(5, |byte| byte.is_ascii_alphabetic())?;
    if !TITLES.contains(&title) {
        return Err(Stop::No);
    }
    cursor.skip(|byte| byte == b'.')?;
    cursor.take(|byte| byte == b' ')?;
    cursor.run(2, |byte| byte == b' ')?;
    let start = cursor.at;
    let mut end = capitalised(&mut cursor)?;
    for _ in 0..2 {
        let mut ahead = cursor;
        if ahead.skip(|byte| byte == b' ')?.is_none() {
            break;
        }
        match capitalised(&mut ahead) {
            Ok(further) => (cursor, end) = (ahead, further),
            Err(Stop::No) => break,
            Err(Stop::More) => return Err(Stop::More),
        }
    }
    Ok((start, end))
}

/// A word that starts with a capital letter of any script; gives where it ends. An initial takes its dot.
fn capitalised(cursor: &mut Cursor<'_>) -> Step<usize> {
    let start = cursor.at;
    let word = cursor.run(LONGEST_WORD, |byte| {
        byte.is_ascii_alphabetic() || !byte.is_ascii() || matches!(byte, b'\'' | b'-')
    })?;
    cursor.ends(is_word)?;
    let trailing = word
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b'\'' | b'-'))
        .count();
    let word = &word[..word.len() - trailing];
    let letters = std::str::from_utf8(word).map_err(|_| Stop::No)?;
    if !letters.chars().next().is_some_and(char::is_uppercase) {
        return Err(Stop::No);
    }
    if word.len() == 1 {
        cursor.skip(|byte| byte == b'.')?;
        return Ok(cursor.at);
    }
    Ok(start + word.len())
}
