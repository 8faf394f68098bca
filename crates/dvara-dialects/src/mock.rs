//! The mock provider: answers that cost nothing, for first calls, tests and rehearsals (data-plane sheet §23).
//!
//! It answers in OpenAI's bytes, so a gateway relays it like any vendor. What it answers is chosen in this order:
//! scenarios of files, in the order of file names; matchers of the settings, in their order; the default text.
//!
//! A rule, in a file or in the settings, is an object:
//!
//! ```json
//! {
//!   "name": "weather",
//!   "when": "tools and last contains \"weather\"",
//!   "response": "Let me look.",
//!   "tool_calls": [{"name": "get_weather", "arguments": {"city": "Oslo"}}],
//!   "latency_ms": 50,
//!   "stream_token_delay_ms": 5
//! }
//! ```
//!
//! `name` is required, and `response`, `tool_calls` or both, or else `error` with `status` (400 to 599), `message`,
//! and on demand `code`, `param` and `retry_after_seconds`: then the call fails as if a vendor had answered that.
//! Without `when` (see [`matcher`]) a rule always applies. `finish_reason` overrides `stop` and `tool_calls`.
//! A file holds one rule, a list of rules, or `{"scenarios": […]}`.
//!
//! Nothing here waits, rolls dice or reads a clock or a file: delays are data, chance and time are arguments.

pub mod matcher;
mod reply;
mod rule;
mod stream;

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::estimate::{ImageTokens, prompt_tokens};
use crate::fault::{Retry, UpstreamFault};
use crate::request::{ChatRequest, OutputFormat, ReadError};
use matcher::Facts;
use reply::Reply;
pub use rule::{Problem, Rule};
pub use stream::MockStream;

/// The one model that `GET /v1/models` lists; any name that starts with `mock/` is answered.
pub const LISTED_MODEL: &str = "mock/test-model";

/// The `providers.mock.*` settings.
#[derive(Debug, Clone)]
pub struct MockSettings {
    /// What is answered when nothing else applies.
    pub response: String,
    /// How long an answer takes to begin.
    pub latency: Duration,
    /// The pause between two words of a stream.
    pub stream_token_delay: Duration,
    /// The share of calls that fail, from 0 to 1.
    pub error_rate: f64,
    /// What images count as.
    pub images: ImageTokens,
    /// Rules, tried in order.
    pub matchers: Vec<Rule>,
}

impl Default for MockSettings {
    fn default() -> Self {
        Self {
            response: "This is a mock response".to_owned(),
            latency: Duration::from_millis(100),
            stream_token_delay: Duration::from_millis(20),
            error_rate: 0.0,
            images: ImageTokens::default(),
            matchers: Vec::new(),
        }
    }
}

/// Chance and time for one answer.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    /// Uniform in 0 to 1, 1 excluded: below the error rate, the call fails.
    pub roll: f64,
    /// What the answer's id is made of.
    pub id: [u8; 16],
    /// The answer's `created`, in seconds since 1970.
    pub created: i64,
}

/// Where an answer came from; labels of `gateway_mock_matcher_fires_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A scenario file.
    File,
    /// A matcher of the settings.
    Settings,
}

impl Source {
    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Settings => "settings",
        }
    }
}

/// The mock, ready to answer.
#[derive(Debug, Clone)]
pub struct Mock {
    settings: MockSettings,
    scenarios: Vec<Rule>,
}

/// What the mock does with a call.
#[derive(Debug)]
pub struct MockReply<'m> {
    /// How long to wait before anything is answered, an error too.
    pub latency: Duration,
    /// The rule that fired; `None` for the default.
    pub fired: Option<(&'m str, Source)>,
    /// The answer, in OpenAI's bytes.
    pub body: Result<MockBody, UpstreamFault>,
}

/// An answer in OpenAI's bytes.
#[derive(Debug)]
pub enum MockBody {
    /// A whole answer.
    Json(Bytes),
    /// Events, each with the pause before it.
    Events(MockStream),
}

impl Mock {
    /// A mock with the scenarios of files; they are tried in the order of the file names.
    ///
    /// # Errors
    /// Everything that is wrong with them, each problem with its file.
    pub fn new(settings: MockSettings, files: &[(String, Value)]) -> Result<Self, Vec<Problem>> {
        let mut in_order: Vec<_> = files.iter().collect();
        in_order.sort_by(|one, other| one.0.cmp(&other.0));
        let mut scenarios = Vec::new();
        let mut problems = Vec::new();
        for (name, value) in in_order {
            match Rule::read_file(name, value) {
                Ok(rules) => scenarios.extend(rules),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() {
            Ok(Self {
                settings,
                scenarios,
            })
        } else {
            Err(problems)
        }
    }

    /// What to answer to a call for `model`.
    ///
    /// # Errors
    /// When the call can't be read; what goes wrong on purpose is in the reply.
    pub fn answer(
        &self,
        request: &ChatRequest,
        model: &str,
        draw: &Draw,
    ) -> Result<MockReply<'_>, ReadError> {
        let conversation = request.conversation()?;
        let facts = Facts::of(request, &conversation, model);
        let fired = self.first_match(&facts);
        let rule = fired.map(|(rule, _)| rule);
        let latency = rule
            .and_then(|rule| rule.latency)
            .unwrap_or(self.settings.latency);
        let body = if draw.roll < self.settings.error_rate {
            Err(UpstreamFault::provider_error(
                "Mock simulated error",
                "the mock failed on purpose (error-rate)",
                Retry::SameTarget,
            ))
        } else if let Some(fault) = rule.and_then(Rule::fault) {
            Err(fault)
        } else {
            let reply = Reply {
                id: draw.id,
                created: draw.created,
                model,
                text: self.text(rule, &conversation.output),
                calls: rule.map_or(&[], |rule| &rule.tool_calls),
                finish: rule.and_then(|rule| rule.finish.as_deref()),
                prompt_tokens: prompt_tokens(&conversation, self.settings.images).0,
            };
            let delay = rule
                .and_then(|rule| rule.token_delay)
                .unwrap_or(self.settings.stream_token_delay);
            Ok(if request.stream() {
                MockBody::Events(MockStream::new(&reply, delay))
            } else {
                MockBody::Json(reply.to_json())
            })
        };
        Ok(MockReply {
            latency,
            fired: fired.map(|(rule, source)| (&*rule.name, source)),
            body,
        })
    }

    fn first_match(&self, facts: &Facts<'_>) -> Option<(&Rule, Source)> {
        let files = self.scenarios.iter().map(|rule| (rule, Source::File));
        let settings = self
            .settings
            .matchers
            .iter()
            .map(|rule| (rule, Source::Settings));
        files
            .chain(settings)
            .find(|(rule, _)| rule.applies_to(facts))
    }

    /// The text of an answer. A call that wants JSON gets `{"result": text}`, unless a rule's author wrote JSON.
    fn text(&self, rule: Option<&Rule>, output: &OutputFormat<'_>) -> String {
        let text = match rule {
            Some(rule) => rule.response.as_deref(),
            None => Some(&*self.settings.response),
        };
        let Some(text) = text else {
            return String::new();
        };
        let wants_json = !matches!(output, OutputFormat::Text);
        let is_object = || serde_json::from_str::<serde_json::Map<String, Value>>(text).is_ok();
        if wants_json && !is_object() {
            serde_json::json!({ "result": text }).to_string()
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
