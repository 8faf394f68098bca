//! A value that must not be printed, serialised or left behind in memory.
//!
//! There is no `Display`, no `Serialize`, no `Deref` and no `==`: whoever needs the value writes `expose()`, which can be
//! searched for, and whoever compares writes `matches()`, which takes the same time for every answer.

use std::fmt;

use zeroize::Zeroize;

use crate::mac;

/// Holds a secret and overwrites it when dropped.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in. Copies that were made before are the caller's to wipe.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Do not log, format or store what comes out.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Whether `shown` is this secret; the time taken does not depend on where they differ.
    pub fn matches(&self, shown: &[u8]) -> bool {
        mac::constant_time_eq(self.0.as_ref(), shown)
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    /// Counts how often it was wiped.
    struct Wiped(Rc<Cell<u32>>);

    impl Zeroize for Wiped {
        fn zeroize(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(format!("{:#?}", Some(secret)), "Some(\n    Secret(…),\n)");
    }

    #[test]
    fn dropping_wipes_once() {
        let count = Rc::new(Cell::new(0));
        let secret = Secret::new(Wiped(Rc::clone(&count)));
        assert_eq!(count.get(), 0);
        drop(secret);
        assert_eq!(count.get(), 1);
    }

    #[test]
    fn only_the_whole_value_matches() {
        let secret = Secret::new("hunter2".to_owned());
        assert!(secret.matches(b"hunter2"));
        assert!(secret.clone().matches(b"hunter2"));
        for shown in ["", "hunter", "hunter22", "Hunter2", "hunter2\0"] {
            assert!(!secret.matches(shown.as_bytes()), "{shown:?}");
        }
    }
}
