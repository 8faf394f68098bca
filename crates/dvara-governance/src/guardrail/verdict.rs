//! Other people's verdicts: what to ask a classifier or a guardrail plugin, and what their answer, or its absence, means.
//!
//! Asking is the app's: deadline, breaker, cache, signature. Nothing here waits.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::detection::{Action, Category, Detection, Source};

/// A classifier less sure than this has found nothing (control-plane.md §10.2).
pub const DEFAULT_CONFIDENCE: f32 = 0.8;

/// What is sent to the classifier endpoint.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Question<'t> {
    /// Texts in the order of the conversation.
    pub texts: Vec<&'t str>,
}

impl<'t> Question<'t> {
    /// The newest texts, at most `longest` bytes of them: what came last is what has not been asked about before.
    pub fn about(texts: &[&'t str], longest: usize) -> Self {
        let mut rest = longest;
        let mut chosen = Vec::new();
        for text in texts.iter().rev() {
            let start = text.ceil_char_boundary(text.len().saturating_sub(rest));
            rest -= text.len() - start;
            if start < text.len() {
                chosen.push(&text[start..]);
            }
        }
        chosen.reverse();
        Self { texts: chosen }
    }
}

/// One finding of the classifier.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Verdict {
    /// A name of ours or the classifier's own; see [`Category::named`].
    pub category: String,
    /// Its words for it.
    #[serde(default)]
    pub label: String,
    /// 0 to 1.
    pub score: f32,
}

/// The findings that are sure enough.
pub fn classifier_detections(verdicts: &[Verdict], confidence: f32) -> Vec<Detection> {
    let sure = verdicts
        .iter()
        .filter(|verdict| verdict.score >= confidence);
    let detection = |verdict: &Verdict| {
        let category = Category::named(&verdict.category).unwrap_or(Category::Custom);
        let rule = format!("classifier-{}", category.setting_name());
        let label = if verdict.label.is_empty() {
            verdict.category.clone()
        } else {
            verdict.label.clone()
        };
        Detection {
            category,
            rule: rule.into(),
            label: label.into(),
            score: verdict.score,
            source: Source::Classifier,
        }
    };
    sure.map(detection).collect()
}

/// What happens when a verdict does not come: timeout, error, open breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnAbsence {
    /// The call goes on.
    Open,
    /// The call is refused.
    Closed,
}

impl OnAbsence {
    /// What holds where nothing is set: who blocks on a verdict must not be fooled by its absence.
    pub fn default_for(action: Action) -> Self {
        match action {
            Action::Block => Self::Closed,
            Action::Flag | Action::Log => Self::Open,
        }
    }

    /// What is done about the call.
    pub fn action(self) -> Option<Action> {
        match self {
            Self::Open => None,
            Self::Closed => Some(Action::Block),
        }
    }
}

/// Before or after the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The request is about to be sent.
    Request,
    /// The answer is about to be given back.
    Response,
}

/// The body that a guardrail plugin receives.
#[derive(Serialize)]
pub struct PluginRequest<'t> {
    /// When it is asked.
    pub phase: Phase,
    /// Whose call it is.
    pub tenant: &'t str,
    /// The model that is asked.
    pub model: &'t str,
    /// What to look at.
    pub texts: Vec<&'t str>,
}

/// The plugin's answer.
#[derive(Clone, PartialEq, Deserialize)]
pub struct PluginResponse {
    /// What it wants.
    pub action: PluginAction,
    /// Why, in a category of ours or its own.
    #[serde(default)]
    pub category: Option<String>,
    /// Why, in words for the audit trail.
    #[serde(default)]
    pub reason: Option<String>,
    /// How sure it is; absent means entirely.
    #[serde(default)]
    pub score: Option<f32>,
}

/// What a plugin may want.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PluginAction {
    /// Nothing found.
    Allow,
    /// Refuse the call.
    Block,
    /// Let it go on and mark it.
    Flag,
}

/// What a plugin's answer comes to: its action stands, whatever the categories' actions are, and its finding is recorded.
pub fn plugin_verdict(response: PluginResponse) -> Option<(Action, Detection)> {
    let action = match response.action {
        PluginAction::Allow => return None,
        PluginAction::Block => Action::Block,
        PluginAction::Flag => Action::Flag,
    };
    let category = response
        .category
        .as_deref()
        .and_then(Category::named)
        .unwrap_or(Category::Custom);
    let label = response
        .reason
        .map_or(Cow::Borrowed("guardrail plugin"), Cow::Owned);
    let score = response.score.unwrap_or(1.0);
    let rule = format!("plugin-{}", category.setting_name()).into();
    Some((
        action,
        Detection {
            category,
            rule,
            label,
            score,
            source: Source::Plugin,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_texts_are_asked_about_within_the_bound() {
        assert_eq!(
            Question::about(&["first", "second", "third"], 100).texts,
            ["first", "second", "third"]
        );
        assert_eq!(
            Question::about(&["first", "second", "third"], 8).texts,
            ["ond", "third"]
        );
        assert_eq!(Question::about(&["é"], 1).texts, Vec::<&str>::new());
    }

    #[test]
    fn only_sure_verdicts_become_detections() {
        let verdicts: Vec<Verdict> = serde_json::from_value(serde_json::json!([
            {"category": "injection", "label": "prompt attack", "score": 0.8}, {"category": "SEXUAL", "score": 0.79},
            {"category": "weather", "score": 0.9},
        ]))
        .unwrap();
        let found = classifier_detections(&verdicts, DEFAULT_CONFIDENCE);
        let named: Vec<_> = found
            .iter()
            .map(|found| (found.category, &*found.rule, &*found.label))
            .collect();
        let injection = (Category::Injection, "classifier-injection", "prompt attack");
        assert_eq!(
            named,
            [
                injection,
                (Category::Custom, "classifier-custom", "weather")
            ]
        );
    }

    #[test]
    fn absence_refuses_only_where_a_verdict_would_have_blocked() {
        assert_eq!(
            OnAbsence::default_for(Action::Block).action(),
            Some(Action::Block)
        );
        assert_eq!(OnAbsence::default_for(Action::Flag).action(), None);
        assert_eq!(OnAbsence::default_for(Action::Log).action(), None);
    }

    #[test]
    fn a_plugin_allows_flags_or_blocks() {
        let verdict = |json: &str| plugin_verdict(serde_json::from_str(json).unwrap());
        assert_eq!(verdict(r#"{"action": "ALLOW"}"#), None);
        let (action, found) =
            verdict(r#"{"action": "BLOCK", "category": "VIOLENCE", "reason": "r", "score": 0.5}"#)
                .unwrap();
        assert_eq!(
            (action, found.category, &*found.label, found.score),
            (Action::Block, Category::Violence, "r", 0.5)
        );
        let (action, found) = verdict(r#"{"action": "FLAG"}"#).unwrap();
        assert_eq!(
            (action, found.category, found.score),
            (Action::Flag, Category::Custom, 1.0)
        );
        assert!(serde_json::from_str::<PluginResponse>(r#"{"action": "MAYBE"}"#).is_err());
    }

    #[test]
    fn a_plugin_is_asked_in_the_documented_shape() {
        let request = PluginRequest {
            phase: Phase::Request,
            tenant: "acme",
            model: "m",
            texts: vec!["hi"],
        };
        let expected = serde_json::json!({"phase": "request", "tenant": "acme", "model": "m", "texts": ["hi"]});
        assert_eq!(serde_json::to_value(request).unwrap(), expected);
    }
}
