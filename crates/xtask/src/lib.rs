//! Chores of the workspace, run as `cargo xtask CHORE`. Nothing of the product depends on this crate.

/// Proves the invariants of the architecture over dependency graph, manifests and sources.
pub mod tidy;
