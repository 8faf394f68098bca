//! What one call came to.

mod classes;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use dvara_store::usage::UsageRow;
use dvara_types::{
    ApiKeyId, EpochId, ProviderName, RouteId, SettlementId, TenantId, TokenCount, Usage,
};

pub use classes::{CacheStatus, Endpoint, Method, Outcome, Variant};

/// The record of one call. Made by dropping a [`Ledger`](crate::Ledger), read by observers, stored as a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// Makes the id, together with the time of opening; unique within the fleet.
    pub(crate) serial: [u8; 10],
    /// When the call came in.
    pub opened_at: SystemTime,
    /// Whose call it was, once a key had said so.
    pub tenant: Option<TenantId>,
    /// With which key.
    pub key: Option<ApiKeyId>,
    /// The call's trace; empty if it ended before it had one.
    pub trace_id: Box<str>,
    /// The session that the caller named.
    pub session_id: Option<Box<str>>,
    /// With which method; not stored.
    pub method: Method,
    /// What was called.
    pub endpoint: Endpoint,
    /// The model that the caller asked for; the caller's word, cut to 200 bytes.
    pub requested_model: Option<Arc<str>>,
    /// The model that the last attempt was sent to.
    pub model: Option<Arc<str>>,
    /// The provider that the last attempt was sent to.
    pub provider: Option<ProviderName>,
    /// The route that chose the provider.
    pub route: Option<RouteId>,
    /// The status that the caller saw; [`LEFT_BEFORE_ANSWER`] if the caller left before there was one.
    pub status: u16,
    /// How the call ended.
    pub outcome: Outcome,
    /// The code of the error that the caller saw.
    pub error_code: Option<&'static str>,
    /// Whether the answer was, or would have been, a stream.
    pub stream: bool,
    /// The tokens; `None` where nothing is known about them.
    pub usage: Option<Usage>,
    /// Whether `usage` is our guess and not the vendor's word.
    pub estimated: bool,
    /// Characters of output that were relayed; what a guess is made from.
    pub output_characters: u64,
    /// What the response cache had to say, if it was asked.
    pub cache_status: Option<CacheStatus>,
    /// Which secret the vendor was shown.
    pub credential_fingerprint: Option<Arc<str>>,
    /// How often the call was sent upstream.
    pub attempts: u32,
    /// What came between the attempts, in order; not stored.
    pub hops: Vec<Hop>,
    /// Targets that were passed over, in the order of looking; not stored.
    pub skips: Vec<Skip>,
    /// The side of its route's experiment that the call is on; not stored.
    pub variant: Option<Variant>,
    /// Whether a second target was asked because the first took long; not stored.
    pub hedged: bool,
    /// Who answered the call that this one is a shadow of; not stored.
    pub shadow_of: Option<ProviderName>,
    /// From opening to settling.
    pub total: Duration,
    /// Spent waiting for vendors to begin an answer, over all attempts; `None` if nothing was sent.
    pub upstream: Option<Duration>,
    /// From opening to the first byte of the answer's body.
    pub first_byte: Option<Duration>,
}

/// From a failed attempt to the next: a retry where both name one provider, a fallback otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Who failed.
    pub from: ProviderName,
    /// Who was asked next.
    pub to: ProviderName,
    /// What the failure was.
    pub error_code: &'static str,
}

/// A target that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// Its provider.
    pub provider: ProviderName,
    /// Why: a word of a closed set.
    pub reason: &'static str,
}

/// The status of a call whose caller left before there was an answer: nobody saw it, logs and sums need one.
pub const LEFT_BEFORE_ANSWER: u16 = 499;

/// Longest model name that is kept, in bytes.
pub const MAX_MODEL: usize = 200;
/// Longest trace or session id that is kept, in bytes; the same that the headers may have (data-plane sheet §3).
pub const MAX_TRACE: usize = 128;

impl Settlement {
    pub(crate) fn opened(serial: [u8; 10], opened_at: SystemTime) -> Self {
        Self {
            serial,
            opened_at,
            tenant: None,
            key: None,
            trace_id: Box::default(),
            session_id: None,
            method: Method::Other,
            endpoint: Endpoint::Other,
            requested_model: None,
            model: None,
            provider: None,
            route: None,
            status: 0,
            outcome: Outcome::Abandoned,
            error_code: None,
            stream: false,
            usage: None,
            estimated: false,
            output_characters: 0,
            cache_status: None,
            credential_fingerprint: None,
            attempts: 0,
            hops: Vec::new(),
            skips: Vec::new(),
            variant: None,
            hedged: false,
            shadow_of: None,
            total: Duration::ZERO,
            upstream: None,
            first_byte: None,
        }
    }

