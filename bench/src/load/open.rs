//! The open loop: calls on a clock, latency from the moment a call was due.
//!
//! One blocking thread per connection, since timers of an async runtime tick in milliseconds and the
//! figures here are tens of microseconds. Each thread takes the next due time, sleeps until shortly
//! before it and spins the rest.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Options;
use super::answer::{Answer, Expect, Failure, Finished};
use super::report::Tally;
use super::request::Target;

/// Woken this long before a call is due, to be awake in time on a virtual machine.
const EARLY: Duration = Duration::from_micros(60);
/// Time for all connections to be made before the first call is due.
const RUN_UP: Duration = Duration::from_millis(100);
/// No answer takes longer, or it counts as missing.
const PATIENCE: Duration = Duration::from_secs(10);

struct Clock {
    start: Instant,
    rate: f64,
    calls: u64,
    next: AtomicU64,
}

impl Clock {
    /// When the next call is due that nobody has taken yet; `None` when all are taken.
    fn take(&self) -> Option<Instant> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.calls).then(|| self.start + Duration::from_secs_f64(index as f64 / self.rate))
    }
}

/// Sends `rate` calls per second for `duration`, over at most `options.connections` connections.
pub(crate) fn drive(
    target: &Target,
    request: &[u8],
    options: &Options,
    rate: NonZeroU32,
    duration: Duration,
) -> Tally {
    // Timers may fire 50 µs late by default. Threads inherit the setting; where it cannot be changed the
    // figures of all targets are late by the same amount, and `lateness` shows it.
    let _ = std::fs::write("/proc/self/timerslack_ns", "1");
    let rate = f64::from(rate.get());
    let clock = Clock {
        start: Instant::now() + RUN_UP,
        rate,
        calls: (duration.as_secs_f64() * rate).round() as u64,
        next: AtomicU64::new(0),
    };
    // Answers to the last calls come after the end and count: the number of calls is what is fixed here.
    let end = clock.start + duration + PATIENCE;
    let expect = options.expect();
    let mut tally = Tally::new(end);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.connections.get())
            .map(|_| scope.spawn(|| keep_time(target.address, request, expect, &clock, end)))
            .collect();
        for thread in threads {
            match thread.join() {
                Ok(part) => tally.merge(&part),
                Err(_) => tally.failed(Failure::Protocol),
            }
        }
    });
    tally
}

/// One connection's calls.
fn keep_time(
    address: SocketAddr,
    request: &[u8],
    expect: Expect,
    clock: &Clock,
    end: Instant,
) -> Tally {
    let mut tally = Tally::new(end);
    let mut connection = connect(address, &mut tally);
    let mut buffer = vec![0; 64 * 1024];
    while let Some(due) = clock.take() {
        wait_until(due);
        if connection.is_none() {
            connection = connect(address, &mut tally);
        }
        let Some(stream) = &mut connection else {
            continue;
        };
        tally.late(due.elapsed());
        match call(stream, request, expect, &mut buffer) {
            Ok((finished, first_byte)) => {
                tally.answered(finished, due, first_byte, Instant::now());
                if finished.closes {
                    connection = None;
                }
            }
            Err(failure) => {
                tally.failed(failure);
                connection = None;
            }
        }
    }
    tally
}

fn connect(address: SocketAddr, tally: &mut Tally) -> Option<TcpStream> {
    let stream = TcpStream::connect(address).and_then(|stream| {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    });
    match stream {
        Ok(stream) => {
            tally.connected();
            Some(stream)
        }
        Err(_) => {
            tally.failed(Failure::Connect);
            None
        }
    }
}

fn wait_until(due: Instant) {
    let left = due.saturating_duration_since(Instant::now());
    if left > EARLY {
        std::thread::sleep(left - EARLY);
    }
    while Instant::now() < due {
        std::hint::spin_loop();
    }
}

fn call(
    stream: &mut TcpStream,
    request: &[u8],
    expect: Expect,
    buffer: &mut [u8],
) -> Result<(Finished, Instant), Failure> {
    stream.write_all(request).map_err(|_| Failure::Connection)?;
    let mut answer = Answer::new(expect);
    let mut first_byte = None;
    loop {
        let size = stream.read(buffer).map_err(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => Failure::Timeout,
            _ => Failure::Connection,
        })?;
        let first = *first_byte.get_or_insert_with(Instant::now);
        if size == 0 {
            return answer.closed().map(|finished| (finished, first));
        }
        if let Some(finished) = answer.push(&buffer[..size])? {
            return Ok((finished, first));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_times_do_not_drift_and_end() {
        let start = Instant::now();
        let clock = Clock {
            start,
            rate: 3.0,
            calls: 4,
            next: AtomicU64::new(0),
        };
        let due: Vec<Duration> = std::iter::from_fn(|| clock.take())
            .map(|due| due - start)
            .collect();
        assert_eq!(due.len(), 4);
        assert_eq!(due[0], Duration::ZERO);
        assert_eq!(due[3], Duration::from_secs(1));
    }

    #[test]
    fn nobody_is_early() {
        let due = Instant::now() + Duration::from_millis(3);
        wait_until(due);
        assert!(Instant::now() >= due);
        wait_until(due);
    }
}
