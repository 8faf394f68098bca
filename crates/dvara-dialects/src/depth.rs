//! The bound on nesting, checked before anything is parsed.

use memchr::{memchr_iter, memchr2_iter};

/// Whether `json` nests deeper than `limit` objects and arrays.
///
/// Ordinary bodies have fewer openers than the limit and pay for one vectorised count. The rest, mostly
/// prompts that quote code, are scanned once with strings skipped. Malformed JSON gets some answer: the
/// parser refuses it afterwards.
pub(crate) fn exceeds(json: &[u8], limit: usize) -> bool {
    memchr2_iter(b'{', b'[', json).nth(limit).is_some() && nests_deeper(json, limit)
}

fn nests_deeper(json: &[u8], limit: usize) -> bool {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = behind_string(json, at),
            _ => {}
        }
    }
    false
}

/// The position behind the string whose first byte is at `start`.
///
/// Looks for quotes only and then back for what escapes them: prompts have many escapes, and few escaped quotes.
fn behind_string(json: &[u8], start: usize) -> usize {
    for quote in memchr_iter(b'"', &json[start..]) {
        let before = &json[start..start + quote];
        let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\');
        if backslashes.count() % 2 == 0 {
            return start + quote + 1;
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nesting_counts_and_not_what_strings_quote() {
        for (json, limit, expected) in [
            ("{}", 1, false),
            ("[[[]]]", 3, false),
            ("[[[]]]", 2, true),
            ("[[],[],[],[]]", 2, false),
            (r#"["[[[[[", "{{{{"]"#, 1, false),
            (r#"["\"[[[[[", "\\", [[[]]]]"#, 3, true),
            (r#"["\"[[[[[", "\\", [[]]]"#, 3, false),
            (r#"["\\\\\\\"[[[[[", [[]]]"#, 3, false),
            (r#"["\\\\\\\\", [[]]]"#, 2, true),
            (r#"["unfinished [[[["#, 2, false),
            ("\"\\", 0, false),
        ] {
            assert_eq!(exceeds(json.as_bytes(), limit), expected, "{json}");
        }
    }

    #[test]
    fn a_hostile_body_is_refused_at_the_bound() {
        assert!(exceeds(&vec![b'['; 1 << 20], 64));
    }
}
