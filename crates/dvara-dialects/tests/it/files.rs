//! The golden files of one dialect: `tests/golden/README.md` says how they work.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A folder of golden files.
pub(crate) struct Files(pub(crate) &'static str);

impl Files {
    /// The names of all of them.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Compares with the golden file, or writes it when `DVARA_BLESS` is set.
    pub(crate) fn compare(&self, name: &str, found: &Value) {
        let found = format!("{}\n", serde_json::to_string_pretty(found).unwrap());
        if std::env::var_os("DVARA_BLESS").is_some() {
            fs::write(self.folder().join(name), found).unwrap();
        } else {
            assert_eq!(found, String::from_utf8(self.read(name)).unwrap(), "{name}");
        }
    }

    fn folder(&self) -> PathBuf {
        Path::new("tests/golden").join(self.0)
    }
}
