//! One level of a JSON document at a time, borrowed, with positions. For small objects and for the lazy reading
//! of a conversation; the hot path has views of its own.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One member of an object.
pub(crate) struct Member<'a> {
    /// Its key, decoded.
    pub(crate) key: Cow<'a, str>,
    /// Its key as it stands in the document, quotes included.
    pub(crate) raw_key: &'a str,
    /// Its value.
    pub(crate) value: &'a RawValue,
}

/// The members of an object, in order, repeated keys included.
pub(crate) struct Members<'a>(pub(crate) Vec<Member<'a>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((raw_key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    // A key with half a surrogate pair is nobody's name; it only has to stay.
                    let key = string(raw_key).unwrap_or(Cow::Borrowed(raw_key.get()));
                    members.push(Member {
                        key,
                        raw_key: raw_key.get(),
                        value,
                    });
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// The members of an object; `None` when the value is none.
pub(crate) fn members(value: &RawValue) -> Option<Vec<Member<'_>>> {
    serde_json::from_str::<Members<'_>>(value.get())
        .ok()
        .map(|members| members.0)
}

/// The items of an array; `None` when the value is none.
pub(crate) fn items(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// The value of the first member of this name.
pub(crate) fn find<'a>(members: &[Member<'a>], name: &str) -> Option<&'a RawValue> {
    let mut members = members.iter();
    let found = members.find(|member| member.key == name);
    found.map(|member| member.value)
}

/// The text of a string, borrowed when nothing in it is escaped; `None` when the value is no string, or
/// escapes half a surrogate pair.
pub(crate) fn string(value: &RawValue) -> Option<Cow<'_, str>> {
    let quoted = value.get();
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(quoted).ok().map(Cow::Owned)
}

/// Whether the value is `null`.
pub(crate) fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// `true` or `false`; `None` when the value is neither.
pub(crate) fn boolean(value: &RawValue) -> Option<bool> {
    match value.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Whether the value is an array with something in it.
pub(crate) fn is_filled_array(value: &RawValue) -> bool {
    value
        .get()
        .strip_prefix('[')
        .is_some_and(|inside| !inside.trim_start().starts_with(']'))
}

/// JSON without the spaces between its tokens; borrowed when there are none. `json` must be JSON.
pub(crate) fn compact(json: &str) -> Cow<'_, str> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    if !json.bytes().any(|byte| is_space(&byte)) {
        return Cow::Borrowed(json);
    }
    let mut compact = Vec::with_capacity(json.len());
    let (mut inside, mut escaped) = (false, false);
    for byte in json.bytes() {
        if inside {
            inside = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if is_space(&byte) {
            continue;
        } else {
            inside = byte == b'"';
        }
        compact.push(byte);
    }
    match String::from_utf8(compact) {
        Ok(compact) => Cow::Owned(compact),
        Err(_) => Cow::Borrowed(json),
    }
}

/// A text as a JSON string, quotes included.
pub(crate) fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("a text always has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn strings_are_borrowed_unless_escaped() {
        assert!(matches!(
            string(raw(r#""plain""#)),
            Some(Cow::Borrowed("plain"))
        ));
        assert_eq!(string(raw(r#""a\u0062\n""#)).as_deref(), Some("ab\n"));
        assert_eq!(string(raw(r#""\ud800""#)), None);
        assert_eq!(string(raw("5")), None);
    }

    #[test]
    fn members_keep_order_repeats_and_raw_keys() {
        let found = members(raw(r#"{"a":1, "\u0061" : 2}"#)).unwrap();
        let keys: Vec<_> = found
            .iter()
            .map(|member| (&*member.key, member.raw_key, member.value.get()))
            .collect();
        assert_eq!(keys, [("a", "\"a\"", "1"), ("a", "\"\\u0061\"", "2")]);
        assert!(members(raw("[]")).is_none());
    }

    #[test]
    fn spaces_go_and_those_of_texts_stay() {
        for (json, expected) in [
            ("{}", "{}"),
            (
                "{\n  \"a b\": [ 1,\t\"c \\\" d\" ]\r\n}",
                "{\"a b\":[1,\"c \\\" d\"]}",
            ),
            (r#"{"a": "\\ ", "b" : 2}"#, r#"{"a":"\\ ","b":2}"#),
            ("[ \"é 🌍\" ]", "[\"é 🌍\"]"),
        ] {
            assert_eq!(compact(json), expected);
        }
    }

    #[test]
    fn an_array_of_nothing_is_not_filled() {
        assert!(!is_filled_array(raw("[ ]")));
        assert!(!is_filled_array(raw("null")));
        assert!(is_filled_array(raw("[ 0]")));
    }
}
