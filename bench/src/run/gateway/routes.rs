//! Routes of five targets, one for each strategy. All targets are the bench upstream.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;

use crate::run::plan::STRATEGIES;

const TARGETS: usize = 5;

/// Writes the file and gives the setting that names it.
pub(super) fn write(folder: &Path, upstream: SocketAddr) -> anyhow::Result<(String, String)> {
    let file = folder.join("gateway.yaml");
    fs::write(&file, text(upstream)?)?;
    let file = file
        .to_str()
        .context("the working folder's name is not text")?;
    Ok(("DVARA_CONFIG_FILE".to_owned(), file.to_owned()))
}

fn text(upstream: SocketAddr) -> anyhow::Result<String> {
    let mut text = String::from("providers:\n");
    for number in 0..TARGETS {
        let url = format!("http://{upstream}/v1");
        writeln!(
            text,
            "  - {{name: target-{number}, type: openai, base_url: \"{url}\", api_key: bench}}"
        )?;
    }
    text.push_str("routes:\n");
    for strategy in STRATEGIES {
        writeln!(
            text,
            "  - id: {strategy}\n    model: {strategy}\n    strategy: {strategy}"
        )?;
        if strategy == "canary" {
            text.push_str("    canary_config: {baseline_provider: target-0, candidate_provider: target-1, split_pct: 10}\n");
        }
        text.push_str("    providers:\n");
        for number in 0..TARGETS {
            let region = ["us-east-1", "eu-central-1", "eu-west-1"][number % 3];
            let weight = number + 1;
            // Weights are for one strategy alone, the rest says nothing to those that do not ask.
            let weight = if strategy == "weighted" { weight } else { 1 };
            writeln!(
                text,
                "      - {{provider: target-{number}, weight: {weight}, region: {region}, price: {{input: {number}.5, output: 10}}}}"
            )?;
        }
    }
    Ok(text)
}
