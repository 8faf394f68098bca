//! Identities on the runtime of a test, and words that must not show anywhere.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use dvara_cloud::IdentityState;
use dvara_cloud::aws::{AwsCredentials, AwsIdentity, AwsSettings, Region, Scope, Signable, sign};
use dvara_cloud::google::{GoogleCredentials, GoogleIdentity, GoogleSettings};
use dvara_service::settings::Env;
use dvara_service::tasks::Tasks;
use dvara_testkit::eventually;
use dvara_upstream::{Outbound, Proxies, Resolver, Roots, TlsClient};
use http::{HeaderMap, HeaderValue, Method};
use tokio::runtime::Handle;

/// What a test's servers give out, and what is shown to them. None of these may appear in a log, an error or a `Debug`.
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+hidden/secret";
pub(crate) const SESSION: &str = "IQoJb3JpZ2luX2VjEhidden//session==";
pub(crate) const SUBJECT: &str = "eyJhbGciOiJSUzI1NiJ9.hidden-subject.c2ln";
pub(crate) const ACCESS: &str = "ya29.hidden-access-token";

pub(crate) fn tasks() -> Tasks {
    Tasks::new(Handle::current())
}

/// The way out without proxies and with public roots.
pub(crate) fn outbound() -> Outbound {
    outbound_with(Roots::default(), Proxies::default())
}

pub(crate) fn outbound_with(roots: Roots, proxies: Proxies) -> Outbound {
    Outbound {
        resolver: Resolver::new(Handle::current()),
        tls: TlsClient::new(roots, true).unwrap(),
        proxies,
    }
}

pub(crate) fn aws_settings(variables: &[(&str, &str)]) -> AwsSettings {
    AwsSettings {
        region: Region::parse("eu-central-1").unwrap(),
        keys: None,
        environment: Env::from_pairs(variables.iter().copied()),
    }
}

pub(crate) fn aws(variables: &[(&str, &str)]) -> AwsIdentity {
    AwsIdentity::start(aws_settings(variables), outbound(), &tasks())
}

pub(crate) fn google(credentials: GoogleCredentials, variables: &[(&str, &str)]) -> GoogleIdentity {
    let settings = GoogleSettings {
        credentials,
        project: None,
        environment: Env::from_pairs(variables.iter().copied()),
    };
    GoogleIdentity::start(&settings, outbound(), &tasks())
}

/// A time from now, as clouds write it.
pub(crate) fn after(seconds: u64) -> String {
    let time = SystemTime::now() + Duration::from_secs(seconds);
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The headers of a request that is signed with credentials.
pub(crate) fn signed_with(credentials: &AwsCredentials) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let request = Signable {
        method: &Method::POST,
        host: &HeaderValue::from_static("bedrock-runtime.eu-central-1.amazonaws.com"),
        target: &"/model/m/converse".parse().unwrap(),
        headers: &[],
        body: b"{}",
    };
    let scope = Scope::new(Region::parse("eu-central-1").unwrap(), "bedrock");
    sign(credentials, &scope, &request, SystemTime::now()).add_to(&mut headers);
    headers
}

/// Waits until an identity's state is as wanted, and returns it.
pub(crate) async fn when(
    what: &str,
    state: impl Fn() -> IdentityState,
    is_so: impl Fn(&IdentityState) -> bool,
) -> IdentityState {
    eventually(what, async || Some(state()).filter(&is_so)).await
}

/// Why loading fails, once it does.
pub(crate) async fn failure(state: impl Fn() -> IdentityState) -> String {
    let state = when("a load fails", state, |state| state.failure.is_some()).await;
    state.failure.unwrap().reason.to_string()
}

/// Fails when one of the hidden words shows.
pub(crate) fn assert_hidden(shown: &str) {
    for word in [SECRET_KEY, SESSION, SUBJECT, ACCESS, "hidden"] {
        assert!(!shown.contains(word), "{word} shows in {shown}");
    }
}
