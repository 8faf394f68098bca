//! What a model can do, as far as its name tells.
//!
//! Anthropic's models differ in how they are asked to think (Thinking: supported models and rejected configurations) and
//! in whether they take a format for their answers (Structured outputs: availability) or a forced tool call (What's new in
//! Claude Opus 5.5: forced tool use). A name without a version gets what the oldest of them know.

/// The version in a model's name: `claude-opus-4-5-20251101` and `claude-3-5-haiku` are 4.5 and 3.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Generation(u8, u8);

impl Generation {
    pub(crate) fn of(model: &str) -> Self {
        // Dates have eight digits.
        let mut numbers = model
            .split(|character: char| !character.is_ascii_alphanumeric())
            .map(|word| word.strip_prefix('v').unwrap_or(word))
            .skip_while(|word| short_number(word).is_none());
        let major = numbers.next().and_then(short_number).unwrap_or(0);
        let minor = numbers.next().and_then(short_number).unwrap_or(0);
        Self(major, minor)
    }

    /// It decides itself how much to think, and is told with what effort; older models get a budget.
    pub(crate) fn thinks_adaptively(self) -> bool {
        self >= Self(4, 6)
    }

    /// It thinks unless told otherwise.
    pub(crate) fn thinks_by_default(self) -> bool {
        self >= Self(5, 0)
    }

    /// It knows the efforts above `high`, but for `max`.
    pub(crate) fn has_extra_effort(self) -> bool {
        self >= Self(4, 7)
    }

    /// It takes a schema for its answer (`output_config.format`) and holds itself to the schemas of tools (`strict`).
    pub(crate) fn fits_schemas(self) -> bool {
        self >= Self(4, 5)
    }
}

fn short_number(word: &str) -> Option<u8> {
    let is_number = word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_on_either_side_of_the_family() {
        for (model, expected) in [
            ("claude-opus-4-5-20251101", (4, 5)),
            ("claude-sonnet-4-20250514", (4, 0)),
            ("claude-3-5-haiku-latest", (3, 5)),
            ("claude-3.7-sonnet", (3, 7)),
            ("claude-3-opus-20240229", (3, 0)),
            ("claude-fable-5-1", (5, 1)),
            ("claude-sonnet-5", (5, 0)),
            ("anthropic.claude-opus-4-6-v1", (4, 6)),
            ("claude-mythos-preview", (0, 0)),
            ("claude", (0, 0)),
            ("", (0, 0)),
            ("claude-999999999999999999999", (0, 0)),
        ] {
            let found = Generation::of(model);
            assert_eq!((found.0, found.1), expected, "{model}");
        }
    }
}
