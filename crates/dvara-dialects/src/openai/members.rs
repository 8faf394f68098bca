//! Members of an object of a body, taken out in place.

use crate::json::Member;
use crate::splice::{Edits, Span};

/// Takes members out of an object together with the commas that become too many. `goes` says which, by position.
pub(super) fn remove(members: &[Member<'_>], goes: &[bool], whole: &str, edits: &mut Edits<'_>) {
    if !goes.contains(&true) {
        return;
    }
    let key = |index: usize| Span::of(members[index].raw_key, whole);
    let value = |index: usize| Span::of(members[index].value.get(), whole);
    let last_kept = goes.iter().rposition(|goes| !goes);
    // Before the last member that stays, each goes with the comma behind it …
    for (index, goes) in goes[..last_kept.unwrap_or(0)].iter().enumerate() {
        if *goes {
            edits.remove(Span {
                start: key(index).start,
                end: key(index + 1).start,
            });
        }
    }
    // … and what follows that member goes with the comma before it.
    let tail = match last_kept {
        Some(kept) => value(kept).end,
        None => key(0).start,
    };
    let end = value(members.len() - 1).end;
    if tail < end {
        edits.remove(Span { start: tail, end });
    }
}
