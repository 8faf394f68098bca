//! The closed loop: each connection asks again as soon as it is answered.
//!
//! All connections share one thread, one read buffer and one tally: the generator has to be faster than
//! what it measures on the same kind of CPU.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};

use super::Options;
use super::answer::{Answer, Expect, Failure, Finished};
use super::report::Tally;
use super::request::Target;

/// How long answers that were under way at the end may take.
const GRACE: Duration = Duration::from_secs(10);
/// Room for one read. More than loopback delivers at once.
const BUFFER: usize = 128 * 1024;

struct Shared {
    target: std::net::SocketAddr,
    request: Vec<u8>,
    expect: Expect,
    end: Instant,
    buffer: RefCell<Vec<u8>>,
    tally: RefCell<Tally>,
}

/// Keeps `options.connections` connections busy for `duration`.
pub(crate) fn drive(
    target: &Target,
    request: &[u8],
    options: &Options,
    duration: Duration,
) -> anyhow::Result<Tally> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())?;
    runtime.block_on(async {
        let end = Instant::now() + duration;
        let shared = Rc::new(Shared {
            target: target.address,
            request: request.to_vec(),
            expect: options.expect(),
            end,
            buffer: RefCell::new(vec![0; BUFFER]),
            tally: RefCell::new(Tally::new(end)),
        });
        let mut tasks: Vec<_> = (0..options.connections.get())
            .map(|_| tokio::task::spawn_local(keep_busy(Rc::clone(&shared))))
            .collect();
        let last = tokio::time::Instant::from_std(end + GRACE);
        for task in &mut tasks {
            if tokio::time::timeout_at(last, &mut *task).await.is_err() {
                task.abort();
                shared.tally.borrow_mut().failed(Failure::Timeout);
            }
        }
        let tally = shared.tally.replace(Tally::new(end));
        Ok(tally)
    })
}

/// One connection's life, and the next one's when a server closes it.
async fn keep_busy(shared: Rc<Shared>) {
    while Instant::now() < shared.end {
        let stream = TcpStream::connect(shared.target).await.and_then(|stream| {
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        let Ok(mut stream) = stream else {
            shared.tally.borrow_mut().failed(Failure::Connect);
            // Not a busy loop against a server that is gone.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        shared.tally.borrow_mut().connected();
        loop {
            let sent = Instant::now();
            if sent >= shared.end {
                return;
            }
            match call(&mut stream, &shared).await {
                Ok((finished, first_byte)) => {
                    shared
                        .tally
                        .borrow_mut()
                        .answered(finished, sent, first_byte, Instant::now());
                    if finished.closes {
                        break;
                    }
                }
                Err(failure) => {
                    shared.tally.borrow_mut().failed(failure);
                    break;
                }
            }
        }
    }
}

/// One call; also says when the first bytes of the answer came.
async fn call(stream: &mut TcpStream, shared: &Shared) -> Result<(Finished, Instant), Failure> {
    stream
        .write_all(&shared.request)
        .await
        .map_err(|_| Failure::Connection)?;
    let mut answer = Answer::new(shared.expect);
    let mut first_byte = None;
    poll_fn(|context| {
        // The buffer is borrowed between two await points only. `poll_read` and not `try_read`: it knows
        // that a short read emptied the socket, which saves the system call that would find it empty.
        let mut buffer = shared.buffer.borrow_mut();
        loop {
            let mut read = ReadBuf::new(&mut buffer);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut read))
                .map_err(|_| Failure::Connection)?;
            let bytes = read.filled();
            let first = *first_byte.get_or_insert_with(Instant::now);
            if bytes.is_empty() {
                return Poll::Ready(answer.closed().map(|finished| (finished, first)));
            }
            if let Some(finished) = answer.push(bytes)? {
                return Poll::Ready(Ok((finished, first)));
            }
        }
    })
    .await
}
