use super::relaxed;

/// One property that a process may be given: its name, where it binds from, its default and what it means.
///
/// Tables of these are the only list of settings: the documentation, `dvara config explain` and the check for unknown
/// keys are made from them. A path may hold one `*`: in the middle it stands for one segment
/// (`dvara.providers.*.api-key`), at the end for one or more (`logging.level.*`); such values are read with
/// [`Loader::entries`](super::Loader::entries).
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// The canonical name, in kebab case: `dvara.llm-gateway.rate-limit.enabled`.
    pub path: &'static str,
    /// Further environment variables that bind to it by their exact name, strongest first.
    pub env: &'static [&'static str],
    /// What holds when nothing is given.
    pub default: Option<&'static str>,
    /// Whether the value is never shown.
    pub secret: bool,
    /// What it does, its unit, and what unset means.
    pub doc: &'static str,
    /// False for a property of the product that this build does not enforce yet: giving it warns and is listed.
    pub built: bool,
}

impl Property {
    /// A property without a default that anybody may see.
    pub const fn new(path: &'static str, doc: &'static str) -> Self {
        Self {
            path,
            env: &[],
            default: None,
            secret: false,
            doc,
            built: true,
        }
    }

    /// Gives it a default.
    #[must_use]
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Lets it bind from further variables, by their exact names.
    #[must_use]
    pub const fn env(mut self, names: &'static [&'static str]) -> Self {
        self.env = names;
        self
    }

    /// Marks its value as never to be shown.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Marks it as known and not enforced by this build.
    #[must_use]
    pub const fn unbuilt(mut self) -> Self {
        self.built = false;
        self
    }

    /// Every environment variable that binds to it, strongest first: the exact names, the relaxed one, Spring's.
    pub fn env_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.env.iter().map(|name| (*name).to_owned()).collect();
        for name in [
            relaxed::env_name(self.path),
            relaxed::spring_env_name(self.path),
        ] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn property_binds_from_three_forms() {
        let key = Property::new("dvara.llm-gateway.rate-limit.enabled", "").env(&["RATE_LIMITS"]);
        assert_eq!(
            key.env_names(),
            [
                "RATE_LIMITS",
                "DVARA_LLM_GATEWAY_RATE_LIMIT_ENABLED",
                "DVARA_LLMGATEWAY_RATELIMIT_ENABLED"
            ]
        );
        assert_eq!(
            Property::new("server.port", "").env_names(),
            ["SERVER_PORT"]
        );
    }
}
