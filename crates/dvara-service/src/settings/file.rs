//! `gateway.yaml`: found, read, substituted, parsed, and split into a tree of properties and the structured sections.

use std::path::Path;

use serde_json::{Map, Value};

use super::env::Env;
use super::problem::Problem;
use super::relaxed::uniform;
use super::substitute::substitute;
use super::tree::{Entry, Tree};

/// Sections that hold rows instead of properties. They stand at the root, and their content is checked by the store,
/// which knows their shape. A `providers` that is a mapping is a tree of properties.
pub(crate) const STRUCTURED: [&str; 9] = [
    "providers",
    "routes",
    "api_keys",
    "tenants",
    "workspaces",
    "rate_limits",
    "policies",
    "output_schemas",
    "prompt_templates",
];

/// Files over this are refused unread. A thousand routes take a fifth of a megabyte.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// A parsed configuration file.
#[derive(Default)]
pub struct ConfigFile {
    name: String,
    properties: Vec<Entry>,
    structured: Map<String, Value>,
    warnings: Vec<String>,
}

impl ConfigFile {
    /// Finds and reads the file of this process: `DVARA_CONFIG_FILE`, else the legacy `GATEWAY_CONFIG_FILE`, else
    /// `./gateway.yaml`. Only a file that is named must exist.
    pub(crate) fn find(env: &Env) -> Result<Option<Self>, Vec<Problem>> {
        let named = ["DVARA_CONFIG_FILE", "GATEWAY_CONFIG_FILE"]
            .into_iter()
            .find_map(|variable| env.get(variable).map(|path| (variable, path)));
        let path = named.map_or("gateway.yaml", |(_, path)| path);
        match (read_text(Path::new(path)), named) {
            (Ok(Some(text)), _) => Self::read(path, &text, env).map(Some),
            (Ok(None), None) => Ok(None),
            (Ok(None), Some((variable, _))) => Err(vec![
                Problem::new(format!("{variable}: there is no file {path}"))
                    .fix("create it or unset the variable"),
            ]),
            (Err(reason), _) => Err(vec![Problem::new(format!("{path}: {reason}"))]),
        }
    }

    /// Reads a file's text. `name` is what problems call the file.
    ///
    /// # Errors
    /// A text that is not one YAML mapping with unique keys.
    pub fn read(name: &str, text: &str, env: &Env) -> Result<Self, Vec<Problem>> {
        let substituted = substitute(text.trim_start_matches('\u{feff}'), env);
        let tree = Tree::parse(&substituted.text)
            .map_err(|reason| vec![Problem::new(format!("{name}: {reason}"))])?;
        let entries = match tree {
            Tree::Mapping(entries) => entries,
            Tree::Scalar(Value::Null) => Vec::new(),
            Tree::List(_) | Tree::Scalar(_) => {
                return Err(vec![
                    Problem::new(format!("{name}: the file is not a mapping"))
                        .fix("write `key: value` lines at its root"),
                ]);
            }
        };
        let mut file = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        file.warnings
            .extend(substituted.absent.iter().map(|absent| {
            format!(
                "{name} line {}: ${{{}}} names a variable that is not set, so it reads as nothing",
                absent.line, absent.name
            )
        }));
        let mut problems = Vec::new();
        for entry in entries {
            file.take(entry, &mut problems);
        }
        if problems.is_empty() {
            Ok(file)
        } else {
            Err(problems)
        }
    }

    /// The sections `providers`, `routes`, `api_keys`, `tenants` (also given as `workspaces`), `rate_limits`, `policies`,
    /// `output_schemas` and `prompt_templates`, under these names, as they stand in the file.
    pub fn structured(&self) -> &Map<String, Value> {
        &self.structured
    }

    /// Hands the structured sections out.
    pub fn into_structured(self) -> Map<String, Value> {
        self.structured
    }

    /// What problems call the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The keys of this file that are properties and not structured sections, as they are written at its root. A file
    /// that holds sections alone (a bootstrap file) must have none.
    pub fn property_keys(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().map(|entry| entry.key.as_str())
    }

