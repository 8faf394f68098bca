//! Amazon Bedrock behind chat completions.

use dvara_types::ProviderKind;
use serde::Deserialize;
use serde_json::Value;

use crate::files::Files;
use crate::translated::Vendor;

const BEDROCK: Vendor = Vendor {
    files: Files("bedrock"),
    kind: ProviderKind::Bedrock,
    pinned: Some("us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    streamed: &[
        ("citations", "documents"),
        ("structured-output", "json-schema-by-tool"),
        ("structured-output-without-input", "json-schema-by-tool"),
        ("tools", "tools"),
    ],
    frame: Some(framed),
};

#[test]
fn bedrock_is_translated_as_expected() {
    BEDROCK.check();
}

/// A stream as a list of events.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamFile {
    _source: String,
    events: Vec<Event>,
    /// Bytes that are missing at the end.
    #[serde(default)]
    missing: usize,
    /// The position of a byte, from the end, that is another one.
    damaged: Option<usize>,
    /// What stands in the place of the events, or behind them.
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    /// An event's, or an exception's: these have it in their names.
    #[serde(rename = "type")]
    kind: String,
    payload: Value,
    /// Instead of what its name says: `error`.
    message_type: Option<String>,
}

/// The bytes of a file of events (Amazon Transcribe, Event stream encoding).
fn framed(file: &[u8]) -> Vec<u8> {
    let file: StreamFile = serde_json::from_slice(file).unwrap();
    let mut bytes: Vec<u8> = file.events.iter().flat_map(message).collect();
    bytes.extend(file.text.bytes());
    bytes.truncate(bytes.len() - file.missing);
    if let Some(damaged) = file.damaged {
        let at = bytes.len() - damaged;
        bytes[at] ^= 1;
    }
    bytes
}

fn message(event: &Event) -> Vec<u8> {
    let by_name = if event.kind.ends_with("Exception") {
        "exception"
    } else {
        "event"
    };
    let message_type = event.message_type.as_deref().unwrap_or(by_name);
    let name = match message_type {
        "error" => ":error-code".to_owned(),
        other => format!(":{other}-type"),
    };
    let headers = [
        text_header(&name, &event.kind),
        text_header(":content-type", "application/json"),
        text_header(":message-type", message_type),
    ]
    .concat();
    let payload = event.payload.to_string();
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes();
    let mut message = Vec::new();
    message.extend(length(16 + headers.len() + payload.len()));
    message.extend(length(headers.len()));
    message.extend(checksum(&message));
    message.extend(headers);
    message.extend(payload.bytes());
    message.extend(checksum(&message));
    message
}

fn text_header(name: &str, text: &str) -> Vec<u8> {
    let mut header = vec![u8::try_from(name.len()).unwrap()];
    header.extend(name.bytes());
    header.push(7);
    header.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    header.extend(text.bytes());
    header
}

/// CRC-32, bit by bit: what frames here is not what is tested.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    });
    (!sum).to_be_bytes()
}
