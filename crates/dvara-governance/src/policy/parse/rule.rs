//! One rule.

use super::fields::{Fields, Text, integer_of, text_of};
use super::{Reading, conditions};
use crate::policy::document::Node;
use crate::policy::expression::{Expression, MAX_EXPRESSION_BYTES};
use crate::policy::hint;
use crate::policy::rule::{Action, Rule, Trigger};

const KEYS: [&str; 8] = [
    "id",
    "description",
    "priority",
    "conditions",
    "expression",
    "action",
    "deny_message",
    "warn_message",
];

/// Longest id, in characters: ids become labels of metrics and stand in every denial.
const MAX_ID_CHARS: usize = 128;

const DEFAULT_PRIORITY: i32 = 100;

/// Reads a rule; notes every mistake in it and then gives nothing.
pub(super) fn read(node: Node, reading: &mut Reading) -> Option<Rule> {
    let mut fields = Fields::open(node, "a rule", &KEYS, reading)?;
    let id = id(&mut fields, reading);
    // For its author; it must be a text all the same.
    fields.text("description", reading);
    let priority = priority(&mut fields, reading);
    let trigger = trigger(&mut fields, reading);
    let action = action(&mut fields, reading);
    let deny_message = fields.text("deny_message", reading);
    let warn_message = fields.text("warn_message", reading);
    let (id, action) = (id?, action?);
    let reason = match action {
        Action::Deny => message(deny_message, "Request blocked by policy rule", &id),
        Action::WarnAgent => message(warn_message, "Warning from policy rule", &id),
    };
    Some(Rule {
        id: id.into(),
        priority: priority?,
        action,
        reason: reason.into(),
        trigger: trigger?,
    })
}

fn id(fields: &mut Fields, reading: &mut Reading) -> Option<String> {
    let Some(entry) = fields.take("id") else {
        fields.note_missing("id", reading);
        return None;
    };
    let Text { place, text } = text_of(entry.value, "id", reading)?;
    let length = text.chars().count();
    if text.trim().is_empty() || length > MAX_ID_CHARS || text.chars().any(char::is_control) {
        let message = format!("`id` must be 1 to {MAX_ID_CHARS} printable characters");
        reading.mistakes.note(place, message, None);
        return None;
    }
    Some(text)
}

fn priority(fields: &mut Fields, reading: &mut Reading) -> Option<i32> {
    let Some(entry) = fields.take("priority") else {
        return Some(DEFAULT_PRIORITY);
    };
    let (place, number) = integer_of(entry.value, "priority", reading)?;
    let priority = i32::try_from(number).ok();
    if priority.is_none() {
        let message = format!("`priority` must lie between {} and {}", i32::MIN, i32::MAX);
        reading.mistakes.note(place, message, None);
    }
    priority
}

fn action(fields: &mut Fields, reading: &mut Reading) -> Option<Action> {
    let Some(entry) = fields.take("action") else {
        return Some(Action::Deny);
    };
    let Text { place, text } = text_of(entry.value, "action", reading)?;
    let known = [("DENY", Action::Deny), ("WARN_AGENT", Action::WarnAgent)];
    let action = known
        .into_iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(&text));
    if action.is_none() {
        let hint = hint::slip_of_action(&text)
            .map(str::to_owned)
            .or_else(|| hint::did_you_mean(&text, known.map(|(word, _)| word)))
            .unwrap_or_else(|| "use `DENY` or `WARN_AGENT`".to_owned());
        let message = format!("unknown action `{text}`");
        reading.mistakes.note(place, message, Some(hint));
    }
    action.map(|(_, action)| action)
}

/// Conditions or an expression: with both it would not be clear whether they add up, with neither a rule fires on everything.
fn trigger(fields: &mut Fields, reading: &mut Reading) -> Option<Trigger> {
    match (fields.take("conditions"), fields.take("expression")) {
        (Some(entry), None) => conditions::read(entry.value, reading).map(Trigger::Conditions),
        (None, Some(entry)) => {
            let source = text_of(entry.value, "expression", reading)?;
            expression(&source, reading).map(Trigger::Expression)
        }
        (Some(_), Some(entry)) => {
            let message = "a rule has `conditions` or an `expression`, not both";
            reading.mistakes.note(entry.place, message, None);
            None
        }
        (None, None) => {
            fields.note_lack(
                "a rule needs `conditions` or an `expression`",
                None,
                reading,
            );
            None
        }
    }
}

fn expression(source: &Text, reading: &mut Reading) -> Option<Expression> {
    let bytes = source.text.len();
    if bytes > MAX_EXPRESSION_BYTES {
        let message =
            format!("the expression has {bytes} bytes; at most {MAX_EXPRESSION_BYTES} are allowed");
        reading.mistakes.note(source.place, message, None);
        return None;
    }
    Expression::compile(&source.text, &mut reading.patterns)
        .map_err(|fault| {
            let message = format!("the expression is refused: {}", fault.message);
            reading.mistakes.note(source.place, message, fault.hint);
        })
        .ok()
}

fn message(written: Option<Text>, default: &str, id: &str) -> String {
    written.map_or_else(|| format!("{default}: {id}"), |written| written.text)
}
