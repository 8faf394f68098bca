//! HMAC-SHA-256, SHA-256 and comparison in constant time: what tells a message of ours from anybody else's.

use aws_lc_rs::{constant_time, digest, hmac};

/// HMAC-SHA-256 (RFC 2104) of `data` under `key`, which may have any length.
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut bytes = [0_u8; 32];
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data);
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

/// Whether two values are equal, without telling by the time taken where or by how much they differ.
///
/// Their SHA-256 digests are compared, so a difference in length takes no shortcut either.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    let left = digest::digest(&digest::SHA256, left);
    let right = digest::digest(&digest::SHA256, right);
    constant_time::verify_slices_are_equal(left.as_ref(), right.as_ref()).is_ok()
}

/// SHA-256 (FIPS 180-4) of `data`.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut bytes = [0_u8; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    bytes
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_gives_the_answers_of_rfc_4231() {
        let cases: [(&[u8], &[u8], &str); 4] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, data, expected) in cases {
            assert_eq!(hex(&hmac_sha256(key, data)), expected);
        }
    }

    #[test]
    fn equality_is_that_of_the_bytes() {
        assert!(constant_time_eq(b"", b""));
        assert!(constant_time_eq(b"secret", b"secret"));
        assert!(!constant_time_eq(b"secret", b"secreT"));
        assert!(!constant_time_eq(b"secret", b"secret\0"));
        assert!(!constant_time_eq(b"", b"\0"));
    }
}
