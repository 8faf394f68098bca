//! The mock provider: its dice, its clock, its files. What it answers is `dvara_dialects::mock`'s.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use dvara_dialects::estimate::ImageTokens;
use dvara_dialects::mock::{Draw, Mock, MockBody, MockSettings, Rule};
use dvara_dialects::openai::{self, StreamDecoder};
use dvara_dialects::request::ChatRequest;
use dvara_service::random;
use dvara_service::settings::{Loader, Problem};
use dvara_types::ProviderKind;
use serde_json::Value;

use crate::dispatch::{Answered, Book, Reply};
use crate::http::error::GatewayError;
use crate::plan::Attempt;
use crate::settings::properties;
use crate::stream::{Scripted, Stream};

/// How often the scenario files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What the mock is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct MockConfig {
    settings: MockSettings,
    scenarios_dir: Option<PathBuf>,
}

/// The mock of this process.
#[derive(Debug)]
pub(crate) struct MockProvider {
    current: ArcSwap<Mock>,
    config: MockConfig,
}

impl MockConfig {
    /// Reads the settings, and the scenario files once, so that a broken one is known at the start.
    pub(crate) fn load(loader: &mut Loader) -> Self {
        let defaults = MockSettings::default();
        let config = Self {
            settings: MockSettings {
                response: loader.text(&properties::MOCK_RESPONSE),
                latency: loader.millis(&properties::MOCK_LATENCY),
                stream_token_delay: loader.millis(&properties::MOCK_TOKEN_DELAY),
                error_rate: loader
                    .within(&properties::MOCK_ERROR_RATE, 0.0..=1.0)
                    .unwrap_or(defaults.error_rate),
                images: ImageTokens {
                    normal: loader
                        .parse(&properties::MOCK_IMAGE_TOKENS)
                        .unwrap_or(defaults.images.normal),
                    low: loader
                        .parse(&properties::MOCK_IMAGE_TOKENS_LOW)
                        .unwrap_or(defaults.images.low),
                },
                matchers: loader
                    .read(&properties::MOCK_MATCHERS, matchers)
                    .unwrap_or_default(),
            },
            scenarios_dir: loader
                .optional(&properties::MOCK_SCENARIOS_DIR)
                .map(PathBuf::from),
        };
        if let Err(problems) = config.read() {
            for problem in problems {
                loader.refuse(Problem::new(problem));
            }
        }
        config
    }

    fn read(&self) -> Result<Mock, Vec<String>> {
        let files = match &self.scenarios_dir {
            Some(folder) => scenario_files(folder)?,
            None => Vec::new(),
        };
        Mock::new(self.settings.clone(), &files)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }
}

/// The rules of a JSON list; the first that is wrong is named.
fn matchers(text: &str) -> Result<Vec<Rule>, String> {
    let rules: Vec<Value> = serde_json::from_str(text)
        .map_err(|error| format!("is not a JSON list of rules: {error}"))?;
    let read = |(index, rule): (usize, &Value)| {
        Rule::read(&format!("matchers[{index}]"), rule).map_err(|problem| problem.to_string())
    };
    rules.iter().enumerate().map(read).collect()
}

impl MockProvider {
    /// The mock, ready to answer. Files that broke since the settings were read leave it with its matchers.
    pub(crate) fn new(config: MockConfig) -> Arc<Self> {
        let mock = config
            .read()
            .or_else(|_| Mock::new(config.settings.clone(), &[]))
            .expect("without files there is nothing to be wrong");
        Arc::new(Self {
            current: ArcSwap::from_pointee(mock),
            config,
        })
    }

    /// Takes up changed scenario files until the process ends; `None` when there is no folder to watch. Files that cannot be
    /// used leave the last good ones in force.
    pub(crate) fn watch(self: &Arc<Self>) -> Option<impl Future<Output = ()> + Send + use<>> {
        let folder = self.config.scenarios_dir.clone()?;
        let provider = self.clone();
        Some(async move {
            let mut seen = fingerprint(&folder);
            loop {
                tokio::time::sleep(LOOK).await;
                let now = fingerprint(&folder);
                if now != seen {
                    seen = now;
                    provider.reload();
                }
            }
        })
    }

    fn reload(&self) {
        match self.config.read() {
            Ok(mock) => {
                self.current.store(Arc::new(mock));
                tracing::info!("the mock's scenario files were read again");
            }
            Err(problems) => tracing::warn!(
                problems = problems.join("; "),
                "the mock's scenario files cannot be used; the last good ones stay in force"
            ),
        }
    }
}

/// Answers a call, after the time that the mock takes for it.
///
/// # Errors
/// What goes wrong on purpose, and a call that cannot be read.
pub(crate) async fn answer(
    provider: &MockProvider,
    request: &ChatRequest,
    attempt: &Attempt,
    book: &Book<'_>,
) -> Result<Reply, GatewayError> {
    let mock = provider.current.load_full();
    let reply = mock.answer(request, attempt.model(), &draw())?;
    tokio::time::sleep(reply.latency).await;
    book.borrow_mut().answered();
    match reply.body? {
        MockBody::Json(bytes) => {
            let head = dvara_dialects::answer::ResponseHead::of_status(http::StatusCode::OK);
            let (answer, bytes) = openai::decode(ProviderKind::Mock, &head, bytes)?;
            if let Some(usage) = answer.usage {
                book.borrow_mut().usage(usage);
            }
            Ok(Reply::new(Answered::Whole(bytes), Vec::new()))
        }
        MockBody::Events(events) => {
            let source = Scripted::new(events, StreamDecoder::new(ProviderKind::Mock, request));
            let stream = Box::new(Stream::from(source));
            Ok(Reply::new(Answered::Stream(stream), Vec::new()))
        }
    }
}

fn draw() -> Draw {
    let created = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let die = u32::from_be_bytes(random::bytes());
    Draw {
        roll: f64::from(die) / (f64::from(u32::MAX) + 1.0),
        id: random::bytes(),
        created: i64::try_from(created).unwrap_or(i64::MAX),
    }
}

fn scenario_files(folder: &Path) -> Result<Vec<(String, Value)>, Vec<String>> {
    let unreadable =
        |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let listed = fs::read_dir(folder).map_err(|error| vec![unreadable(folder, &error)])?;
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in listed.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let read = fs::read(&path).map_err(|error| unreadable(&path, &error));
        match read.and_then(|text| {
            serde_json::from_slice(&text).map_err(|error| unreadable(&path, &error))
        }) {
            Ok(value) => files.push((name, value)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(problems)
    }
}

/// Names, sizes and times of the files: changes when one of them does.
fn fingerprint(folder: &Path) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut seen: Vec<_> = entries
        .filter_map(|entry| {
            let facts = fs::metadata(entry.path()).ok()?;
            Some((entry.path(), facts.len(), facts.modified().ok()))
        })
        .collect();
    seen.sort();
    seen
}
