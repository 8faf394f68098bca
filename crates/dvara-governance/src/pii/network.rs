//! Addresses of machines.

use std::net::Ipv6Addr;

use super::cursor::{Cursor, Step, Stop, is_digit, is_word};
use super::numbers::begins_alone;

/// Longest text of an IPv6 address, an IPv4 address at its end included.
const LONGEST_IPV6: usize = 45;

/// An IPv4 address: four octets that are no part of a longer dotted run.
pub(super) fn ipv4(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    begins_alone(&cursor)?;
    let start = cursor.at;
    for octet in 0..4 {
        if octet > 0 {
            cursor.take(|byte| byte == b'.')?;
        }
        let digits = cursor.run(3, is_digit)?;
        let value = digits
            .iter()
            .fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
        let padded = digits.len() > 1 && digits[0] == b'0';
        if digits.is_empty() || padded || value > 255 {
            return Err(Stop::No);
        }
    }
    cursor.ends(is_word)?;
    if cursor.peek()? == Some(b'.') && cursor.ahead(1)?.is_some_and(is_digit) {
        return Err(Stop::No);
    }
    Ok((start, cursor.at))
}

/// An IPv6 address (RFC 4291, 2.2) that cannot be mistaken for a path in some programming language.
pub(super) fn ipv6(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    if cursor
        .before()
        .is_some_and(|byte| matches!(byte, b':' | b'.'))
    {
        return Err(Stop::No);
    }
    let start = cursor.at;
    // Words are the usual case: they end here.
    cursor.run(4, |byte| byte.is_ascii_hexdigit())?;
    cursor.take(|byte| byte == b':')?;
    cursor.run(LONGEST_IPV6, |byte| {
        byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
    })?;
    cursor.ends(is_word)?;
    let mut text = &cursor.text[start..cursor.at];
    while let [head @ .., b'.' | b':'] = text {
        if text.ends_with(b"::") {
            break;
        }
        text = head;
    }
    let address = std::str::from_utf8(text).map_err(|_| Stop::No)?;
    address.parse::<Ipv6Addr>().map_err(|_| Stop::No)?;
    let colons = text.iter().filter(|byte| **byte == b':').count();
    let first = address.split(':').next().unwrap_or_default();
    let telling = colons >= 3 || (first.len() == 4 && first.bytes().any(is_digit));
    if telling {
        Ok((start, start + text.len()))
    } else {
        Err(Stop::No)
    }
}

/// A network card: six pairs with `:` or `-`, or three groups of four with dots.
pub(super) fn mac(cursor: Cursor<'_>) -> Step<(usize, usize)> {
    if cursor
        .before()
        .is_some_and(|byte| is_word(byte) || matches!(byte, b':' | b'-' | b'.'))
    {
        return Err(Stop::No);
    }
    match groups(cursor, 6, 2, |byte| matches!(byte, b':' | b'-')) {
        Err(Stop::No) => groups(cursor, 3, 4, |byte| byte == b'.'),
        found => found,
    }
}

fn groups(
    mut cursor: Cursor<'_>,
    count: usize,
    size: usize,
    parts: impl Fn(u8) -> bool,
) -> Step<(usize, usize)> {
    let start = cursor.at;
    let mut separator = None;
    for group in 0..count {
        if group > 0 {
            let byte = cursor.take(&parts)?;
            if *separator.get_or_insert(byte) != byte {
                return Err(Stop::No);
            }
        }
        cursor.exactly(size, |byte| byte.is_ascii_hexdigit())?;
    }
    cursor.ends(is_word)?;
    let goes_on = cursor.peek()?.is_some_and(&parts)
        && cursor
            .ahead(1)?
            .is_some_and(|byte| byte.is_ascii_hexdigit());
    if goes_on {
        return Err(Stop::No);
    }
    Ok((start, cursor.at))
}
