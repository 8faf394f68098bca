//! The rules as a gateway has them in force, and what it calls for a prompt and for a frame.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use chrono::DateTime;
use dvara_governance::guardrail::{AnswerScanner, GuardrailSettings, Guardrails, LeakDetector};
use dvara_governance::pii::{Detectors, Scanner};
use dvara_governance::policy::{Facts, PolicyIndex, PolicySource, PolicyStatus};

const SYSTEM_PROMPT: &str = "You are the assistant of a harbour company. Answer briefly and politely, in the language of the \
    question. Never give legal advice, and send questions about invoices to the accounts department.";

/// A few policies as tenants have them: lists, bounds, hours, and an expression.
const POLICIES: [&str; 3] = [
    r"
version: '1'
rules:
- {id: models, conditions: {model: {allowlist: ['gpt-4o*', 'claude-*']}}}
- {id: longest, conditions: {max_tokens: {limit: 8192}}}
- {id: no-shell, conditions: {tools: {denylist: [shell, exec]}}}
",
    r"
version: '1'
rules:
- {id: in-europe, conditions: {data_residency: {allowed_regions: [eu-west-1, eu-central-1]}}}
- {id: at-night, action: warn_agent, conditions: {time_of_day: {timezone: Europe/Berlin, deny_hours: [{start: '22:00', end: '06:00'}]}}}
",
    r#"
version: '1'
rules:
- {id: streams-of-guests, expression: 'request.stream && request.model.startsWith("guest-")'}
"#,
];

/// What is timed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Personal,
    Attacks,
    Policies,
    All,
}

impl Part {
    pub(super) const ALL: [Self; 4] = [Self::Personal, Self::Attacks, Self::Policies, Self::All];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal data",
            Self::Attacks => "guardrails",
            Self::Policies => "policies",
            Self::All => "all rules",
        }
    }

    /// Whether it looks at answers as they come.
    pub(super) fn is_streamed(self) -> bool {
        self != Self::Policies
    }

    fn has(self, part: Self) -> bool {
        self == part || self == Self::All
    }
}

/// Everything that is in force.
pub(super) struct Subject {
    detectors: Arc<Detectors>,
    guardrails: Arc<Guardrails>,
    leak: Arc<LeakDetector>,
    policies: PolicyIndex,
}

impl Subject {
    pub(super) fn new() -> anyhow::Result<Self> {
        let sources = POLICIES.iter().zip(["models", "places", "guests"]);
        let (policies, broken) = PolicyIndex::compile(sources.map(|(dsl, id)| PolicySource {
            id,
            tenant: None,
            dsl,
            status: PolicyStatus::Active,
        }));
        ensure!(broken.is_empty(), "a policy does not compile: {broken:?}");
        Ok(Self {
            detectors: Arc::default(),
            guardrails: Arc::new(Guardrails::new(GuardrailSettings::default()).0),
            leak: Arc::new(
                LeakDetector::new(SYSTEM_PROMPT, [])
                    .context("the system prompt is too short to be told")?,
            ),
            policies,
        })
    }

    /// Each text as the prompt of a call.
    pub(super) fn look(&self, part: Part, texts: &[&str]) {
        for text in texts {
            if part.has(Part::Policies) {
                black_box(self.policies.of(None).evaluate(&facts()));
            }
            if part.has(Part::Personal) {
                black_box(self.personal_data(text));
            }
            if part.has(Part::Attacks) {
                black_box(self.attacks(text));
            }
        }
    }

    /// The frames as one answer.
    pub(super) fn stream(&self, part: Part, frames: &[&str]) {
        let mut contents = part
            .has(Part::Attacks)
            .then(|| AnswerScanner::new(self.guardrails.clone(), Some(self.leak.clone())));
        let mut personal = part
            .has(Part::Personal)
            .then(|| Scanner::new(self.detectors.clone()));
        let mut found = Vec::new();
        let (mut waiting, mut gone) = (String::new(), 0);
        for frame in frames {
            waiting.push_str(frame);
            let let_go = contents.as_mut().map_or(waiting.len(), |contents| {
                contents.push(frame, &mut found) - gone
            });
            let let_go = waiting.floor_char_boundary(let_go);
            gone += let_go;
            if let Some(personal) = &mut personal {
                personal.push(&waiting[..let_go], |piece| {
                    black_box(piece);
                });
            }
            waiting.drain(..let_go);
        }
        if let Some(contents) = &mut contents {
            contents.finish(&mut found);
        }
        if let Some(personal) = &mut personal {
            personal.finish(|piece| {
                black_box(piece);
            });
        }
        black_box(found);
    }

    /// How many values of persons are in a text.
    pub(super) fn personal_data(&self, text: &str) -> usize {
        self.detectors.scan(text).len()
    }

    /// How many rules take a text for an attack or an unwanted content.
    pub(super) fn attacks(&self, text: &str) -> usize {
        let mut found = Vec::new();
        self.guardrails.scan_request([text], &mut found);
        found.len()
    }
}

/// A call that every policy lets pass.
fn facts() -> Facts<'static> {
    Facts {
        model: Some("gpt-4o-mini"),
        max_tokens: Some(1024),
        tools: &["search", "calendar"],
        stream: true,
        user: Some("user-1"),
        tenant_id: "acme",
        tenant_region: Some("eu-west-1"),
        key_id: Some("key-1"),
        region: Some("eu-west-1"),
        mcp: None,
        budget_utilization_pct: None,
        // A Friday at noon.
        now: DateTime::from_timestamp(1_772_798_400, 0).unwrap_or_default(),
    }
}
