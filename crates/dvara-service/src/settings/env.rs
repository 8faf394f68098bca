use std::collections::BTreeMap;
use std::fmt;

/// The environment as a value, so that nothing but [`Env::from_process`] reads the process' own and tests pass theirs.
///
/// A blank value reads as unset, because a Kubernetes Secret carries empty strings for what is not used.
#[derive(Clone, Default)]
pub struct Env {
    values: BTreeMap<String, String>,
    unreadable: Vec<String>,
}

impl Env {
    /// Copies the environment of this process. Values that are not UTF-8 are left out and listed by [`Env::unreadable`].
    pub fn from_process() -> Self {
        let mut env = Self::default();
        for (name, value) in std::env::vars_os() {
            match (name.into_string(), value.into_string()) {
                (Ok(name), Ok(value)) => drop(env.values.insert(name, value)),
                (Ok(name), Err(_)) => env.unreadable.push(name),
                (Err(_), _) => {} // no property has such a name
            }
        }
        env
    }

    /// An environment made of exactly these variables.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self {
            values: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            unreadable: Vec::new(),
        }
    }

    /// The value without surrounding white space; `None` when the variable is not set or blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Sets a variable, for commands that start services with values of their own.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), value.into());
    }

    /// Whether the variable exists at all, be it blank.
    pub fn contains(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The names of all variables, blank ones included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Names of variables whose value is not UTF-8.
    pub fn unreadable(&self) -> &[String] {
        &self.unreadable
    }
}

// Names only: values may be secrets.
impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_value_is_unset() {
        let env = Env::from_pairs([("A", ""), ("B", " \t\n"), ("C", " x\n")]);
        assert_eq!(env.get("A"), None);
        assert_eq!(env.get("B"), None);
        assert_eq!(env.get("C"), Some("x"));
        assert!(env.contains("A") && !env.contains("D"));
    }

    #[test]
    fn debug_shows_no_value() {
        let env = Env::from_pairs([("OPENAI_API_KEY", "sk-1")]);
        assert!(!format!("{env:?}").contains("sk-1"));
    }
}