    pub(crate) fn properties(&self) -> &[Entry] {
        &self.properties
    }

    pub(crate) fn structured_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.structured
    }

    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn take(&mut self, entry: Entry, problems: &mut Vec<Problem>) {
        let Some(section) = structured_name(&entry) else {
            self.properties.push(entry);
            return;
        };
        let at = format!("{} line {}", self.name, entry.line);
        let value = entry.value.into_json();
        if value.is_null() {
            return; // blank is unset
        }
        if self.structured.contains_key(section) {
            problems.push(
                Problem::new(format!("{at}: `{section}` is given twice under two names"))
                    .fix("`workspaces` is another word for `tenants`; keep one"),
            );
            return;
        }
        self.structured.insert(section.to_owned(), value);
    }
}

/// The section that a root key names, in any spelling.
fn structured_name(entry: &Entry) -> Option<&'static str> {
    let written = uniform(&entry.key);
    let name = STRUCTURED
        .into_iter()
        .find(|name| uniform(name) == written)?;
    match (name, &entry.value) {
        ("providers", Tree::Mapping(_)) => None,
        ("workspaces", _) => Some("tenants"),
        _ => Some(name),
    }
}

/// The text of a file, `None` when there is none.
fn read_text(path: &Path) -> Result<Option<String>, String> {
    let size = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err("is a directory".to_owned()),
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    if size > MAX_BYTES {
        return Err(format!("is larger than {MAX_BYTES} bytes"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|error| format!("is not UTF-8 at byte {}", error.utf8_error().valid_up_to()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<ConfigFile, Vec<String>> {
        let env = Env::from_pairs([("KEY", "sk-1")]);
        ConfigFile::read("gateway.yaml", text, &env)
            .map_err(|problems| problems.iter().map(Problem::to_string).collect())
    }

    #[test]
    fn sections_are_split_from_properties() {
        let file = read(
            "routing: {default-strategy: round-robin}\n\
             providers: [{name: a, api_key: '${KEY}'}]\n\
             apiKeys: [{generate: true}]\n\
             workspaces: [{id: acme}]\n\
             rate_limits: {requests_per_minute: 5}\n\
             routes:\n",
        )
        .ok()
        .unwrap();
        assert_eq!(
            Value::Object(file.structured().clone()),
            json!({
                "providers": [{"name": "a", "api_key": "sk-1"}],
                "api_keys": [{"generate": true}],
                "tenants": [{"id": "acme"}],
                "rate_limits": {"requests_per_minute": 5},
            })
        );
        assert_eq!(file.property_keys().collect::<Vec<_>>(), ["routing"]);
    }

    #[test]
    fn providers_as_a_mapping_are_properties() {
        let file = read("providers: {openai: {api-key: x}}\n").ok().unwrap();
        assert!(file.structured().is_empty());
        assert_eq!(file.property_keys().collect::<Vec<_>>(), ["providers"]);
    }

    #[test]
    fn empty_files_hold_nothing() {
        for text in ["", "\n", "# nothing\n", "---\n", "\u{feff}", "{}"] {
            let file = read(text).ok().unwrap();
            assert!(
                file.structured().is_empty() && file.properties().is_empty(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn faulty_files_are_refused_with_their_name() {
        let cases = [
            ("- a\n", "gateway.yaml: the file is not a mapping"),
            ("just text", "gateway.yaml: the file is not a mapping"),
            ("a: 1\na: 2\n", "gateway.yaml: "),
            (
                "tenants: [{id: a}]\nworkspaces: [{id: b}]\n",
                "gateway.yaml line 2: `tenants` is given twice",
            ),
        ];
        for (text, expected) in cases {
            let problems = read(text).err().unwrap();
            assert!(problems[0].starts_with(expected), "{text:?}: {problems:?}");
        }
    }

    #[test]
    fn absent_variable_is_a_warning() {
        let file = read("a: ${GONE}\n").ok().unwrap();
        assert_eq!(
            file.warnings(),
            [
                "gateway.yaml line 1: ${GONE} names a variable that is not set, so it reads as nothing"
            ]
        );
    }
}
