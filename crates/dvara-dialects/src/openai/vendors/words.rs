//! Verdicts that several vendors share, each with its reason in one place.

use crate::fields::{Verdict, dropped, empty, medium, nothing, off, one, refused, text_only, zero};

/// `audio`, of vendors that don't speak.
pub(super) const SILENT: Verdict = refused(nothing, "it does not speak");
/// `modalities`, of the same.
pub(super) const TEXT_ONLY: Verdict = refused(text_only, "it answers in text");
/// The oldest form of tools.
pub(super) const OLD_TOOLS: Verdict = refused(nothing, "say it with `tools` and `tool_choice`");
pub(super) const NO_BIAS: Verdict = refused(empty, "it takes no bias");
pub(super) const NO_PENALTIES: Verdict = refused(zero, "it has no penalties");
pub(super) const NO_PROBABILITIES: Verdict = refused(off, "it has no log probabilities");
pub(super) const NO_TOP_PROBABILITIES: Verdict = refused(zero, "it has no log probabilities");
pub(super) const NO_MODERATION: Verdict = refused(nothing, "it has no such step");
pub(super) const ONE_ANSWER: Verdict = refused(one, "it gives one answer: `n` must be 1");
pub(super) const NO_SEED: Verdict = refused(nothing, "it takes no seed");

pub(super) const NO_METADATA: Verdict = dropped(empty, "it keeps no metadata");
pub(super) const NO_PREDICTION: Verdict = dropped(nothing, "it takes no prediction");
pub(super) const NO_CACHE_KEY: Verdict = dropped(nothing, "its cache is not steered by calls");
pub(super) const NO_TIERS: Verdict = dropped(auto, "it has no service tiers");
pub(super) const NO_STORE: Verdict = dropped(off, "it stores no completions");
pub(super) const NO_USER: Verdict = dropped(nothing, "it is not told who the end user is");
pub(super) const NO_VERBOSITY: Verdict = dropped(medium, "it has no verbosity");
pub(super) const NOT_SERIAL: Verdict =
    dropped(on, "its models call as many tools at once as they like");

/// What a renamed bound on tokens stands in the place of.
pub(super) const BOUND: (&str, &str) = ("max_tokens", "`max_completion_tokens` says it, too");

/// Nor does `true`.
fn on(json: &str) -> bool {
    matches!(json, "null" | "true")
}

/// Nor does `auto`, or OpenAI's own `default`.
fn auto(json: &str) -> bool {
    matches!(json, "null" | "\"auto\"" | "\"default\"")
}
