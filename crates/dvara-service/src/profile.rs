//! The profile of a process: whether it is held to the rules of production (design §3).

/// Profiles under which a missing secret is a warning and not a refusal.
const RELAXED: [&str; 4] = ["dev", "local", "test", "ci"];

/// Profiles that choose the log format and nothing else.
const LOG_FORMAT: [&str; 2] = ["log-plain", "log-json"];

/// What `SPRING_PROFILES_ACTIVE` says, a list separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    active: Vec<String>,
}

impl Profile {
    /// Reads the list; case and white space do not count.
    pub fn parse(text: &str) -> Self {
        let active = text
            .split(',')
            .map(|name| name.trim().to_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
        Self { active }
    }

    /// The profile of `dvara up`.
    pub fn local() -> Self {
        Self::parse("local")
    }

    /// Whether the rules of production hold: always, unless the list names `dev`, `local`, `test` or `ci` and nothing
    /// else that could be a real deployment. `dev,production` is production.
    pub fn production_class(&self) -> bool {
        let is = |list: &[&str], name: &String| list.contains(&name.as_str());
        let relaxed = self.active.iter().any(|name| is(&RELAXED, name));
        let other = self
            .active
            .iter()
            .any(|name| !is(&RELAXED, name) && !is(&LOG_FORMAT, name) && name != "default");
        !relaxed || other
    }

    /// Whether logs are JSON lines: on production-class profiles, unless `log-plain` or `log-json` says otherwise.
    pub fn json_logs(&self) -> bool {
        let names = |wanted: &str| self.active.iter().any(|name| name == wanted);
        names("log-json") || (self.production_class() && !names("log-plain"))
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.active.is_empty() {
            f.write_str("default")
        } else {
            f.write_str(&self.active.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relaxed_profiles_are_not_production() {
        let cases = [
            ("", true, true),
            ("default", true, true),
            ("production", true, true),
            ("staging", true, true),
            ("dev", false, false),
            (" Local ", false, false),
            ("test,ci", false, false),
            ("dev,default", false, false),
            ("dev,log-json", false, true),
            ("log-plain", true, false),
            ("production,log-plain", true, false),
            ("dev,production", true, true),
            ("developer", true, true),
        ];
        for (text, production, json) in cases {
            let profile = Profile::parse(text);
            assert_eq!(profile.production_class(), production, "{text}");
            assert_eq!(profile.json_logs(), json, "{text}");
        }
    }
}
