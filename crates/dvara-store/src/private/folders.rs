//! Folders: whose they are, and who may pass through them.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::PrivateOptions;
use super::account::Account;
use super::error::PrivateError;

/// The port that names the socket file.
pub(super) const PORT: u16 = 5432;

/// Longest path of a Unix socket on Linux, in bytes.
const MAX_SOCKET_PATH: usize = 107;

/// Makes the data folder, closed to everybody else. With a server of another user's that user has to pass through.
pub(super) fn prepare_data_dir(
    data_dir: &Path,
    account: Option<&Account>,
) -> Result<(), PrivateError> {
    if !data_dir.is_dir() {
        let create = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data_dir);
        create.map_err(PrivateError::file("create", data_dir))?;
    }
    let Some(account) = account else {
        return Ok(());
    };
    let canonical = data_dir
        .canonicalize()
        .map_err(PrivateError::file("find", data_dir))?;
    for folder in canonical.ancestors().skip(1) {
        let metadata = fs::metadata(folder).map_err(PrivateError::file("look at", folder))?;
        if !may_pass(&metadata, account) {
            return Err(PrivateError::Barred {
                user: account.name.clone(),
                folder: folder.to_path_buf(),
            });
        }
    }
    let metadata = fs::metadata(&canonical).map_err(PrivateError::file("look at", data_dir))?;
    if !may_pass(&metadata, account) {
        // Passing through shows nobody what is in it, and our own files in it are closed themselves.
        let mode = metadata.permissions().mode() | 0o011;
        fs::set_permissions(&canonical, Permissions::from_mode(mode))
            .map_err(PrivateError::file("open to PostgreSQL", data_dir))?;
    }
    Ok(())
}

fn may_pass(folder: &Metadata, account: &Account) -> bool {
    let bit = if folder.uid() == account.uid {
        0o100
    } else if folder.gid() == account.gid {
        0o010
    } else {
        0o001
    };
    folder.mode() & bit != 0
}

/// Makes a folder that belongs to the server's user alone, or sees that it does.
pub(super) fn prepare_own(folder: &Path, account: Option<&Account>) -> Result<(), PrivateError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata =
                fs::symlink_metadata(folder).map_err(PrivateError::file("look at", folder))?;
            let ours = rustix::process::geteuid().as_raw();
            let owner = metadata.uid();
            let owned = owner == ours || account.is_some_and(|account| owner == account.uid);
            if !metadata.is_dir() || !owned {
                return Err(PrivateError::NotOurs {
                    folder: folder.to_path_buf(),
                });
            }
            fs::set_permissions(folder, Permissions::from_mode(0o700))
                .map_err(PrivateError::file("close", folder))?;
        }
        Err(error) => return Err(PrivateError::file("create", folder)(error)),
    }
    if let Some(account) = account {
        chown(folder, Some(account.uid), Some(account.gid))
            .map_err(PrivateError::file("give away", folder))?;
    }
    Ok(())
}

/// The folder of the socket.
pub(super) fn socket_folder(options: &PrivateOptions) -> Result<PathBuf, PrivateError> {
    let data_dir = options
        .data_dir
        .canonicalize()
        .map_err(PrivateError::file("find", &options.data_dir))?;
    Ok(choose_socket_folder(&data_dir, &options.temp_dir))
}

/// Beside the data where the path is short enough for a socket, else in the temporary folder, under a name that only
/// this data folder leads to.
fn choose_socket_folder(data_dir: &Path, temp_dir: &Path) -> PathBuf {
    let beside = data_dir.join("run");
    let socket = beside.join(format!(".s.PGSQL.{PORT}"));
    if socket.as_os_str().len() <= MAX_SOCKET_PATH {
        beside
    } else {
        temp_dir.join(format!("dvara-{:016x}", digest(data_dir.as_os_str())))
    }
}

/// FNV-1a: tells folders apart, guards nothing.
fn digest(text: &OsStr) -> u64 {
    text.as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
            (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_data_folder_puts_the_socket_into_the_temporary_one() {
        let temp = Path::new("/tmp");
        let short = Path::new("/var/lib/dvara");
        assert_eq!(choose_socket_folder(short, temp), short.join("run"));
        // 107 bytes with the socket's name are the most that will do.
        let fits = PathBuf::from(format!(
            "/{}",
            "d".repeat(107 - 1 - "/run/.s.PGSQL.5432".len())
        ));
        assert_eq!(choose_socket_folder(&fits, temp), fits.join("run"));
        let long = PathBuf::from(format!("{}d", fits.display()));
        let chosen = choose_socket_folder(&long, temp);
        assert!(chosen.starts_with("/tmp"), "{}", chosen.display());
        assert_ne!(chosen, choose_socket_folder(&long.join("x"), temp));
    }
}
