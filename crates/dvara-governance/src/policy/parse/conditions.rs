//! The blocks of `conditions`.

use super::fields::{Fields, integer_of, text_of};
use super::{Reading, time_of_day};
use crate::policy::condition::{ArgumentRule, Condition, NameRule, Names};
use crate::policy::document::{Entry, Node};
use crate::policy::error::Place;

/// A reader of one kind of block. It notes what is wrong and then gives nothing.
type Reader = fn(Node, &mut Reading) -> Option<Condition>;

/// Every kind there is. A kind that is not here is an unknown key, so none can be written that never fires.
const KINDS: [(&str, Reader); 9] = [
    ("model", |node, reading| {
        name_rule(node, "`model`", reading).map(Condition::Model)
    }),
    ("max_tokens", max_tokens),
    ("tools", |node, reading| {
        name_rule(node, "`tools`", reading).map(Condition::Tools)
    }),
    ("data_residency", data_residency),
    ("time_of_day", time_of_day::read),
    ("mcp_server", |node, reading| {
        name_rule(node, "`mcp_server`", reading).map(Condition::McpServer)
    }),
    ("mcp_tool", |node, reading| {
        name_rule(node, "`mcp_tool`", reading).map(Condition::McpTool)
    }),
    ("mcp_arg", mcp_arg),
    ("budget_utilization", budget_utilization),
];

/// What a budget condition waits for when it does not say.
const DEFAULT_THRESHOLD_PCT: i64 = 75;

/// Reads all blocks. A block that compares with nothing is refused rather than left out: a rule with one block less fires
/// on more than its author wrote.
pub(super) fn read(node: Node, reading: &mut Reading) -> Option<Box<[Condition]>> {
    let place = node.place;
    let known = KINDS.map(|(kind, _)| kind);
    let fields = Fields::open(node, "`conditions`", &known, reading)?;
    let entries = fields.into_entries();
    if entries.is_empty() {
        let message = "`conditions` holds no condition, so the rule would fire on every call";
        reading.mistakes.note(place, message, None);
        return None;
    }
    let blocks: Vec<Option<Condition>> = entries
        .into_iter()
        .map(|entry| block(entry, reading))
        .collect();
    blocks.into_iter().collect()
}

fn block(entry: Entry, reading: &mut Reading) -> Option<Condition> {
    let (_, reader) = KINDS.iter().find(|(kind, _)| *kind == entry.key)?;
    reader(entry.value, reading)
}

fn name_rule(node: Node, what: &'static str, reading: &mut Reading) -> Option<NameRule> {
    const KEYS: [&str; 2] = ["allowlist", "denylist"];
    let mut fields = Fields::open(node, what, &KEYS, reading)?;
    let rule = lists(&mut fields, reading);
    if rule.is_none() {
        fields.note_empty("an `allowlist` or a `denylist`", reading);
    }
    rule
}

fn lists(fields: &mut Fields, reading: &mut Reading) -> Option<NameRule> {
    let allowed = names(fields, "allowlist", reading);
    let denied = names(fields, "denylist", reading);
    NameRule::of(allowed, denied)
}

fn names(fields: &mut Fields, key: &str, reading: &mut Reading) -> Option<Names> {
    let texts = fields.texts(key, reading);
    Names::of(texts.into_iter().map(|item| item.text.into()).collect())
}

fn max_tokens(node: Node, reading: &mut Reading) -> Option<Condition> {
    let mut fields = Fields::open(node, "`max_tokens`", &["limit"], reading)?;
    let Some(entry) = fields.take("limit") else {
        fields.note_missing("limit", reading);
        return None;
    };
    let (place, limit) = integer_of(entry.value, "limit", reading)?;
    positive(place, "limit", limit, reading).map(Condition::MaxTokens)
}

fn positive(place: Place, key: &str, number: i64, reading: &mut Reading) -> Option<u64> {
    let positive = u64::try_from(number).ok().filter(|number| *number > 0);
    if positive.is_none() {
        let message = format!("`{key}` must be greater than 0");
        reading.mistakes.note(place, message, None);
    }
    positive
}

fn data_residency(node: Node, reading: &mut Reading) -> Option<Condition> {
    const KEY: &str = "allowed_regions";
    let mut fields = Fields::open(node, "`data_residency`", &[KEY], reading)?;
    let allowed = names(&mut fields, KEY, reading);
    if allowed.is_none() {
        fields.note_empty("a list `allowed_regions`", reading);
    }
    allowed.map(Condition::DataResidency)
}

fn mcp_arg(node: Node, reading: &mut Reading) -> Option<Condition> {
    let mut fields = Fields::open(node, "`mcp_arg`", &["rules"], reading)?;
    let items = fields.list("rules", reading);
    if items.is_empty() {
        fields.note_empty("a list `rules`", reading);
        return None;
    }
    let rules: Vec<Option<ArgumentRule>> = items
        .into_iter()
        .map(|item| argument_rule(item, reading))
        .collect();
    rules
        .into_iter()
        .collect::<Option<Box<[_]>>>()
        .map(Condition::McpArg)
}

fn argument_rule(node: Node, reading: &mut Reading) -> Option<ArgumentRule> {
    const KEYS: [&str; 4] = ["name", "pattern", "denylist", "allowlist"];
    let mut fields = Fields::open(node, "a rule of `mcp_arg`", &KEYS, reading)?;
    let names = lists(&mut fields, reading);
    let pattern = match fields.text("pattern", reading) {
        None => None,
        Some(written) => match reading.patterns.compile(&written.text) {
            Ok(pattern) => Some(pattern),
            Err(fault) => {
                reading.mistakes.note(written.place, fault, None);
                return None;
            }
        },
    };
    let Some(entry) = fields.take("name") else {
        fields.note_missing("name", reading);
        return None;
    };
    let name = text_of(entry.value, "name", reading)?;
    if name.text.split('.').any(str::is_empty) {
        let message = "`name` must be names of members with dots between them";
        reading.mistakes.note(name.place, message, None);
        return None;
    }
    let rule = ArgumentRule::of(&name.text, pattern, names);
    if rule.is_none() {
        fields.note_empty("a `pattern`, a `denylist` or an `allowlist`", reading);
    }
    rule
}

fn budget_utilization(node: Node, reading: &mut Reading) -> Option<Condition> {
    const KEY: &str = "threshold_pct";
    let mut fields = Fields::open(node, "`budget_utilization`", &[KEY], reading)?;
    let (place, threshold) = match fields.take(KEY) {
        Some(entry) => integer_of(entry.value, KEY, reading)?,
        None => (fields.place, DEFAULT_THRESHOLD_PCT),
    };
    let threshold = positive(place, KEY, threshold, reading)?;
    // Exact below 2^53 per cent.
    Some(Condition::BudgetUtilization(threshold as f64))
}
