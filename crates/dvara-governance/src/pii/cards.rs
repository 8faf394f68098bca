//! Payment cards: issuers' numbers (ISO/IEC 7812-1), as they are printed, with the Luhn digit.

use super::check;
use super::cursor::{Cursor, Step, Stop, is_digit};
use super::numbers::{begins_alone, ends_alone};

/// Fewest and most digits of a card.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=19;

/// A card's number, whole or in groups of four (and of 4-6-5 and 4-6-4) with one kind of separator.
pub(super) fn credit_card(mut cursor: Cursor<'_>) -> Step<(usize, usize)> {
    begins_alone(&cursor)?;
    let start = cursor.at;
    let mut card = Card::default();
    let mut separator = None;
    while card.take_group(&mut cursor)? {
        let behind = cursor.peek()?.filter(|byte| matches!(byte, b' ' | b'-'));
        if behind.is_none() || *separator.get_or_insert(behind) != behind {
            break;
        }
        if !cursor.ahead(1)?.is_some_and(is_digit) {
            break;
        }
        cursor.at += 1;
    }
    let end = card.end()?;
    ends_alone(&Cursor { at: end, ..cursor })?;
    Ok((start, end))
}

/// Digits as they are read, with the places at which a group ended.
#[derive(Default)]
struct Card {
    digits: [u8; *LENGTHS.end()],
    count: usize,
    /// For each group: digits so far, and where it ends in the text.
    groups: [(usize, usize); 5],
    group_count: usize,
}

impl Card {
    /// Whether there was a group that a card has room for.
    fn take_group(&mut self, cursor: &mut Cursor<'_>) -> Step<bool> {
        let group = cursor.run(self.digits.len() - self.count, is_digit)?;
        let fits = !cursor.peek()?.is_some_and(is_digit) && self.group_count < self.groups.len();
        if fits {
            self.digits[self.count..][..group.len()].copy_from_slice(group);
            self.count += group.len();
            self.groups[self.group_count] = (self.count, cursor.at);
            self.group_count += 1;
        }
        Ok(fits)
    }

    /// Where the longest card ends that these groups begin with.
    fn end(&self) -> Step<usize> {
        (1..=self.group_count)
            .rev()
            .find(|groups| self.is_card(*groups))
            .map(|groups| self.groups[groups - 1].1)
            .ok_or(Stop::No)
    }

    fn is_card(&self, groups: usize) -> bool {
        let digits = &self.digits[..self.groups[groups - 1].0];
        LENGTHS.contains(&digits.len())
            && self.is_printed_so(groups)
            && is_issued(digits, groups > 1)
            && check::luhn(digits.iter().copied())
    }

    fn is_printed_so(&self, groups: usize) -> bool {
        let mut sizes = [0; 5];
        let mut before = 0;
        for (size, (count, _)) in sizes.iter_mut().zip(&self.groups[..groups]) {
            *size = count - before;
            before = *count;
        }
        matches!(
            sizes[..groups],
            [_] | [4, 4, 4, 1..=7] | [4, 4, 4, 4, 1..=3] | [4, 6, 4 | 5]
        )
    }
}

/// Whether an issuer has numbers of this length that start so.
fn is_issued(digits: &[u8], is_grouped: bool) -> bool {
    let head = digits[..4]
        .iter()
        .fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
    match digits.len() {
        // Bare, it is much more often an article's number (EAN) than one of Visa's oldest cards.
        13 => head / 1000 == 4 && is_grouped,
        14 => matches!(head / 10, 300..=305 | 309) || matches!(head / 100, 36 | 38 | 39),
        15 => matches!(head / 100, 34 | 37) || matches!(head, 1800 | 2131),
        16 | 19 => {
            matches!(head / 1000, 4)
                || matches!(head / 100, 51..=55 | 62 | 65)
                || matches!(head, 2221..=2720 | 6011 | 3528..=3589)
                || matches!(head / 10, 644..=649)
                || is_maestro(head)
        }
        12 | 17 | 18 => is_maestro(head),
        _ => false,
    }
}

fn is_maestro(head: u32) -> bool {
    matches!(head, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
}
