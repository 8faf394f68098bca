//! Check digits. Digits are given as ASCII; what is no digit is not counted where separators may stand.

/// Luhn's sum (ISO/IEC 7812-1, annex B) of digits, whatever stands between them.
pub(super) fn luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') << (place % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Multiplication in the dihedral group of order ten, for [`verhoeff`].
const DIHEDRAL: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];

/// Its permutations by place.
const PERMUTED: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/// Verhoeff's check, by which Aadhaar numbers are made.
pub(super) fn verhoeff(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    digits.rev().enumerate().fold(0, |sum, (place, digit)| {
        let permuted = PERMUTED[place % 8][usize::from(digit - b'0')];
        DIHEDRAL[usize::from(sum)][usize::from(permuted)]
    }) == 0
}

/// ISO 7064 mod 97-10 as ISO 13616 uses it: country and check digits go last, letters count 10 to 35.
pub(super) fn iban(characters: &[u8]) -> bool {
    let (head, rest) = characters.split_at(4.min(characters.len()));
    let rest = rest.iter().chain(head).fold(0_u32, |rest, character| {
        let value = alphanumeric_value(*character);
        if value > 9 {
            (rest * 100 + value) % 97
        } else {
            (rest * 10 + value) % 97
        }
    });
    rest == 1
}

fn alphanumeric_value(character: u8) -> u32 {
    char::from(character).to_digit(36).unwrap_or_default()
}

/// The check of the Drug Enforcement Administration over its seven digits.
pub(super) fn dea(digits: &[u8]) -> bool {
    let value = |at: usize| u32::from(digits[at] - b'0');
    let sum = value(0) + value(2) + value(4) + 2 * (value(1) + value(3) + value(5));
    sum % 10 == value(6)
}

/// The check of the American Bankers Association over nine digits, and that a Federal Reserve district has issued them.
pub(super) fn bank_routing(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 9] = [3, 7, 1, 3, 7, 1, 3, 7, 1];
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let district = u32::from(digits[0] - b'0') * 10 + u32::from(digits[1] - b'0');
    sum.is_multiple_of(10) && matches!(district, 0..=12 | 21..=32 | 61..=72 | 80)
}

/// The check digit of a vehicle (49 CFR 565.15(c)): place 9 of 17.
pub(super) fn vin(characters: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let sum: u32 = characters
        .iter()
        .zip(WEIGHTS)
        .map(|(character, weight)| vin_value(*character) * weight)
        .sum();
    let check = match sum % 11 {
        10 => b'X',
        digit => b'0' + u8::try_from(digit).unwrap_or_default(),
    };
    characters
        .get(8)
        .is_some_and(|at| at.eq_ignore_ascii_case(&check))
}

/// What a character of a vehicle counts: letters are dealt out in rows of nine, without I, O and Q.
fn vin_value(character: u8) -> u32 {
    match character.to_ascii_uppercase() {
        digit @ b'0'..=b'9' => u32::from(digit - b'0'),
        letter @ b'A'..=b'H' => u32::from(letter - b'A') + 1,
        letter @ b'J'..=b'R' => u32::from(letter - b'J') + 1,
        letter @ b'S'..=b'Z' => u32::from(letter - b'S') + 2,
        _ => 0,
    }
}
