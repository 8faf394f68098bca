//! Numbers that show by their own form what they are.

use super::check;
use super::cursor::{Cursor, Step, Stop, is_digit, is_word};

/// Most digits that a telephone number has (ITU-T E.164, 6).
const LONGEST_PHONE: usize = 15;

/// A number of North America: `(212) 555-0143`, `1-212-555-0143`, `212.555.0143`. Three and four digits that nothing parts are no
/// more than a number, so some separator has to stand.
pub(super) fn phone_us(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    begins_alone(&cursor)?;
    let start = cursor.at;
    prefix_of_north_america(&mut cursor)?;
    let opened = cursor.skip(|byte| byte == b'(')?.is_some();
    let area = cursor.exactly(3, is_digit)?;
    let closed = opened && cursor.take(|byte| byte == b')').is_ok();
    if area[0] < b'2' || opened != closed {
        return Err(Stop::No);
    }
    let first = separator(&mut cursor)?;
    let exchange = cursor.exactly(3, is_digit)?;
    let second = separator(&mut cursor)?;
    cursor.exactly(4, is_digit)?;
    ends_alone(&cursor)?;
    if exchange[0] < b'2' || (first.is_none() && !closed) || (second.is_none() && !closed) {
        return Err(Stop::No);
    }
    Ok((start, cursor.at))
}

/// `1`, `+1` or `001` and what follows it, where a whole number of North America comes after.
fn prefix_of_north_america(cursor: &mut Cursor<'_>) -> Step<()> {
    let mut ahead = *cursor;
    ahead.skip(|byte| byte == b'+')?;
    ahead.run(2, |byte| byte == b'0')?;
    if ahead.skip(|byte| byte == b'1')?.is_some() && separator(&mut ahead)?.is_some() {
        *cursor = ahead;
    }
    Ok(())
}

/// An international number: `+`, then 7 to 15 digits of which the first is no zero, in groups or not.
pub(super) fn phone_intl(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    if cursor
        .before()
        .is_some_and(|byte| is_word(byte) || byte == b'+')
    {
        return Err(Stop::No);
    }
    let start = cursor.at;
    cursor.take(|byte| byte == b'+')?;
    if cursor.peek()? == Some(b'0') {
        return Err(Stop::No);
    }
    let end = grouped_digits(&mut cursor, 7, LONGEST_PHONE)?;
    Ok((start, end))
}

/// A number without its country, where something says that it is one.
pub(super) fn national(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let start = cursor.at;
    let end = grouped_digits(&mut cursor, 7, LONGEST_PHONE)?;
    Ok((start, end))
}

/// Digits with single separators, pairs of parentheses among them; gives where the last digit ends.
fn grouped_digits(cursor: &mut Cursor<'_>, least: usize, most: usize) -> Step<usize> {
    let (mut count, mut end) = (0, cursor.at);
    loop {
        let digits = cursor.run(most + 1 - count, is_digit)?;
        // A group too many is the next number.
        if count + digits.len() > most {
            break;
        }
        count += digits.len();
        if !digits.is_empty() {
            end = cursor.at;
        }
        let parted = cursor.run(2, |byte| {
            matches!(byte, b' ' | b'-' | b'.' | b'/' | b'(' | b')')
        })?;
        let goes_on = cursor
            .peek()?
            .is_some_and(|byte| is_digit(byte) || byte == b'(');
        if parted.is_empty() || !goes_on {
            break;
        }
    }
    let behind = Cursor { at: end, ..*cursor };
    behind.ends(is_word)?;
    if count < least {
        Err(Stop::No)
    } else {
        Ok(end)
    }
}

/// A social security number: 3-2-4 digits with the same separator twice. Without one a label has to tell.
pub(super) fn ssn(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    begins_alone(&cursor)?;
    let start = cursor.at;
    let area = cursor.exactly(3, is_digit)?;
    let separator = cursor.take(|byte| matches!(byte, b' ' | b'-'))?;
    let group = cursor.exactly(2, is_digit)?;
    cursor.take(|byte| byte == separator)?;
    let serial = cursor.exactly(4, is_digit)?;
    ends_alone(&cursor)?;
    if is_issued(area, group, serial) {
        Ok((start, cursor.at))
    } else {
        Err(Stop::No)
    }
}

