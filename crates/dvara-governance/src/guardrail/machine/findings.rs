//! What the rules have found, and what of it was only spoken about.

/// After this many mentions of a phrase the text is no longer taken to speak about it.
const MENTIONS: u8 = 4;
/// Matches of a rule that end this near to each other are one mention.
const SAME_MENTION: u32 = 40;

/// A complete match; a word that comes soon may still say that it is only spoken about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) end: u32,
    pub(super) quoted: bool,
}

/// A match that no word takes back.
pub(super) const CERTAIN: Pending = Pending {
    end: 0,
    quoted: false,
};

/// What is known about each rule in this text.
pub(super) struct Findings {
    findings: Vec<Finding>,
    /// How many are pending, for mostly none is.
    pending: usize,
}

#[derive(Clone, Copy, Default)]
struct Finding {
    state: State,
    /// How often it was only spoken about, and where the last time ended.
    mentions: u8,
    mentioned: u32,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Nothing,
    Pending(Pending),
    Found,
}

impl Findings {
    pub(super) fn new(rules: usize) -> Self {
        Self {
            findings: vec![Finding::default(); rules],
            pending: 0,
        }
    }

    pub(super) fn has_nothing(&self, rule: usize) -> bool {
        self.findings[rule].state == State::Nothing
    }

    /// The rule has a match, unless it had one before.
    pub(super) fn add(&mut self, rule: usize, pending: Pending) {
        if self.has_nothing(rule) {
            self.findings[rule].state = State::Pending(pending);
            self.pending += 1;
        }
    }

    /// The rule's match is only spoken about; `false` when that happened too often.
    pub(super) fn mention(&mut self, rule: usize, end: u32) -> bool {
        self.findings[rule].mention(end)
    }

    /// What came after a match says that it was only spoken about.
    pub(super) fn withdraw(&mut self, applies: impl Fn(Pending) -> bool) {
        if self.pending == 0 {
            return;
        }
        for finding in &mut self.findings {
            if let State::Pending(pending) = finding.state
                && applies(pending)
                && finding.mention(pending.end)
            {
                finding.state = State::Nothing;
                self.pending -= 1;
            }
        }
    }

    /// A quotation was closed: what is pending stays quoted only if the quotation was short.
    pub(super) fn close_quotation(&mut self, short: bool) {
        if self.pending == 0 {
            return;
        }
        for finding in &mut self.findings {
            if let State::Pending(pending) = &mut finding.state {
                pending.quoted &= short;
            }
        }
    }

    /// Names the rules whose pending match satisfies `certain`, each once.
    pub(super) fn take(
        &mut self,
        certain: impl Fn(Pending) -> bool,
        found: &mut impl FnMut(usize),
    ) {
        if self.pending == 0 {
            return;
        }
        for (rule, finding) in self.findings.iter_mut().enumerate() {
            if let State::Pending(pending) = finding.state
                && certain(pending)
            {
                finding.state = State::Found;
                self.pending -= 1;
                found(rule);
            }
        }
    }
}

impl Finding {
    /// Counts a mention; `false` when there were too many. Patterns of a rule that end near each other are one mention.
    fn mention(&mut self, end: u32) -> bool {
        if self.mentions == 0 || end > self.mentioned + SAME_MENTION {
            self.mentions += 1;
            self.mentioned = end;
        }
        self.mentions <= MENTIONS
    }
}
