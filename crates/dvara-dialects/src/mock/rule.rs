//! Rules of the mock: when they apply, and what they answer.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::matcher::{Facts, Matcher};
use crate::answer::ResponseHead;
use crate::error_body::ErrorBody;
use crate::fault::UpstreamFault;

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file or setting, and the rule in it.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
    }
}

/// One rule, checked.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) name: String,
    when: Option<Matcher>,
    pub(super) response: Option<String>,
    pub(super) tool_calls: Vec<ToolCall>,
    error: Option<ScriptedError>,
    pub(super) finish: Option<String>,
    pub(super) latency: Option<Duration>,
    pub(super) token_delay: Option<Duration>,
}

/// A tool call that the mock makes.
#[derive(Debug, Clone)]
pub(super) struct ToolCall {
    pub(super) name: String,
    /// JSON in a string, as models write it.
    pub(super) arguments: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptedError {
    status: u16,
    message: String,
    code: Option<String>,
    param: Option<String>,
    #[serde(alias = "retry-after-seconds")]
    retry_after_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: String,
    when: Option<String>,
    response: Option<String>,
    #[serde(default, alias = "tool-calls")]
    tool_calls: Vec<RawToolCall>,
    error: Option<ScriptedError>,
    #[serde(alias = "finish-reason")]
    finish_reason: Option<String>,
    #[serde(alias = "latency-ms")]
    latency_ms: Option<u64>,
    #[serde(alias = "stream-token-delay-ms")]
    stream_token_delay_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawToolCall {
    name: String,
    #[serde(default)]
    arguments: Value,
}

impl Rule {
    /// A rule from its object; `place` says where the object stands.
    ///
    /// # Errors
    /// When it is no rule.
    pub fn read(place: &str, value: &Value) -> Result<Self, Problem> {
        let problem = |what: String| Problem {
            place: match value.get("name").and_then(Value::as_str) {
                Some(name) => format!("{place} `{name}`"),
                None => place.to_owned(),
            },
            what,
        };
        let raw = RawRule::deserialize(value).map_err(|error| problem(error.to_string()))?;
        raw.check().map_err(problem)
    }

    /// The rules of a scenario file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read_file(name: &str, value: &Value) -> Result<Vec<Self>, Vec<Problem>> {
        let listed = value.get("scenarios").unwrap_or(value);
        let values = match listed {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut rules = Vec::with_capacity(values.len());
        let mut problems = Vec::new();
        for (index, value) in values.iter().enumerate() {
            match Self::read(&format!("{name}[{index}]"), value) {
                Ok(rule) => rules.push(rule),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(rules)
        } else {
            Err(problems)
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn applies_to(&self, facts: &Facts<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| when.matches(facts))
    }

    /// The failure that it plays: what a vendor's answer with that status would become.
    pub(super) fn fault(&self) -> Option<UpstreamFault> {
        let error = self.error.as_ref()?;
        let status = StatusCode::from_u16(error.status).expect("checked when the rule was read");
        let head = ResponseHead {
            content_type: Some("application/json".into()),
            retry_after: error.retry_after_seconds.map(Duration::from_secs),
            ..ResponseHead::of_status(status)
        };
        let body = ErrorBody {
            message: &error.message,
            kind: "mock_error",
            code: error.code.as_deref().unwrap_or("mock_error"),
            param: error.param.as_deref(),
            trace_id: "",
            extra: serde_json::Map::new(),
        };
        Some(UpstreamFault::of_status(&head, &body.to_json()))
    }
}

impl RawRule {
    fn check(self) -> Result<Rule, String> {
        let answers = self.response.is_some() || !self.tool_calls.is_empty();
        match &self.error {
            Some(_) if answers => {
                return Err("`error` excludes `response` and `tool_calls`".to_owned());
            }
            Some(error) if !(400..600).contains(&error.status) => {
                return Err("`error.status` must be from 400 to 599".to_owned());
            }
            None if !answers => {
                return Err("one of `response`, `tool_calls` and `error` is required".to_owned());
            }
            Some(_) | None => {}
        }
        let when = self
            .when
            .map(|text| Matcher::parse(&text))
            .transpose()
            .map_err(|error| format!("`when`: {error}"))?;
        Ok(Rule {
            name: self.name,
            when,
            response: self.response,
            tool_calls: self.tool_calls.into_iter().map(Into::into).collect(),
            error: self.error,
            finish: self.finish_reason,
            latency: self.latency_ms.map(Duration::from_millis),
            token_delay: self.stream_token_delay_ms.map(Duration::from_millis),
        })
    }
}

impl From<RawToolCall> for ToolCall {
    fn from(raw: RawToolCall) -> Self {
        Self {
            name: raw.name,
            arguments: match raw.arguments {
                Value::String(text) => text,
                Value::Null => "{}".to_owned(),
                other => other.to_string(),
            },
        }
    }
}
