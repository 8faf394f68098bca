//! The bench upstream: a vendor that costs next to nothing, whose dialect is that of the path that is asked.
//!
//! One thread, answers built once at start. It stands in for the vendor behind every target alike, so what
//! it costs is in the direct figures too.

mod answers;
mod request;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::time::Instant;

use crate::vendor::Dialect;
use crate::wire::Endpoint;
use answers::{Answers, Vendor};
use request::{Asked, Inbox};

/// In the request's text, which every dialect carries, followed by a number: pause so many microseconds between two chunks.
pub(crate) const INTERVAL_MARK: &str = "bench-interval-us-";

/// What the upstream answers.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Address to listen on; port 0 takes any free one, which the first line of output names.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Size of a JSON answer's body, at least what an empty answer needs.
    #[arg(long, default_value_t = 1024)]
    json_bytes: usize,
    /// Chunks of a streamed answer, at least two, the final `[DONE]` not counted.
    #[arg(long, default_value_t = 100)]
    sse_chunks: usize,
    /// Time between two chunks in microseconds, met to the millisecond, for calls that do not say otherwise.
    #[arg(long, default_value_t = 0)]
    sse_interval_us: u64,
}

/// The line that the upstream prints when it listens.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    /// Exact size of a JSON answer's body, in either dialect.
    pub(crate) json_bytes: u64,
    /// Events of a streamed answer in OpenAI's dialect, `[DONE]` among them, without the usage event.
    pub(crate) sse_events: u64,
}

/// Answers until it is killed.
pub(crate) fn serve(options: &Options) -> anyhow::Result<()> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())?;
    let answers = Rc::new(Answers::new(options.json_bytes, options.sse_chunks));
    let interval = Duration::from_micros(options.sse_interval_us);
    runtime.block_on(async {
        let listener = TcpListener::bind(options.listen).await?;
        let listening = Listening {
            address: listener.local_addr()?,
            json_bytes: answers.of(Dialect::Openai).json_bytes(),
            sse_events: answers.of(Dialect::Openai).writes(),
        };
        writeln!(io::stdout(), "{}", serde_json::to_string(&listening)?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            let answers = Rc::clone(&answers);
            // A connection that breaks is the other side's affair; the load generator counts it.
            tokio::task::spawn_local(async move {
                let _ = converse(stream, &answers, interval).await;
            });
        }
    })
}

/// One connection: request, answer, request, answer.
async fn converse(mut stream: TcpStream, answers: &Answers, interval: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut inbox = Inbox::new();
    loop {
        let asked = match inbox.next() {
            Ok(Some(asked)) => asked,
            Ok(None) => {
                // Appends to what is there, without zeroing the room first.
                if stream.read_buf(inbox.room()).await? == 0 {
                    return Ok(());
                }
                continue;
            }
            Err(_) => return stream.write_all(answers.bad_request()).await,
        };
        let vendor = match asked.endpoint {
            Endpoint::Chat(dialect, _) => Ok(answers.of(dialect)),
            Endpoint::Models => Err(answers.models()),
            Endpoint::Unknown => Err(answers.not_found()),
        };
        match vendor {
            Ok(vendor) if asked.stream => {
                let interval = asked.interval.unwrap_or(interval);
                send_stream(&mut stream, vendor, &asked, interval).await?;
            }
            Ok(vendor) => stream.write_all(vendor.json()).await?,
            Err(fixed) => stream.write_all(fixed).await?,
        }
        if asked.closes {
            return Ok(());
        }
    }
}

/// Each event is a write of its own, as vendors do it: a proxy sees many small pieces, not one big one.
async fn send_stream(
    stream: &mut TcpStream,
    vendor: &Vendor,
    asked: &Asked,
    interval: Duration,
) -> io::Result<()> {
    let mut due = Instant::now();
    for (index, piece) in vendor.stream(asked.include_usage).enumerate() {
        if index > 0 && interval.is_zero() {
            // Streams take turns, otherwise each would be sent whole before the next begins.
            tokio::task::yield_now().await;
        } else if index > 0 {
            // On a clock, so that the timer's rounding does not add up.
            due += interval;
            tokio::time::sleep_until(due).await;
        }
        stream.write_all(piece).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
