//! What the load generator counted, and the line of JSON it ends as.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;
use crate::proc::CpuClock;

use super::Options;
use super::answer::{Failure, Finished};

/// Counts of one run or one thread of it.
pub(crate) struct Tally {
    /// Answers after this do not count for the throughput.
    end: Instant,
    latency: Histogram,
    first_byte: Histogram,
    lateness: Histogram,
    in_time: u64,
    connections: u64,
    bytes: u64,
    events: u64,
    statuses: BTreeMap<u16, u64>,
    failures: BTreeMap<Failure, u64>,
}

/// The result of one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    /// `closed` or `open`.
    pub(crate) mode: String,
    pub(crate) connections: usize,
    /// Calls per second that were due, in the open loop.
    pub(crate) rate: Option<u32>,
    pub(crate) duration_s: f64,
    /// Answers, whatever their status, those that came after the end among them.
    pub(crate) requests: u64,
    /// Whole answers with status 200 within the measured time, per second.
    pub(crate) throughput_rps: f64,
    /// From the call (open loop: from when it was due) to the last byte; answers with status 200 only.
    pub(crate) latency_us: Quantiles,
    /// The same up to the first byte.
    pub(crate) first_byte_us: Quantiles,
    /// How late the generator itself was with a call, open loop only.
    pub(crate) lateness_us: Option<Quantiles>,
    /// Answers by HTTP status.
    pub(crate) status: BTreeMap<u16, u64>,
    /// Calls that got no whole answer, by reason.
    pub(crate) errors: BTreeMap<String, u64>,
    /// Connections made, more than asked for when the server closes them.
    pub(crate) connects: u64,
    pub(crate) body_bytes_read: u64,
    pub(crate) events_read: u64,
    /// CPU time of the load generator itself, in seconds.
    pub(crate) generator_cpu_s: f64,
}

/// Microseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
    pub(crate) mean: f64,
}

impl Report {
    /// Calls that did not end in a whole answer with status 200.
    pub(crate) fn bad(&self) -> u64 {
        let refused = self.requests - self.status.get(&200).copied().unwrap_or(0);
        refused + self.errors.values().sum::<u64>()
    }
}

impl Quantiles {
    fn of(histogram: &Histogram) -> Self {
        let micros = |nanos: u64| nanos as f64 / 1_000.0;
        Self {
            p50: micros(histogram.quantile(0.5)),
            p90: micros(histogram.quantile(0.9)),
            p99: micros(histogram.quantile(0.99)),
            max: micros(histogram.max()),
            mean: histogram.mean() / 1_000.0,
        }
    }
}

impl Tally {
    pub(crate) fn new(end: Instant) -> Self {
        Self {
            end,
            latency: Histogram::new(),
            first_byte: Histogram::new(),
            lateness: Histogram::new(),
            in_time: 0,
            connections: 0,
            bytes: 0,
            events: 0,
            statuses: BTreeMap::new(),
            failures: BTreeMap::new(),
        }
    }

    pub(crate) fn connected(&mut self) {
        self.connections += 1;
    }

    pub(crate) fn late(&mut self, lateness: Duration) {
        self.lateness.record(lateness);
    }

    pub(crate) fn failed(&mut self, failure: Failure) {
        *self.failures.entry(failure).or_default() += 1;
    }

    /// Counts a whole answer to a call that was sent, or due, at `from`.
    pub(crate) fn answered(
        &mut self,
        finished: Finished,
        from: Instant,
        first_byte: Instant,
        now: Instant,
    ) {
        *self.statuses.entry(finished.status).or_default() += 1;
        self.bytes += finished.bytes;
        self.events += finished.events;
        // A quick refusal must not look like a quick answer.
        if finished.status == 200 {
            self.latency.record(now - from);
            self.first_byte.record(first_byte - from);
            self.in_time += u64::from(now <= self.end);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.latency.merge(&other.latency);
        self.first_byte.merge(&other.first_byte);
        self.lateness.merge(&other.lateness);
        self.in_time += other.in_time;
        self.connections += other.connections;
        self.bytes += other.bytes;
        self.events += other.events;
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        for (failure, count) in &other.failures {
            *self.failures.entry(*failure).or_default() += count;
        }
    }

    pub(crate) fn report(&self, options: &Options, duration: Duration) -> Report {
        Report {
            mode: if options.rate.is_some() {
                "open"
            } else {
                "closed"
            }
            .to_owned(),
            connections: options.connections.get(),
            rate: options.rate.map(std::num::NonZeroU32::get),
            duration_s: duration.as_secs_f64(),
            requests: self.statuses.values().sum(),
            throughput_rps: self.in_time as f64 / duration.as_secs_f64(),
            latency_us: Quantiles::of(&self.latency),
            first_byte_us: Quantiles::of(&self.first_byte),
            lateness_us: (self.lateness.count() > 0).then(|| Quantiles::of(&self.lateness)),
            status: self.statuses.clone(),
            errors: self
                .failures
                .iter()
                .map(|(failure, count)| (name(*failure).to_owned(), *count))
                .collect(),
            connects: self.connections,
            body_bytes_read: self.bytes,
            events_read: self.events,
            generator_cpu_s: CpuClock::read(&[std::process::id()])
                .since(&CpuClock::default())
                .as_secs_f64(),
        }
    }
}

fn name(failure: Failure) -> &'static str {
    match failure {
        Failure::Connect => "connect",
        Failure::Connection => "connection",
        Failure::Truncated => "truncated",
        Failure::Protocol => "protocol",
        Failure::Incomplete => "incomplete",
        Failure::Timeout => "timeout",
    }
}
