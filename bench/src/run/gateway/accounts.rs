//! A tenant and a key, made with the commands that an operator uses before there is Flightdeck.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::prepare;
use crate::run::child::output_of;

/// Brings the schema up to date, then makes the tenant and its key.
const MIGRATE: &[&str] = &["migrate"];
const CREATE_TENANT: &[&str] = &["tenant", "create", "Bench", "--id", "bench"];
const CREATE_KEY: &[&str] = &["key", "create", "bench", "--tenant", "bench"];

/// Runs the commands and returns the key.
pub(super) fn create(binary: &Path, settings: &[(String, String)]) -> anyhow::Result<String> {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(binary);
        prepare(command.args(arguments), settings, Path::new("/"));
        output_of(&mut command).with_context(|| format!("dvara {}", arguments.join(" ")))
    };
    run(MIGRATE)?;
    run(CREATE_TENANT)?;
    let output = run(CREATE_KEY)?;
    find_key(&output)
        .with_context(|| format!("no key in the output of `dvara key create`:\n{output}"))
}

/// The first `gw_` with 40 hexadecimal digits after it: the key is printed once, in whatever sentence.
fn find_key(text: &str) -> Option<String> {
    text.match_indices("gw_").find_map(|(at, _)| {
        let key = text.get(at..at + 43)?;
        let is_hex = key[3..]
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hex.then(|| key.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_found_in_a_sentence_and_not_mistaken_for_its_prefix() {
        let key = "gw_0123456789abcdef0123456789abcdef01234567";
        assert_eq!(
            find_key(&format!("key gw_01234567 created:\n  {key}\n")),
            Some(key.to_owned())
        );
        assert_eq!(
            find_key(&format!("{{\"key\":\"{key}\"}}")),
            Some(key.to_owned())
        );
        assert_eq!(find_key("gw_01234567 gw_"), None);
    }
}
