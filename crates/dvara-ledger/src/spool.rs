//! The spool: where settlements wait on disk while the database is away.
//!
//! Everything here blocks, so the writer calls it on the blocking pool. Segments are written in order, synced once
//! per group of records, replayed in order and deleted when the database has them.

mod crc32;
mod directory;
pub(crate) mod record;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use dvara_types::EpochId;

pub(crate) use directory::Folder;
use record::{Contents, Entry, MAGIC};

/// A segment this long is closed and the next one begun, so that a replay holds little in memory.
const SEGMENT: u64 = 4 << 20;

/// This process's spool.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: Folder,
    limit: u64,
    /// Bytes in all segments, the open one included.
    bytes: u64,
    last_number: u64,
    open: Option<OpenSegment>,
}

#[derive(Debug)]
struct OpenSegment {
    path: PathBuf,
    file: File,
    length: u64,
}

/// What came of appending a group of records.
#[derive(Debug, Default)]
pub(crate) struct Appended {
    /// How many, from the front, are on disk now.
    pub(crate) kept: usize,
    /// Why the others are not.
    pub(crate) lost: Option<Lost>,
}

/// Why records could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    #[error("the spool is full")]
    Full,
    #[error("the spool cannot be written")]
    Broken(#[source] io::Error),
}

impl Spool {
    /// Makes the spool of an epoch that begins; `limit` bounds the bytes of its segments.
    pub(crate) fn open(root: &Path, epoch: &EpochId, limit: u64) -> io::Result<Self> {
        Ok(Self {
            folder: Folder::make(root, epoch)?,
            limit,
            bytes: 0,
            last_number: 0,
            open: None,
        })
    }

    /// Bytes that wait here.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends the records and syncs them to disk, as many as the bound allows.
    pub(crate) fn append<'a>(
        &mut self,
        records: impl IntoIterator<Item = impl Into<Entry<'a>>>,
    ) -> Appended {
        let mut group = vec![];
        let mut kept = 0;
        let header = if self.open.is_some() { 0 } else { MAGIC.len() };
        let room = self
            .limit
            .saturating_sub(self.bytes)
            .saturating_sub(header as u64);
        for record in records {
            let end = group.len();
            if let Err(error) = record::encode(record, &mut group) {
                return self.write(&group, kept, Some(Lost::Broken(error.into())));
            }
            if group.len() as u64 > room {
                group.truncate(end);
                return self.write(&group, kept, Some(Lost::Full));
            }
            kept += 1;
        }
        self.write(&group, kept, None)
    }

    fn write(&mut self, group: &[u8], kept: usize, lost: Option<Lost>) -> Appended {
        if group.is_empty() {
            return Appended { kept: 0, lost };
        }
        match self.write_and_sync(group) {
            Ok(()) => Appended { kept, lost },
            Err(error) => {
                // What the failed write left behind is cut off; records after it go to a fresh segment.
                self.give_up_open_segment();
                Appended {
                    kept: 0,
                    lost: Some(Lost::Broken(error)),
                }
            }
        }
    }

    fn write_and_sync(&mut self, group: &[u8]) -> io::Result<()> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin_segment()?,
        };
        let written = open
            .file
            .write_all(group)
            .and_then(|()| open.file.sync_data());
        if written.is_ok() {
            open.length += group.len() as u64;
            self.bytes += group.len() as u64;
        }
        let is_long = open.length >= SEGMENT;
        if written.is_err() || !is_long {
            self.open = Some(open);
        }
        written
    }

    fn begin_segment(&mut self) -> io::Result<OpenSegment> {
        self.last_number += 1;
        let path = self
            .folder
            .path
            .join(format!("{:010}.seg", self.last_number));
        let mut file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(MAGIC)?;
        directory::sync(&self.folder.path)?;
        self.bytes += MAGIC.len() as u64;
        Ok(OpenSegment {
            path,
            file,
            length: MAGIC.len() as u64,
        })
    }

    fn give_up_open_segment(&mut self) {
        if let Some(open) = self.open.take()
            && let Err(error) = open.file.set_len(open.length)
        {
            tracing::warn!(segment = %open.path.display(), %error, "cannot cut off a failed write");
        }
    }

    /// The oldest segment, closed for writing, so that it can be replayed.
    pub(crate) fn oldest(&mut self) -> io::Result<Option<PathBuf>> {
        let oldest = self.folder.segments()?.into_iter().next();
        if let (Some(oldest), Some(open)) = (&oldest, &self.open)
            && *oldest == open.path
        {
            self.open = None;
        }
        Ok(oldest)
    }

    /// A segment of this spool has been replayed: it goes.
    pub(crate) fn replayed(&mut self, segment: &Path, contents: &Contents) -> io::Result<()> {
        let length = segment.metadata().map_or(0, |metadata| metadata.len());
        discard(segment, contents)?;
        self.bytes = self.bytes.saturating_sub(length);
        Ok(())
    }

    /// Removes the folder, unless something waits or is kept in it. The spool is of no more use then.
    pub(crate) fn finish(&mut self) {
        self.open = None;
        self.folder.remove();
    }
}

/// Reads a segment. One that is gone has been replayed already and holds nothing.
pub(crate) fn read(segment: &Path) -> io::Result<Contents> {
    match std::fs::read(segment) {
        Ok(bytes) => Ok(record::decode(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Contents::default()),
        Err(error) => Err(error),
    }
}

/// Deletes a segment that has been replayed, or puts it aside if it held something that could not be read.
pub(crate) fn discard(segment: &Path, contents: &Contents) -> io::Result<()> {
    let discarded = if contents.unreadable == 0 {
        std::fs::remove_file(segment)
    } else {
        std::fs::rename(segment, segment.with_extension("kept"))
    };
    match discarded {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
