//! What the dialects do with one call, timed without sockets: the part of a call's CPU time that translation is.

use std::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use clap::Args;
use dvara_dialects::answer::ResponseHead;
use dvara_dialects::fault::UpstreamFault;
use dvara_dialects::request::{ChatRequest, ReadLimits};
use dvara_dialects::target::Target;
use dvara_dialects::vendor::{self, StreamDecoder};
use http::{HeaderMap, StatusCode};
use memchr::memmem;
use serde_json::json;

use crate::proc::CpuClock;
use crate::stats::median;
use crate::vendor::{Dialect, Script};

/// When the answers come, in seconds since 1970.
const NOW: u64 = 1_760_000_000;

/// How long and how large.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Seconds of CPU time for each figure, in rounds that alternate between the dialects.
    #[arg(long, default_value_t = 1.0)]
    duration: f64,
    /// Rounds; the printed figures are medians over them.
    #[arg(long, default_value_t = 9)]
    rounds: u32,
    /// Size of a request's body.
    #[arg(long, default_value_t = 1024)]
    request_bytes: usize,
    /// Size of a JSON answer's body.
    #[arg(long, default_value_t = 1024)]
    answer_bytes: usize,
    /// Chunks of a streamed answer.
    #[arg(long, default_value_t = 100)]
    sse_chunks: usize,
}

/// One dialect and a call in it, whole and streamed.
struct Case {
    dialect: Dialect,
    whole: ChatRequest,
    streamed: ChatRequest,
    head: ResponseHead,
    answer: Bytes,
    /// The pieces of the stream as they arrive, its end among them.
    pieces: Vec<Bytes>,
}

/// One time of what is timed; says how many units of it that was.
type Step = fn(&Case) -> usize;

const STEPS: [(&str, Step); 4] = [
    ("read a call", read),
    ("encode it", encode),
    ("decode a whole answer", decode),
    ("decode a stream, per chunk", stream),
];

