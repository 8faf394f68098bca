//! Where the server's programs are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::PrivateError;

/// The oldest major version whose SQL we speak.
const OLDEST: u32 = 14;

/// A folder with `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder.
    pub folder: PathBuf,
    /// Their major version.
    pub major: u32,
}

impl Binaries {
    /// The programs to use for a cluster: those of the version that made it, else the first found in `pg_bin`, in the
    /// folders of `path`, and where distributions put them, newest first.
    ///
    /// # Errors
    /// When there are none, or none of a version that will do.
    pub fn find(
        pg_bin: Option<&Path>,
        path: Option<&OsStr>,
        cluster: &Path,
    ) -> Result<Self, PrivateError> {
        let folders = match pg_bin {
            Some(folder) => vec![folder.to_path_buf()],
            None => {
                let mut folders: Vec<PathBuf> = path
                    .map(std::env::split_paths)
                    .into_iter()
                    .flatten()
                    .collect();
                folders.extend(distribution_folders());
                folders
            }
        };
        let found: Vec<Self> = folders
            .iter()
            .filter_map(|folder| Self::at(folder))
            .collect();
        if found.is_empty() {
            return Err(PrivateError::NotInstalled {
                searched: searched(pg_bin),
            });
        }
        match made_by(cluster) {
            Some(major) => Self::of_version(found, major, cluster),
            None => Self::newest_enough(found),
        }
    }

    fn of_version(found: Vec<Self>, major: u32, cluster: &Path) -> Result<Self, PrivateError> {
        let versions: Vec<String> = found.iter().map(|one| one.major.to_string()).collect();
        found
            .into_iter()
            .find(|one| one.major == major)
            .ok_or_else(|| PrivateError::OtherVersion {
                folder: cluster.to_path_buf(),
                made_by: major,
                found: versions.join(", "),
            })
    }

    fn newest_enough(found: Vec<Self>) -> Result<Self, PrivateError> {
        match found.iter().find(|one| one.major >= OLDEST) {
            Some(one) => Ok(one.clone()),
            None => Err(PrivateError::TooOld {
                found: found[0].major,
                folder: found[0].folder.clone(),
            }),
        }
    }

    /// The programs in a folder, if they are there and start.
    fn at(folder: &Path) -> Option<Self> {
        if !folder.join("initdb").is_file() {
            return None;
        }
        let said = Command::new(folder.join("postgres"))
            .arg("--version")
            .output()
            .ok()?;
        Some(Self {
            folder: folder.to_path_buf(),
            major: major(&String::from_utf8_lossy(&said.stdout))?,
        })
    }
}

/// The major version in `postgres (PostgreSQL) 15.20 (Debian …)`.
fn major(said: &str) -> Option<u32> {
    let version = said.split_whitespace().nth(2)?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The major version that made a cluster; none where there is no cluster yet.
fn made_by(cluster: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(cluster.join("PG_VERSION")).ok()?;
    text.trim().parse().ok()
}

/// `/usr/lib/postgresql/15/bin` of Debian and `/usr/pgsql-15/bin` of Red Hat, newest first.
fn distribution_folders() -> Vec<PathBuf> {
    let mut folders: Vec<(u32, PathBuf)> = Vec::new();
    for (parent, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")] {
        let Ok(entries) = std::fs::read_dir(parent) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let version = name
                .to_str()
                .and_then(|name| name.strip_prefix(prefix))
                .and_then(|version| version.parse().ok());
            if let Some(version) = version {
                folders.push((version, entry.path().join("bin")));
            }
        }
    }
    folders.sort_by(|a, b| b.cmp(a));
    folders.into_iter().map(|(_, folder)| folder).collect()
}

fn searched(pg_bin: Option<&Path>) -> String {
    match pg_bin {
        Some(folder) => format!("{} (DVARA_PG_BIN)", folder.display()),
        None => "the PATH and /usr/lib/postgresql/*/bin".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(major: u32) -> Binaries {
        Binaries {
            folder: PathBuf::from(format!("/{major}")),
            major,
        }
    }

    #[test]
    fn the_version_is_read_from_what_the_program_says() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major("bash: postgres: not found"), None);
    }

    #[test]
    fn a_cluster_wants_the_version_that_made_it() {
        let found = vec![programs(17), programs(15)];
        let cluster = Path::new("/data/postgres");
        assert_eq!(
            Binaries::of_version(found.clone(), 15, cluster)
                .unwrap()
                .major,
            15
        );
        let error = Binaries::of_version(found.clone(), 16, cluster).unwrap_err();
        assert!(
            error.to_string().contains("made by PostgreSQL 16"),
            "{error}"
        );
        assert_eq!(Binaries::newest_enough(found).unwrap().major, 17);
        assert!(Binaries::newest_enough(vec![programs(13)]).is_err());
    }

    #[test]
    fn a_missing_server_says_how_to_get_one() {
        let nowhere = Path::new("/nonexistent");
        let error = Binaries::find(Some(nowhere), None, nowhere)
            .unwrap_err()
            .to_string();
        for hint in [
            "DVARA_PG_BIN",
            "apt-get install postgresql",
            "--database-url",
        ] {
            assert!(error.contains(hint), "{error}");
        }
    }
}
