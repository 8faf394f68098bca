//! The machine and the programs, so that figures can be compared at all.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

use super::{Options, postgres};

/// Where the figures come from.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Host {
    pub(super) cpu: String,
    pub(super) online_cpus: String,
    pub(super) kernel: String,
    /// TCP's congestion control, loopback included.
    pub(super) congestion: String,
    /// Of the last minute, the bench's own load included.
    pub(super) load_average: String,
    pub(super) nginx: String,
    pub(super) postgres: String,
}

impl Host {
    pub(super) fn look(options: &Options) -> Self {
        let read = |path: &str| {
            fs::read_to_string(path)
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .unwrap_or("unknown");
        let bin = options.postgres_bin.clone().or_else(postgres::find_bin);
        Self {
            cpu: model.trim_start_matches(['\t', ' ', ':']).to_owned(),
            online_cpus: read("/sys/devices/system/cpu/online"),
            kernel: read("/proc/sys/kernel/osrelease"),
            congestion: read("/proc/sys/net/ipv4/tcp_congestion_control"),
            load_average: read("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
            nginx: said(&options.nginx, "-v"),
            postgres: bin
                .map(|bin| said(&bin.join("postgres"), "--version"))
                .unwrap_or_default(),
        }
    }
}

/// A program's version line; nginx prints it as a complaint.
fn said(program: &Path, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let text = output
        .map(|output| [output.stdout, output.stderr].concat())
        .unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .next()
        .unwrap_or("not there")
        .to_owned()
}
