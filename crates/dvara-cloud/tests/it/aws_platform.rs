//! Credentials that a platform gives out: EKS Pod Identity and ECS, and the metadata service of an instance.

use dvara_cloud::NoCredentials;
use dvara_cloud::aws::{AwsIdentity, AwsKeys};
use dvara_crypto::Secret;

use crate::harness::{
    SECRET_KEY, SESSION, SUBJECT, after, assert_hidden, aws, aws_settings, failure, outbound,
    signed_with, tasks, when,
};
use crate::server::{Answer, Request, Server, ok};

/// The answer of the container credential provider's reference.
fn container_credentials(key_id: &str, seconds: u64) -> Answer {
    ok(format!(
        r#"{{"AccessKeyId":"{key_id}","SecretAccessKey":"{SECRET_KEY}","Token":"{SESSION}","AccountId":"123456789012","Expiration":"{}"}}"#,
        after(seconds)
    ))
}

/// An instance's metadata service, version 2 (EC2 User Guide).
fn instance(key_id: &str, seconds: u64) -> impl Fn(usize, &Request) -> Answer + Send + Sync {
    let credentials = format!(
        r#"{{"Code":"Success","LastUpdated":"{}","Type":"AWS-HMAC","AccessKeyId":"{key_id}","SecretAccessKey":"{SECRET_KEY}","Token":"{SESSION}","Expiration":"{}"}}"#,
        after(0),
        after(seconds)
    );
    move |_, request| {
        let is_known = request.header("x-aws-ec2-metadata-token") == Some("hidden-metadata-token");
        match (request.method.as_str(), request.target.as_str()) {
            ("PUT", "/latest/api/token") => {
                let ttl = request
                    .header("x-aws-ec2-metadata-token-ttl-seconds")
                    .unwrap();
                assert!((1..=21_600).contains(&ttl.parse().unwrap()));
                ok("hidden-metadata-token")
            }
            ("GET", _) if !is_known => Answer::Say(401, String::new()),
            ("GET", "/latest/meta-data/iam/security-credentials/") => ok("gateway-role"),
            ("GET", "/latest/meta-data/iam/security-credentials/gateway-role") => {
                ok(credentials.clone())
            }
            other => panic!("nobody asks for {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pods_service_is_shown_the_token_of_its_file_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("eks-pod-identity-token");
    std::fs::write(&file, format!("{SUBJECT}\n")).unwrap();
    let agent = Server::start(|before, _| container_credentials(&format!("ASIAPOD{before}"), 4));
    let identity = aws(&[
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            &agent.url("/v1/credentials"),
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            file.to_str().unwrap(),
        ),
    ]);
    identity.settled().await;
    assert_eq!(identity.state().from, "container");
    let credentials = identity.current().unwrap();
    assert_eq!(credentials.access_key_id(), "ASIAPOD0");
    assert_eq!(signed_with(&credentials)["x-amz-security-token"], SESSION);
    std::fs::write(&file, "the next token").unwrap();
    when(
        "they are renewed",
        || identity.state(),
        |state| state.loads == 2,
    )
    .await;
    assert_eq!(identity.current().unwrap().access_key_id(), "ASIAPOD1");
    let shown: Vec<_> = agent
        .requests()
        .iter()
        .map(|request| {
            assert_eq!(request.target, "/v1/credentials");
            request.header("authorization").unwrap().to_owned()
        })
        .collect();
    assert_eq!(shown[..2], [SUBJECT, "the next token"]);
    assert_hidden(&format!("{identity:?} {:?}", identity.state()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_shows_the_token_of_its_environment_or_none() {
    let agent = Server::start(|_, _| container_credentials("ASIATASK", 3_600));
    let url = agent.url("/v2/credentials?id=1");
    let full = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str());
    for token in [Some("Basic aGlkZGVu"), None] {
        let mut variables = vec![full];
        variables.extend(token.map(|token| ("AWS_CONTAINER_AUTHORIZATION_TOKEN", token)));
        let identity = aws(&variables);
        identity.settled().await;
        assert!(identity.current().is_ok());
        let asked = agent.requests().pop().unwrap();
        assert_eq!(asked.target, "/v2/credentials?id=1");
        assert_eq!(asked.header("authorization"), token);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_refuses_is_told_of_and_asked_again() {
    let refusal = format!(
        r#"{{"code":"AccessDeniedException","message":"Unauthorized: {SUBJECT} is unknown"}}"#
    );
    let agent = Server::start(move |before, _| match before {
        0 => Answer::Say(403, refusal.clone()),
        _ => container_credentials("ASIAPOD", 3_600),
    });
    let identity = aws(&[
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            &agent.url("/v1/credentials"),
        ),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", SUBJECT),
    ]);
    let reason = failure(|| identity.state()).await;
    assert!(
        reason.contains("credential service answered 403"),
        "{reason}"
    );
    assert_hidden(&reason);
    when("it works", || identity.state(), |state| state.loads == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instances_role_is_asked_for_in_a_session() {
    let metadata = Server::start(instance("ASIAINSTANCE", 21_600));
    let identity = aws(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url("/"))]);
    identity.settled().await;
    assert_eq!(identity.state().from, "instance role");
    let credentials = identity.current().unwrap();
    assert_eq!(credentials.access_key_id(), "ASIAINSTANCE");
    assert_eq!(metadata.requests().len(), 3);
    assert_hidden(&format!(
        "{identity:?} {credentials:?} {:?}",
        identity.state()
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_without_a_role_and_one_that_may_not_use_it_say_so() {
    let script = instance("ASIA", 1);
    let without = Server::start(move |before, request| match request.target.as_str() {
        "/latest/meta-data/iam/security-credentials/" => Answer::Say(404, "<html/>".to_owned()),
        _ => script(before, request),
    });
    let script = instance("ASIA", 1);
    let forbidden = Server::start(move |before, request| {
        if request.target.ends_with("/gateway-role") {
            return ok(
                r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role"}"#,
            );
        }
        script(before, request)
    });
    let refusing = Server::start(|_, _| Answer::Say(403, String::new()));
    for (server, part) in [
        (&without, "the instance has no role"),
        (
            &forbidden,
            "AssumeRoleUnauthorizedAccess: EC2 cannot assume the role",
        ),
        (&refusing, "metadata service answered 403"),
    ] {
        let identity = aws(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server.url(""))]);
        let reason = failure(|| identity.state()).await;
        assert!(reason.contains(part), "{reason}");
        assert_hidden(&reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_set_the_refusal_says_where_was_looked() {
    let identity = aws(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")]);
    let reason = failure(|| identity.state()).await;
    assert!(
        reason.contains("(no other source of credentials is set)"),
        "{reason}"
    );
    let identity = aws(&[("AWS_EC2_METADATA_DISABLED", "true")]);
    let reason = failure(|| identity.state()).await;
    assert!(reason.contains("give the pod a role"), "{reason}");
    let unsafe_url = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/");
    let identity = aws(&[unsafe_url]);
    let reason = failure(|| identity.state()).await;
    assert!(reason.contains("without TLS only this machine"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_there_at_once_and_win_over_everything() {
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        ("AWS_SESSION_TOKEN", SESSION),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1"),
    ];
    let identity = aws(&environment);
    let credentials = identity.current().unwrap();
    assert_eq!(credentials.access_key_id(), "AKIAENVIRONMENT");
    assert_eq!(signed_with(&credentials)["x-amz-security-token"], SESSION);
    assert_eq!(identity.state().from, "environment");

    let mut settings = aws_settings(&environment);
    settings.keys = Some(AwsKeys {
        access_key_id: Secret::new("AKIASETTINGS".to_owned()),
        secret_access_key: Secret::new(SECRET_KEY.to_owned()),
        session_token: None,
    });
    assert_hidden(&format!("{settings:?}"));
    let identity = AwsIdentity::start(settings, outbound(), &tasks());
    let credentials = identity.current().unwrap();
    assert_eq!(credentials.access_key_id(), "AKIASETTINGS");
    assert!(!signed_with(&credentials).contains_key("x-amz-security-token"));
    identity.settled().await;
    let state = identity.state();
    assert_eq!((state.loads, state.expires), (1, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_cannot_be_right_are_refused_for_every_request() {
    let identity = aws(&[
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "hidden with a blank"),
    ]);
    identity.settled().await;
    let error = identity.current().unwrap_err();
    assert!(matches!(error, NoCredentials::Missing { .. }));
    let text = error.to_string();
    assert!(
        text.contains("secret access key is empty or holds white space"),
        "{text}"
    );
    assert_hidden(&text);
}
