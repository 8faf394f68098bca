//! `rate_limits`: how much each key may call per minute.

use super::reader::{Placed, Reading, Section};

/// The calls per minute, where they are given.
pub(super) fn read(rates: &Placed<'_>, reading: &mut Reading) -> Option<u32> {
    let mut section = Section::at(rates, reading)?;
    let requests = section.number("requests_per_minute");
    for later in ["tokens_per_minute", "requests_burst", "tokens_burst"] {
        section.not_built(later);
    }
    section.finish();
    requests
}
