//! YAML text to a tree that keeps the line of every key, so that a mistake is reported where it stands.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

/// A parsed document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    /// Keys in the order of the file.
    Mapping(Vec<Entry>),
    /// A list.
    List(Vec<Tree>),
    /// A scalar: null, a boolean, a number or a text.
    Scalar(Value),
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: u64,
    pub(crate) value: Tree,
}

impl Tree {
    /// Parses one YAML document. Duplicate keys, bombs of aliases and further documents are refused; the error names line
    /// and column and quotes nothing, since the text may hold secrets.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! { max_documents: 2 },
            // Only `true` and `false`: a name such as `on` or `no` stays text.
            strict_booleans: true,
            // `007` and `1_000` are ids as often as numbers; parsing as a number comes later and only where one is due.
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| error.without_snippet().to_string())
    }

    /// The same document as JSON.
    pub(crate) fn into_json(self) -> Value {
        match self {
            Self::Mapping(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|entry| (entry.key, entry.value.into_json()))
                    .collect::<Map<_, _>>(),
            ),
            Self::List(items) => Value::Array(items.into_iter().map(Self::into_json).collect()),
            Self::Scalar(value) => value,
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = access.next_entry::<Spanned<String>, Tree>()? {
            entries.push(Entry {
                line: key.referenced.line(),
                key: key.value,
                value,
            });
        }
        Ok(Tree::Mapping(entries))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_keep_their_lines() {
        let tree =
            Tree::parse("# first\nserver:\n  port: 1\n\nrate-limit: {enabled: true}\n").unwrap();
        let Tree::Mapping(entries) = tree else {
            panic!("a mapping");
        };
        assert_eq!((entries[0].key.as_str(), entries[0].line), ("server", 2));
        assert_eq!(
            (entries[1].key.as_str(), entries[1].line),
            ("rate-limit", 5)
        );
        let Tree::Mapping(inner) = &entries[0].value else {
            panic!("a mapping");
        };
        assert_eq!((inner[0].key.as_str(), inner[0].line), ("port", 3));
    }

    #[test]
    fn scalars_keep_what_was_written() {
        let cases = [
            ("a: true", json!(true)),
            ("a: on", json!("on")),
            ("a: no", json!("no")),
            ("a: 007", json!("007")),
            ("a: 1_000", json!("1_000")),
            ("a: 12", json!(12)),
            ("a: 0.25", json!(0.25)),
            (
                "a: 18446744073709551615",
                json!(18_446_744_073_709_551_615_u64),
            ),
            ("a: '12'", json!("12")),
            ("a: ~", json!(null)),
            ("a:", json!(null)),
            ("a: 2024-08-06", json!("2024-08-06")),
            ("a: [1, x]", json!([1, "x"])),
            ("a: &x {b: 1}", json!({"b": 1})),
        ];
        for (text, expected) in cases {
            let parsed = Tree::parse(text).map(Tree::into_json);
            assert_eq!(parsed, Ok(json!({ "a": expected })), "{text}");
        }
        assert_eq!(
            Tree::parse("8080: x").map(Tree::into_json),
            Ok(json!({"8080": "x"}))
        );
    }

    #[test]
    fn faults_name_line_and_column_and_quote_nothing() {
        let cases = [
            ("a: 1\nb: 2\na: secret-value\n", "line 3"),
            ("a: [1\nb: secret-value\n", "line"),
            ("a: 1\n\tb: secret-value\n", "column"),
            ("a: 1\n---\nb: secret-value\n", "line"),
            ("a: *gone\n", "line 1"),
        ];
        for (text, place) in cases {
            let fault = Tree::parse(text).unwrap_err();
            assert!(fault.contains(place), "{text:?}: {fault}");
            assert!(
                !fault.contains("secret-value") && !fault.contains('\n'),
                "{fault}"
            );
        }
    }

    #[test]
    fn alias_bomb_is_refused() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..9 {
            let before = level - 1;
            let item = format!("*a{before},").repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{item}]\n"));
        }
        assert!(Tree::parse(&bomb).is_err());
    }
}
