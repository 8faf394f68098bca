use std::time::SystemTime;

use bytes::Bytes;
use dvara_dialects::answer::ResponseHead;
use dvara_dialects::request::{ChatRequest, ReadLimits};
use dvara_dialects::vendor::{self, Decoded};
use dvara_types::ProviderKind;
use http::{HeaderMap, StatusCode};

const CALL: &[u8] = br#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#;

/// Statuses that an answer is tried with.
const STATUSES: [u16; 8] = [200, 201, 400, 401, 404, 429, 500, 529];

/// An answer in OpenAI's dialect.
pub fn openai(data: &[u8]) {
    let sent = Bytes::copy_from_slice(data);
    for decoded in decode(ProviderKind::Openai, &sent) {
        assert_eq!(decoded.body, sent, "an answer is relayed as it came");
    }
}

/// Reads the answer under every status; gives back what is no fault.
fn decode(kind: ProviderKind, body: &Bytes) -> Vec<Decoded> {
    let request = ChatRequest::read_openai(Bytes::from_static(CALL), &ReadLimits::default())
        .expect("well-formed");
    let mut answers = Vec::new();
    for status in STATUSES {
        let status = StatusCode::from_u16(status).expect("a status");
        let head = ResponseHead::read(status, &HeaderMap::new(), SystemTime::UNIX_EPOCH);
        match vendor::decode(kind, &request, &head, body.clone(), 1_760_000_000) {
            Ok(decoded) => {
                assert!(status.is_success());
                assert!(decoded.answer.choices > 0, "an answer without a choice");
                if let Some(usage) = decoded.answer.usage {
                    let _ = usage.total();
                }
                answers.push(decoded);
            }
            Err(fault) => {
                assert!(!fault.message_for_caller.is_empty() && !fault.message_for_log.is_empty());
                if matches!(status.as_u16(), 401 | 500..) {
                    assert!(fault.vendor_code.is_none() && fault.param.is_none());
                }
            }
        }
        let _ = vendor::not_a_stream(&head, body);
    }
    answers
}
