//! Codes of letters and digits: bank accounts, prescribers, taxpayers, vehicles.

use super::check;
use super::cursor::{Cursor, Step, Stop, is_digit, is_word};

/// Countries of the IBAN registry (SWIFT, release 99) with the length of their numbers.
const COUNTRIES: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// Longest of them.
const LONGEST_IBAN: usize = 34;

/// An account number (ISO 13616): country, check digits, and as much as the country has, single separators between groups of four. The check
/// digits are verified, since words with two digits in them are common.
pub(super) fn iban(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let start = cursor.at;
    let mut country = [
        cursor.take(|byte| byte.is_ascii_alphabetic())?,
        cursor.take(|byte| byte.is_ascii_alphabetic())?,
    ];
    country.make_ascii_uppercase();
    cursor.exactly(2, is_digit)?;
    let length = COUNTRIES
        .iter()
        .find_map(|(code, length)| (**code == country).then_some(*length))
        .ok_or(Stop::No)?;
    let mut number = [0; LONGEST_IBAN];
    number[..4].copy_from_slice(&cursor.text[start..cursor.at]);
    for (place, sign) in number[..length].iter_mut().enumerate().skip(4) {
        if place % 4 == 0 {
            cursor.skip(|byte| matches!(byte, b' ' | b'-'))?;
        }
        *sign = cursor.take(|byte| byte.is_ascii_alphanumeric())?;
    }
    cursor.ends(is_word)?;
    if check::iban(&number[..length]) {
        Ok((start, cursor.at))
    } else {
        Err(Stop::No)
    }
}

/// A prescriber's number (21 CFR 1301.13): what registrants are, the first letter of a name, seven digits with a check.
pub(super) fn dea(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let start = cursor.at;
    cursor.take(|byte| b"ABCDEFGHJKLMPRSTUX".contains(&byte.to_ascii_uppercase()))?;
    cursor.take(|byte| byte.is_ascii_alphabetic() || byte == b'9')?;
    let digits = cursor.exactly(7, is_digit)?;
    cursor.ends(is_word)?;
    if check::dea(digits) {
        Ok((start, cursor.at))
    } else {
        Err(Stop::No)
    }
}

/// A taxpayer of India (Income-tax Rules, 114): five letters of which the fourth says what the holder is, four digits, a letter.
pub(super) fn pan(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let start = cursor.at;
    cursor.exactly(3, |byte| byte.is_ascii_uppercase())?;
    cursor.take(|byte| b"ABCFGHJLPT".contains(&byte))?;
    cursor.take(|byte| byte.is_ascii_uppercase())?;
    let digits = cursor.exactly(4, is_digit)?;
    cursor.take(|byte| byte.is_ascii_uppercase())?;
    cursor.ends(is_word)?;
    if digits == b"0000" {
        return Err(Stop::No);
    }
    Ok((start, cursor.at))
}

/// A vehicle (ISO 3779, 49 CFR 565): 17 signs without I, O and Q, letters and digits both, with the check digit.
pub(super) fn vin(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    let start = cursor.at;
    let signs = cursor.exactly(17, |byte| {
        byte.is_ascii_alphanumeric() && !b"IOQ".contains(&byte.to_ascii_uppercase())
    })?;
    cursor.ends(|byte| is_word(byte) || byte == b'-')?;
    let letters = signs
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    let small = signs
        .iter()
        .filter(|byte| byte.is_ascii_lowercase())
        .count();
    let one_case = small == 0 || small == letters;
    if (2..=14).contains(&letters) && one_case && check::vin(signs) {
        Ok((start, cursor.at))
    } else {
        Err(Stop::No)
    }
}
