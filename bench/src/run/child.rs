//! Programs that the bench starts: logged to a file, stopped when they go out of scope.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// A running program.
pub(super) struct Child {
    name: &'static str,
    process: std::process::Child,
    log: PathBuf,
    signal: &'static str,
}

impl Child {
    /// Starts `command` with its output in `folder/name.log`. `signal` ends it.
    pub(super) fn start(
        name: &'static str,
        command: &mut Command,
        folder: &Path,
        signal: &'static str,
    ) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .with_context(|| log.display().to_string())?;
        let process = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self {
            name,
            process,
            log,
            signal,
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Bytes that it has logged.
    pub(super) fn logged(&self) -> u64 {
        std::fs::metadata(&self.log).map_or(0, |metadata| metadata.len())
    }

    /// Asks `ready` every two milliseconds until it says yes; returns how long that took. An error with the
    /// end of the log when the program ends or `patience` does.
    pub(super) fn wait_for(
        &mut self,
        patience: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> anyhow::Result<Duration> {
        let start = Instant::now();
        while !ready() {
            if let Some(status) = self.process.try_wait()? {
                bail!("{} ended with {status}:\n{}", self.name, self.log_end());
            }
            if start.elapsed() > patience {
                bail!(
                    "{} is not ready after {patience:?}:\n{}",
                    self.name,
                    self.log_end()
                );
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(start.elapsed())
    }

    pub(super) fn log_end(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text[text.len().saturating_sub(4_000)..]).into_owned();
        text.lines()
            .rev()
            .take(20)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The gateway lets calls finish for up to 30 s; nobody calls any more.
        let _ = Command::new("kill")
            .args([self.signal, &self.id().to_string()])
            .status();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(40) {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a command to its end and returns its output as text; its complaint is the error.
pub(super) fn output_of(command: &mut Command) -> anyhow::Result<String> {
    Ok(String::from_utf8_lossy(&bytes_of(command)?).into_owned())
}

/// Runs a command to its end and returns its output; its complaint is the error.
pub(super) fn bytes_of(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let program = command.get_program().display().to_string();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        // Arguments may hold passwords; the program's name and complaint are enough.
        let said = [output.stdout, output.stderr].concat();
        bail!(
            "{program} failed with {}:\n{}",
            output.status,
            String::from_utf8_lossy(&said)
        );
    }
    Ok(output.stdout)
}

/// A port of 127.0.0.1 that is free now. For programs that cannot tell which port they took.
pub(super) fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Sends one request on a connection of its own and returns the whole answer as text.
pub(super) fn exchange(
    address: SocketAddr,
    request: &str,
    patience: Duration,
) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Whether `GET path` is answered with 200.
pub(super) fn is_ok(address: SocketAddr, path: &str) -> bool {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    exchange(address, &request, Duration::from_secs(2))
        .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_an_error_with_its_complaint() {
        let error = output_of(Command::new("sh").args(["-c", "echo because >&2; exit 3"]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("because") && error.contains('3'), "{error}");
    }

    #[test]
    fn a_program_that_ends_early_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo gone"]);
        let mut child = Child::start("short", &mut command, folder.path(), "-TERM").unwrap();
        let error = child
            .wait_for(Duration::from_secs(20), || false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("gone"), "{error}");
    }
}
