//! What a model can do, as far as its name tells.
//!
//! Google's models differ in how they are asked to think (Gemini API, Thinking: levels and budgets), in whether they refuse calls
//! of tools without the signatures of their thoughts (Gemini API, Thought signatures) and look for the ids of calls, and in
//! whether they take sampling parameters (Gemini API, Latest model guide).

/// The version in a model's name: `gemini-2.5-pro` is 2.5. `None` for a name without one, of which nothing is known: a model of
/// another family, or an endpoint of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation {
    version: Option<(u8, u8)>,
    is_pro: bool,
    is_lite: bool,
}

/// What `gemini-flash-latest` and its like stand for: no older one than any that is known here.
const LATEST: (u8, u8) = (u8::MAX, 0);

impl Generation {
    pub(super) fn of(model: &str) -> Self {
        let named = model.strip_prefix("gemini-");
        let version = named.and_then(|rest| {
            if rest.ends_with("-latest") {
                return Some(LATEST);
            }
            rest.split('-').next().and_then(version)
        });
        Self {
            version,
            is_pro: model.contains("-pro"),
            is_lite: model.contains("-lite"),
        }
    }

    fn is_at_least(self, version: (u8, u8)) -> bool {
        self.version >= Some(version)
    }

    /// It is told a level of thinking; older models get a budget, and so does one whose version is not known, since newer ones
    /// take both.
    pub(super) fn has_levels(self) -> bool {
        self.is_at_least((3, 0))
    }

    /// The least level that it takes.
    pub(super) fn least_level(self) -> &'static str {
        let from_low =
            self.is_pro || self.is_at_least((4, 0)) || (self.is_at_least((3, 7)) && !self.is_lite);
        if from_low { "LOW" } else { "MINIMAL" }
    }

    /// It thinks at all.
    pub(super) fn thinks(self) -> bool {
        self.version.is_none() || self.is_at_least((2, 5))
    }

    /// It can be told not to think, or nearly not.
    pub(super) fn can_rest(self) -> bool {
        !self.is_pro
    }

    /// It refuses calls of tools in the current turn that come without a signature.
    pub(super) fn demands_signatures(self) -> bool {
        self.is_at_least((3, 0))
    }

    /// It knows calls and their results by ids, also by those that it did not give: without them it may answer nothing.
    pub(super) fn wants_ids(self) -> bool {
        self.is_at_least((3, 0))
    }

    /// It passes over temperature, top-p and top-k. What a name of the latest model stands for may still take them, and takes no
    /// harm if it does not.
    pub(super) fn ignores_sampling(self) -> bool {
        self.version != Some(LATEST)
            && (self.is_at_least((3, 6)) || (self.is_at_least((3, 5)) && self.is_lite))
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
            ("gemini-flash-latest", true, true, true),
            ("gemini-pro-latest", true, true, false),
            ("gemma-3-27b-it", false, true, true),
            ("gemma-latest", false, true, true),
        ] {
            let generation = Generation::of(model);
            assert_eq!(generation.has_levels(), levels, "{model}");
            assert_eq!(generation.thinks(), thinks, "{model}");
            assert_eq!(generation.can_rest(), rests, "{model}");
            assert_eq!(generation.demands_signatures(), levels, "{model}");
            assert_eq!(generation.wants_ids(), levels, "{model}");
        }
    }

    #[test]
    fn the_least_level_and_sampling_depend_on_version_and_size() {
        for (model, least, ignores) in [
            ("gemini-3-flash-preview", "MINIMAL", false),
            ("gemini-3.5-flash", "MINIMAL", false),
            ("gemini-3.5-flash-lite", "MINIMAL", true),
            ("gemini-3.6-flash", "MINIMAL", true),
            ("gemini-3.7-flash", "LOW", true),
            ("gemini-3.8-flash-lite", "MINIMAL", true),
            ("gemini-3.1-pro", "LOW", false),
            ("gemini-4-hydrogen", "LOW", true),
            ("gemini-flash-latest", "LOW", false),
        ] {
            let generation = Generation::of(model);
            assert_eq!(generation.least_level(), least, "{model}");
            assert_eq!(generation.ignores_sampling(), ignores, "{model}");
        }
    }
}