    /// Its id, the same however often it is asked for.
    pub fn id(&self) -> SettlementId {
        SettlementId::mint(self.opened_micros() / 1000, self.serial)
    }

    pub(crate) fn sent_to(
        &mut self,
        provider: &ProviderName,
        model: &str,
        credential_fingerprint: Option<&Arc<str>>,
    ) {
        self.provider = Some(provider.clone());
        self.credential_fingerprint = credential_fingerprint.cloned();
        self.model = Some(match &self.requested_model {
            Some(requested) if **requested == *model => Arc::clone(requested),
            _ => capped(model, MAX_MODEL).into(),
        });
    }

    fn opened_micros(&self) -> u64 {
        match self.opened_at.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => micros(since),
            Err(_) => 0,
        }
    }

    pub(crate) fn into_row(self, epoch: EpochId) -> UsageRow {
        let id = self.id();
        let opened_at = i64::try_from(self.opened_micros())
            .ok()
            .and_then(DateTime::<Utc>::from_timestamp_micros)
            .unwrap_or_default();
        UsageRow {
            id,
            epoch,
            opened_at,
            tenant: self.tenant,
            key: self.key,
            trace_id: self.trace_id,
            session_id: self.session_id,
            endpoint: Cow::Borrowed(self.endpoint.as_str()),
            requested_model: self.requested_model,
            model: self.model,
            provider: self.provider,
            route: self.route,
            status: self.status,
            outcome: Cow::Borrowed(self.outcome.as_str()),
            error_code: self.error_code.map(Cow::Borrowed),
            stream: self.stream,
            usage: self.usage,
            estimated: self.estimated,
            output_characters: self.estimated.then_some(self.output_characters),
            cache_status: self
                .cache_status
                .map(|status| Cow::Borrowed(status.as_str())),
            credential_fingerprint: self.credential_fingerprint,
            attempts: self.attempts,
            duration_us: micros(self.total),
            upstream_us: self.upstream.map(micros),
            first_byte_us: self.first_byte.map(micros),
            cost: None,
        }
    }
}

/// Tokens that so many characters are worth where nobody counted them: four characters each, rounded up
/// (data-plane sheet §20).
pub fn tokens_of_characters(characters: u64) -> TokenCount {
    TokenCount(characters.div_ceil(4))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A text that a caller or a vendor chose, fit to be kept: no control characters, since PostgreSQL takes no NUL and a
/// log no line break, and at most `most` bytes.
pub(crate) fn capped(text: &str, most: usize) -> Cow<'_, str> {
    let cut = &text[..text.floor_char_boundary(most)];
    if cut.chars().any(char::is_control) {
        Cow::Owned(cut.chars().filter(|each| !each.is_control()).collect())
    } else {
        Cow::Borrowed(cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_loses_control_characters() {
        assert_eq!(capped("gpt-4o", 200), "gpt-4o");
        assert_eq!(capped("aé", 2), "a");
        assert_eq!(capped("aé", 3), "aé");
        assert_eq!(capped("a\0b\r\nc\u{85}", 200), "abc");
        assert_eq!(capped(&"x".repeat(1_000), 200).len(), 200);
    }

    #[test]
    fn four_characters_are_worth_a_token() {
        for (characters, tokens) in [(0, 0), (1, 1), (4, 1), (5, 2)] {
            assert_eq!(tokens_of_characters(characters), TokenCount(tokens));
        }
    }

    #[test]
    fn the_same_settlement_has_the_same_id_and_a_row_at_whole_microseconds() {
        let opened_at = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
        let settlement = Settlement::opened([7; 10], opened_at);
        let id = settlement.id();
        assert_eq!(id, settlement.id());
        let epoch = EpochId::mint(0, [0; 10]);
        let row = settlement.into_row(epoch.clone());
        assert_eq!((row.id, row.epoch), (id, epoch));
        assert_eq!(row.opened_at.timestamp_subsec_nanos(), 123_456_000);
    }

    #[test]
    fn a_settlement_stays_small() {
        // It is moved into a batch once per call, and ten thousand of them may wait on each core.
        assert!(
            size_of::<Settlement>() <= 384,
            "{}",
            size_of::<Settlement>()
        );
    }
}
