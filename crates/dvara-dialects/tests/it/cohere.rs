//! Cohere behind chat completions.

use dvara_types::ProviderKind;

use crate::files::Files;
use crate::translated::Vendor;

const COHERE: Vendor = Vendor {
    files: Files("cohere"),
    kind: ProviderKind::Cohere,
    pinned: Some("command-a-03-2025"),
    streamed: &[
        ("tools", "tools"),
        ("thinking-with-calls", "tools"),
        ("thinking-and-a-plan", "tools"),
        ("citations", "own-fields"),
    ],
    frame: None,
};

#[test]
fn cohere_is_translated_as_expected() {
    COHERE.check();
}
