//! From a policy's text to its rules (the grammar of control-plane.md §9.2).

mod conditions;
mod fields;
mod rule;
mod time_of_day;

use std::collections::HashSet;

use super::document::{Content, Node};
use super::error::{Mistakes, PolicyError, PolicyErrors};
use super::pattern::PatternBudget;
use super::rule::Rule;
use fields::Fields;

/// The largest policy text, in bytes.
pub const MAX_DSL_BYTES: usize = 64 * 1024;

/// The most rules of one policy.
pub const MAX_RULES: usize = 200;

/// What reading a policy carries along.
struct Reading {
    mistakes: Mistakes,
    patterns: PatternBudget,
}

/// The rules of a policy, in the order of its text.
///
/// # Errors
/// Every mistake that one reading finds.
pub(super) fn rules(dsl: &str) -> Result<Vec<Rule>, PolicyErrors> {
    if dsl.len() > MAX_DSL_BYTES {
        return Err(too_long(dsl.len()).into());
    }
    let mut reading = Reading {
        mistakes: Mistakes::default(),
        patterns: PatternBudget::of_a_policy(),
    };
    let rules = policy(Node::parse(dsl)?, &mut reading);
    reading.mistakes.unless_any(rules)
}

fn too_long(bytes: usize) -> PolicyError {
    PolicyError {
        line: None,
        column: None,
        message: format!("the policy has {bytes} bytes; at most {MAX_DSL_BYTES} are allowed"),
        hint: None,
    }
}

fn policy(node: Node, reading: &mut Reading) -> Option<Vec<Rule>> {
    const KEYS: [&str; 2] = ["version", "rules"];
    let mut fields = Fields::open(node, "a policy", &KEYS, reading)?;
    version(&mut fields, reading);
    let items = fields.list("rules", reading);
    if let Some(one_too_many) = items.get(MAX_RULES) {
        let message = format!(
            "the policy has {} rules; at most {MAX_RULES} are allowed",
            items.len()
        );
        reading.mistakes.note(one_too_many.place, message, None);
        return None;
    }
    unique(items, reading)
}

fn version(fields: &mut Fields, reading: &mut Reading) {
    let hint = || Some("use `version: \"1\"`".to_owned());
    let Some(entry) = fields.take("version") else {
        fields.note_lack("a policy needs `version`", hint(), reading);
        return;
    };
    let known = match &entry.value.content {
        Content::Text(version) => version == "1",
        // Quotes are forgotten too easily to refuse what can mean only one thing.
        Content::Integer(version) => *version == 1,
        _ => false,
    };
    if !known {
        let place = entry.value.place;
        reading
            .mistakes
            .note(place, "`version` is not one that is known", hint());
    }
}

/// Reads the rules; two of one id would make every denial by that id ambiguous.
fn unique(items: Vec<Node>, reading: &mut Reading) -> Option<Vec<Rule>> {
    let mut seen = HashSet::new();
    let rules: Vec<Option<Rule>> = items
        .into_iter()
        .map(|item| {
            let place = item.place;
            let rule = rule::read(item, reading)?;
            if !seen.insert(rule.id.clone()) {
                let message = format!("another rule of this policy has the id `{}`", rule.id);
                reading.mistakes.note(place, message, None);
            }
            Some(rule)
        })
        .collect();
    // Only now, so that the mistakes of every rule are found.
    rules.into_iter().collect()
}

#[cfg(test)]
mod tests;
