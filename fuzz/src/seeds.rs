use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Target;

/// What golden files of requests and answers have inside.
#[derive(Deserialize)]
struct Golden {
    body: Option<Box<RawValue>>,
    text: Option<String>,
    events: Option<Vec<Event>>,
}

/// An event of a stream of Bedrock's.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    payload: Box<RawValue>,
}

/// The first inputs of a target.
///
/// # Errors
/// When a golden file can't be read, or a folder has none: fuzzing would silently start from nothing.
pub fn of(target: &Target) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut seeds = Vec::new();
    for (folder, ending) in target.golden {
        let before = seeds.len();
        for entry in fs::read_dir(golden(folder)?)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(ending) {
                seeds.push((format!("{folder}-{name}"), input(&fs::read(&path)?)));
            }
        }
        if seeds.len() == before {
            let message = format!("no golden file of {folder} ends in {ending}");
            return Err(io::Error::other(message));
        }
    }
    seeds.sort();
    Ok(seeds)
}

/// Writes them into a folder, one file each.
///
/// # Errors
/// As [`of`], and when the folder can't be written.
pub fn write(target: &Target, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, bytes) in of(target)? {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

/// The bytes that a golden file stands for: the `body` or `text` of a JSON file, its events in lines, the whole of another.
fn input(file: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Golden>(file) {
        Ok(Golden {
            events: Some(events),
            ..
        }) => {
            let lines = events.iter().map(|event| {
                let payload = event.payload.get().replace('\n', "");
                format!("{} {payload}", event.kind)
            });
            lines.collect::<Vec<_>>().join("\n").into_bytes()
        }
        Ok(Golden {
            text: Some(text), ..
        }) => text.into_bytes(),
        Ok(Golden {
            body: Some(body), ..
        }) => body.get().as_bytes().to_vec(),
        _ => file.to_vec(),
    }
}

fn golden(folder: &str) -> io::Result<PathBuf> {
    // Asked when it runs: clones that share build products share this program too.
    let here =
        std::env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("cargo runs it"))?;
    Ok(Path::new(&here)
        .join("../crates/dvara-dialects/tests/golden")
        .join(folder))
}
