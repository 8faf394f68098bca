//! `GET /v1/models`: our list, and the lists of vendors it is made of (data-plane sheet §6).

use bytes::Bytes;
use chrono::DateTime;
use dvara_types::ProviderKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::target::ProviderCapabilities;

/// One model of our list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry<'a> {
    /// The name to ask for.
    pub id: &'a str,
    /// Whose it is.
    pub owned_by: &'a str,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// What its provider can do.
    pub capabilities: ProviderCapabilities,
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Listed<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    owned_by: &'a str,
    capabilities: Capabilities,
}

#[derive(Serialize)]
struct Capabilities {
    supports_streaming: bool,
    supports_vision: bool,
    supports_tool_calls: bool,
    supports_structured_outputs: bool,
    supports_json_mode: bool,
    max_context_tokens: u32,
}

/// Our list as a body, in the order given.
pub fn render(models: &[ModelEntry<'_>]) -> Bytes {
    let data = models
        .iter()
        .map(|model| Listed {
            id: model.id,
            object: "model",
            created: model.created,
            owned_by: model.owned_by,
            capabilities: Capabilities {
                supports_streaming: model.capabilities.streaming,
                supports_vision: model.capabilities.vision,
                supports_tool_calls: model.capabilities.tool_calls,
                supports_structured_outputs: model.capabilities.structured_outputs,
                supports_json_mode: model.capabilities.json_mode,
                max_context_tokens: model.capabilities.max_context_tokens,
            },
        })
        .collect();
    let list = List {
        object: "list",
        data,
    };
    serde_json::to_vec(&list)
        .expect("texts and numbers always have a JSON form")
        .into()
}

/// One model of a vendor's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorModel {
    /// The vendor's name for it.
    pub id: String,
    /// Whose it is, when the vendor says.
    pub owned_by: Option<String>,
    /// When it was made, in seconds since 1970; 0 when the vendor does not say.
    pub created: i64,
}

/// A vendor's list is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the provider's answer is no list of models")]
pub struct NoModelList;

/// Reads a vendor's list: `{"data":[…]}`, or the bare list that some send. Entries without an id are passed over.
/// Anthropic says `created_at`, as a date (Anthropic, List Models), where others say `created`. Gemini and Cohere have a list
/// of `models` with a `name` (Gemini API, models.list; Cohere, List models), Gemini's with `models/` before it.
///
/// # Errors
/// When it is none of these.
pub fn read(kind: ProviderKind, body: &[u8]) -> Result<Vec<VendorModel>, NoModelList> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Body {
        Wrapped { data: Vec<Value> },
        Named { models: Vec<Value> },
        Bare(Vec<Value>),
    }
    let (member, entries) = match serde_json::from_slice(body).map_err(|_| NoModelList)? {
        Body::Wrapped { data: entries } | Body::Bare(entries) => ("id", entries),
        Body::Named { models } => ("name", models),
    };
    Ok(entries
        .iter()
        .filter(|entry| kind != ProviderKind::Gemini || generates(entry))
        .filter_map(|entry| {
            let id = entry.get(member)?.as_str()?;
            Some(VendorModel {
                id: id.strip_prefix("models/").unwrap_or(id).to_owned(),
                owned_by: entry
                    .get("owned_by")
                    .and_then(Value::as_str)
                    .map(ToOwned::to_owned),
                created: created(entry),
            })
        })
        .collect())
}

/// Whether a model of Gemini's list takes calls that can be made here.
fn generates(entry: &Value) -> bool {
    let methods = entry
        .get("supportedGenerationMethods")
        .and_then(Value::as_array);
    methods.is_none_or(|methods| {
        methods
            .iter()
            .any(|method| matches!(method.as_str(), Some("generateContent" | "embedContent")))
    })
}

fn created(entry: &Value) -> i64 {
    let date = || DateTime::parse_from_rfc3339(entry.get("created_at")?.as_str()?).ok();
    let seconds = entry.get("created").and_then(Value::as_i64);
    seconds
        .or_else(|| date().map(|date| date.timestamp()))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: ProviderKind = ProviderKind::Openai;

    #[test]
    fn our_list_has_the_published_shape() {
        let body = render(&[ModelEntry {
            id: "mock/test-model",
            owned_by: "mock",
            created: 7,
            capabilities: ProviderCapabilities::of(ProviderKind::Mock),
        }]);
        let json: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json["object"], "list");
        assert_eq!(json["data"][0]["object"], "model");
        assert_eq!(json["data"][0]["capabilities"]["supports_streaming"], true);
        assert_eq!(
            json["data"][0]["capabilities"]["max_context_tokens"],
            128_000
        );
    }

    #[test]
    fn vendors_lists_are_read_as_far_as_they_can_be() {
        let models = read(KIND, br#"{"object":"list","data":[{"id":"a","created":1,"owned_by":"o"},{"name":"x"},{"id":"b"}]}"#);
        let ids: Vec<_> = models.unwrap().into_iter().map(|model| model.id).collect();
        assert_eq!(ids, ["a", "b"]);
        let models = read(KIND, br#"{"data":[{"type":"model","id":"claude-opus-4-5","display_name":"Claude Opus 4.5","created_at":"2025-11-24T00:00:00Z"},{"id":"x","created_at":"soon"}],"has_more":false,"first_id":"claude-opus-4-5","last_id":"x"}"#);
        let created: Vec<_> = models.unwrap().iter().map(|model| model.created).collect();
        assert_eq!(created, [1_763_942_400, 0]);
        assert_eq!(read(KIND, br#"[{"id":"a"}]"#).unwrap().len(), 1);
        assert_eq!(read(KIND, b"<html>"), Err(NoModelList));
        assert_eq!(read(KIND, br#"{"error":"x"}"#), Err(NoModelList));
    }

    #[test]
    fn lists_of_names_are_read_and_what_only_counts_tokens_is_left_out() {
        let gemini = br#"{"models":[{"name":"models/gemini-2.5-pro","supportedGenerationMethods":["generateContent"]},{"name":"models/aqa","supportedGenerationMethods":["generateAnswer"]}]}"#;
        let models = read(ProviderKind::Gemini, gemini).unwrap();
        assert_eq!(models.len(), 1);
        assert_eq!(models[0].id, "gemini-2.5-pro");
        let cohere = br#"{"models":[{"name":"command-a-03-2025","endpoints":["chat"]}]}"#;
        let models = read(ProviderKind::Cohere, cohere).unwrap();
        assert_eq!(models[0].id, "command-a-03-2025");
    }
}