/// Measures and prints a table.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let rounds = options.rounds.max(1);
    let each = Duration::try_from_secs_f64(options.duration / f64::from(rounds))
        .context("--duration is not a time span")?;
    let cases: Vec<Case> = Dialect::ALL
        .into_iter()
        .map(|dialect| Case::new(dialect, options))
        .collect::<Result<_, _>>()?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "nanoseconds of CPU, medians of {rounds} rounds, and their ratio to OpenAI's; request {} bytes, answer {} bytes, \
         stream {} chunks",
        options.request_bytes, options.answer_bytes, options.sse_chunks
    )?;
    for (name, step) in STEPS {
        writeln!(out, "{name}")?;
        let mut figures = vec![Vec::new(); cases.len()];
        for _ in 0..rounds {
            for (case, figures) in cases.iter().zip(&mut figures) {
                figures.push(time(each, || step(case)));
            }
        }
        for (case, spent) in cases.iter().zip(&figures) {
            let ratio = median(spent.iter().zip(&figures[0]).map(|(a, b)| a / b));
            writeln!(
                out,
                "  {:<12}{:>10.0}{:>8.2}×",
                case.dialect.name(),
                median(spent.iter().copied()).unwrap_or(f64::NAN),
                ratio.unwrap_or(f64::NAN),
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Nanoseconds of CPU time per unit: what else runs on the machine does not count.
fn time(least: Duration, step: impl Fn() -> usize) -> f64 {
    let clock = || CpuClock::read(&[std::process::id()]);
    let before = clock();
    let mut units = 0;
    loop {
        // The clock is asked once in a while: it costs more than some steps do.
        for _ in 0..1_024 {
            units += black_box(step());
        }
        let used = clock().since(&before);
        if used >= least {
            return used.as_nanos() as f64 / units as f64;
        }
    }
}

impl Case {
    fn new(dialect: Dialect, options: &Options) -> anyhow::Result<Self> {
        let Script {
            json, pieces, end, ..
        } = dialect.script(options.answer_bytes, options.sse_chunks);
        let request = |stream| {
            let body = body(dialect.model(), stream, options.request_bytes);
            ChatRequest::read_openai(body.into(), &ReadLimits::default())
        };
        let case = Self {
            dialect,
            whole: request(false)?,
            streamed: request(true)?,
            head: ResponseHead::read(StatusCode::OK, &HeaderMap::new(), SystemTime::UNIX_EPOCH),
            answer: json.into(),
            pieces: pieces.into_iter().chain([end]).map(Bytes::from).collect(),
        };
        case.check()?;
        Ok(case)
    }

    /// What fails is quick, and no figure.
    fn check(&self) -> anyhow::Result<()> {
        vendor::encode(&self.streamed, &self.target(&self.streamed))?;
        let decoded = vendor::decode(
            &self.target(&self.whole),
            &self.whole,
            &self.head,
            self.answer.clone(),
            NOW,
        )?;
        ensure!(decoded.answer.usage.is_some(), "the answer has no usage");
        let mut decoder = StreamDecoder::new(&self.target(&self.streamed), &self.streamed, NOW);
        let mut relay = Vec::new();
        for piece in &self.pieces {
            decoder.push(piece, &mut relay)?;
        }
        end(&mut decoder, &mut relay)?;
        // As many as OpenAI's, or the figures are not of the same work.
        let events = memmem::find_iter(&relay.concat(), b"\n\n").count();
        ensure!(
            events == self.pieces.len(),
            "the stream comes to {events} events"
        );
        Ok(())
    }

    fn target<'a>(&self, request: &'a ChatRequest) -> Target<'a> {
        Target::new(self.dialect.provider(), request.model(), None)
    }
}

fn read(case: &Case) -> usize {
    let body = case.whole.body().clone();
    black_box(ChatRequest::read_openai(body, &ReadLimits::default()).is_ok());
    1
}

fn encode(case: &Case) -> usize {
    black_box(vendor::encode(&case.whole, &case.target(&case.whole)).is_ok());
    1
}

fn decode(case: &Case) -> usize {
    let answer = case.answer.clone();
    black_box(
        vendor::decode(
            &case.target(&case.whole),
            &case.whole,
            &case.head,
            answer,
            NOW,
        )
        .is_ok(),
    );
    1
}

fn stream(case: &Case) -> usize {
    let mut decoder = StreamDecoder::new(&case.target(&case.streamed), &case.streamed, NOW);
    let mut relay = Vec::with_capacity(4);
    for piece in &case.pieces {
        black_box(decoder.push(piece, &mut relay).is_ok());
        relay.clear();
    }
    black_box(end(&mut decoder, &mut relay).is_ok());
    case.pieces.len()
}

/// Where no word of the vendor's ends a stream, the end of the body does.
fn end(decoder: &mut StreamDecoder, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
    if decoder.is_done() {
        return Ok(());
    }
    decoder.finish(relay)
}

fn body(model: &str, stream: bool, bytes: usize) -> String {
    let render = |content: &str| {
        json!({
            "model": model,
            "messages": [
                { "role": "system", "content": "You are a helpful assistant." },
                { "role": "user", "content": content },
            ],
            "temperature": 0.7,
            "max_tokens": 256,
            "stream": stream,
        })
        .to_string()
    };
    let missing = bytes.saturating_sub(render("").len());
    let words = "Benchmarks measure what they measure. ";
    render(&words.chars().cycle().take(missing).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_does_in_each_dialect_what_it_is_timed_for() {
        let options = Options {
            duration: 0.0,
            rounds: 1,
            request_bytes: 1_024,
            answer_bytes: 1_024,
            sse_chunks: 10,
        };
        for dialect in Dialect::ALL {
            let case = Case::new(dialect, &options).unwrap();
            let units: Vec<usize> = STEPS.iter().map(|(_, step)| step(&case)).collect();
            assert_eq!(units, [1, 1, 1, 11]);
        }
    }
}
