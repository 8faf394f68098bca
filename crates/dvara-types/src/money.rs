//! Money as whole nano-dollars: exact, sortable, and enough for nine billion dollars.

use serde::{Deserialize, Serialize};

/// US dollars × 10⁻⁹.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct NanoUsd(pub i64);
