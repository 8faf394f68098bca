//! Conversations that are too long for their model: warn, refuse, or leave messages out (data-plane.md §22).

use std::ops::Range;

/// Of the window, where messages may be left out.
const USUAL_HARD_PERCENT: u8 = 90;

/// An estimate that is nearer to a bound than one part in so many of it decides nothing where tokens can be counted.
const NEAR: u64 = 10;

/// When a conversation is too long, and what is done then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSettings {
    /// From this share of the model's window on the call carries a warning. 1 to 100.
    pub warning_percent: u8,
    /// Above this share messages are left out, or the call is refused. 1 to 100; 0: never. Where nothing is set it is 90 if messages
    /// may be left out, and else never: windows are known by provider, and the model may hold more.
    pub hard_percent: Option<u8>,
    /// Which messages are left out.
    pub strategy: PruningStrategy,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            warning_percent: 70,
            hard_percent: None,
            strategy: PruningStrategy::None,
        }
    }
}

/// Which messages of a long conversation are left out. System messages and the newest message of the user always stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PruningStrategy {
    /// None: the call is refused.
    None,
    /// The oldest first.
    TruncateOldest,
    /// The oldest first, except for the one that opened the conversation.
    TruncateMiddle,
}

impl PruningStrategy {
    /// As settings write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::TruncateOldest => "TRUNCATE_OLDEST",
            Self::TruncateMiddle => "TRUNCATE_MIDDLE",
        }
    }

    /// The strategy a setting names, in any case.
    pub fn named(name: &str) -> Option<Self> {
        [Self::None, Self::TruncateOldest, Self::TruncateMiddle]
            .into_iter()
            .find(|strategy| strategy.as_str().eq_ignore_ascii_case(name))
    }
}

/// Who speaks in a message, as far as leaving it out is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The operator; never left out.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// The model, calling tools; goes together with the results that follow.
    ToolCall,
    /// What a tool answered.
    ToolResult,
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// Its size in tokens.
    pub tokens: u64,
}

/// Whether a conversation fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowVerdict {
    /// It does.
    Fits,
    /// It does, but is above the warning's share: so many percent of the window.
    Warning(u64),
    /// It does not, and nothing that may be left out makes it fit.
    Exceeded,
    /// It does when the messages with these indices, in their order, are left out.
    Prune(Vec<usize>),
}

impl WindowSettings {
    /// The smallest length, in tokens, that means anything where a window holds `limit` tokens.
    fn lowest_share(&self, limit: u64) -> u64 {
        let percents = [Some(self.warning_percent), self.hard_percent];
        let set = percents
            .into_iter()
            .flatten()
            .filter(|percent| *percent > 0);
        share(limit, set.min().unwrap_or(100))
    }

    /// Whether an estimate of so many tokens is too near to a bound to decide: within a tenth of it, or above the hard one where messages
    /// are left out, since what is left always ends near it. Not so for what is longer than two windows: counting takes time by length,
    /// and a caller chooses that.
    pub fn is_close(&self, tokens: u64, limit: u64) -> bool {
        let hard = self.hard_bound(limit);
        let bounds = [self.warning_bound(limit), hard];
        let is_near = |bound: u64| tokens.abs_diff(bound) <= bound / NEAR;
        let prunes = tokens > hard && self.strategy != PruningStrategy::None;
        prunes && tokens <= limit.saturating_mul(2) || bounds.into_iter().any(is_near)
    }

    /// Whether a conversation whose tokens nobody has counted may be close to a bound, whatever its model holds, if that is at least
    /// `limit` tokens; `most` is more than any estimate.
    pub fn may_matter(&self, most: u64, limit: u64) -> bool {
        let lowest = self.lowest_share(limit);
        most >= lowest - lowest / NEAR
    }

    /// Decides for a conversation and a model whose window holds `limit` tokens.
    pub fn judge(&self, messages: &[Message], limit: u64) -> WindowVerdict {
        let total = messages
            .iter()
            .fold(0u64, |sum, message| sum.saturating_add(message.tokens));
        let hard = self.hard_bound(limit);
        if total <= hard {
            return match total > self.warning_bound(limit) {
                true => WindowVerdict::Warning(
                    (u128::from(total) * 100 / u128::from(limit.max(1))) as u64,
                ),
                false => WindowVerdict::Fits,
            };
        }
        let left_out = match self.strategy {
            PruningStrategy::None => None,
            strategy => prune(messages, total, hard, strategy),
        };
        left_out.map_or(WindowVerdict::Exceeded, WindowVerdict::Prune)
    }

    fn warning_bound(&self, limit: u64) -> u64 {
        share(limit, self.warning_percent)
    }

    /// The most tokens that go on as they are; no number is more than it where nothing is refused.
    fn hard_bound(&self, limit: u64) -> u64 {
        match (self.hard_percent, self.strategy) {
            (Some(0), _) | (None, PruningStrategy::None) => u64::MAX,
            (percent, _) => share(limit, percent.unwrap_or(USUAL_HARD_PERCENT)),
        }
    }
}

fn share(limit: u64, percent: u8) -> u64 {
    (u128::from(limit) * u128::from(percent) / 100) as u64
}

/// The messages to leave out, oldest first, so that the rest is at most `bound`; `None` if no choice is enough.
fn prune(
    messages: &[Message],
    total: u64,
    bound: u64,
    strategy: PruningStrategy,
) -> Option<Vec<usize>> {
    let mut left_out = Vec::new();
    let mut rest = total;
    let newest = messages
        .iter()
        .rposition(|message| message.role == Role::User)
        .unwrap_or(messages.len());
    let skipped = usize::from(strategy == PruningStrategy::TruncateMiddle);
    let groups = groups(messages)
        .into_iter()
        .skip(skipped)
        .filter(|group| !group.contains(&newest));
    // What follows the newest question is its own unfinished work with tools; losing that would ask the question anew.
    for group in groups.take_while(|group| group.start < newest) {
        if rest <= bound {
            break;
        }
        for index in group.filter(|index| messages[*index].role != Role::System) {
            rest = rest.saturating_sub(messages[index].tokens);
            left_out.push(index);
        }
    }
    (rest <= bound).then_some(left_out)
}

/// Messages that only make sense together: a call of tools and its results. System messages are in no group of their own.
fn groups(messages: &[Message]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        match (message.role, groups.last_mut()) {
            (Role::System, _) => {}
            (Role::ToolResult, Some(group)) => group.end = index + 1,
            _ => groups.push(index..index + 1),
        }
    }
    groups
}

#[cfg(test)]
mod tests;
