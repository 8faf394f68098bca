//! A text that a command is given in a file, or on standard input where the file is called `-`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, ensure};

/// More than any text that a command takes; what is longer is the wrong file.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Reads the text. `input` is standard input.
pub(super) fn read(file: &Path, input: &mut dyn Read) -> anyhow::Result<String> {
    let name = name(file);
    let mut bytes = Vec::new();
    if is_standard_input(file) {
        input.take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    }
    .with_context(|| format!("read {name}"))?;
    ensure!(
        bytes.len() as u64 <= MAX_BYTES,
        "{name} is larger than 4 MiB: is it the right file?"
    );
    String::from_utf8(bytes)
        .ok()
        .with_context(|| format!("{name} is not UTF-8 text"))
}

/// Reads the text of a file that may be left out.
pub(super) fn read_if_given(
    file: Option<&Path>,
    input: &mut dyn Read,
) -> anyhow::Result<Option<String>> {
    file.map(|file| read(file, input)).transpose()
}

/// What the text is called in messages.
pub(super) fn name(file: &Path) -> String {
    if is_standard_input(file) {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

fn is_standard_input(file: &Path) -> bool {
    file == Path::new("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_is_standard_input_and_what_is_no_text_is_refused() {
        let dash = Path::new("-");
        assert_eq!(read(dash, &mut "text".as_bytes()).unwrap(), "text");
        let error = read(dash, &mut [0xff_u8].as_slice()).unwrap_err();
        assert_eq!(error.to_string(), "standard input is not UTF-8 text");
        let error = read(dash, &mut std::io::repeat(b'a')).unwrap_err();
        assert!(error.to_string().contains("larger than 4 MiB"), "{error}");
        let error = read(Path::new("/no/such"), &mut std::io::empty()).unwrap_err();
        assert!(
            format!("{error:#}").starts_with("read /no/such: "),
            "{error:#}"
        );
    }
}
