//! `cargo xtask tidy`: the chores of [`xtask`] as commands.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use xtask::tidy;

const USAGE: &str = "usage: cargo xtask tidy    prove the invariants of the architecture\n";

fn main() -> anyhow::Result<ExitCode> {
    // Asked when it runs: clones that share build products share this program too.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").context("run it as `cargo xtask`")?;
    let root = Path::new(&here).join("../..");
    let mut stdout = std::io::stdout().lock();
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => {
            let report = tidy::tidy(&root)?;
            write!(stdout, "{report}")?;
            Ok(ExitCode::from(u8::from(!report.is_clean())))
        }
        _ => {
            stdout.write_all(USAGE.as_bytes())?;
            Ok(ExitCode::from(64))
        }
    }
}
