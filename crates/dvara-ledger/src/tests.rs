//! What several unit tests need.

use std::sync::Arc;

use chrono::DateTime;
use dvara_store::usage::UsageRow;
use dvara_types::{
    ApiKeyId, EpochId, ProviderName, RouteId, SettlementId, TenantId, TokenCount, Usage,
};

/// A row with every field set, the same for the same number.
pub(crate) fn row(number: u8) -> UsageRow {
    UsageRow {
        id: SettlementId::mint(1_700_000_000_000, [number; 10]),
        epoch: EpochId::mint(1_600_000_000_000, [9; 10]),
        opened_at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
        tenant: Some(TenantId::parse("acme").unwrap()),
        key: Some(ApiKeyId::parse("key_1").unwrap()),
        trace_id: "0af7651916cd43dd8448eb211c80319c".into(),
        session_id: Some("session-1".into()),
        endpoint: "chat_completions".into(),
        requested_model: Some(Arc::from("gpt-4o")),
        model: Some(Arc::from("gpt-4o-2024-11-20")),
        provider: Some(ProviderName::parse("openai").unwrap()),
        route: Some(RouteId::parse("rte_1").unwrap()),
        status: 200,
        outcome: "abandoned".into(),
        error_code: Some("provider_error".into()),
        stream: true,
        usage: Some(Usage {
            input: TokenCount(10),
            cache_read: TokenCount(20),
            cache_write: TokenCount(30),
            output: TokenCount(40),
            reasoning: TokenCount(50),
        }),
        estimated: true,
        output_characters: Some(160),
        cache_status: Some("MISS".into()),
        credential_fingerprint: Some(Arc::from("f00dcafe")),
        attempts: 2,
        duration_us: 1_234_567,
        upstream_us: Some(345_678),
        first_byte_us: Some(456_789),
        cost: Some(dvara_types::NanoUsd(12_345)),
    }
}
