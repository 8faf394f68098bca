//! Numbers that only their label tells from any other: `passport no. A1234567`. The number alone is the finding.

use super::check;
use super::cursor::{Cursor, Step, Stop, is_digit, is_word};

/// Words that may stand between a label and its number.
const BETWEEN: [&[u8]; 12] = [
    b"number", b"no", b"nr", b"num", b"id", b"is", b"was", b"code", b"routing", b"transit", b"me",
    b"at",
];

/// How many of them.
const MOST_BETWEEN: usize = 3;

/// How many bytes of white space and punctuation may stand in one gap.
const WIDEST_GAP: usize = 4;

/// A passport: its word, then 6 to 9 letters and digits.
pub(super) fn passport(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    cursor.word(b"passport")?;
    between(&mut cursor)?;
    alphanumeric(cursor, 6, 9)
}

/// A driving licence: `driver's license`, `drivers licence`, `driver lic`, then 5 to 15 letters, digits and dashes.
pub(super) fn drivers_license(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    cursor.word(b"driver")?;
    if cursor.peek()? == Some(b'\'') {
        cursor.at += 1;
    } else if cursor.skip(|byte| byte == 0xe2)?.is_some() {
        // ’ is E2 80 99.
        cursor.exactly(2, |byte| matches!(byte, 0x80 | 0x99))?;
    }
    cursor.skip(|byte| byte.eq_ignore_ascii_case(&b's'))?;
    cursor.take(|byte| matches!(byte, b' ' | b'-' | b'_'))?;
    cursor.word(b"lic")?;
    let rest = cursor.run(8, |byte| byte.is_ascii_alphabetic())?;
    let known = [&b""[..], b"ense", b"ence", b"enses", b"ences"];
    if !known.iter().any(|end| rest.eq_ignore_ascii_case(end)) {
        return Err(Stop::No);
    }
    between(&mut cursor)?;
    let start = cursor.at;
    let value = cursor.run(18, |byte| byte.is_ascii_alphanumeric() || byte == b'-')?;
    cursor.ends(is_word)?;
    let signs = value.iter().filter(|byte| **byte != b'-').count();
    if !(5..=15).contains(&signs) || !value.iter().copied().any(is_digit) {
        return Err(Stop::No);
    }
    Ok((start, cursor.at))
}

/// A patient's record: `MRN` or `medical record`, then 4 to 12 digits.
pub(super) fn medical_record(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    cursor.word(b"m")?;
    if cursor
        .skip(|byte| byte.eq_ignore_ascii_case(&b'r'))?
        .is_some()
    {
        cursor.word(b"n")?;
    } else {
        cursor.word(b"edical")?;
        cursor.take(|byte| matches!(byte, b' ' | b'-' | b'_'))?;
        cursor.word(b"record")?;
        cursor.skip(|byte| byte.eq_ignore_ascii_case(&b's'))?;
    }
    between(&mut cursor)?;
    digits(cursor, 4, 12, |_| true)
}

/// A National Provider Identifier (45 CFR 162.406): `NPI`, then ten digits with a Luhn digit over them and `80840`.
pub(super) fn npi(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    cursor.word(b"npi")?;
    between(&mut cursor)?;
    digits(cursor, 10, 10, |digits| {
        check::luhn(b"80840".iter().chain(digits).copied())
    })
}

/// A bank's routing number: `routing`, `ABA` or `RTN`, then nine digits.
pub(super) fn bank_routing(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    if cursor
        .peek()?
        .is_some_and(|byte| byte.eq_ignore_ascii_case(&b'a'))
    {
        cursor.word(b"aba")?;
    } else {
        cursor.word(b"r")?;
        if cursor
            .skip(|byte| byte.eq_ignore_ascii_case(&b't'))?
            .is_some()
        {
            cursor.word(b"n")?;
        } else {
            cursor.word(b"outing")?;
        }
    }
    between(&mut cursor)?;
    digits(cursor, 9, 9, check::bank_routing)
}

