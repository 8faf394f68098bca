//! `dvara route explain`: where a call would go, and why, as a running gateway sees it now.

use std::io::{Read as _, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::commands::plain_http;

/// How long the gateway may take.
const LIMIT: Duration = Duration::from_secs(10);

/// A call that is not made.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The model that would be asked for.
    model: String,
    /// Whose call it would be.
    #[arg(long)]
    tenant: Option<String>,
    /// The id of the key that it would be made with, whose rate is looked at.
    #[arg(long)]
    key: Option<String>,
    /// Of which session.
    #[arg(long)]
    session: Option<String>,
    /// The answer would be streamed.
    #[arg(long)]
    stream: bool,
    /// The call would offer a tool.
    #[arg(long)]
    tools: bool,
    /// The whole call instead: a file with a chat completion's body. The model is put into it.
    #[arg(long, value_name = "FILE")]
    request: Option<std::path::PathBuf>,
    /// Which gateway is asked. It opens to the secret in DVARA_INTERNAL_SECRET, which has to be its own.
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    gateway: String,
}

impl ExplainArgs {
    /// Asks, and writes the answer. Fails where the call would be refused.
    pub(crate) fn run(
        &self,
        json: bool,
        secret: Option<&str>,
        out: &mut dyn Write,
    ) -> anyhow::Result<ExitCode> {
        let secret = secret.context("set DVARA_INTERNAL_SECRET to the gateway's own")?;
        let explained = self.ask(secret)?;
        if json {
            writeln!(out, "{explained}")?;
        } else {
            out.write_all(text(&explained).as_bytes())?;
        }
        let is_served = explained["refused"].is_null();
        Ok(if is_served {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn ask(&self, secret: &str) -> anyhow::Result<Value> {
        let question = json!({"request": self.call()?, "tenant": self.tenant, "key": self.key, "session": self.session});
        let question = question.to_string();
        let url = format!(
            "{}/internal/routes/explain",
            self.gateway.trim_end_matches('/')
        );
        let mut server = plain_http::connect(&url, LIMIT)?;
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{question}",
            server.path,
            server.authority,
            question.len()
        );
        server.stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        server
            .stream
            .read_to_end(&mut answer)
            .context("the answer broke off")?;
        let status = plain_http::status(&answer)?;
        let body = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .map(|at| &answer[at + 4..]);
        let body: Value = serde_json::from_slice(body.unwrap_or_default())
            .with_context(|| format!("the gateway answered {status} without JSON"))?;
        match status {
            200 => Ok(body),
            404 => {
                bail!("the gateway has no such path: it is standalone, or older than this command")
            }
            _ => bail!(
                "the gateway answered {status}: {}",
                body["error"]["message"].as_str().unwrap_or("nothing more")
            ),
        }
    }

    fn call(&self) -> anyhow::Result<Value> {
        let mut call = match &self.request {
            Some(file) => {
                let text =
                    std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
                serde_json::from_slice(&text)
                    .with_context(|| format!("{} is no JSON", file.display()))?
            }
            None => json!({"messages": [{"role": "user", "content": "Hello!"}]}),
        };
        call["model"] = self.model.clone().into();
        if self.stream {
            call["stream"] = true.into();
        }
        if self.tools {
            call["tools"] = json!([{"type": "function", "function": {"name": "tool", "parameters": {"type": "object"}}}]);
        }
        Ok(call)
    }
}

/// The answer for a person.
fn text(explained: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut text = match explained["route"]["id"].as_str() {
        Some(id) => format!(
            "route {id} v{} ({}), {}\n",
            explained["route"]["version"],
            word(&explained["route"]["source"]),
            word(&explained["strategy"])
        ),
        None => format!(
            "no route: by the model's prefix, {}\n",
            word(&explained["strategy"])
        ),
    };
    if let Some(variant) = explained["variant"].as_str() {
        text += &format!("the call is on the side of the {variant}\n");
    }
    let list = |key: &str| explained[key].as_array().cloned().unwrap_or_default();
    for (number, target) in list("targets").iter().enumerate() {
        let latency = match target["latencyMs"].as_u64() {
            Some(millis) => format!(", begins its answers after {millis} ms"),
            None => String::new(),
        };
        let (provider, model) = (word(&target["provider"]), word(&target["model"]));
        text += &format!(
            "{}. {provider} as {model}: {}{latency}\n",
            number + 1,
            word(&target["state"])
        );
    }
    for skipped in list("skipped") {
        let (provider, reason) = (word(&skipped["provider"]), word(&skipped["reason"]));
        text += &format!("-  {provider}: {reason}: {}\n", word(&skipped["detail"]));
    }
    text += &rules(explained);
    if let Some(code) = explained["refused"]["code"].as_str() {
        text += &format!(
            "refused: {} {code}: {}\n",
            explained["refused"]["status"],
            word(&explained["refused"]["message"])
        );
    }
    text
}

/// What the rules and the key's rate make of it; nothing where they have nothing to say.
fn rules(explained: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rules = &explained["rules"];
    let mut text = String::new();
    let denial = &rules["policy"]["denial"];
    if denial.is_object() {
        let (policy, rule) = (word(&denial["policy_id"]), word(&denial["rule_id"]));
        text += &format!(
            "policy {policy}, rule {rule}: denied: {}\n",
            word(&denial["reason"])
        );
    }
    for warning in rules["policy"]["warnings"].as_array().into_iter().flatten() {
        let (policy, rule) = (word(&warning["policy_id"]), word(&warning["rule_id"]));
        text += &format!(
            "policy {policy}, rule {rule}: warned: {}\n",
            word(&warning["message"])
        );
    }
    if rules["size"].is_object() {
        let size = &rules["size"];
        let (limit, actual) = (&size["limit"], &size["actual"]);
        text += &format!(
            "size: {} is {actual}, at most {limit}\n",
            word(&size["limit_type"])
        );
    }
    let personal = &rules["pii"];
    if personal["found"]["entity_count"].as_u64() > Some(0) {
        let (kinds, action) = (
            word(&personal["found"]["entity_types"]),
            word(&personal["action"]),
        );
        text += &format!("personal data: {kinds}: {action}\n");
    }
    let guardrails = &rules["guardrails"];
    if guardrails.is_object() {
        let categories = guardrails["categories"].as_array().into_iter().flatten();
        let categories: Vec<String> = categories.map(word).collect();
        let action = word(&guardrails["action"]);
        text += &format!("guardrails: {}: {action}\n", categories.join(", "));
    }
    let window = &rules["contextWindow"];
    if let Some(verdict) = window["verdict"]
        .as_str()
        .filter(|verdict| *verdict != "fits")
    {
        let (tokens, most) = (&window["tokens"], &window["maxContextTokens"]);
        let about = if window["exact"] == true {
            ""
        } else {
            "about "
        };
        text += &format!("context window: {verdict}: {about}{tokens} of {most} tokens\n");
    }
    let limits = &explained["limits"];
    if let (Some(limit), Some(counted)) = (
        limits["requestsPerMinute"].as_u64(),
        limits["counted"].as_u64(),
    ) {
        text += &format!("rate: {counted} of {limit} calls in this minute\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_reads_as_a_list() {
        let explained = json!({
            "model": "m",
            "route": {"id": "r", "version": 3, "modelPattern": "m*", "source": "stored"},
            "strategy": "weighted",
            "variant": null,
            "targets": [{"provider": "a", "model": "m", "state": "CLOSED", "latencyMs": 210}],
            "skipped": [{"provider": "b", "model": "m", "reason": "circuit_open", "detail": "it failed too often; tried again in 12 s"}],
        });
        assert_eq!(
            text(&explained),
            "route r v3 (stored), weighted\n1. a as m: CLOSED, begins its answers after 210 ms\n\
             -  b: circuit_open: it failed too often; tried again in 12 s\n"
        );
    }

    #[test]
    fn what_the_rules_say_stands_below_the_targets() {
        let explained = json!({
            "rules": {
                "policy": {"denial": {"policy_id": "pol_1", "rule_id": "big", "reason": "Too big."}, "warnings": [], "shadow": []},
                "size": {"limit_type": "max_input_tokens", "actual": 12, "limit": 10},
                "pii": {"action": "REDACT", "found": {"entity_count": 2, "entity_types": "EMAIL, SSN"}},
                "guardrails": {"action": "FLAG", "categories": ["JAILBREAK"]},
                "contextWindow": {"verdict": "warning", "tokens": 100_000, "exact": false, "maxContextTokens": 128_000},
            },
            "limits": {"requestsPerMinute": 60, "counted": 12, "usedUp": false},
        });
        assert_eq!(
            rules(&explained),
            "policy pol_1, rule big: denied: Too big.\nsize: max_input_tokens is 12, at most 10\npersonal data: EMAIL, SSN: REDACT\n\
             guardrails: JAILBREAK: FLAG\ncontext window: warning: about 100000 of 128000 tokens\nrate: 12 of 60 calls in this minute\n"
        );
        let counted = json!({"rules": {"contextWindow":
            {"verdict": "exceeded", "tokens": 130_000, "exact": true, "maxContextTokens": 128_000}}});
        assert_eq!(
            rules(&counted),
            "context window: exceeded: 130000 of 128000 tokens\n"
        );
        let quiet = json!({"rules": {"pii": {"action": "LOG", "found": {"entity_count": 0}}, "contextWindow": {"verdict": "fits"}}});
        assert_eq!(rules(&quiet), "");
    }

    #[test]
    fn without_the_secret_nobody_is_asked() {
        let args = ExplainArgs {
            model: "m".to_owned(),
            tenant: None,
            key: None,
            session: None,
            stream: true,
            tools: true,
            request: None,
            gateway: "http://127.0.0.1:1".to_owned(),
        };
        let error = args.run(false, None, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("DVARA_INTERNAL_SECRET"));
        let call = args.call().unwrap();
        assert_eq!(
            (&call["stream"], &call["model"]),
            (&json!(true), &json!("m"))
        );
    }
}
