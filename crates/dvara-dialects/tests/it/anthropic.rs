//! Anthropic behind chat completions.

use dvara_types::ProviderKind;

use crate::files::Files;
use crate::translated::Vendor;

const ANTHROPIC: Vendor = Vendor {
    files: Files("anthropic"),
    kind: ProviderKind::Anthropic,
    pinned: Some("claude-sonnet-4-5-20250929"),
    streamed: &[
        ("structured-output", "json-schema"),
        ("structured-output-without-deltas", "json-schema"),
    ],
    frame: None,
};

#[test]
fn anthropic_is_translated_as_expected() {
    ANTHROPIC.check();
}
