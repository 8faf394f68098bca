//! Where every setting came from, for `dvara config explain` and `dvara config validate`.

use std::fmt;
use std::io::{self, Write};

use super::loader::Loaded;
use super::problem::Problem;
use super::property::Property;

/// What a secret's value shows as.
pub(crate) const MASK: &str = "••••";

/// Which layer a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// Brought by the command itself, which is named (`dvara up` creates secrets and a database).
    Command(&'static str),
    /// The configuration file, with the line.
    File(String),
    /// The environment, with the variable.
    Environment(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Command(name) => f.write_str(name),
            Self::File(place) => f.write_str(place),
            Self::Environment(variable) => write!(f, "environment {variable}"),
        }
    }
}

/// One effective setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The property, with its `*` filled in where it has one.
    pub path: String,
    /// What holds, masked when it is a secret; `None` when nothing does.
    pub value: Option<String>,
    /// Where it came from.
    pub source: Source,
    /// False when this build does not enforce it.
    pub built: bool,
}

impl Explained {
    pub(crate) fn new(
        property: &Property,
        path: String,
        value: Option<&str>,
        source: Source,
    ) -> Self {
        Self {
            path,
            value: value.map(|text| shown(property.secret, text)),
            source,
            built: property.built,
        }
    }
}

/// A value as it may be shown: a secret is masked whole, of a URL the parts that carry credentials.
pub(crate) fn shown(secret: bool, text: &str) -> String {
    if secret {
        return MASK.to_owned();
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let (address, query) = match rest.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (rest, None),
    };
    let authority_end = address.find('/').unwrap_or(address.len());
    let host = match address[..authority_end].rfind('@') {
        Some(at) => format!("{MASK}{}", &address[at..]),
        None => address.to_owned(),
    };
    let query = query.map_or_else(String::new, |query| {
        let parts: Vec<String> = query.split('&').map(shown_parameter).collect();
        format!("?{}", parts.join("&"))
    });
    format!("{scheme}://{host}{query}")
}

fn shown_parameter(parameter: &str) -> String {
    let name = parameter.split('=').next().unwrap_or_default();
    let lower = name.to_lowercase();
    let carries = ["password", "secret", "token", "key", "user"]
        .iter()
        .any(|word| lower.contains(word));
    if carries && name.len() < parameter.len() {
        format!("{name}={MASK}")
    } else {
        parameter.to_owned()
    }
}

/// Writes a table of all settings: property, value, source. Secrets are masked already.
///
/// # Errors
/// What the writer reports.
pub fn write_explained(out: &mut impl Write, settings: &[Explained]) -> io::Result<()> {
    let rows: Vec<[String; 3]> = settings
        .iter()
        .map(|setting| {
            let value = setting.value.as_deref().unwrap_or("-");
            let note = if setting.built {
                ""
            } else {
                " (not built yet)"
            };
            [
                setting.path.clone(),
                value.replace(char::is_control, " "),
                format!("{}{note}", setting.source),
            ]
        })
        .collect();
    let head = ["PROPERTY", "VALUE", "SOURCE"].map(str::to_owned);
    let width = |column: usize| {
        rows.iter()
            .chain([&head])
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    // A very long value (a URL, a list) is let out of its column and not made everybody's width.
    let (path, value) = (width(0), width(1).min(60));
    for row in [&head].into_iter().chain(&rows) {
        writeln!(out, "{:path$}  {:value$}  {}", row[0], row[1], row[2])?;
    }
    Ok(())
}

/// Writes the outcome of `dvara config validate`: every problem, or every warning and that the settings hold.
/// Returns whether they hold.
///
/// # Errors
/// What the writer reports.
pub fn write_validated(
    out: &mut impl Write,
    outcome: &Result<Loaded, Vec<Problem>>,
) -> io::Result<bool> {
    match outcome {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                writeln!(out, "warning: {warning}")?;
            }
            let given = loaded
                .explained
                .iter()
                .filter(|setting| setting.source != Source::Default)
                .count();
            writeln!(
                out,
                "the settings are valid: {given} given, the rest by default"
            )?;
            Ok(true)
        }
        Err(problems) => {
            for problem in problems {
                writeln!(out, "error: {problem}")?;
            }
            Ok(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_cut_out_of_what_is_shown() {
        let cases = [
            (true, "anything", "••••"),
            (false, "round-robin", "round-robin"),
            (
                false,
                "jdbc:postgresql://db:5432/dvara?sslmode=require",
                "jdbc:postgresql://db:5432/dvara?sslmode=require",
            ),
            (
                false,
                "jdbc:postgresql://db/dvara?user=u&password=p&ssl=true",
                "jdbc:postgresql://db/dvara?user=••••&password=••••&ssl=true",
            ),
            (false, "postgres://u:p@db/dvara", "postgres://••••@db/dvara"),
            (
                false,
                "postgres://u:p@x@db/dvara",
                "postgres://••••@db/dvara",
            ),
            (false, "https://host/a@b", "https://host/a@b"),
        ];
        for (secret, text, expected) in cases {
            assert_eq!(shown(secret, text), expected, "{text}");
        }
    }

    #[test]
    fn table_has_one_row_a_setting() {
        let settings = [
            Explained {
                path: "server.port".to_owned(),
                value: Some("8080".to_owned()),
                source: Source::Environment("SERVER_PORT".to_owned()),
                built: true,
            },
            Explained {
                path: "dvara.x".to_owned(),
                value: None,
                source: Source::Default,
                built: false,
            },
        ];
        let mut out = Vec::new();
        write_explained(&mut out, &settings).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "PROPERTY     VALUE  SOURCE\n\
             server.port  8080   environment SERVER_PORT\n\
             dvara.x      -      default (not built yet)\n"
        );
    }
}
