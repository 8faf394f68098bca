//! Money as whole nano-dollars: exact, sortable, and enough for nine billion dollars.

use serde::{Deserialize, Serialize};

/// US dollars × 10⁻⁹.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct NanoUsd(pub i64);

/// A text that is no amount of dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an amount of US dollars, such as `2.50`, with at most nine digits behind the point"
)]
pub struct InvalidDollars;

impl NanoUsd {
    /// One dollar.
    pub const DOLLAR: i64 = 1_000_000_000;

    /// The amount in a text such as `2.50`; exact, never negative.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse_dollars(text: &str) -> Result<Self, InvalidDollars> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) || fraction.len() > 9 {
            return Err(InvalidDollars);
        }
        let whole: i64 = whole.parse().map_err(|_| InvalidDollars)?;
        let fraction: i64 = format!("{fraction:0<9}")
            .parse()
            .map_err(|_| InvalidDollars)?;
        let nanos = whole
            .checked_mul(Self::DOLLAR)
            .and_then(|nanos| nanos.checked_add(fraction));
        nanos.map(Self).ok_or(InvalidDollars)
    }

    /// The amount in dollars, without noughts at its end: `2.5`.
    pub fn to_dollars(self) -> String {
        let (whole, fraction) = (self.0 / Self::DOLLAR, (self.0 % Self::DOLLAR).abs());
        let text = format!("{whole}.{fraction:09}");
        let text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
        if self.0 < 0 && whole == 0 {
            format!("-{text}")
        } else {
            text
        }
    }
}

/// Amounts as texts of dollars, for serde.
pub mod dollars {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::NanoUsd;

    /// Writes `"2.5"`.
    ///
    /// # Errors
    /// The serialiser's.
    pub fn serialize<S: Serializer>(amount: &NanoUsd, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&amount.to_dollars())
    }

    /// Reads it.
    ///
    /// # Errors
    /// When the text is no amount.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NanoUsd, D::Error> {
        let text = String::deserialize(deserializer)?;
        NanoUsd::parse_dollars(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_and_written_exactly() {
        for (text, nanos, written) in [
            ("0", 0, "0"),
            ("2.50", 2_500_000_000, "2.5"),
            ("0.15", 150_000_000, "0.15"),
            ("0.000000001", 1, "0.000000001"),
            ("15", 15_000_000_000, "15"),
        ] {
            let amount = NanoUsd::parse_dollars(text).unwrap();
            assert_eq!((amount.0, amount.to_dollars()), (nanos, written.to_owned()));
        }
        assert_eq!(NanoUsd(-500_000_000).to_dollars(), "-0.5");
        for wrong in [
            "",
            ".5",
            "5.",
            "-1",
            "1e3",
            "1.0000000001",
            "99999999999",
            "two",
            "1 000",
        ] {
            assert_eq!(
                NanoUsd::parse_dollars(wrong),
                Err(InvalidDollars),
                "{wrong}"
            );
        }
    }
}
