//! The calls of this crate: rare, short, off the request path, over the same connections as calls to vendors.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use dvara_upstream::{
    InvalidOrigin, Origin, Outbound, PoolLimits, Proxies, UpstreamBody, UpstreamError, Upstreams,
};
use http::header::{HOST, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};

/// The largest answer that is read, in bytes. Credentials are a few kilobytes.
const MOST_BYTES: usize = 256 * 1024;

/// What this product calls itself.
const OURS: HeaderValue = HeaderValue::from_static(concat!("dvara/", env!("CARGO_PKG_VERSION")));

/// A call that brought no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// There is no such place.
    #[error(transparent)]
    Url(#[from] InvalidOrigin),
    /// A value cannot stand in a request.
    #[error("its address or a header holds characters that no request can carry")]
    Request,
    /// The way there, or the way back.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// It took too long.
    #[error("no whole answer within {} s", .0.as_secs())]
    Late(Duration),
    /// It was too much.
    #[error("the answer is larger than {MOST_BYTES} bytes")]
    Large,
}

/// Which way a call goes, and how patient it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// To a public endpoint: through the proxy that is set for it.
    Public,
    /// To this machine or its platform (metadata): never through a proxy, which would speak for another machine.
    Local,
}

impl Route {
    /// For a connection.
    fn connecting(self) -> Duration {
        match self {
            Self::Public => Duration::from_secs(5),
            Self::Local => Duration::from_secs(2),
        }
    }

    /// For all of it.
    fn whole(self) -> Duration {
        match self {
            Self::Public => Duration::from_secs(15),
            Self::Local => Duration::from_secs(5),
        }
    }
}

/// One call.
pub(crate) struct Call {
    request: Result<Request<Full<Bytes>>, CallError>,
    origin: Result<Origin, CallError>,
    route: Route,
}

impl Call {
    pub(crate) fn get(route: Route, url: &str) -> Self {
        Self::new(route, Method::GET, url, Bytes::new())
    }

    pub(crate) fn put(route: Route, url: &str) -> Self {
        Self::new(route, Method::PUT, url, Bytes::new())
    }

    pub(crate) fn post(route: Route, url: &str, body: String) -> Self {
        Self::new(route, Method::POST, url, body.into())
    }

    fn new(route: Route, method: Method, url: &str, body: Bytes) -> Self {
        let (origin, target) = match apart(url) {
            Ok((origin, target)) => (Ok(origin), target),
            Err(error) => (Err(error), Uri::default()),
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = target;
        request.headers_mut().insert(USER_AGENT, OURS);
        if let Ok(origin) = &origin {
            request
                .headers_mut()
                .insert(HOST, origin.authority().clone());
        }
        Self {
            request: Ok(request),
            origin,
            route,
        }
    }

    /// The same with a header, which is never shown.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.request = match (self.request, HeaderValue::from_str(value)) {
            (Ok(mut request), Ok(mut value)) => {
                value.set_sensitive(true);
                request.headers_mut().insert(name, value);
                Ok(request)
            }
            (Err(error), _) => Err(error),
            (Ok(_), Err(_)) => Err(CallError::Request),
        };
        self
    }
}

/// The origin of a URL, and the path with its query.
fn apart(url: &str) -> Result<(Origin, Uri), CallError> {
    // What cannot be parsed, the origin refuses with a reason.
    let uri: Option<Uri> = url.parse().ok();
    let base = uri.as_ref().and_then(|uri| {
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        Some(format!("{scheme}://{authority}"))
    });
    let (origin, _) = Origin::of_base_url(base.as_deref().unwrap_or(url))?;
    let target = uri.as_ref().and_then(Uri::path_and_query).cloned();
    Ok((origin, target.map_or_else(Uri::default, Uri::from)))
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as text; what is no UTF-8 in it is replaced.
    pub(crate) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Makes calls. Lives as long as one load, on a runtime of its own; its connections are reused within it.
pub(crate) struct Calls {
    public: Rc<Upstreams>,
    local: Rc<Upstreams>,
}

impl Calls {
    pub(crate) fn new(outbound: Outbound) -> Self {
        let direct = Outbound {
            proxies: Proxies::default(),
            ..outbound.clone()
        };
        Self {
            public: Upstreams::new(outbound, PoolLimits::default()),
            local: Upstreams::new(direct, PoolLimits::default()),
        }
    }

    /// Makes one.
    ///
    /// # Errors
    /// When no whole answer comes in time. Any status is an answer.
    pub(crate) async fn make(&self, call: Call) -> Result<Answer, CallError> {
        let limit = call.route.whole();
        tokio::time::timeout(limit, self.exchange(call))
            .await
            .map_err(|_| CallError::Late(limit))?
    }

    async fn exchange(&self, call: Call) -> Result<Answer, CallError> {
        let (origin, request) = (call.origin?, call.request?);
        let upstreams = match call.route {
            Route::Public => &self.public,
            Route::Local => &self.local,
        };
        let response = upstreams
            .send(&origin, request, call.route.connecting())
            .await?;
        let (head, body) = response.into_parts();
        Ok(Answer {
            status: head.status,
            body: read(body).await?,
        })
    }
}

async fn read(body: UpstreamBody) -> Result<Bytes, CallError> {
    let limited = Limited::new(body, MOST_BYTES).collect().await;
    limited
        .map(http_body_util::Collected::to_bytes)
        .map_err(|error| match error.downcast::<UpstreamError>() {
            Ok(broken) => CallError::Upstream(*broken),
            Err(other) => {
                debug_assert!(other.is::<LengthLimitError>());
                CallError::Large
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_with_its_query() {
        let (origin, target) = apart("http://169.254.170.23:80/v1/credentials?a=b").unwrap();
        assert_eq!(origin.to_string(), "http://169.254.170.23:80");
        assert_eq!(target, "/v1/credentials?a=b");
        let (origin, target) = apart("https://sts.eu-central-1.amazonaws.com").unwrap();
        assert_eq!(
            origin.to_string(),
            "https://sts.eu-central-1.amazonaws.com:443"
        );
        assert_eq!(target, "/");
    }

    #[test]
    fn what_is_no_url_is_an_error_of_the_call() {
        for url in ["", "sts", "ftp://x/", "http://user:hunter2@x/"] {
            let error = apart(url).unwrap_err().to_string();
            assert!(error.contains("is not a base URL"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
