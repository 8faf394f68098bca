//! Runs the binary with an environment of its own.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The binary, with nothing in its environment but what is given.
pub(crate) fn dvara(arguments: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dvara"));
    command
        .args(arguments)
        .env_clear()
        .current_dir(std::env::temp_dir());
    command
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .envs(env.iter().copied());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn run(arguments: &[&str], env: &[(&str, &str)]) -> Ran {
    ran(dvara(arguments, env).output().unwrap())
}

pub(crate) fn run_with_input(arguments: &[&str], env: &[(&str, &str)], input: &str) -> Ran {
    let mut child = dvara(arguments, env).stdin(Stdio::piped()).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    ran(child.wait_with_output().unwrap())
}

pub(crate) fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
