//! Where requests go: scheme, host and port, with the texts that every request needs made once.

use std::fmt;
use std::sync::Arc;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

/// The text is no base URL that requests could go to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{url}` is not a base URL: {reason}")]
pub struct InvalidOrigin {
    /// The text, as configured.
    pub url: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// One server: what a pool is keyed by. Cheap to clone.
#[derive(Clone)]
pub struct Origin(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    tls: bool,
    host: String,
    port: u16,
    authority: Authority,
    host_header: HeaderValue,
}

impl Origin {
    /// The origin of a base URL, and the path below which its API lies (no trailing slash; may be empty).
    ///
    /// # Errors
    /// When it isn't `http://host…` or `https://host…`, or carries user information, a query or a fragment: a credential in
    /// a URL would end up in logs.
    pub fn of_base_url(url: &str) -> Result<(Self, String), InvalidOrigin> {
        let refuse = |reason| InvalidOrigin {
            url: without_user(url),
            reason,
        };
        let uri: Uri = url
            .trim()
            .parse()
            .map_err(|_| refuse("it cannot be parsed"))?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(_) | None => return Err(refuse("it must start with http:// or https://")),
        };
        let authority = uri.authority().ok_or_else(|| refuse("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse("it must not carry a user or password"));
        }
        if uri.query().is_some() || url.contains('#') {
            return Err(refuse("it must not carry a query or fragment"));
        }
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() {
            return Err(refuse("it names no host"));
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let authority: Authority = authority
            .as_str()
            .to_ascii_lowercase()
            .parse()
            .map_err(|_| refuse("it names no host"))?;
        let host_header = HeaderValue::from_str(authority.as_str())
            .map_err(|_| refuse("its host cannot stand in a header"))?;
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok((
            Self(Arc::new(Parts {
                tls,
                host,
                port,
                authority,
                host_header,
            })),
            path,
        ))
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.0.tls
    }

    /// Name or address, without brackets around an IPv6 address.
    pub fn host(&self) -> &str {
        self.0.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, given or by scheme.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The `Host` header.
    pub fn authority(&self) -> &HeaderValue {
        &self.0.host_header
    }

    /// `host:port`, with brackets around an IPv6 address: what a proxy is asked to connect to.
    pub(crate) fn host_and_port(&self) -> String {
        format!("{}:{}", self.0.host, self.0.port)
    }

    /// The absolute form of a path here. A target that is absolute already stays as it is.
    pub(crate) fn absolute(&self, target: &Uri) -> Uri {
        if target.scheme().is_some() {
            return target.clone();
        }
        let mut parts = target.clone().into_parts();
        parts.scheme = Some(if self.0.tls {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        });
        parts.authority = Some(self.0.authority.clone());
        let root = || PathAndQuery::from_static("/");
        parts.path_and_query = Some(parts.path_and_query.unwrap_or_else(root));
        Uri::from_parts(parts).unwrap_or_else(|_| target.clone())
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Origin {}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.0.tls { "https" } else { "http" };
        write!(formatter, "{scheme}://{}:{}", self.0.host, self.0.port)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The URL as it may stand in an error: whatever precedes an `@` is gone.
fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://…{}", &url[..scheme], &url[at..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_splits_into_origin_and_path() {
        let (origin, path) = Origin::of_base_url("https://API.example.com/v1/").unwrap();
        assert_eq!(
            (origin.is_tls(), origin.host(), origin.port(), path.as_str()),
            (true, "api.example.com", 443, "/v1")
        );
        let (origin, path) = Origin::of_base_url("http://[::1]:8000").unwrap();
        assert_eq!(
            (origin.is_tls(), origin.host(), origin.port(), path.as_str()),
            (false, "::1", 8000, "")
        );
        assert_eq!(origin.authority(), "[::1]:8000");
        assert_eq!(origin.host_and_port(), "[::1]:8000");
    }

    #[test]
    fn a_path_becomes_absolute_once() {
        let (origin, _) = Origin::of_base_url("https://api.example.com/v1").unwrap();
        let absolute = origin.absolute(&Uri::from_static("/v1/chat?x=1"));
        assert_eq!(absolute, "https://api.example.com/v1/chat?x=1");
        assert_eq!(origin.absolute(&absolute), absolute);
    }

    #[test]
    fn what_is_no_base_url_is_refused_without_its_password() {
        for url in [
            "",
            "api.example.com",
            "ftp://x/",
            "http:///v1",
            "http://x/v1?key=1",
            "https://x/#a",
        ] {
            assert!(Origin::of_base_url(url).is_err(), "{url}");
        }
        let refused = Origin::of_base_url("https://user:hunter2@x/v1").unwrap_err();
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}
