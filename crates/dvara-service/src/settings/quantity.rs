//! Texts to durations, sizes and switches, as operators write them.

use std::time::Duration;

/// `500` (milliseconds), `500ms`, `30s`, `15m`, `12h`, `7d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text)?;
    let millis = match unit {
        "" | "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err("has another unit than ms, s, m, h or d".to_owned()),
    };
    number
        .checked_mul(millis)
        .map(Duration::from_millis)
        .ok_or_else(|| "is too long".to_owned())
}

/// `1048576` (bytes), `100MB`, `1GB`; units count by 1024, as Spring's do.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text)?;
    let factor: u64 = match unit.to_uppercase().as_str() {
        "" | "B" => 1,
        "KB" | "KIB" => 1 << 10,
        "MB" | "MIB" => 1 << 20,
        "GB" | "GIB" => 1 << 30,
        _ => return Err("has another unit than B, KB, MB or GB".to_owned()),
    };
    number
        .checked_mul(factor)
        .ok_or_else(|| "is too large".to_owned())
}

/// `true`, `yes`, `on`, `1` and their opposites, in any case.
pub(crate) fn flag(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("is not true or false".to_owned()),
    }
}

fn split(text: &str) -> Result<(u64, &str), String> {
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number = number
        .parse()
        .map_err(|_| "is not a whole number with a unit".to_owned())?;
    Ok((number, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let cases = [
            ("0", Ok(0)),
            ("500", Ok(500)),
            ("500ms", Ok(500)),
            ("30s", Ok(30_000)),
            ("15m", Ok(900_000)),
            ("15 m", Ok(900_000)),
            ("1d", Ok(86_400_000)),
            ("1w", Err(())),
            ("-1", Err(())),
            ("1.5s", Err(())),
            ("s", Err(())),
            ("", Err(())),
            ("99999999999999999999", Err(())),
            ("18446744073709551615d", Err(())),
        ];
        for (text, expected) in cases {
            let read = duration(text).map_err(|_| ());
            assert_eq!(read, expected.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn sizes_are_read() {
        let cases = [
            ("1", Ok(1)),
            ("100MB", Ok(104_857_600)),
            ("1 kb", Ok(1024)),
            ("2GiB", Ok(2_147_483_648)),
            ("1TB", Err(())),
            ("18446744073709551615KB", Err(())),
        ];
        for (text, expected) in cases {
            assert_eq!(bytes(text).map_err(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn flags_are_read() {
        for (text, expected) in [
            ("true", Ok(true)),
            ("ON", Ok(true)),
            ("0", Ok(false)),
            ("No", Ok(false)),
            ("2", Err(())),
        ] {
            assert_eq!(flag(text).map_err(|_| ()), expected, "{text}");
        }
    }
}