/// Whether nine digits can be a social security number.
pub(super) fn is_ssn(digits: &[u8]) -> bool {
    is_issued(&digits[..3], &digits[3..5], &digits[5..])
}

/// What the Social Security Administration never issues: area 000, 666 and from 900, group 00, serial 0000.
fn is_issued(area: &[u8], group: &[u8], serial: &[u8]) -> bool {
    area != b"000" && area != b"666" && area[0] != b'9' && group != b"00" && serial != b"0000"
}

/// A date as birthdays are written: MM/DD/YYYY, MM-DD-YYYY and, since no reader can tell, the day first as well.
pub(super) fn date_of_birth(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    begins_alone(&cursor)?;
    let start = cursor.at;
    let first = number(cursor.run(2, is_digit)?);
    let separator = cursor.take(|byte| matches!(byte, b'/' | b'-'))?;
    let second = number(cursor.run(2, is_digit)?);
    cursor.take(|byte| byte == separator)?;
    let year = cursor.exactly(4, is_digit)?;
    ends_alone(&cursor)?;
    let (low, high) = (first.min(second), first.max(second));
    if (1..=12).contains(&low) && high <= 31 && matches!(&year[..2], b"19" | b"20") {
        Ok((start, cursor.at))
    } else {
        Err(Stop::No)
    }
}

fn number(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
}

/// An Aadhaar number: 4-4-4 digits with the same separator twice, the first digit 2 to 9, with Verhoeff's check digit.
pub(super) fn aadhaar(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    begins_alone(&cursor)?;
    let start = cursor.at;
    cursor.take(|byte| (b'2'..=b'9').contains(&byte))?;
    cursor.exactly(3, is_digit)?;
    let separator = cursor.take(|byte| matches!(byte, b' ' | b'-'))?;
    cursor.exactly(4, is_digit)?;
    cursor.take(|byte| byte == separator)?;
    cursor.exactly(4, is_digit)?;
    ends_alone(&cursor)?;
    // A fourth group makes it something longer, such as a card.
    let mut behind = cursor;
    if behind.skip(|byte| byte == separator)?.is_some() && behind.peek()?.is_some_and(is_digit) {
        return Err(Stop::No);
    }
    let digits = cursor.text[start..cursor.at]
        .iter()
        .copied()
        .filter(|byte| is_digit(*byte));
    if check::verhoeff(digits) {
        Ok((start, cursor.at))
    } else {
        Err(Stop::No)
    }
}

/// That a number does not go on to the left: no part of a date, a time, a version, a UUID or a longer run.
pub(super) fn begins_alone(cursor: &Cursor<'_>) -> Step<()> {
    let Some(before) = cursor.before() else {
        return Ok(());
    };
    let further = cursor.at.checked_sub(2).map(|at| cursor.text[at]);
    let goes_on = match before {
        b'.' | b'/' | b':' => further.is_some_and(|byte| is_digit(byte) || closes(byte)),
        b'-' => further.is_some_and(|byte| byte.is_ascii_hexdigit() || closes(byte)),
        _ => is_word(before),
    };
    if goes_on { Err(Stop::No) } else { Ok(()) }
}

/// That a number does not go on to the right: neither as a word nor behind a separator.
pub(super) fn ends_alone(cursor: &Cursor<'_>) -> Step<()> {
    match cursor.peek()? {
        Some(byte) if is_word(byte) => Err(Stop::No),
        Some(b'-' | b'.' | b'/') => match cursor.ahead(1)? {
            Some(behind) if is_digit(behind) || opens(behind) => Err(Stop::No),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Whether a placeholder may end here. It counts as the number that it stands for, so that redacting twice is redacting once.
fn closes(byte: u8) -> bool {
    matches!(byte, b']' | b'}')
}

/// Whether a placeholder may begin here.
fn opens(byte: u8) -> bool {
    matches!(byte, b'[' | b'{')
}

fn separator(cursor: &mut Cursor<'_>) -> Step<Option<u8>> {
    cursor.skip(|byte| matches!(byte, b' ' | b'-' | b'.'))
}