/// An Aadhaar number without its spaces, told by its name.
pub(super) fn aadhaar(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    cursor.word(b"aad")?;
    let rest = cursor.run(5, |byte| byte.is_ascii_alphabetic())?;
    if !rest.eq_ignore_ascii_case(b"haar") && !rest.eq_ignore_ascii_case(b"har") {
        return Err(Stop::No);
    }
    between(&mut cursor)?;
    digits(cursor, 12, 12, |digits| {
        digits[0] >= b'2' && check::verhoeff(digits.iter().copied())
    })
}

/// A social security number without its dashes, told by its name.
pub(super) fn ssn(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    cursor.word(b"s")?;
    if cursor
        .skip(|byte| byte.eq_ignore_ascii_case(&b's'))?
        .is_some()
    {
        cursor.word(b"n")?;
    } else {
        cursor.word(b"ocial")?;
        gap(&mut cursor)?;
        cursor.word(b"security")?;
    }
    between(&mut cursor)?;
    digits(cursor, 9, 9, super::numbers::is_ssn)
}

/// A telephone number as people write it at home, told by what it is called.
pub(super) fn phone(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let label = cursor.run(10, |byte| byte.is_ascii_alphabetic())?;
    let known: [&[u8]; 9] = [
        b"tel",
        b"telephone",
        b"phone",
        b"mobile",
        b"cell",
        b"cellphone",
        b"fax",
        b"call",
        b"whatsapp",
    ];
    if !known.iter().any(|known| label.eq_ignore_ascii_case(known)) {
        return Err(Stop::No);
    }
    between(&mut cursor)?;
    super::numbers::national(cursor)
}

/// Steps over what may stand between a label and its number: at least one byte, no more than a few words.
fn between(cursor: &mut Cursor<'_>) -> Step<()> {
    gap(cursor)?;
    for _ in 0..MOST_BETWEEN {
        let mut ahead = *cursor;
        let word = ahead.run(8, |byte| byte.is_ascii_alphabetic())?;
        if !BETWEEN.iter().any(|known| word.eq_ignore_ascii_case(known)) {
            break;
        }
        match gap(&mut ahead) {
            Ok(()) => *cursor = ahead,
            Err(Stop::No) => break,
            Err(Stop::More) => return Err(Stop::More),
        }
    }
    Ok(())
}

/// Steps over white space and the punctuation that labels end with.
fn gap(cursor: &mut Cursor<'_>) -> Step<()> {
    let gap = cursor.run(WIDEST_GAP, |byte| {
        matches!(
            byte,
            b' ' | b'\t' | b'\n' | b':' | b'#' | b'.' | b'=' | b'-' | b'(' | b')' | b'"' | b'\''
        )
    })?;
    if gap.is_empty() {
        Err(Stop::No)
    } else {
        Ok(())
    }
}

/// A value of letters and digits, at least one digit, that is no part of a longer word.
fn alphanumeric(mut cursor: Cursor<'_>, least: usize, most: usize) -> Step<(usize, usize)> {
    let start = cursor.at;
    let value = cursor.run(most, |byte| byte.is_ascii_alphanumeric())?;
    cursor.ends(is_word)?;
    if value.len() < least || !value.iter().copied().any(is_digit) {
        return Err(Stop::No);
    }
    Ok((start, cursor.at))
}

/// A value of digits that passes a check and is no part of a longer word.
fn digits(
    mut cursor: Cursor<'_>,
    least: usize,
    most: usize,
    check: impl FnOnce(&[u8]) -> bool,
) -> Step<(usize, usize)> {
    let start = cursor.at;
    let value = cursor.run(most, is_digit)?;
    cursor.ends(is_word)?;
    if value.len() < least || !check(value) {
        return Err(Stop::No);
    }
    Ok((start, cursor.at))
}
