//! Roles for service accounts: a fake STS speaks as the API reference of `AssumeRoleWithWebIdentity` does.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dvara_cloud::NoCredentials;
use dvara_cloud::aws::AwsIdentity;

use crate::harness::{
    SECRET_KEY, SESSION, SUBJECT, after, assert_hidden, aws, failure, signed_with, when,
};
use crate::server::{Answer, Request, Server, ok};

const ROLE: &str = "arn:aws:iam::123456789012:role/gateway";

/// The answer of the reference's example, with our values.
pub(crate) fn granted(key_id: &str, seconds: u64) -> Answer {
    ok(format!(
        r#"<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>system:serviceaccount:dvara:gateway</SubjectFromWebIdentityToken>
    <Audience>sts.amazonaws.com</Audience>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/gateway/dvara</Arn>
      <AssumedRoleId>AROACLKWSDQRAOEXAMPLE:dvara</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>{SESSION}</SessionToken>
      <SecretAccessKey>{SECRET_KEY}</SecretAccessKey>
      <Expiration>{}</Expiration>
      <AccessKeyId>{key_id}</AccessKeyId>
    </Credentials>
    <Provider>arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/E</Provider>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>ad4156e9-bce1-11e2-82e6-6b6efEXAMPLE</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>"#,
        after(seconds)
    ))
}

pub(crate) fn refused(status: u16, code: &str, message: &str) -> Answer {
    Answer::Say(
        status,
        format!(
            r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>
  <RequestId>9d0a7d4f-0000-0000-0000-000000000000</RequestId>
</ErrorResponse>"#
        ),
    )
}

struct Pod {
    _folder: tempfile::TempDir,
    token_file: String,
    sts: Server,
}

