//! Everything that a run found, for the table and for the file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{SecondsFormat, Utc};
use serde::Serialize;

use super::aims::{self, Aim};
use super::dialects::{self, Spent};
use super::host::Host;
use super::measure::Sample;
use super::stage::{Footprint, Stage};
use super::summary::{self, Block};
use super::{Mode, Options};
use crate::note;

/// The file's shape. Samples are complete: medians can be taken anew from them.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    pub(super) taken_at: String,
    pub(super) host: Host,
    pub(super) setup: Setup,
    pub(super) blocks: Vec<Block>,
    pub(super) dialects: Vec<Spent>,
    pub(super) footprint: Footprint,
    pub(super) aims: Vec<Aim>,
    pub(super) samples: Vec<Sample>,
}

/// What was asked for.
#[derive(Debug, Serialize)]
pub(super) struct Setup {
    pub(super) quick: bool,
    pub(super) rounds: usize,
    pub(super) duration_s: f64,
    pub(super) warm_up_s: f64,
    pub(super) proxy_cpus: String,
    pub(super) load_cpus: String,
    pub(super) database_cpus: String,
    pub(super) mode: &'static str,
    pub(super) request_bytes: usize,
    pub(super) answer_bytes: u64,
    pub(super) sse_chunks: usize,
    /// Names only: values may be secrets.
    pub(super) gateway_env: Vec<String>,
}

impl Results {
    pub(super) fn new(
        options: &Options,
        stage: &Stage,
        samples: Vec<Sample>,
        footprint: Footprint,
    ) -> Self {
        let blocks = summary::summarise(&samples);
        Self {
            taken_at: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            host: Host::look(options),
            setup: Setup {
                quick: options.quick,
                rounds: options.rounds,
                duration_s: options.duration,
                warm_up_s: options.warm_up,
                proxy_cpus: options.proxy_cpus.to_string(),
                load_cpus: options.load_cpus.to_string(),
                database_cpus: options
                    .database_cpus
                    .as_ref()
                    .unwrap_or(&options.load_cpus)
                    .to_string(),
                mode: match options.mode {
                    Mode::Gateway => "gateway",
                    Mode::Up => "up",
                },
                request_bytes: options.request_bytes,
                answer_bytes: stage.listening.json_bytes,
                sse_chunks: options.sse_chunks,
                gateway_env: options
                    .gateway_env
                    .iter()
                    .map(|(name, _)| name.clone())
                    .collect(),
            },
            aims: aims::check(&blocks, &footprint),
            blocks,
            dialects: dialects::compare(&samples, options.sse_chunks),
            footprint,
            samples,
        }
    }

    /// Calls of all measurements that did not get a whole answer with status 200.
    pub(super) fn bad(&self) -> u64 {
        self.samples.iter().map(|sample| sample.load.bad()).sum()
    }

    /// Writes the files that were asked for.
    pub(super) fn save(&self, options: &Options) -> anyhow::Result<()> {
        let named_after_time = options.save.then(|| {
            let name = self.taken_at.replace([':', '-'], "");
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("results/{name}.json"))
        });
        let files: Vec<PathBuf> = options
            .out
            .iter()
            .cloned()
            .chain(named_after_time)
            .collect();
        for file in files {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            let text = serde_json::to_string_pretty(self)?;
            fs::write(&file, text).with_context(|| file.display().to_string())?;
            note(&format!("written: {}", file.display()));
        }
        Ok(())
    }
}
