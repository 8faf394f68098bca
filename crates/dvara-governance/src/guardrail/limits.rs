//! How much a request may carry: the first thing checked, because it costs nothing.

use serde::Serialize;

/// The bounds on what a request may carry (data-plane.md §22). None is set by default: the original's 100 messages of 50,000
/// characters refuse what agents and long documents need (ADR 21).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizeLimits {
    /// Estimated tokens of all messages together. 0 switches a check off, as for all of these.
    pub max_input_tokens: u64,
    /// Messages in one request.
    pub max_messages_per_request: u64,
    /// Characters (not bytes) of one message.
    pub max_message_length: u64,
}

/// Which bound was passed; its JSON is the payload of `INPUT_SIZE_EXCEEDED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SizeExceeded {
    /// The bound's name.
    pub limit_type: LimitType,
    /// What the request carries.
    pub actual: u64,
    /// What it may carry.
    pub limit: u64,
}

/// The bounds by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitType {
    /// See [`SizeLimits::max_messages_per_request`].
    MaxMessagesPerRequest,
    /// See [`SizeLimits::max_message_length`].
    MaxMessageLength,
    /// See [`SizeLimits::max_input_tokens`].
    MaxInputTokens,
}

impl SizeLimits {
    /// Refuses a request that passes a bound. Each text is one message's; the tokens are a quarter of the characters, as the
    /// documents promise (control-plane.md §10.2), so that the bound means the same for every model.
    pub fn check<'t>(
        &self,
        messages: impl IntoIterator<Item = &'t str>,
    ) -> Result<(), SizeExceeded> {
        self.check_lengths(messages.into_iter().map(|text| text.chars().count() as u64))
    }

    /// As [`Self::check`], by the characters of each message.
    pub fn check_lengths(
        &self,
        messages: impl IntoIterator<Item = u64>,
    ) -> Result<(), SizeExceeded> {
        let (mut count, mut longest, mut characters) = (0, 0, 0);
        for length in messages {
            count += 1;
            longest = length.max(longest);
            characters += length;
        }
        let within = |limit_type, actual, limit| match limit > 0 && actual > limit {
            true => Err(SizeExceeded {
                limit_type,
                actual,
                limit,
            }),
            false => Ok(()),
        };
        within(
            LimitType::MaxMessagesPerRequest,
            count,
            self.max_messages_per_request,
        )?;
        within(
            LimitType::MaxMessageLength,
            longest,
            self.max_message_length,
        )?;
        within(
            LimitType::MaxInputTokens,
            characters.div_ceil(4),
            self.max_input_tokens,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: SizeLimits = SizeLimits {
        max_input_tokens: 3,
        max_messages_per_request: 2,
        max_message_length: 9,
    };

    #[test]
    fn what_is_exactly_at_every_bound_passes() {
        assert_eq!(SMALL.check(["äöüäöüäöü", "abc"]), Ok(()));
    }

    #[test]
    fn each_bound_refuses_what_passes_it_and_says_by_how_much() {
        let refused = |messages: &[&str]| {
            serde_json::to_value(SMALL.check(messages.iter().copied()).unwrap_err()).unwrap()
        };
        let payload = |name: &str, actual, limit| serde_json::json!({"limit_type": name, "actual": actual, "limit": limit});
        assert_eq!(
            refused(&["a", "b", "c"]),
            payload("max_messages_per_request", 3, 2)
        );
        assert_eq!(
            refused(&["0123456789"]),
            payload("max_message_length", 10, 9)
        );
        assert_eq!(
            refused(&["012345678", "0123"]),
            payload("max_input_tokens", 4, 3)
        );
    }

    #[test]
    fn tokens_are_not_counted_when_their_bound_is_off() {
        let limits = SizeLimits {
            max_input_tokens: 0,
            ..SMALL
        };
        assert_eq!(limits.check(["012345678", "012345678"]), Ok(()));
    }
}
