//! What adapters declare of fields, held against the golden files: whatever is declared has a case that shows it, and
//! whatever a case shows is declared.

use std::collections::BTreeSet;

use dvara_dialects::fields::{Declared, UNKNOWN, Verdict};
use dvara_dialects::target::Target;
use dvara_dialects::vendor;
use serde_json::Value;

use crate::translated::Vendor;

/// A place without positions, and why.
type Loss = (String, String);

/// What the golden files of a vendor show.
#[derive(Default)]
struct Shown {
    drops: BTreeSet<Loss>,
    refusals: BTreeSet<Loss>,
    /// Fields of calls that were sent.
    said: BTreeSet<String>,
}

impl Shown {
    fn extend(&mut self, other: Self) {
        self.drops.extend(other.drops);
        self.refusals.extend(other.refusals);
        self.said.extend(other.said);
    }
}

/// Holds a vendor's declaration against its golden files, and those of another way to its models.
pub(crate) fn check(vendor: &Vendor, also: Option<&Vendor>) {
    let target = Target::new(vendor.kind, vendor.pinned.unwrap_or("any"), None);
    let declared = vendor::declared(&target);
    let mut shown = shown(vendor, declared);
    if let Some(also) = also {
        shown.extend(self::shown(also, declared));
    }

    let of_fields = |pick: fn(&Verdict) -> Option<&'static str>| {
        let fields = declared.fields.iter();
        fields.filter_map(move |(name, verdict)| Some((*name, pick(verdict)?)))
    };
    let dropped = of_fields(|verdict| match verdict {
        Verdict::Dropped { because, .. } => Some(because),
        _ => None,
    });
    same(
        declared.vendor,
        "dropped",
        dropped.chain(declared.drops.iter().copied()),
        &shown.drops,
    );
    let refused = of_fields(|verdict| match verdict {
        Verdict::Refused { because, .. } => Some(because),
        _ => None,
    });
    same(
        declared.vendor,
        "refused",
        refused.chain(declared.refusals.iter().copied()),
        &shown.refusals,
    );
    let mute: Vec<_> = declared
        .fields
        .iter()
        .filter(|(_, verdict)| matches!(verdict, Verdict::Translated | Verdict::Renamed(_)))
        .filter(|(name, _)| !shown.said.contains(*name))
        .collect();
    assert!(
        mute.is_empty(),
        "{}: no golden case sends {mute:?}",
        declared.vendor
    );
}

fn same(
    vendor: &str,
    what: &str,
    declared: impl Iterator<Item = (&'static str, &'static str)>,
    shown: &BTreeSet<Loss>,
) {
    let declared: BTreeSet<Loss> = declared
        .map(|(place, because)| (place.to_owned(), because.to_owned()))
        .collect();
    let unshown: Vec<_> = declared.difference(shown).collect();
    let undeclared: Vec<_> = shown.difference(&declared).collect();
    assert!(
        unshown.is_empty() && undeclared.is_empty(),
        "{vendor}, {what}:\ndeclared, and no golden case shows it: {unshown:#?}\nshown, and not declared: {undeclared:#?}"
    );
}

fn shown(vendor: &Vendor, declared: &Declared) -> Shown {
    let mut shown = Shown::default();
    for (call, expected) in vendor.request_files() {
        let target = Target::new(vendor.kind, call["model"].as_str().unwrap_or("any"), None);
        if !std::ptr::eq(vendor::declared(&target), declared) {
            // Another publisher's model, whose API is another one.
            continue;
        }
        if let Some(refused) = expected.get("refused") {
            let text = |member: &str| refused[member].as_str().unwrap_or_default();
            let begins = format!(
                "{}'s API cannot take `{}`: ",
                declared.vendor,
                text("param")
            );
            if let Some(because) = text("message").strip_prefix(&begins) {
                let place = without_positions(text("param"));
                shown.refusals.insert((place, because.to_owned()));
            }
            continue;
        }
        for dropped in expected["dropped"].as_array().unwrap() {
            let text = |member: &str| dropped[member].as_str().unwrap().to_owned();
            if text("reason") != UNKNOWN {
                shown.drops.insert((text("field"), text("reason")));
            }
        }
        let members = call.as_object().unwrap().iter();
        let said = members.filter(|(_, value)| **value != Value::Null);
        shown.said.extend(said.map(|(name, _)| name.clone()));
    }
    shown
}

/// `messages[0].content[1]` → `messages.content`.
fn without_positions(place: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for character in place.chars() {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            other if !inside => plain.push(other),
            _ => {}
        }
    }
    plain
}
