//! What an author probably meant.

/// `did you mean …?` for a word that is near to a known one.
pub(super) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, known).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Keys that are written by mistake, where that happens, and what to say.
struct Slip {
    keys: &'static [&'static str],
    /// The mapping knows one of these keys.
    beside: &'static [&'static str],
    hint: &'static str,
}

const fn slip(
    keys: &'static [&'static str],
    beside: &'static [&'static str],
    hint: &'static str,
) -> Slip {
    Slip { keys, beside, hint }
}

/// The slips of control-plane.md §9.2, and what authors bring along from other gateways.
const SLIPS: [Slip; 15] = [
    slip(&["policies"], &["rules"], "use `rules`"),
    slip(
        &["tenant", "tenants", "tenant_id"],
        &["version", "action", "model"],
        TENANT,
    ),
    slip(
        &["shadow", "status", "enabled"],
        &["version", "action"],
        STATUS,
    ),
    slip(
        &["name", "description"],
        &["version"],
        "name and description are set on the policy, not in its text",
    ),
    slip(&["name"], &["action"], "use `id`"),
    slip(
        &["when", "if", "match"],
        &["conditions"],
        "use `conditions`",
    ),
    slip(&["cel", "expr"], &["expression"], "use `expression`"),
    slip(
        &["warn", "deny", "block"],
        &["action"],
        "use `action: DENY` or `action: WARN_AGENT`",
    ),
    slip(
        &["message", "reason"],
        &["action"],
        "use `deny_message` or `warn_message`",
    ),
    slip(
        &["region", "regions"],
        &["data_residency"],
        "use `data_residency: {allowed_regions: […]}`",
    ),
    slip(
        &["time", "hours"],
        &["time_of_day"],
        "use `time_of_day: {deny_hours: […]}`",
    ),
    slip(
        &["budget"],
        &["budget_utilization"],
        "use `budget_utilization: {threshold_pct: …}`",
    ),
    slip(
        &["allow", "allowed", "whitelist"],
        &["allowlist"],
        "use `allowlist`",
    ),
    slip(
        &["deny", "denied", "blocklist", "blacklist"],
        &["denylist"],
        "use `denylist`",
    ),
    slip(&["regex", "regexp"], &["pattern"], "use `pattern`"),
];

const TENANT: &str = "a policy binds the tenant it belongs to; to tell tenants apart in a global one use \
                      `expression: tenant.id == \"…\"`";

const STATUS: &str =
    "SHADOW and ACTIVE are statuses of a whole policy, set on the policy and not in its text";

/// The usual slip behind a key of a mapping that knows other keys; `None` when it is none that we know.
pub(super) fn slip_of_key(key: &str, known: &[&str]) -> Option<&'static str> {
    let key = key.to_ascii_lowercase();
    SLIPS
        .iter()
        .find(|slip| {
            let happens_here = slip.beside.iter().any(|beside| known.contains(beside));
            happens_here && slip.keys.contains(&key.as_str())
        })
        .map(|slip| slip.hint)
}

/// The usual slip behind an action.
pub(super) fn slip_of_action(action: &str) -> Option<&'static str> {
    Some(match action.to_ascii_lowercase().as_str() {
        "warn" | "warning" | "flag" | "log" => "use `WARN_AGENT`",
        "block" | "reject" | "refuse" => "use `DENY`",
        "allow" | "permit" => "what no rule denies is allowed, so there is no such action",
        "shadow" => STATUS,
        _ => return None,
    })
}

/// The candidate within a few edits, one for a short word and one more for every five characters.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = 1 + word.chars().count() / 5;
    known
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= allowed)
        .map(|candidate| (edits(word, candidate), candidate))
        .filter(|(edits, _)| *edits <= allowed)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Edits between two words, case aside; two neighbours swapped count as one.
fn edits(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().flat_map(char::to_lowercase).collect();
    let other: Vec<char> = other.chars().flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=other.len()).collect();
    for (i, left) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in other.iter().enumerate() {
            let substituted = previous[j] + usize::from(left != right);
            let mut least = substituted.min(previous[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *left == other[j - 1] && one[i - 1] == *right {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["conditions", "expression", "id"];
        for (word, expected) in [
            ("condtions", Some("conditions")),
            ("Expresion", Some("expression")),
            ("di", Some("id")),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn edits_are_counted() {
        for (one, other, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "ABD", 1),
            ("abc", "acb", 1),
            ("abc", "ab", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(edits(one, other), expected, "{one} {other}");
        }
    }
}
