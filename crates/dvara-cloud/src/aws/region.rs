use std::fmt;
use std::sync::Arc;

/// Where each partition's servers live: how a region's name begins, and the domain. The first that fits counts. From botocore's
/// `partitions.json`.
const DOMAINS: &[(&str, &str)] = &[
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
];

/// Everybody else's.
const DOMAIN: &str = "amazonaws.com";

/// The text is no region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no AWS region; one looks like `eu-central-1`")]
pub struct InvalidRegion(String);

/// A region of AWS, such as `eu-central-1`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Region(Arc<str>);

impl Region {
    /// Reads a region's name.
    ///
    /// # Errors
    /// When it holds anything but lower-case letters, digits and dashes: it becomes a part of host names.
    pub fn parse(text: &str) -> Result<Self, InvalidRegion> {
        let is_label = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let edges = text.starts_with('-') || text.ends_with('-');
        if text.is_empty() || text.len() > 63 || edges || !text.bytes().all(is_label) {
            return Err(InvalidRegion(text.chars().take(80).collect()));
        }
        Ok(Self(text.into()))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain of its servers, by the partition that it belongs to: `amazonaws.com`, in China `amazonaws.com.cn`, …
    pub fn domain(&self) -> &'static str {
        DOMAINS
            .iter()
            .find(|(beginning, _)| self.0.starts_with(beginning))
            .map_or(DOMAIN, |(_, domain)| domain)
    }

    /// The base URL of a service here: `https://bedrock-runtime.eu-central-1.amazonaws.com`.
    pub fn endpoint(&self, service: &str) -> String {
        format!("https://{service}.{}.{}", self.0, self.domain())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_its_partitions_domain() {
        for (region, endpoint) in [
            ("eu-central-1", "https://sts.eu-central-1.amazonaws.com"),
            ("us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu"),
            ("us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "https://sts.us-isob-east-1.sc2s.sgov.gov"),
        ] {
            assert_eq!(Region::parse(region).unwrap().endpoint("sts"), endpoint);
        }
    }

    #[test]
    fn what_could_become_another_host_is_no_region() {
        for text in ["", "EU", "eu central", "x.evil.example/", "-a", "a-", "ä"] {
            assert!(Region::parse(text).is_err(), "{text}");
        }
        assert!(Region::parse(&"a".repeat(64)).is_err());
    }
}
