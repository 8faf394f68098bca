//! The bytes of a spool segment, version 1.
//!
//! ```text
//! segment = "DVSPOOL1" record*
//! record  = length u32 LE | crc32(body) u32 LE | body        length counts the body
//! body    = JSON, {"settled": {…}} or {"closed": {…}}
//! ```
//!
//! A segment that was being written when its process died ends in a torn record, which is not a fault. A sample of
//! this version is frozen in the tests and must be readable for ever.

use dvara_store::usage::UsageRow;
use dvara_types::EpochId;
use serde::{Deserialize, Serialize};

use super::crc32::crc32;

/// First bytes of every segment; the last one is the version.
pub(crate) const MAGIC: &[u8; 8] = b"DVSPOOL1";

/// Longer bodies are not written, so a length beyond it is not one of ours.
const MAX_BODY: usize = 1 << 20;

/// What is waiting for the database.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Record {
    /// A call was settled.
    Settled(Box<UsageRow>),
    /// A process stopped cleanly while the database was away.
    Closed {
        /// The life that ended.
        epoch: EpochId,
        /// Settlements that it lost.
        dropped: u64,
    },
}

/// A [`Record`] that is somebody else's, for writing.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry<'a> {
    Settled(&'a UsageRow),
    Closed { epoch: &'a EpochId, dropped: u64 },
}

impl<'a> From<&'a UsageRow> for Entry<'a> {
    fn from(row: &'a UsageRow) -> Self {
        Self::Settled(row)
    }
}

impl<'a> From<&'a Record> for Entry<'a> {
    fn from(record: &'a Record) -> Self {
        match record {
            Record::Settled(row) => Self::Settled(row),
            Record::Closed { epoch, dropped } => Self::Closed {
                epoch,
                dropped: *dropped,
            },
        }
    }
}

/// Appends the record to `bytes`.
pub(crate) fn encode<'a>(
    record: impl Into<Entry<'a>>,
    bytes: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 8]);
    if let Err(error) = serde_json::to_writer(&mut *bytes, &record.into()) {
        bytes.truncate(start);
        return Err(error);
    }
    let body = &bytes[start + 8..];
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    let checksum = crc32(body).to_le_bytes();
    bytes[start..start + 4].copy_from_slice(&length);
    bytes[start + 4..start + 8].copy_from_slice(&checksum);
    Ok(())
}

/// What a segment held.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Contents {
    /// The records that are whole, in order.
    pub(crate) records: Vec<Record>,
    /// Records that are there but can't be read: damaged on disk, or written by a newer version.
    pub(crate) unreadable: u64,
    /// Bytes at the end that make no whole record: a write that was cut short.
    pub(crate) torn: usize,
}

/// Reads a whole segment. Never fails: what can't be read is counted.
pub(crate) fn decode(bytes: &[u8]) -> Contents {
    let mut contents = Contents::default();
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
        if MAGIC.starts_with(bytes) {
            contents.torn = bytes.len();
        } else {
            contents.unreadable = 1;
        }
        return contents;
    };
    while let Some((checksum, body, after)) = next_body(rest) {
        let read = (crc32(body) == checksum)
            .then(|| serde_json::from_slice(body).ok())
            .flatten();
        match read {
            Some(record) => contents.records.push(record),
            None if after.is_empty() => {
                // The length reached the disk and the body did not: torn, unless the checksum vouches for it.
                if crc32(body) == checksum {
                    contents.unreadable += 1;
                } else {
                    contents.torn = rest.len();
                }
                return contents;
            }
            None => contents.unreadable += 1,
        }
        rest = after;
    }
    contents.torn = rest.len();
    contents
}

fn next_body(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    if length == 0 || length > MAX_BODY {
        return None;
    }
    let (body, after) = rest.split_at_checked(length)?;
    Some((u32::from_le_bytes(*checksum), body, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::row;

    fn segment(records: &[Record]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for record in records {
            encode(record, &mut bytes).unwrap();
        }
        bytes
    }

    fn two_and_a_close() -> Vec<Record> {
        vec![
            Record::Settled(Box::new(row(1))),
            Record::Settled(Box::new(row(2))),
            Record::Closed {
                epoch: EpochId::mint(1, [1; 10]),
                dropped: 3,
            },
        ]
    }

    #[test]
    fn records_come_back_in_order() {
        let contents = decode(&segment(&two_and_a_close()));
        assert_eq!(contents.records, two_and_a_close());
        assert_eq!((contents.unreadable, contents.torn), (0, 0));
    }

    #[test]
    fn a_segment_cut_at_any_byte_gives_its_whole_records_and_no_other() {
        let records = two_and_a_close();
        let whole = segment(&records);
        let mut ends = vec![];
        for count in 0..=records.len() {
            ends.push(segment(&records[..count]).len());
        }
        for cut in 0..whole.len() {
            let contents = decode(&whole[..cut]);
            let expected = ends.iter().filter(|end| **end <= cut).count().max(1) - 1;
            assert_eq!(contents.records, records[..expected], "cut at {cut}");
            assert_eq!(contents.unreadable, 0, "cut at {cut}");
            assert_eq!(
                contents.torn == 0,
                ends.contains(&cut) || cut == 0,
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_flipped_bit_costs_its_own_record_only() {
        let records = two_and_a_close();
        let mut bytes = segment(&records);
        let second = segment(&records[..1]).len();
        bytes[second + 20] ^= 1;
        let contents = decode(&bytes);
        assert_eq!(contents.records, [records[0].clone(), records[2].clone()]);
        assert_eq!((contents.unreadable, contents.torn), (1, 0));
    }

    #[test]
    fn a_tail_of_zeros_is_torn() {
        let mut bytes = segment(&two_and_a_close());
        bytes.extend_from_slice(&[0; 100]);
        let contents = decode(&bytes);
        assert_eq!(contents.records.len(), 3);
        assert_eq!((contents.unreadable, contents.torn), (0, 100));
    }

    #[test]
    fn a_record_or_a_file_of_another_version_is_unreadable_and_not_torn() {
        let mut bytes = segment(&two_and_a_close());
        let body = br#"{"rewritten":{}}"#;
        bytes.extend_from_slice(&u32::try_from(body.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(&crc32(body).to_le_bytes());
        bytes.extend_from_slice(body);
        assert_eq!(decode(&bytes).unreadable, 1);
        assert_eq!(decode(b"DVSPOOL9rest").unreadable, 1);
    }

    #[test]
    fn the_frozen_segment_of_version_1_is_still_read() {
        let frozen = include_bytes!("../../tests/frozen/spool-v1.seg");
        let contents = decode(frozen);
        assert_eq!((contents.unreadable, contents.torn), (0, 0));
        assert_eq!(contents.records, two_and_a_close());
    }
}
