//! Ids: text with a prefix that says what it names, or a name that a person chose in a file (design §4).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest id accepted, in bytes.
pub const MAX_ID_LENGTH: usize = 63;

/// The text is not an id: it must match `[a-z0-9][a-z0-9._-]{0,62}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an id: use 1 to 63 of a-z, 0-9, `.`, `_` and `-`, and start with a letter or digit"
)]
pub struct InvalidId(pub String);

fn check(text: &str) -> Result<(), InvalidId> {
    let mut bytes = text.bytes();
    let first_fits = matches!(bytes.next(), Some(b'a'..=b'z' | b'0'..=b'9'));
    let rest_fits =
        bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
    if first_fits && rest_fits && text.len() <= MAX_ID_LENGTH {
        Ok(())
    } else {
        Err(InvalidId(text.chars().take(80).collect()))
    }
}

/// A UUIDv7 (RFC 9562 §5.7) in lower-case Crockford base32: 26 characters that sort by time.
fn uuid_v7_base32(unix_millis: u64, random: [u8; 10]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bytes = [0_u8; 16];
    bytes[..6].copy_from_slice(&unix_millis.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random);
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let value = u128::from_be_bytes(bytes);
    (0..26)
        .rev()
        .map(|position| char::from(ALPHABET[(value >> (position * 5)) as usize & 31]))
        .collect()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The prefix of ids that we make.
            pub const PREFIX: &'static str = $prefix;

            /// A new id from a time and ten random bytes.
            pub fn mint(unix_millis: u64, random: [u8; 10]) -> Self {
                Self(format!("{}_{}", $prefix, uuid_v7_base32(unix_millis, random)).into())
            }

            /// The id in a text that a person or a row gave.
            ///
            /// # Errors
            /// When the text is no id.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                check(text)?;
                Ok(Self(text.into()))
            }

            /// The text form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.to_string()
            }
        }
    };
}

id!(
    /// Names a tenant.
    TenantId, "ten"
);
id!(
    /// Names an API key; stands for it in logs, metrics, usage and audit, where the key itself may never appear.
    ApiKeyId, "key"
);
id!(
    /// Names a route.
    RouteId, "rte"
);
id!(
    /// Names a stored provider credential.
    CredentialId, "crd"
);
id!(
    /// Names a policy.
    PolicyId, "pol"
);
id!(
    /// Names a prompt template.
    PromptTemplateId, "prm"
);
id!(
    /// Names an output schema.
    OutputSchemaId, "sch"
);
id!(
    /// Names one settled call; a settlement written twice is one row.
    SettlementId, "set"
);
id!(
    /// Names one life of one process, from start to clean stop.
    EpochId, "epo"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minted_ids_carry_their_prefix_and_sort_by_time() {
        let earlier = TenantId::mint(1_700_000_000_000, [0xff; 10]);
        let later = TenantId::mint(1_700_000_000_001, [0; 10]);
        assert!(earlier.as_str().starts_with("ten_"));
        assert_eq!(earlier.as_str().len(), 30);
        assert!(earlier < later);
        assert_eq!(TenantId::parse(earlier.as_str()), Ok(earlier));
    }

    #[test]
    fn version_and_variant_bits_are_those_of_uuid_v7() {
        // 0x7fff_bfff_ffff_ffff_ffff in base32, worked out apart from this code: all random bits set but for version and variant.
        assert_eq!(uuid_v7_base32(0, [0xff; 10]), "0000000000fzzvzzzzzzzzzzzz");
    }

    #[test]
    fn a_text_outside_the_alphabet_is_no_id() {
        for text in [
            "",
            "-a",
            ".a",
            "_a",
            "A",
            "a b",
            "a/b",
            "ä",
            &"a".repeat(64),
        ] {
            assert!(RouteId::parse(text).is_err(), "{text}");
        }
        for text in ["a", "0", "acme.prod_eu-1", &"a".repeat(63)] {
            assert!(RouteId::parse(text).is_ok(), "{text}");
        }
    }
}
