//! Random bytes for keys, nonces and ids. The pure crates take them as arguments.

use rand::Rng as _;

/// `N` unpredictable bytes, from the thread's generator that the operating system seeds and reseeds.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A trace id of our own: 32 hex digits.
pub fn trace_id() -> String {
    format!("{:032x}", u128::from_be_bytes(bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_alike() {
        assert_ne!(bytes::<16>(), bytes::<16>());
        assert_ne!(bytes::<32>(), [0; 32]);
    }
}
