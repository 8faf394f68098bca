//! Which proxy, if any, stands between us and an origin.
//!
//! The rules are those that curl and everybody after it apply to `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, with ports
//! and address ranges. Loopback is no exception: it is excepted where `NO_PROXY` says so.

mod no_proxy;

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::origin::Origin;

pub use no_proxy::NoProxy;

/// The text is no URL of a proxy that we can speak with. Says nothing of the text itself, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidProxy(&'static str);

/// One proxy. Shows itself without its credentials. Cheap to clone.
#[derive(Clone)]
pub struct Proxy(Arc<Parts>);

struct Parts {
    origin: Origin,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Reads `http://[user:password@]host[:port]` or the same with `https://`; without a scheme it is `http`, as everywhere.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, InvalidProxy> {
        let text = text.trim();
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("http://{text}"))
        };
        let url = url.map_err(|_| InvalidProxy("is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidProxy(
                "is not the URL of a proxy that is spoken with over http:// or https://",
            ));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidProxy("has more to it than a host and a port"));
        }
        let host = url
            .host_str()
            .ok_or(InvalidProxy("names no host"))?
            .to_owned();
        let port = url
            .port_or_known_default()
            .ok_or(InvalidProxy("names no port"))?;
        let (origin, _) = Origin::of_base_url(&format!("{}://{host}:{port}", url.scheme()))
            .map_err(|_| InvalidProxy("names no host that can be called"))?;
        Ok(Self(Arc::new(Parts {
            origin,
            authorization: basic(&url)?,
        })))
    }

    /// Where it listens.
    pub(crate) fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The `Proxy-Authorization` header, marked sensitive.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.0.authorization.as_ref()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.origin, formatter)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// RFC 7617.
fn basic(url: &Url) -> Result<Option<HeaderValue>, InvalidProxy> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut header = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| InvalidProxy("has credentials that no header can carry"))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

/// The proxies of a process: one for each scheme of origins, and what is called without.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For `http://` origins, which it is asked for in absolute form.
    pub http: Option<Proxy>,
    /// For `https://` origins, to which it makes a tunnel.
    pub https: Option<Proxy>,
    /// What is called without a proxy.
    pub except: NoProxy,
}

impl Proxies {
    /// The proxy that an origin is reached through; `None` when it is called directly.
    pub fn of(&self, origin: &Origin) -> Option<&Proxy> {
        let proxy = if origin.is_tls() {
            self.https.as_ref()
        } else {
            self.http.as_ref()
        };
        proxy.filter(|_| !self.except.covers(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::of_base_url(url).unwrap().0
    }

    #[test]
    fn a_proxy_is_read_with_and_without_scheme_port_and_credentials() {
        for (text, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://proxy", "http://proxy:80"),
            ("https://proxy.corp/", "https://proxy.corp:443"),
            ("proxy:3128", "http://proxy:3128"),
            ("[::1]:3128", "http://[::1]:3128"),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!(proxy.to_string(), shown);
            assert!(proxy.authorization().is_none());
        }
        // "Aladdin:open sesame" of RFC 7617, section 2.
        let proxy = Proxy::parse("Aladdin:open%20sesame@proxy:3128").unwrap();
        assert_eq!(
            proxy.authorization().unwrap(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_its_password() {
        for text in [
            "socks5://user:hunter2@proxy:1080",
            "http://user:hunter2@",
            "http://user:hunter2@proxy:port",
            "http://user:hunter2@proxy/path",
            "http://user:hunter2@proxy?x",
        ] {
            let refused = Proxy::parse(text).unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("hunter2"));
        }
    }

    #[test]
    fn a_proxy_does_not_show_its_credentials() {
        let proxies = Proxies {
            https: Some(Proxy::parse("http://user:hunter2@proxy:3128").unwrap()),
            ..Proxies::default()
        };
        let shown = format!("{proxies:?} {:?}", proxies.https.as_ref().unwrap());
        assert!(shown.contains("http://proxy:3128"), "{shown}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("user"),
            "{shown}"
        );
        let header = format!(
            "{:?}",
            proxies.https.as_ref().unwrap().authorization().unwrap()
        );
        assert_eq!(header, "Sensitive");
    }

    #[test]
    fn each_scheme_has_its_proxy_and_loopback_is_no_exception() {
        let proxies = Proxies {
            http: Some(Proxy::parse("plain:1").unwrap()),
            https: Some(Proxy::parse("sealed:2").unwrap()),
            except: NoProxy::parse("internal").0,
        };
        let through = |url| proxies.of(&origin(url)).map(ToString::to_string);
        assert_eq!(
            through("http://localhost").as_deref(),
            Some("http://plain:1")
        );
        assert_eq!(
            through("https://127.0.0.1").as_deref(),
            Some("http://sealed:2")
        );
        assert_eq!(through("https://vllm.internal"), None);
    }
}
