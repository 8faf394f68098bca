//! API keys as the store knows them: a hash, never the key (data-plane sheet §4).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ApiKeyId, TenantId};

/// Lower-case hex SHA-256 of a whole key in text form; 32 bytes here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// The hash in 64 hex digits, upper or lower case.
    pub fn from_hex(hex: &str) -> Option<Self> {
        if hex.len() != 64 {
            return None;
        }
        let mut bytes = [0_u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            if pair.starts_with('+') {
                return None;
            }
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// 64 lower-case hex digits, the form that is stored.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A hash of a key is not a key, but it is nobody's business in a log either.
        write!(formatter, "KeyHash({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// Whether a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KeyStatus {
    /// In use.
    Active,
    /// Withdrawn for good.
    Revoked,
}

/// Why a call's key opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// There is none.
    Missing,
    /// There are several, or one that is none of ours.
    Invalid,
    /// It was withdrawn.
    Revoked,
    /// Its time is over.
    Expired,
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Chat completions and what is like them.
    #[serde(rename = "completions:write")]
    CompletionsWrite,
    /// Embeddings.
    #[serde(rename = "embeddings:write")]
    EmbeddingsWrite,
    /// Files and batches.
    #[serde(rename = "batches:write")]
    BatchesWrite,
    /// The list of models.
    #[serde(rename = "models:read")]
    ModelsRead,
    /// What MCP servers offer.
    #[serde(rename = "mcp:list")]
    McpList,
    /// Calls of MCP servers' tools.
    #[serde(rename = "mcp:call")]
    McpCall,
}

impl Scope {
    /// Every scope, in the order documents list them.
    pub const ALL: [Self; 6] = [
        Self::CompletionsWrite,
        Self::EmbeddingsWrite,
        Self::BatchesWrite,
        Self::ModelsRead,
        Self::McpList,
        Self::McpCall,
    ];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CompletionsWrite => "completions:write",
            Self::EmbeddingsWrite => "embeddings:write",
            Self::BatchesWrite => "batches:write",
            Self::ModelsRead => "models:read",
            Self::McpList => "mcp:list",
            Self::McpCall => "mcp:call",
        }
    }

    /// The scope of a text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// The scopes of a key. An empty list allows everything; a scope that nobody knows grants nothing, but
/// keeps the list from being empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(pub Vec<String>);

impl Scopes {
    /// Whether a key with these scopes may do what `scope` names.
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.is_empty() || self.0.iter().any(|granted| granted == scope.as_str())
    }
}

/// A key's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Its id.
    pub id: ApiKeyId,
    /// Who owns it.
    pub tenant: TenantId,
    /// A name for people; unique within the tenant.
    pub name: String,
    /// `gw_` and the first eight hex digits: enough to recognise a key by, not to use it.
    pub prefix: String,
    /// What a shown key is looked up by.
    pub hash: KeyHash,
    /// What it may do.
    pub scopes: Scopes,
    /// Whether it may be used.
    pub status: KeyStatus,
    /// When it stops working by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

impl ApiKeyRecord {
    /// Whether the key may be used. The time is asked for only where it matters.
    ///
    /// # Errors
    /// When it was withdrawn or its time is over.
    pub fn check_usable(&self, now: impl FnOnce() -> DateTime<Utc>) -> Result<(), KeyFault> {
        match self.status {
            KeyStatus::Active => {}
            KeyStatus::Revoked => return Err(KeyFault::Revoked),
        }
        if self.expires_at.is_some_and(|end| end <= now()) {
            return Err(KeyFault::Expired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_scope_list_allows_everything_and_an_unknown_scope_nothing() {
        assert!(Scopes::default().allow(Scope::ModelsRead));
        let unknown = Scopes(vec!["completions:wrote".to_owned()]);
        assert!(Scope::ALL.into_iter().all(|scope| !unknown.allow(scope)));
        let one = Scopes(vec!["models:read".to_owned()]);
        assert!(one.allow(Scope::ModelsRead) && !one.allow(Scope::CompletionsWrite));
    }

    #[test]
    fn a_hash_survives_its_hex_form() {
        let hash = KeyHash([0xa5; 32]);
        assert_eq!(KeyHash::from_hex(&hash.to_hex()), Some(hash));
        assert_eq!(KeyHash::from_hex(&"+1".repeat(32)), None);
        assert_eq!(KeyHash::from_hex("a5"), None);
    }
}
