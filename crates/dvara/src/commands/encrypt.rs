//! `dvara encrypt`: turns a secret on standard input into an `ENC:v1:` value for `gateway.yaml` or the environment.
//!
//! The secret is never an argument: arguments stand in process lists and shell histories.

use std::io::{Read, Write};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use dvara_crypto::Secret;
use dvara_crypto::envelope::{Context, MasterKey, is_sealed, seal};

/// Longest value that is sealed, in bytes: a settings file holds keys, not documents.
const MAX_VALUE_LENGTH: usize = 64 * 1024;

/// Seal a value for a settings file.
///
/// Reads the value from standard input (one newline at its end is cut) and prints `ENC:v1:…`, which may stand wherever a
/// setting is expected. The password is DVARA_ENCRYPTION_MASTER_PASSWORD, and must be the same where the value is read.
#[derive(Debug, Args)]
pub(crate) struct EncryptArgs {}

/// Seals what `input` holds under `password` and writes one line to `out`. `nonce` must be random.
///
/// # Errors
/// Without a password, or when the value is empty, too long, no text, or sealed already.
pub(crate) fn run(
    _args: &EncryptArgs,
    password: Option<&Secret<String>>,
    nonce: [u8; 12],
    input: &mut dyn Read,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let Some(password) = password.filter(|password| !password.expose().trim().is_empty()) else {
        bail!(
            "DVARA_ENCRYPTION_MASTER_PASSWORD is not set: there is nothing to seal the value with"
        );
    };
    let value = read_value(input)?;
    let master = MasterKey::derive(password);
    let sealed = seal(
        &master,
        &Context::CONFIG_VALUE,
        nonce,
        value.expose().as_bytes(),
    );
    writeln!(out, "{sealed}")?;
    Ok(ExitCode::SUCCESS)
}

fn read_value(input: &mut dyn Read) -> anyhow::Result<Secret<String>> {
    let mut bytes = Vec::new();
    input
        .take(MAX_VALUE_LENGTH as u64 + 1)
        .read_to_end(&mut bytes)
        .context("the value cannot be read from standard input")?;
    ensure!(
        bytes.len() <= MAX_VALUE_LENGTH,
        "the value is longer than {MAX_VALUE_LENGTH} bytes"
    );
    let read = Secret::new(bytes);
    let Ok(text) = std::str::from_utf8(read.expose()) else {
        bail!("the value is no text in UTF-8");
    };
    let value = text.strip_suffix('\n').unwrap_or(text);
    let value = value.strip_suffix('\r').unwrap_or(value);
    ensure!(!value.is_empty(), "there is no value on standard input");
    ensure!(
        !is_sealed(value),
        "the value is sealed already: it starts with `ENC:`"
    );
    Ok(Secret::new(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use dvara_crypto::envelope::open;

    use super::*;

    const NONCE: [u8; 12] = [9; 12];

    fn password() -> Secret<String> {
        Secret::new("correct horse battery staple".to_owned())
    }

    fn encrypt(value: &[u8], password: Option<&Secret<String>>) -> Result<String, String> {
        let mut out = Vec::new();
        run(&EncryptArgs {}, password, NONCE, &mut &*value, &mut out)
            .map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_printed_line_opens_as_a_config_value() {
        let cases = [
            ("sk-live", "sk-live"),
            ("sk-live\n", "sk-live"),
            ("a b\r\n", "a b"),
            ("two\n\n", "two\n"),
        ];
        for (typed, value) in cases {
            let line = encrypt(typed.as_bytes(), Some(&password())).unwrap();
            let sealed = line.strip_suffix('\n').unwrap();
            let master = MasterKey::derive(&password());
            assert_eq!(
                open(&master, &Context::CONFIG_VALUE, sealed)
                    .unwrap()
                    .expose(),
                value
            );
        }
    }

    #[test]
    fn without_a_password_nothing_is_sealed() {
        let blank = Secret::new(" ".to_owned());
        for password in [None, Some(&blank)] {
            let error = encrypt(b"sk-live", password).unwrap_err();
            assert!(
                error.starts_with("DVARA_ENCRYPTION_MASTER_PASSWORD is not set"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_cannot_be_a_value_is_refused_and_not_repeated() {
        let long = "x".repeat(MAX_VALUE_LENGTH + 1);
        let cases: [(&[u8], &str); 5] = [
            (b"", "there is no value"),
            (b"\n", "there is no value"),
            (b"ENC:v1:AAAA", "sealed already"),
            (b"\xff\xfe", "no text"),
            (long.as_bytes(), "longer than"),
        ];
        for (typed, expected) in cases {
            let error = encrypt(typed, Some(&password())).unwrap_err();
            assert!(
                error.contains(expected) && !error.contains("AAAA"),
                "{error}"
            );
        }
    }
}
