//! `dvara-fuzz`: what scripts/fuzz asks beside the fuzzers themselves.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use dvara_fuzz::{TARGETS, seeds};

const USAGE: &str = "usage: dvara-fuzz targets         print the names of the targets
       dvara-fuzz seeds FOLDER   write first inputs to FOLDER/TARGET/, made of the golden files\n";

fn main() -> std::io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut stdout = std::io::stdout().lock();
    match arguments[..] {
        ["targets"] => {
            for target in TARGETS {
                writeln!(stdout, "{}", target.name)?;
            }
        }
        ["seeds", folder] => {
            for target in TARGETS {
                seeds::write(&target, &Path::new(folder).join(target.name))?;
            }
        }
        _ => {
            stdout.write_all(USAGE.as_bytes())?;
            return Ok(ExitCode::from(64));
        }
    }
    Ok(ExitCode::SUCCESS)
}