impl Pod {
    /// A pod with a token and a fake STS.
    fn new(script: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, format!("{SUBJECT}\n")).unwrap();
        Self {
            token_file: path.to_str().unwrap().to_owned(),
            _folder: folder,
            sts: Server::start(script),
        }
    }

    fn identity(&self) -> AwsIdentity {
        aws(&[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", &self.token_file),
            ("AWS_ROLE_ARN", ROLE),
            ("AWS_ENDPOINT_URL_STS", &self.sts.url("")),
        ])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_exchanged_for_the_roles_credentials() {
    let pod = Pod::new(|_, _| granted("ASIAFIRST", 3_600));
    let identity = pod.identity();
    identity.settled().await;
    let credentials = identity.current().unwrap();
    assert_eq!(credentials.access_key_id(), "ASIAFIRST");
    assert_eq!(signed_with(&credentials)["x-amz-security-token"], SESSION);

    let asked = &pod.sts.requests()[0];
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("POST", "/")
    );
    for (name, value) in [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "dvara"),
        ("WebIdentityToken", SUBJECT),
    ] {
        assert_eq!(asked.field(name).as_deref(), Some(value));
    }
    let kind = asked.header("content-type").unwrap();
    assert!(
        kind.starts_with("application/x-www-form-urlencoded"),
        "{kind}"
    );
    assert_eq!(asked.header("authorization"), None);

    let state = identity.state();
    assert_eq!((state.from, state.loads), ("web identity", 1));
    assert!(state.expires.is_some() && state.failure.is_none());
    assert_hidden(&format!("{identity:?} {credentials:?} {state:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_renewed_before_they_expire_with_the_token_of_the_day() {
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let seen = tokens.clone();
    let pod = Pod::new(move |before, request| {
        seen.lock()
            .unwrap()
            .push(request.field("WebIdentityToken").unwrap());
        granted(&format!("ASIA{before}"), 8)
    });
    let identity = pod.identity();
    identity.settled().await;
    std::fs::write(&pod.token_file, "the next token").unwrap();
    // There is something to use at every moment, over two renewals.
    while identity.state().loads < 3 {
        identity.current().unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(identity.current().unwrap().access_key_id(), "ASIA2");
    let tokens = tokens.lock().unwrap();
    assert_eq!(tokens[..3], [SUBJECT, "the next token", "the next token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_sts_that_fails_first_is_asked_again() {
    let pod = Pod::new(|before, _| match before {
        0 => Answer::Say(503, "busy".to_owned()),
        1 => refused(400, "IDPCommunicationError", "try &lt;again&gt;"),
        _ => granted("ASIALATER", 3_600),
    });
    let identity = pod.identity();
    identity.settled().await;
    let error = identity.current().unwrap_err();
    assert!(matches!(error, NoCredentials::Missing { cloud: "AWS", .. }));
    assert_eq!(
        error.to_string(),
        "no AWS credentials (web identity): STS answered 503"
    );
    let again = when(
        "a second failure",
        || identity.state(),
        |state| state.failure.as_ref().is_some_and(|one| one.attempts == 2),
    );
    assert_eq!(
        again.await.failure.unwrap().reason.as_ref(),
        "STS answered 400: IDPCommunicationError: try <again>"
    );
    when("it works", || identity.state(), |state| state.loads == 1).await;
    assert_eq!(identity.state().failure, None);
    assert_eq!(identity.current().unwrap().access_key_id(), "ASIALATER");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_credentials_are_used_until_they_expire_and_new_ones_when_they_come() {
    let away = Arc::new(AtomicBool::new(false));
    let is_away = away.clone();
    let pod = Pod::new(move |_, _| {
        if is_away.load(SeqCst) {
            refused(500, "InternalFailure", "an error")
        } else {
            granted("ASIASHORT", 8)
        }
    });
    let identity = pod.identity();
    identity.settled().await;
    away.store(true, SeqCst);
    when(
        "a renewal fails",
        || identity.state(),
        |state| state.failure.is_some(),
    )
    .await;
    assert_eq!(identity.current().unwrap().access_key_id(), "ASIASHORT");
    let expired = dvara_testkit::eventually("they expire", async || identity.current().err());
    let expired = expired.await;
    assert!(
        matches!(expired, NoCredentials::Expired { .. }),
        "{expired}"
    );
    let text = expired.to_string();
    assert!(
        text.contains("have expired and are not renewed: STS answered 500: InternalFailure"),
        "{text}"
    );
    away.store(false, SeqCst);
    when(
        "they are back",
        || identity.state(),
        |state| state.loads == 2,
    )
    .await;
    assert!(identity.current().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_without_the_token() {
    let repeated = refused(
        400,
        "InvalidIdentityToken",
        &format!("cannot read {SUBJECT}"),
    );
    let Answer::Say(_, repeated) = repeated else {
        panic!("it says something")
    };
    for (status, body, part) in [
        (
            400,
            repeated.as_str(),
            "STS answered 400: (what it said holds a credential",
        ),
        (200, "<x/>", "`Credentials` is missing"),
        (
            200,
            "<Credentials><SecretAccessKey>hidden</SecretAccessKey></Credentials>",
            "`AccessKeyId` is missing",
        ),
        (200, "", "`Credentials` is missing"),
    ] {
        let body = body.to_owned();
        let pod = Pod::new(move |_, _| Answer::Say(status, body.clone()));
        let identity = pod.identity();
        let reason = failure(|| identity.state()).await;
        assert!(reason.contains(part), "{reason}");
        assert_hidden(&format!("{reason} {:?}", identity.current()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_come_too_late_are_none() {
    let pod = Pod::new(|_, _| granted("ASIAOLD", 0));
    let identity = pod.identity();
    let reason = failure(|| identity.state()).await;
    assert!(reason.contains("is the clock right?"), "{reason}");
    assert!(identity.current().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_and_an_sts_that_is_not_there_are_named() {
    let pod = Pod::new(|_, _| granted("ASIA", 3_600));
    let identity = aws(&[
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token"),
        ("AWS_ROLE_ARN", ROLE),
    ]);
    let reason = failure(|| identity.state()).await;
    assert!(
        reason.contains("/nonexistent/token: No such file"),
        "{reason}"
    );
    let identity = aws(&[
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &pod.token_file),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"),
    ]);
    let reason = failure(|| identity.state()).await;
    assert!(
        reason.contains("ask STS at http://127.0.0.1:1: connect to"),
        "{reason}"
    );
}
