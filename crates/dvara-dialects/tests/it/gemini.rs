//! Google's models behind chat completions.

use dvara_types::ProviderKind;

use crate::files::Files;
use crate::translated::Vendor;

const GEMINI: Vendor = Vendor {
    files: Files("gemini"),
    kind: ProviderKind::Gemini,
    pinned: Some("gemini-2.5-flash"),
    streamed: &[("tools", "tools"), ("thoughts", "effort-high")],
    frame: None,
};

#[test]
fn gemini_is_translated_as_expected() {
    GEMINI.check_beside(&VERTEX);
}

/// Its declarations are those of the publishers' own APIs, and checked with these.
const VERTEX: Vendor = Vendor {
    files: Files("vertex"),
    kind: ProviderKind::Vertex,
    pinned: None,
    streamed: &[("claude", "claude-streamed")],
    frame: None,
};

#[test]
fn vertex_is_translated_as_expected() {
    VERTEX.check_cases();
}
