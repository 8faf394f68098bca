//! Arguments of tools: JSON, in which a value may be written with escapes, `john\u0040example.com`.
//!
//! They are searched as they read, and what is found is told as it stands, so that what replaces it leaves JSON behind.

use std::borrow::Cow;

use super::overlap::Finding;
use super::patterns::Detectors;

impl Detectors {
    /// What is found in the arguments of a tool's call, by place; `found` is what somebody else found in them.
    pub fn scan_arguments(&self, arguments: &str, mut found: Vec<Finding>) -> Vec<Finding> {
        let unescaped = Unescaped::of(arguments);
        if unescaped.escapes.is_empty() {
            return self.scan_beside(arguments, found);
        }
        for finding in &mut found {
            finding.start = unescaped.place_in_text(finding.start);
            finding.end = unescaped.place_in_text(finding.end);
        }
        let mut found = self.scan_beside(&unescaped.text, found);
        for finding in &mut found {
            finding.start = unescaped.place_in_json(finding.start);
            finding.end = unescaped.place_in_json(finding.end);
        }
        found
    }
}

/// A piece of JSON as it reads, without its escapes.
pub fn unescape(json: &str) -> Cow<'_, str> {
    Unescaped::of(json).text
}

struct Unescaped<'j> {
    text: Cow<'j, str>,
    escapes: Vec<Escape>,
}

/// Where an escape ends, in the text and in the JSON that it was read from.
struct Escape {
    text_end: usize,
    json_end: usize,
}

impl<'j> Unescaped<'j> {
    fn of(json: &'j str) -> Self {
        let (mut text, mut escapes) = (String::new(), Vec::new());
        let (mut copied, mut at) = (0, 0);
        while let Some(found) = memchr::memchr(b'\\', &json.as_bytes()[at..]) {
            let start = at + found;
            let Some((character, length)) = escaped(&json[start..]) else {
                at = start + 1;
                continue;
            };
            text.push_str(&json[copied..start]);
            text.push(character);
            at = start + length;
            copied = at;
            escapes.push(Escape {
                text_end: text.len(),
                json_end: at,
            });
        }
        if escapes.is_empty() {
            let text = Cow::Borrowed(json);
            return Self { text, escapes };
        }
        text.push_str(&json[copied..]);
        Self {
            text: text.into(),
            escapes,
        }
    }

    /// A place in the text as one in the JSON. No place of a whole character is inside of an escape.
    fn place_in_json(&self, place: usize) -> usize {
        let before = self
            .escapes
            .partition_point(|escape| escape.text_end <= place);
        let Some(escape) = before.checked_sub(1).map(|last| &self.escapes[last]) else {
            return place;
        };
        escape.json_end + (place - escape.text_end)
    }

    /// A place in the JSON as one in the text; inside of an escape it is behind it.
    fn place_in_text(&self, place: usize) -> usize {
        let before = self
            .escapes
            .partition_point(|escape| escape.json_end <= place);
        let next = self
            .escapes
            .get(before)
            .map_or(usize::MAX, |escape| escape.text_end);
        let place = match before.checked_sub(1).map(|last| &self.escapes[last]) {
            Some(escape) => escape.text_end + (place - escape.json_end),
            None => place,
        };
        place.min(next)
    }
}

/// The character that an escape stands for, and how long the escape is; `None` if it is none.
fn escaped(json: &str) -> Option<(char, usize)> {
    let character = match json.as_bytes().get(1)? {
        b'u' => return code(json),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        byte @ (b'"' | b'\\' | b'/') => char::from(*byte),
        _ => return None,
    };
    Some((character, 2))
}

/// `\u0040`, or two of these that stand for one character.
fn code(json: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        let digits = digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then_some(digits)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(0)?;
    let units = [first, unit(6).unwrap_or_default()];
    match char::decode_utf16(units).next()? {
        Ok(character) => Some((character, 6 * character.len_utf16())),
        // Half a character stands for none.
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pii::{Kind, for_json, replace};

    fn redacted(arguments: &str) -> String {
        let findings = Detectors::default().scan_arguments(arguments, Vec::new());
        replace(arguments, &findings, |finding, _| {
            let instead = format!("[{}]", finding.kind.as_str());
            Some(for_json(arguments, finding, instead).into())
        })
    }

    #[test]
    fn values_in_escapes_are_found_and_json_is_left_behind() {
        for (arguments, expected) in [
            (r#"{"to":"john\u0040example.com"}"#, r#"{"to":"[EMAIL]"}"#),
            (r#"{"to":"\u006aohn@example.com"}"#, r#"{"to":"[EMAIL]"}"#),
            (
                r#"{"to":"a\njohn@example.com\tb"}"#,
                r#"{"to":"a\n[EMAIL]\tb"}"#,
            ),
            (
                r#"{"to":"\"john@example.com\""}"#,
                r#"{"to":"\"[EMAIL]\""}"#,
            ),
            (
                r#"{"\u00e4":"\ud83d\ude00 john@example.com"}"#,
                r#"{"\u00e4":"\ud83d\ude00 [EMAIL]"}"#,
            ),
            (
                r#"{"to":"john@example.com","n":4111111111111111}"#,
                r#"{"to":"[EMAIL]","n":"[CREDIT_CARD]"}"#,
            ),
            (r#"{"path":"C:\\work\\x"}"#, r#"{"path":"C:\\work\\x"}"#),
        ] {
            assert_eq!(redacted(arguments), expected);
            assert!(
                serde_json::from_str::<serde_json::Value>(arguments).is_ok(),
                "{arguments}"
            );
        }
    }

    #[test]
    fn what_somebody_else_found_stays_where_it_is() {
        let arguments = r#"{"\u00e4":"a\nJane b"}"#;
        let start = arguments.find("Jane").unwrap();
        let name = Finding {
            kind: Kind::PersonName,
            start,
            end: start + 4,
            confidence: 85,
            pattern: None,
            trigger: start,
        };
        assert_eq!(
            Detectors::default().scan_arguments(arguments, vec![name]),
            [name]
        );
    }

    #[test]
    fn what_is_no_escape_stays() {
        for json in [
            r"\", r"\x", r"\u12", r"\u12g4", r"\ud83d", "plain", "\\\u{e4}",
        ] {
            assert_eq!(unescape(json), json);
        }
        assert_eq!(unescape(r"\u0041\\\/\u00E4"), "A\\/\u{e4}");
    }

    proptest! {
        #[test]
        fn every_place_leads_there_and_back(text in "[a-z\"\\\\\n\u{e4}\u{1f600}]{0,40}") {
            let json = serde_json::to_string(&text).unwrap();
            let unescaped = Unescaped::of(&json);
            prop_assert_eq!(&*unescaped.text, format!("\"{text}\""));
            for (place, _) in unescaped.text.char_indices() {
                let there = unescaped.place_in_json(place);
                prop_assert!(json.is_char_boundary(there));
                prop_assert_eq!(unescaped.place_in_text(there), place);
            }
        }
    }
}
