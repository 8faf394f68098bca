//! Whose folder is whose below `DVARA_SPOOL_DIR`.
//!
//! ```text
//! lock                 held for moments, by whoever makes or takes over a folder
//! epo_…/               one per process, named for its epoch
//!   lock               held as long as the process lives; the kernel lets go of it when the process dies
//!   0000000001.seg     segments, in order
//!   0000000001.kept    a segment that was replayed and held something unreadable; nothing here touches it again
//! ```

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dvara_types::EpochId;

/// How long to wait for another process that makes or takes over a folder; it needs milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// A folder of which this process is the only user, and will be until it drops this or dies.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder of an epoch that begins.
    pub(crate) fn make(root: &Path, epoch: &EpochId) -> io::Result<Self> {
        private_folder().recursive(true).create(root)?;
        let _moment = lock_root(root)?;
        let path = root.join(epoch.as_str());
        private_folder().create(&path)?;
        let lock = lock_file(&path)?;
        lock.try_lock().map_err(io::Error::from)?;
        sync(root)?;
        Ok(Self { path, _lock: lock })
    }

    /// Takes over the folders of processes that are dead, oldest first. Empty ones are removed on the way.
    pub(crate) fn adopt(root: &Path) -> io::Result<Vec<Self>> {
        let _moment = lock_root(root)?;
        let mut adopted = vec![];
        for path in folders(root)? {
            // One folder that can't be read must not keep the others from being replayed.
            match Self::take_over(path.clone()) {
                Ok(Some(folder)) => adopted.push(folder),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(folder = %path.display(), %error, "cannot take over a spool folder");
                }
            }
        }
        Ok(adopted)
    }

    fn take_over(path: PathBuf) -> io::Result<Option<Self>> {
        let lock = lock_file(&path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let folder = Self { path, _lock: lock };
        if folder.segments()?.is_empty() {
            folder.remove();
            return Ok(None);
        }
        Ok(Some(folder))
    }

    /// The segments, oldest first.
    pub(crate) fn segments(&self) -> io::Result<Vec<PathBuf>> {
        let mut segments: Vec<PathBuf> = std::fs::read_dir(&self.path)?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
            .collect();
        segments.sort();
        Ok(segments)
    }

    /// Removes the folder, unless something is kept in it.
    pub(crate) fn remove(&self) {
        let only_the_lock = std::fs::read_dir(&self.path)
            .is_ok_and(|entries| entries.filter_map(Result::ok).count() <= 1);
        if only_the_lock {
            // Whoever looks in between finds an empty folder, which is nothing to anybody.
            let removed = std::fs::remove_file(self.path.join("lock"))
                .and_then(|()| std::fs::remove_dir(&self.path));
            if let Err(error) = removed {
                tracing::debug!(folder = %self.path.display(), %error, "cannot remove a spool folder");
            }
        }
    }
}

/// Makes new and removed names in a folder survive a power cut.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn folders(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with("epo_"))
        })
        .collect();
    folders.sort();
    Ok(folders)
}

/// What the spool holds names tenants and keys: it is its owner's alone.
fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

fn lock_file(folder: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .mode(0o600)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))
}

fn lock_root(root: &Path) -> io::Result<File> {
    let lock = lock_file(root)?;
    let give_up = Instant::now() + PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < give_up => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
