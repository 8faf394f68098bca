//! Which CPUs a program runs on.

use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use anyhow::{Context as _, bail};

/// A set of CPUs as taskset takes it: `0`, `2-3,7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cpus {
    text: String,
    numbers: Vec<usize>,
}

impl FromStr for Cpus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut numbers = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let parse = |number: &str| {
                number
                    .trim()
                    .parse::<usize>()
                    .map_err(|_| format!("{text}: not a list of CPUs"))
            };
            let (first, last) = (parse(first)?, parse(last)?);
            if first > last || last > 4_095 {
                return Err(format!("{text}: not a list of CPUs"));
            }
            numbers.extend(first..=last);
        }
        Ok(Self {
            text: text.to_owned(),
            numbers,
        })
    }
}

impl std::fmt::Display for Cpus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(&self.text)
    }
}

impl Cpus {
    pub(super) fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// `program` on these CPUs. taskset becomes the program, so the child's id is the program's.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("taskset");
        command.arg("--cpu-list").arg(&self.text).arg(program);
        command
    }

    /// Moves a running process with all its threads here.
    pub(super) fn take(&self, process: u32) -> anyhow::Result<()> {
        let output = Command::new("taskset")
            .args([
                "--all-tasks",
                "--cpu-list",
                "--pid",
                &self.text,
                &process.to_string(),
            ])
            .output()
            .context("taskset")?;
        if !output.status.success() {
            bail!(
                "cannot pin to CPU {self}: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }
}

/// Keeps the runner itself off the CPU of the proxy. Everything that it starts inherits this.
pub(super) fn pin_self(cpus: &Cpus) -> anyhow::Result<()> {
    cpus.take(std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_lists() {
        assert_eq!("0".parse::<Cpus>().unwrap().numbers(), [0]);
        assert_eq!("2-4,7".parse::<Cpus>().unwrap().numbers(), [2, 3, 4, 7]);
        for wrong in ["", "a", "3-1", "1-", "-1", "0-99999999"] {
            assert!(wrong.parse::<Cpus>().is_err(), "{wrong}");
        }
    }
}
