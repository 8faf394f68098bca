//! Where findings overlap, one of them stands.

use super::kind::Kind;

/// Something that was found. It knows where, and never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Its first byte in the text.
    pub start: usize,
    /// The first byte behind it.
    pub end: usize,
    /// How sure its rule is, in hundredths.
    pub confidence: u8,
    /// Which of the tenant's patterns found it, for [`Kind::Custom`].
    pub pattern: Option<u16>,
    /// Where its rule began to look: at its label, at its `@`.
    pub(super) trigger: usize,
}

impl Finding {
    fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether this one stands where both lie: surest first, then longest, then earliest.
    fn stands_before(&self, other: &Self) -> std::cmp::Ordering {
        let length = |finding: &Self| finding.end - finding.start;
        (other.confidence.cmp(&self.confidence))
            .then(length(other).cmp(&length(self)))
            .then(self.start.cmp(&other.start))
            .then(self.kind.cmp(&other.kind))
            .then(self.pattern.cmp(&other.pattern))
    }
}

/// Takes out of `found` whatever overlaps something that stands before it (control-plane.md §10.1); sorts by place.
///
/// Findings that hang together by overlaps are decided among themselves, so a stream may decide about each such group as
/// soon as nothing can join it any more.
pub(super) fn resolve(found: &mut Vec<Finding>) {
    if found.len() > 1 {
        found.sort_by_key(|finding| (finding.start, finding.end));
        if found.windows(2).any(|pair| pair[0].overlaps(&pair[1])) || group_end(found) < found.len()
        {
            resolve_groups(found);
        }
    }
}

/// How many findings hang together with the first.
fn group_end(found: &[Finding]) -> usize {
    let mut end = found[0].end;
    found
        .iter()
        .position(|finding| {
            let apart = finding.start >= end;
            end = end.max(finding.end);
            apart
        })
        .unwrap_or(found.len())
}

fn resolve_groups(found: &mut Vec<Finding>) {
    let mut standing: Vec<Finding> = Vec::with_capacity(found.len());
    let mut rest = found.as_mut_slice();
    while !rest.is_empty() {
        let (group, behind) = rest.split_at_mut(group_end(rest));
        let first = standing.len();
        group.sort_by(Finding::stands_before);
        for finding in group {
            if !standing[first..]
                .iter()
                .any(|other| other.overlaps(finding))
            {
                standing.push(*finding);
            }
        }
        standing[first..].sort_by_key(|finding| finding.start);
        rest = behind;
    }
    *found = standing;
}
