//! Whose signature counts: roots compiled in, each with the name (`kid`) that a payload refers to.
//!
//! Release roots come from the build variable `DVARA_LICENSE_ROOTS`, `kid:base64,…`; a malformed one fails the build.
//! The evaluation root is a file of this crate, its private half public (see `roots/README.md`); it counts where
//! [`Roots::with_evaluation`] was called, which is `dvara up` and nothing else. There is no way to add a root to a
//! running process.

mod list;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use list::RootsError;

/// The name of the evaluation root; no release root may take it.
pub const EVALUATION_KID: &str = "evaluation-1";

/// What throwaway roots of tests are named like; release builds refuse to be made with one.
const TEST_PREFIX: &str = "test-";

/// The release roots that this binary was built with.
const BUILT_IN: Option<&str> = option_env!("DVARA_LICENSE_ROOTS");

const _: () = assert!(
    list::fault(release_list()).is_none(),
    "DVARA_LICENSE_ROOTS must be `kid:base64,…`: names of a-z, 0-9, `.`, `_`, `-`, each with its 32 byte key in padded base64, no name twice"
);

/// The public half of the evaluation root.
const EVALUATION_KEY: &str = include_str!("../../roots/evaluation-1.public");

const fn release_list() -> &'static str {
    match BUILT_IN {
        Some(list) => list,
        None => "",
    }
}

/// The public half of an Ed25519 key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Padded base64 of the 32 bytes: the form of `DVARA_LICENSE_ROOTS`.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }
}

/// Which kind of root a licence was verified with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// One that this binary was built with.
    Release,
    /// The evaluation root.
    Evaluation,
}

/// The roots that count for one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    release: Vec<(String, PublicKey)>,
    evaluation: bool,
}

impl Roots {
    /// The release roots of this build. None, when it was built without `DVARA_LICENSE_ROOTS`.
    pub fn release() -> Self {
        Self::parse(release_list()).expect("the list was checked when this crate was compiled")
    }

    /// The roots of a list `kid:base64,…`; a blank one is none.
    ///
    /// # Errors
    /// When the list is malformed, names a root twice, or takes the evaluation root's name.
    pub fn parse(list: &str) -> Result<Self, RootsError> {
        Ok(Self {
            release: list::parse(list)?,
            evaluation: false,
        })
    }

    /// One root.
    ///
    /// # Errors
    /// When `kid` cannot name a release root.
    pub fn of(kid: &str, key: PublicKey) -> Result<Self, RootsError> {
        Self::parse(&format!("{kid}:{}", key.to_base64()))
    }

    /// These and the evaluation root. For `dvara up` and for looking at licences; never for a service of its own.
    #[must_use]
    pub fn with_evaluation(self) -> Self {
        Self {
            evaluation: true,
            ..self
        }
    }

    /// Whether one of them is a throwaway root of tests.
    pub fn has_test_root(&self) -> bool {
        self.release
            .iter()
            .any(|(kid, _)| kid.starts_with(TEST_PREFIX))
    }

    /// Whether there is a release root at all. Without one, only `dvara up` can run.
    pub fn has_release_root(&self) -> bool {
        !self.release.is_empty()
    }

    /// The root of that name, where it counts.
    pub(super) fn find(&self, kid: &str) -> Option<(Root, PublicKey)> {
        if kid == EVALUATION_KID {
            return self
                .evaluation
                .then(|| (Root::Evaluation, evaluation_key()));
        }
        let (_, key) = self.release.iter().find(|(name, _)| name == kid)?;
        Some((Root::Release, *key))
    }

    /// Their names, for people to read.
    pub(super) fn names(&self) -> String {
        let mut names: Vec<&str> = self.release.iter().map(|(kid, _)| kid.as_str()).collect();
        if self.evaluation {
            names.push(EVALUATION_KID);
        }
        if names.is_empty() {
            "no root".to_owned()
        } else {
            names.join(", ")
        }
    }
}

fn evaluation_key() -> PublicKey {
    const KEY: [u8; 32] = list::key(EVALUATION_KEY.as_bytes().trim_ascii());
    PublicKey(KEY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::licence::SigningKey;

    fn entry(kid: &str) -> String {
        format!("{kid}:{}", PublicKey([0xfb; 32]).to_base64())
    }

    #[test]
    fn the_evaluation_root_is_the_public_half_of_the_file_beside_it() {
        let pem = include_bytes!("../../roots/evaluation-1.private.pem");
        let private = SigningKey::from_pkcs8(pem).unwrap();
        assert_eq!(private.public_key(), evaluation_key());
    }

    #[test]
    fn the_evaluation_root_counts_only_where_it_was_asked_for() {
        let roots = Roots::parse(&entry("prod-1")).unwrap();
        assert_eq!(roots.find(EVALUATION_KID), None);
        assert_eq!(
            roots.find("prod-1"),
            Some((Root::Release, PublicKey([0xfb; 32])))
        );
        assert_eq!(roots.find("prod-2"), None);
        let found = roots.with_evaluation().find(EVALUATION_KID);
        assert_eq!(found, Some((Root::Evaluation, evaluation_key())));
    }

    #[test]
    fn test_roots_are_known_by_their_name() {
        assert!(Roots::parse(&entry("test-suite")).unwrap().has_test_root());
        assert!(!Roots::parse(&entry("latest-1")).unwrap().has_test_root());
        let none = Roots::parse(" ").unwrap();
        assert!(!none.has_test_root() && !none.has_release_root());
        assert!(!none.with_evaluation().has_test_root());
    }

    #[test]
    fn roots_of_the_build_are_read_without_panic() {
        let roots = Roots::release();
        assert_eq!(roots.find(EVALUATION_KID), None);
    }
}
