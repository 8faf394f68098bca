//! The row of one settled call.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use dvara_types::{
    ApiKeyId, EpochId, NanoUsd, ProviderName, RouteId, SettlementId, TenantId, Usage,
};
use serde::{Deserialize, Serialize};

/// One settled call, as it is stored. The ledger's spool holds the same in JSON, so a field may be added with a
/// default, but none may be renamed or change its meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageRow {
    /// Makes a row that is written twice one row, together with `opened_at`.
    pub id: SettlementId,
    /// The life of the process that settled the call.
    pub epoch: EpochId,
    /// When the call came in; whole microseconds, as the column holds no more.
    pub opened_at: DateTime<Utc>,
    /// Whose call it was, once a key had said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// With which key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ApiKeyId>,
    /// The call's trace.
    pub trace_id: Box<str>,
    /// The session that the caller named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Box<str>>,
    /// What was called.
    pub endpoint: Cow<'static, str>,
    /// The model that the caller asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_model: Option<Arc<str>>,
    /// The model that the last attempt was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Arc<str>>,
    /// The provider that the last attempt was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderName>,
    /// The route that chose the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteId>,
    /// The status that the caller saw; 499 if the caller left before there was one.
    pub status: u16,
    /// How the call ended.
    pub outcome: Cow<'static, str>,
    /// The code of the error that the caller saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<Cow<'static, str>>,
    /// Whether the answer was a stream.
    #[serde(default)]
    pub stream: bool,
    /// The tokens; absent where nothing is known about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Whether the tokens are our guess and not the vendor's word.
    #[serde(default)]
    pub estimated: bool,
    /// Characters that were relayed, where the tokens are a guess made from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_characters: Option<u64>,
    /// What the response cache had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_status: Option<Cow<'static, str>>,
    /// Which secret the vendor was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_fingerprint: Option<Arc<str>>,
    /// How often the call was sent upstream.
    #[serde(default)]
    pub attempts: u32,
    /// From the call's opening to its settling, in microseconds.
    pub duration_us: u64,
    /// Spent waiting for vendors to begin an answer, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream_us: Option<u64>,
    /// From the opening to the first byte of the answer's body, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_us: Option<u64>,
    /// The price; absent means unpriced, which is not free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<NanoUsd>,
}

impl UsageRow {
    /// The status as its column takes it.
    pub(super) fn stored_status(&self) -> i16 {
        i16::try_from(self.status).unwrap_or(0)
    }

    /// The attempts as their column takes them.
    pub(super) fn stored_attempts(&self) -> i32 {
        i32::try_from(self.attempts).unwrap_or(i32::MAX)
    }
}
