//! Keys in PEM (RFC 7468): base64 between two lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize as _, Zeroizing};

/// The bytes of the first section with this label; `None` when there is none, or it is no base64.
pub(crate) fn section(text: &str, label: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let mut encoded: String = body.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(&encoded).ok();
    encoded.zeroize();
    bytes.map(Zeroizing::new)
}
