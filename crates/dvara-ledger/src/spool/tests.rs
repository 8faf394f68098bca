use super::record::Record;
use super::*;
use crate::tests::row;

fn epoch(number: u8) -> EpochId {
    EpochId::mint(u64::from(number), [number; 10])
}

fn settled(number: u8) -> Record {
    Record::Settled(Box::new(row(number)))
}

fn length_of(record: &Record) -> u64 {
    let mut bytes = vec![];
    record::encode(record, &mut bytes).unwrap();
    bytes.len() as u64
}

/// Everything that waits, as a replay would take it.
fn drain(spool: &mut Spool) -> Vec<Record> {
    let mut records = vec![];
    while let Some(segment) = spool.oldest().unwrap() {
        let contents = read(&segment).unwrap();
        spool.replayed(&segment, &contents).unwrap();
        records.extend(contents.records);
    }
    records
}

#[test]
fn records_come_back_in_order_also_when_more_come_during_a_replay() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(root.path(), &epoch(1), 1 << 20).unwrap();
    assert_eq!(spool.append(&[settled(1), settled(2)]).kept, 2);
    let first = spool.oldest().unwrap().unwrap();
    assert_eq!(spool.append(&[settled(3)]).kept, 1);
    assert_eq!(read(&first).unwrap().records, [settled(1), settled(2)]);
    assert_eq!(drain(&mut spool), [settled(1), settled(2), settled(3)]);
    assert_eq!(spool.bytes(), 0);
    spool.finish();
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn long_segments_are_followed_by_new_ones() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(root.path(), &epoch(1), 1 << 30).unwrap();
    let group: Vec<_> = (0..200).map(|_| settled(1)).collect();
    let mut written = 0;
    while written < SEGMENT + SEGMENT / 2 {
        spool.append(&group);
        written += length_of(&group[0]) * 200;
    }
    assert_eq!(spool.folder.segments().unwrap().len(), 2);
    let first = spool.oldest().unwrap().unwrap();
    assert!(first.metadata().unwrap().len() >= SEGMENT);
    drain(&mut spool);
    assert_eq!(spool.bytes(), 0);
}

#[test]
fn at_the_bound_the_front_of_a_group_is_kept_and_the_rest_lost() {
    let root = tempfile::tempdir().unwrap();
    let limit = MAGIC.len() as u64 + 2 * length_of(&settled(1));
    let mut spool = Spool::open(root.path(), &epoch(1), limit).unwrap();
    let appended = spool.append(&[settled(1), settled(2), settled(3)]);
    assert_eq!(appended.kept, 2);
    assert!(matches!(appended.lost, Some(Lost::Full)));
    assert_eq!(spool.bytes(), limit);
    let appended = spool.append(&[settled(4)]);
    assert_eq!(appended.kept, 0);
    assert!(matches!(appended.lost, Some(Lost::Full)));
    // Room again once the database has taken what waited.
    assert_eq!(drain(&mut spool), [settled(1), settled(2)]);
    assert_eq!(spool.append(&[settled(5)]).kept, 1);
    assert_eq!(drain(&mut spool), [settled(5)]);
}

#[test]
fn a_spool_that_cannot_be_written_says_so_and_recovers() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(root.path(), &epoch(1), 1 << 20).unwrap();
    // A file where the next segment should be: works for root too, whom no permission stops.
    let blocker = spool.folder.path.join("0000000001.seg");
    std::fs::write(&blocker, "").unwrap();
    let appended = spool.append(&[settled(1)]);
    assert_eq!(appended.kept, 0);
    assert!(matches!(appended.lost, Some(Lost::Broken(_))));
    assert_eq!(spool.append(&[settled(2)]).kept, 1);
    assert_eq!(drain(&mut spool), [settled(2)]);
}

#[test]
fn the_folder_of_a_live_process_is_not_adopted_and_that_of_a_dead_one_is_by_one_only() {
    let root = tempfile::tempdir().unwrap();
    let mut first = Spool::open(root.path(), &epoch(1), 1 << 20).unwrap();
    first.append(&[settled(1)]);
    let _second = Spool::open(root.path(), &epoch(2), 1 << 20).unwrap();
    assert!(Folder::adopt(root.path()).unwrap().is_empty());
    // What the kernel does to the lock of a process that dies.
    drop(first);
    let adopted = Folder::adopt(root.path()).unwrap();
    let [folder] = &adopted[..] else {
        panic!("{adopted:?}")
    };
    assert!(Folder::adopt(root.path()).unwrap().is_empty());
    let [segment] = &folder.segments().unwrap()[..] else {
        panic!("{folder:?}")
    };
    assert_eq!(read(segment).unwrap().records, [settled(1)]);
}

#[test]
fn folders_are_adopted_oldest_first_and_empty_ones_removed() {
    let root = tempfile::tempdir().unwrap();
    for (number, records) in [(3, 1), (1, 1), (2, 0)] {
        let mut spool = Spool::open(root.path(), &epoch(number), 1 << 20).unwrap();
        spool.append(&vec![settled(number); records]);
    }
    let adopted = Folder::adopt(root.path()).unwrap();
    let names: Vec<_> = adopted
        .iter()
        .map(|folder| {
            folder
                .path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(names, [epoch(1).as_str(), epoch(3).as_str()]);
    assert!(!root.path().join(epoch(2).as_str()).exists());
}

#[test]
fn a_segment_with_something_unreadable_is_put_aside_and_not_deleted() {
    let root = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(root.path(), &epoch(1), 1 << 20).unwrap();
    spool.append(&[settled(1), settled(2)]);
    let segment = spool.oldest().unwrap().unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[30] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    assert_eq!(drain(&mut spool), [settled(2)]);
    assert!(segment.with_extension("kept").exists());
    let folder = spool.folder.path.clone();
    spool.finish();
    assert!(folder.exists());
}
