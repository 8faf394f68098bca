//! E-mail addresses, and URLs that carry a password.

use super::cursor::{Cursor, Step, Stop, is_word};

/// Longest local part (RFC 5321, 4.5.3.1.1).
pub(super) const LONGEST_LOCAL: usize = 64;

/// Longest domain (RFC 1035, 2.3.4).
const LONGEST_DOMAIN: usize = 253;

/// Longest user name and password that a URL is searched for.
const LONGEST_USERINFO: usize = 256;

/// Whether a byte may stand in a local part as people write them.
pub(super) fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte)
}

/// An address around the `@` that the cursor stands on: the whole run of local-part signs before it, a dotted domain behind it.
pub(super) fn email(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let start = local_part(cursor.text, cursor.at).ok_or(Stop::No)?;
    cursor.at += 1;
    let mut end = None;
    let domain = cursor.at;
    loop {
        let label = cursor.run(LONGEST_DOMAIN, |byte| {
            byte.is_ascii_alphanumeric() || byte == b'-'
        })?;
        let whole = !label.is_empty() && !label.starts_with(b"-") && !label.ends_with(b"-");
        if !whole || cursor.at - domain > LONGEST_DOMAIN {
            break;
        }
        let parted = cursor.text[..cursor.at - label.len()].ends_with(b".");
        let is_top = label.len() >= 2 && label.iter().all(u8::is_ascii_alphabetic);
        if parted && is_top && !is_file_ending(label) {
            end = Some(cursor.at);
        }
        if cursor.skip(|byte| byte == b'.')?.is_none() {
            break;
        }
    }
    let end = end.ok_or(Stop::No)?;
    Cursor { at: end, ..cursor }.ends(is_word)?;
    Ok((start, end))
}

/// Whether a name ends as names of files do and no domain does: `logo@2x.png`.
fn is_file_ending(label: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 16] = [
        b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"ico", b"css", b"js", b"ts", b"json",
        b"html", b"pdf", b"txt", b"yaml", b"yml",
    ];
    ENDINGS
        .iter()
        .any(|ending| label.eq_ignore_ascii_case(ending))
}

/// Where the local part before an `@` starts, if there is one.
fn local_part(text: &[u8], at: usize) -> Option<usize> {
    let run = text[..at]
        .iter()
        .rev()
        .take(LONGEST_LOCAL + 1)
        .take_while(|byte| is_local(**byte))
        .count();
    let dots = text[at - run..at]
        .iter()
        .take_while(|byte| matches!(byte, b'.' | b'-' | b'%'))
        .count();
    (run <= LONGEST_LOCAL && dots < run).then_some(at - run + dots)
}

/// A URL with `user:password@` in it, up to the end of its host: a scheme's word, `://`, both, a host.
pub(super) fn url_credentials(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let start = cursor.at;
    cursor.run(16, |byte| byte.is_ascii_alphanumeric() || byte == b'+')?;
    cursor.word(b"://")?;
    let signs = |byte: u8| byte.is_ascii_graphic() && !b"/?#@:\"'<>\\`".contains(&byte);
    cursor.run(LONGEST_USERINFO, signs)?;
    cursor.take(|byte| byte == b':')?;
    let password = cursor.run(LONGEST_USERINFO, |byte| signs(byte) || byte == b':')?;
    cursor.take(|byte| byte == b'@')?;
    let host = cursor.run(LONGEST_DOMAIN, |byte| {
        byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte)
    })?;
    if password.is_empty() || host.is_empty() {
        return Err(Stop::No);
    }
    let trailing = host
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b'.' | b':'))
        .count();
    Ok((start, cursor.at - trailing))
}
