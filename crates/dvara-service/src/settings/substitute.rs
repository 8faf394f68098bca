//! `${VAR}` and `${VAR:-default}` in the raw text of a configuration file, before it is parsed.
//!
//! An unset or blank variable gives its default, or nothing. Anything else between `${` and `}` than a variable's name
//! stays as it is written, because templates and expressions look alike. Replaced text is not read again.

use super::env::Env;

/// The text after substitution, and the variables that it names without a default and that do not exist: usually a
/// misspelling, so worth a warning.
pub(crate) struct Substituted {
    pub(crate) text: String,
    pub(crate) absent: Vec<Absent>,
}

/// A variable that the file names and nobody set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Absent {
    pub(crate) name: String,
    pub(crate) line: usize,
}

pub(crate) fn substitute(text: &str, env: &Env) -> Substituted {
    let mut out = String::with_capacity(text.len());
    let mut absent = Vec::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let comment = line.trim_start().starts_with('#');
        let mut rest = line;
        while let Some(start) = rest.find("${") {
            out.push_str(&rest[..start]);
            let reference = &rest[start..];
            match Reference::read(reference) {
                Some(found) => {
                    match (env.get(found.name), found.default) {
                        (Some(value), _) => out.push_str(value),
                        (None, Some(default)) => out.push_str(default),
                        (None, None) if !comment && !env.contains(found.name) => {
                            absent.push(Absent {
                                name: found.name.to_owned(),
                                line: index + 1,
                            });
                        }
                        (None, None) => {}
                    }
                    rest = &reference[found.length..];
                }
                None => {
                    out.push_str("${");
                    rest = &reference[2..];
                }
            }
        }
        out.push_str(rest);
    }
    Substituted { text: out, absent }
}

struct Reference<'a> {
    name: &'a str,
    default: Option<&'a str>,
    length: usize,
}

impl<'a> Reference<'a> {
    /// Reads `${NAME}` or `${NAME:-default}` at the start of a text.
    fn read(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix("${")?;
        let end = inner.find('}')?;
        let inner = &inner[..end];
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        let mut bytes = name.bytes();
        let first = bytes.next()?;
        let named = (first.is_ascii_alphabetic() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        named.then_some(Self {
            name,
            default,
            length: end + 3,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced() {
        let env = Env::from_pairs([("SET", "value"), ("BLANK", ""), ("NESTED", "${SET}")]);
        let cases = [
            ("a: ${SET}", "a: value"),
            ("a: ${SET:-other}", "a: value"),
            ("a: ${UNSET}", "a: "),
            ("a: ${BLANK}", "a: "),
            ("a: ${UNSET:-other}", "a: other"),
            ("a: ${BLANK:-other}", "a: other"),
            ("a: ${UNSET:-}", "a: "),
            ("${SET}-${SET}", "value-value"),
            ("a: ${NESTED}", "a: ${SET}"),
            ("a: ${not a name}", "a: ${not a name}"),
            ("a: ${1st}", "a: ${1st}"),
            ("a: ${}", "a: ${}"),
            ("a: ${SET", "a: ${SET"),
            ("a: $SET", "a: $SET"),
            ("a: ${UNSET:-http://x:1/}", "a: http://x:1/"),
            ("ä${SET}ö\n\nü", "ävalueö\n\nü"),
        ];
        for (text, expected) in cases {
            assert_eq!(substitute(text, &env).text, expected, "{text}");
        }
    }

    #[test]
    fn absent_variables_are_named_with_their_line() {
        let env = Env::from_pairs([("BLANK", "")]);
        let found = substitute(
            "a: ${BLANK}\n# ${IN_COMMENT}\nb: ${GONE}\nc: ${GONE:-x}\n",
            &env,
        );
        assert_eq!(
            found.absent,
            [Absent {
                name: "GONE".to_owned(),
                line: 3
            }]
        );
    }
}
