//! What a model can do, as far as its name tells.
//!
//! Google's models differ in how they are asked to think (Gemini API, Thinking: levels and budgets) and in whether they
//! refuse calls of tools without the signatures of their thoughts (Gemini API, Thought signatures).

/// The version in a model's name: `gemini-2.5-pro` is 2.5. `None` for a name without one, such as `gemini-flash-latest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation {
    version: Option<(u8, u8)>,
    is_pro: bool,
}

impl Generation {
    pub(super) fn of(model: &str) -> Self {
        let version = model
            .strip_prefix("gemini-")
            .and_then(|rest| rest.split('-').next())
            .and_then(version);
        Self {
            version,
            is_pro: model.contains("-pro"),
        }
    }

    /// It is told a level of thinking; older models get a budget, and so does one whose version is not known, since newer ones
    /// take both.
    pub(super) fn has_levels(self) -> bool {
        self.version >= Some((3, 0))
    }

    /// It thinks at all.
    pub(super) fn thinks(self) -> bool {
        self.version.is_none() || self.version >= Some((2, 5))
    }

    /// It can be told not to think, or nearly not.
    pub(super) fn can_rest(self) -> bool {
        !self.is_pro
    }

    /// It refuses calls of tools in the current turn that come without a signature.
    pub(super) fn demands_signatures(self) -> bool {
        self.version >= Some((3, 0))
    }
}

fn version(word: &str) -> Option<(u8, u8)> {
    let (major, minor) = word.split_once('.').unwrap_or((word, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names() {
        for (model, levels, thinks, rests) in [
            ("gemini-1.5-pro", false, false, false),
            ("gemini-2.0-flash-001", false, false, true),
            ("gemini-2.5-flash", false, true, true),
            ("gemini-2.5-pro", false, true, false),
            ("gemini-3-pro-preview", true, true, false),
            ("gemini-3.1-flash-lite", true, true, true),
            ("gemini-flash-latest", false, true, true),
            ("gemma-3-27b-it", false, true, true),
        ] {
            let generation = Generation::of(model);
            assert_eq!(generation.has_levels(), levels, "{model}");
            assert_eq!(generation.thinks(), thinks, "{model}");
            assert_eq!(generation.can_rest(), rests, "{model}");
        }
    }
}
