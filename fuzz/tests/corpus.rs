//! Every committed input and every golden file holds, on any toolchain and without a fuzzer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dvara_fuzz::{TARGETS, Target, seeds};

fn corpus(target: &Target) -> PathBuf {
    Path::new("corpus").join(target.name)
}

#[test]
fn golden_files_hold() {
    for target in TARGETS {
        for (name, input) in seeds::of(&target).unwrap() {
            eprintln!("{}: {name}", target.name);
            (target.check)(&input);
        }
    }
}

#[test]
fn committed_inputs_hold_and_are_few() {
    for target in TARGETS {
        let (mut files, mut bytes) = (0, 0);
        for entry in fs::read_dir(corpus(&target)).unwrap() {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            eprintln!("{}", path.display());
            (target.check)(&input);
            files += 1;
            bytes += input.len();
        }
        let name = target.name;
        assert!(files > 0, "corpus/{name} is empty");
        assert!(
            files <= 250 && bytes <= 1 << 20,
            "corpus/{name}: {files} files, {bytes} bytes"
        );
    }
}

#[test]
fn every_corpus_belongs_to_a_target() {
    let folders: BTreeSet<String> = fs::read_dir("corpus")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let targets: BTreeSet<String> = TARGETS
        .iter()
        .map(|target| target.name.to_owned())
        .collect();
    assert_eq!(folders, targets);
}
