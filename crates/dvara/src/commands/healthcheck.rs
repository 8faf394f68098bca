//! `dvara healthcheck URL`: a probe for images that have no curl.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::plain_http;

/// How long the whole check may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Ask a URL for its health.
#[derive(Debug, Args)]
pub(crate) struct HealthcheckArgs {
    /// Where to ask: http://host:port/path
    url: String,
}

pub(crate) fn run(args: &HealthcheckArgs, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let status = ask(&args.url)?;
    writeln!(out, "{status}")?;
    Ok(if (200..300).contains(&status) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn ask(url: &str) -> anyhow::Result<u16> {
    let mut server = plain_http::connect(url, LIMIT)?;
    // In one piece: a socket sends what each write gives it.
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.path, server.authority
    );
    server.stream.write_all(request.as_bytes())?;
    let mut head = [0_u8; 12];
    server
        .stream
        .read_exact(&mut head)
        .context("the answer broke off")?;
    plain_http::status(&head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve_once(answer: &'static str) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/actuator/health", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0_u8];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            assert!(request.starts_with(b"GET /actuator/health HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        url
    }

    #[test]
    fn the_status_of_an_answer_is_read() {
        assert_eq!(
            ask(&serve_once("HTTP/1.1 503 Service Unavailable\r\n\r\n")).unwrap(),
            503
        );
        assert_eq!(ask(&serve_once("HTTP/1.1 200 OK\r\n\r\n")).unwrap(), 200);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        assert!(ask(&serve_once("SSH-2.0-something\r\n")).is_err());
        assert!(ask("https://x/").is_err());
    }
}
