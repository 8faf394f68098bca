//! Conversations that are too long for their model: warn, refuse, or leave messages out (data-plane.md §22).

use std::ops::Range;

/// When a conversation is too long, and what is done then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSettings {
    /// From this share of the model's window on the call carries a warning. 1 to 100.
    pub warning_percent: u8,
    /// Above this share messages are left out, or the call is refused. 1 to 100.
    pub hard_percent: u8,
    /// Which messages are left out.
    pub strategy: PruningStrategy,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            warning_percent: 70,
            hard_percent: 90,
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
    /// The strategy a setting names, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let known = [
            ("NONE", Self::None),
            ("TRUNCATE_OLDEST", Self::TruncateOldest),
            ("TRUNCATE_MIDDLE", Self::TruncateMiddle),
        ];
        known
            .into_iter()
            .find_map(|(known, strategy)| known.eq_ignore_ascii_case(name).then_some(strategy))
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
    /// Its size in estimated tokens.
    pub tokens: u64,
}

/// Whether a conversation fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowVerdict {
    /// It does.
    Fits,
    /// It does, but is above the warning's share.
    Warning,
    /// It does not, and nothing that may be left out makes it fit.
    Exceeded,
    /// It does when the messages with these indices, in their order, are left out.
    Prune(Vec<usize>),
}

impl WindowSettings {
    /// Decides for a conversation and a model whose window holds `limit` tokens.
    pub fn judge(&self, messages: &[Message], limit: u64) -> WindowVerdict {
        let total = messages
            .iter()
            .fold(0u64, |sum, message| sum.saturating_add(message.tokens));
        let share = |percent: u8| (u128::from(limit) * u128::from(percent) / 100) as u64;
        let hard = share(self.hard_percent);
        if total <= hard {
            return match total > share(self.warning_percent) {
                true => WindowVerdict::Warning,
                false => WindowVerdict::Fits,
            };
        }
        let left_out = match self.strategy {
            PruningStrategy::None => None,
            strategy => prune(messages, total, hard, strategy),
        };
        left_out.map_or(WindowVerdict::Exceeded, WindowVerdict::Prune)
    }
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
