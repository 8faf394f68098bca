//! The strategies' rules: what orders the targets of a call.

use super::hash::{fraction, mix};

/// What a rule may look at in one target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Its share, for rules that share. One with 0 only stands in for the others.
    pub(crate) weight: u32,
    /// Where it is.
    pub(crate) region: Option<&'a str>,
    /// What the call would cost there, in nano-dollars; `None` where nobody knows.
    pub(crate) price: Option<i64>,
    /// How long an answer's beginning is expected to take, in microseconds; 0 for one that should be tried.
    pub(crate) latency: u64,
    /// Tells it from others, the same in every process.
    pub(crate) identity: u64,
    /// The call seems to fit into its context window.
    pub(crate) fits: bool,
}

/// How to order the targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule<'a> {
    /// As they are listed.
    AsListed,
    /// In turn; `turn` counts the route's calls.
    InTurn { turn: u64 },
    /// By chance, in proportion to their weights.
    Weighted { draw: u64 },
    /// The quickest first, of those that cost at most so many percent more than the cheapest (0: whatever they cost) and begin
    /// their answers within so many microseconds (0: however long they take), as long as there are such.
    Quickest { tolerance_pct: u32, within: u64 },
    /// The cheapest first.
    Cheapest,
    /// This one first, by its place in the list, then this other.
    OneThen { first: usize, second: usize },
    /// The same region first, then the same part of the world, then the others.
    Nearest { region: Option<&'a str> },
    /// Each conversation has its own order, which stays as long as the list does.
    Sticky { conversation: u64 },
}

/// The places of the targets in the order in which they are to be asked. Equal ones stay as they are listed; those whose context
/// window is too small come last whatever the rule says, since the estimate behind it may be wrong.
pub(crate) fn rank(rule: Rule<'_>, seen: &[Seen<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..seen.len()).collect();
    match rule {
        Rule::AsListed => {}
        Rule::InTurn { turn } => in_turn(&mut order, turn),
        Rule::Weighted { draw } => weighted(&mut order, seen, draw),
        Rule::Quickest {
            tolerance_pct,
            within,
        } => {
            let dearest = (tolerance_pct > 0)
                .then(|| tolerable(seen, tolerance_pct))
                .flatten();
            order.sort_by_key(|&at| {
                let one = &seen[at];
                let too_dear =
                    dearest.is_some_and(|dearest| one.price.is_none_or(|price| price > dearest));
                let too_slow = within > 0 && one.latency > within;
                (too_dear, too_slow, one.latency)
            });
        }
        Rule::Cheapest => order.sort_by_key(|&at| (seen[at].price.is_none(), seen[at].price)),
        Rule::OneThen { first, second } => {
            order.sort_by_key(|&at| (at != first, at != second));
        }
        Rule::Nearest { region } => order.sort_by_key(|&at| distance(region, seen[at].region)),
        Rule::Sticky { conversation } => {
            // Rendezvous hashing: one target more or less moves only the conversations that it gains or loses.
            order.sort_by_key(|&at| std::cmp::Reverse(mix(conversation ^ seen[at].identity)));
        }
    }
    order.sort_by_key(|&at| !seen[at].fits);
    order
}

fn in_turn(order: &mut [usize], turn: u64) {
    if let Some(count) = u64::try_from(order.len()).ok().filter(|count| *count > 0) {
        let first = usize::try_from(turn % count).unwrap_or(0);
        order.rotate_left(first);
    }
}

/// One draw after the other without putting back, so that stand-ins are in proportion too.
fn weighted(order: &mut [usize], seen: &[Seen<'_>], mut draw: u64) {
    for place in 0..order.len() {
        let rest = &order[place..];
        let sum: u64 = rest.iter().map(|&at| u64::from(seen[at].weight)).sum();
        if sum == 0 {
            return;
        }
        let mut left = fraction(draw, sum);
        let picked = rest.iter().position(|&at| {
            let weight = u64::from(seen[at].weight);
            let is_it = left < weight;
            left = left.saturating_sub(weight);
            is_it
        });
        // The others keep the order of the list, those of weight 0 among them.
        order[place..=place + picked.unwrap_or(0)].rotate_right(1);
        draw = mix(draw);
    }
}

/// The most that a target may cost, when the cheapest sets the measure.
fn tolerable(seen: &[Seen<'_>], tolerance_pct: u32) -> Option<i64> {
    let cheapest = seen.iter().filter_map(|one| one.price).min()?;
    Some(cheapest.saturating_add(cheapest.saturating_mul(i64::from(tolerance_pct)) / 100))
}

/// 0 for one region, 1 for one part of the world (`eu-west-1` and `eu-central-1`), 2 for the rest.
fn distance(own: Option<&str>, other: Option<&str>) -> u8 {
    let part = |region: &str| {
        region
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    match (own, other) {
        (Some(own), Some(other)) if own.eq_ignore_ascii_case(other) => 0,
        (Some(own), Some(other)) if part(own) == part(other) => 1,
        (None, _) => 0,
        _ => 2,
    }
}

#[cfg(test)]
mod tests;
