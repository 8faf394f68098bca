//! `dvara policy test`: what a policy's text would do to a sample call.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;
use dvara_governance::policy::{DryRunDecision, Facts, dry_run};

use crate::commands::text_file;

/// `EX_USAGE`, as for wrong settings.
const WRONG_POLICY: u8 = 64;

/// A text, and a call that is not made. Exits 0 when it would pass, 1 when it would be denied, 64 when the text is wrong.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The policy's text, YAML; `-` for standard input.
    file: PathBuf,
    /// The model that would be asked for.
    #[arg(long)]
    model: Option<String>,
    /// The bound on answer tokens that the call would set.
    #[arg(long, value_name = "N")]
    max_tokens: Option<u64>,
    /// A tool that the call would offer; may be given several times.
    #[arg(long = "tool", value_name = "NAME")]
    tools: Vec<String>,
    /// Whose call it would be.
    #[arg(long)]
    tenant: Option<String>,
    /// Where its data would go.
    #[arg(long)]
    region: Option<String>,
    /// The answer would be streamed.
    #[arg(long)]
    stream: bool,
}

impl TestArgs {
    /// Tries the text; the outcome is JSON on `out`, mistakes in the text stand on `errors`, one a line.
    pub(crate) fn run(
        &self,
        now: DateTime<Utc>,
        input: &mut dyn Read,
        out: &mut dyn Write,
        errors: &mut dyn Write,
    ) -> anyhow::Result<ExitCode> {
        let dsl = text_file::read(&self.file, input)?;
        let tools: Vec<&str> = self.tools.iter().map(String::as_str).collect();
        let tried = dry_run(&dsl, &self.facts(&tools, now));
        writeln!(out, "{}", serde_json::to_string_pretty(&tried)?)?;
        let name = text_file::name(&self.file);
        for error in &tried.errors {
            writeln!(errors, "{name}: {error}")?;
        }
        Ok(match tried.decision {
            _ if !tried.valid => WRONG_POLICY.into(),
            DryRunDecision::Allow => ExitCode::SUCCESS,
            DryRunDecision::Deny => ExitCode::FAILURE,
        })
    }

    fn facts<'a>(&'a self, tools: &'a [&'a str], now: DateTime<Utc>) -> Facts<'a> {
        Facts {
            model: self.model.as_deref(),
            max_tokens: self.max_tokens,
            tools,
            stream: self.stream,
            user: None,
            tenant_id: self.tenant.as_deref().unwrap_or_default(),
            tenant_region: None,
            key_id: None,
            region: self.region.as_deref(),
            mcp: None,
            budget_utilization_pct: None,
            now,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        test: TestArgs,
    }

    const POLICY: &str = r#"
version: "1"
rules:
  - {id: small, conditions: {max_tokens: {limit: 100}}}
  - {id: no-shell, conditions: {tools: {denylist: [shell]}}, deny_message: no shell here}
  - {id: eu, conditions: {model: {allowlist: [gpt-4o]}, data_residency: {allowed_regions: [eu-west-1]}}}
  - {id: streams, expression: 'request.stream && tenant.id == "acme"', action: WARN_AGENT, warn_message: slowly}
"#;

    /// The exit code with what was written to standard output and to standard error.
    fn tried(line: &str, dsl: &str) -> (ExitCode, serde_json::Value, String) {
        let words = ["dvara", "-"].into_iter().chain(line.split_whitespace());
        let test = Line::try_parse_from(words).unwrap().test;
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let code = test
            .run(Utc::now(), &mut dsl.as_bytes(), &mut out, &mut errors)
            .unwrap();
        (
            code,
            serde_json::from_slice(&out).unwrap(),
            String::from_utf8(errors).unwrap(),
        )
    }

    #[test]
    fn a_call_that_passes_exits_with_0_and_says_its_warnings() {
        let line = "--max-tokens 100 --tool search --region eu-west-1 --model gpt-4o --tenant acme --stream";
        let (code, tried, errors) = tried(line, POLICY);
        assert_eq!(code, ExitCode::SUCCESS);
        assert_eq!(tried["decision"], "ALLOW");
        assert_eq!(tried["warnings"], serde_json::json!(["slowly"]));
        assert_eq!(errors, "");
    }

    #[test]
    fn a_call_that_is_denied_exits_with_1_and_names_the_rule() {
        for (line, rule) in [
            ("--max-tokens 101 --model other", "small"),
            ("--model other --tool search --tool shell", "no-shell"),
        ] {
            let (code, tried, errors) = tried(line, POLICY);
            assert_eq!(code, ExitCode::FAILURE, "{line}");
            assert_eq!(
                (&tried["decision"], &tried["rule_id"]),
                (&"DENY".into(), &rule.into())
            );
            assert_eq!(errors, "");
        }
    }

    #[test]
    fn a_wrong_text_exits_with_64_and_names_place_and_hint() {
        let (code, tried, errors) = tried("", "version: '1'\nrule: []\n");
        assert_eq!(code, ExitCode::from(64));
        assert_eq!(tried["valid"], false);
        assert_eq!(
            errors,
            "standard input: line 2, column 1: unknown key `rule` in a policy; did you mean `rules`?\n"
        );
    }
}
