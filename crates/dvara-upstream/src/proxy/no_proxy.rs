//! `NO_PROXY`: what is called without a proxy.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::origin::Origin;

/// The entries of a `NO_PROXY` list. Empty: nothing is excepted.
#[derive(Debug, Clone, Default)]
pub struct NoProxy(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    what: What,
    /// `None`: every port.
    port: Option<u16>,
}

#[derive(Debug, Clone)]
enum What {
    Everything,
    Address(IpAddr),
    Range(IpNet),
    /// A name with everything below it.
    Name(String),
}

impl NoProxy {
    /// Reads a list, separated by commas or spaces: `*`, names with or without a leading dot (both mean the name and everything
    /// below it), addresses, ranges (`10.0.0.0/8`), each but ranges with or without a port. Also says which entries can match
    /// nothing, so that somebody can be told.
    pub fn parse(list: &str) -> (Self, Vec<String>) {
        let (mut entries, mut strange) = (Vec::new(), Vec::new());
        let texts = list.split(|letter: char| letter == ',' || letter.is_whitespace());
        for text in texts.filter(|text| !text.is_empty()) {
            match Entry::parse(&text.to_ascii_lowercase()) {
                Some(entry) => entries.push(entry),
                None => strange.push(text.to_owned()),
            }
        }
        (Self(entries), strange)
    }

    /// Whether an origin is called without a proxy.
    pub(crate) fn covers(&self, origin: &Origin) -> bool {
        let address = origin.host().parse::<IpAddr>().ok();
        let address = address.map(|address| address.to_canonical());
        let name = origin.host().trim_end_matches('.');
        self.0.iter().any(|entry| {
            entry.port.is_none_or(|port| port == origin.port())
                && match (&entry.what, address) {
                    (What::Everything, _) => true,
                    (What::Address(excepted), Some(address)) => *excepted == address,
                    (What::Range(range), Some(address)) => range.contains(&address),
                    (What::Name(excepted), None) => is_or_lies_below(name, excepted),
                    (What::Address(_) | What::Range(_), None) | (What::Name(_), Some(_)) => false,
                }
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        if let Some(what) = What::parse(text) {
            return Some(Self { what, port: None });
        }
        let (host, port) = text.rsplit_once(':')?;
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        Some(Self {
            what: What::parse(host).filter(|what| !matches!(what, What::Range(_)))?,
            port: Some(port.parse().ok()?),
        })
    }
}

impl What {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everything);
        }
        let bare = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
            .unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical()));
        }
        if let Ok(range) = text.parse::<IpNet>() {
            return Some(Self::Range(range));
        }
        let name = text.strip_prefix('*').unwrap_or(text);
        let name = name.trim_start_matches('.').trim_end_matches('.');
        let plain = |letter: char| {
            letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.') || !letter.is_ascii()
        };
        (!name.is_empty() && name.chars().all(plain)).then(|| Self::Name(name.to_owned()))
    }
}

fn is_or_lies_below(name: &str, excepted: &str) -> bool {
    name.strip_suffix(excepted)
        .is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(list: &str, url: &str) -> bool {
        let (no_proxy, strange) = NoProxy::parse(list);
        assert!(strange.is_empty(), "{strange:?}");
        no_proxy.covers(&Origin::of_base_url(url).unwrap().0)
    }

    #[test]
    fn entries_cover_what_curl_says_they_cover() {
        for (list, url, covered) in [
            ("", "http://x", false),
            ("*", "http://x", true),
            ("example.com", "https://example.com/v1", true),
            ("example.com", "https://api.EXAMPLE.com", true),
            ("example.com", "https://notexample.com", false),
            ("example.com", "https://example.com.evil", false),
            (".example.com", "https://api.example.com", true),
            (".example.com", "https://example.com", true),
            ("*.example.com", "https://api.example.com", true),
            ("Example.COM.", "https://example.com", true),
            ("other, example.com", "https://example.com", true),
            ("other example.com", "https://example.com", true),
            ("example.com:8443", "https://example.com:8443", true),
            ("example.com:8443", "https://example.com", false),
            ("example.com:443", "https://example.com", true),
            ("127.0.0.1", "http://127.0.0.1:8000", true),
            ("127.0.0.1:8000", "http://127.0.0.1:8000", true),
            ("127.0.0.1:8001", "http://127.0.0.1:8000", false),
            ("127.0.0.1", "http://localhost", false),
            ("0.0.1", "http://127.0.0.1", false),
            ("10.0.0.0/8", "http://10.9.8.7", true),
            ("10.0.0.0/8", "http://11.0.0.1", false),
            ("10.0.0.0/8", "http://[::ffff:10.0.0.1]", true),
            ("::1", "http://[::1]:11434", true),
            ("[::1]", "http://[::1]:11434", true),
            ("[::1]:11434", "http://[::1]:11434", true),
            ("[::1]:80", "http://[::1]:11434", false),
            ("fd00::/8", "http://[fd12::1]", true),
        ] {
            assert_eq!(covers(list, url), covered, "{list} and {url}");
        }
    }

    #[test]
    fn an_entry_that_can_match_nothing_is_told() {
        let (no_proxy, strange) =
            NoProxy::parse("http://x, 10.*, a:b, 10.0.0.0/40, ., fine.example");
        assert_eq!(strange, ["http://x", "10.*", "a:b", "10.0.0.0/40", "."]);
        assert!(no_proxy.covers(&Origin::of_base_url("http://fine.example").unwrap().0));
    }
}
