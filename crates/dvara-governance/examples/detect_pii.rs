//! What the built-in rules find, for `make quality`: lines of `{"id", "text"}` in, lines of `{"id", "found": [{"type", "start",
//! "end"}]}` with byte places out.

use std::io::{BufRead as _, Write as _};

use dvara_governance::pii::Detectors;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let detectors = Detectors::default();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let text = line["text"].as_str().unwrap_or_default();
        let found: Vec<Value> = detectors
            .scan(text)
            .iter()
            .map(|one| json!({"type": one.kind.as_str(), "start": one.start, "end": one.end}))
            .collect();
        writeln!(out, "{}", json!({"id": line["id"], "found": found}))?;
    }
    Ok(())
}
