//! Google's tokens in time: renewed before they expire, and there again when an endpoint is back; and the metadata server.

use std::time::Duration;

use dvara_cloud::NoCredentials;
use dvara_cloud::google::GoogleCredentials;
use serde_json::json;

use crate::google_accounts::{json_of, rsa_key, service_account, token};
use crate::harness::{ACCESS, assert_hidden, failure, google, when};
use crate::server::{Answer, Server, ok};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_it_expires_with_the_key_of_the_day() {
    let endpoint = Server::start(|_, _| token(8));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.json");
    let mut document = service_account(&rsa_key(), &endpoint.url("/token"));
    std::fs::write(&file, document.to_string()).unwrap();
    let identity = google(
        GoogleCredentials::File(file.to_str().unwrap().to_owned()),
        &[],
    );
    identity.settled().await;
    assert_eq!(identity.state().from, "credentials file");
    document["project_id"] = json!("moved");
    std::fs::write(&file, document.to_string()).unwrap();
    while identity.state().loads < 3 {
        identity.current().unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(identity.current().unwrap().project(), Some("moved"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_refuses_is_told_of_in_its_words_and_asked_again() {
    let endpoint = Server::start(|before, _| match before {
        0 => Answer::Say(
            400,
            json!({"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
                .to_string(),
        ),
        _ => token(3_600),
    });
    let document = service_account(&rsa_key(), &endpoint.url("/token"));
    let identity = google(json_of(&document), &[]);
    let reason = failure(|| identity.state()).await;
    assert!(
        reason.ends_with("/token answered 400: invalid_grant: Invalid JWT Signature."),
        "{reason}"
    );
    let error = identity.current().unwrap_err();
    assert!(matches!(
        error,
        NoCredentials::Missing {
            cloud: "Google",
            ..
        }
    ));
    when("it works", || identity.state(), |state| state.loads == 1).await;
    assert!(identity.current().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_without_what_was_shown() {
    for (body, part) in [
        (
            json!({"expires_in": 3_600}).to_string(),
            "`access_token` is missing",
        ),
        (
            json!({"access_token": [ACCESS]}).to_string(),
            "not the JSON that is expected",
        ),
        (
            json!({"access_token": "hidden\nbroken", "expires_in": 9}).to_string(),
            "cannot stand in a header",
        ),
    ] {
        let endpoint = Server::start(move |_, _| ok(body.clone()));
        let document = service_account(&rsa_key(), &endpoint.url("/token"));
        let identity = google(json_of(&document), &[]);
        let reason = failure(|| identity.state()).await;
        assert!(reason.contains(part), "{reason}");
        assert_hidden(&reason);
    }
    // An endpoint that repeats the assertion.
    let endpoint =
        Server::start(|_, request| Answer::Say(401, request.field("assertion").unwrap()));
    let document = service_account(&rsa_key(), &endpoint.url("/token"));
    let identity = google(json_of(&document), &[]);
    let reason = failure(|| identity.state()).await;
    assert!(
        reason.contains("holds a credential and is not repeated"),
        "{reason}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_of_google_has_an_account_and_a_project() {
    let metadata = Server::start(|_, request| {
        assert_eq!(request.header("metadata-flavor"), Some("Google"));
        match request.target.as_str() {
            "/computeMetadata/v1/project/project-id" => ok("acme-gke"),
            target => {
                let scope = "https://www.googleapis.com/auth/cloud-platform";
                let path = "/computeMetadata/v1/instance/service-accounts/default/token";
                assert_eq!(target, format!("{path}?scopes={scope}"));
                token(4)
            }
        }
    });
    let host = format!("127.0.0.1:{}", metadata.port());
    let identity = google(GoogleCredentials::Default, &[("GCE_METADATA_HOST", &host)]);
    identity.settled().await;
    assert_eq!(identity.state().from, "metadata server");
    assert_eq!(identity.current().unwrap().project(), Some("acme-gke"));
    when(
        "it is renewed",
        || identity.state(),
        |state| state.loads == 2,
    )
    .await;
    assert_eq!(identity.current().unwrap().project(), Some("acme-gke"));
    let asked = metadata.requests();
    let projects = asked
        .iter()
        .filter(|one| one.target.ends_with("/project-id"));
    assert_eq!(projects.count(), 1, "the project is asked for once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metadata_server_without_account_or_project_is_told_of() {
    let without = Server::start(|_, _| {
        Answer::Say(404, "<title>Error 404 (Not Found)!!1</title>".to_owned())
    });
    let host = format!("127.0.0.1:{}", without.port());
    let identity = google(GoogleCredentials::Default, &[("GCE_METADATA_HOST", &host)]);
    let reason = failure(|| identity.state()).await;
    assert!(
        reason.contains("the metadata server answered 404"),
        "{reason}"
    );

    let no_project = Server::start(|_, request| match request.target.ends_with("/project-id") {
        true => Answer::Say(404, String::new()),
        false => token(3_600),
    });
    let host = format!("127.0.0.1:{}", no_project.port());
    let identity = google(GoogleCredentials::Default, &[("GCE_METADATA_HOST", &host)]);
    identity.settled().await;
    assert_eq!(identity.current().unwrap().project(), None);

    let identity = google(
        GoogleCredentials::Default,
        &[("GCE_METADATA_HOST", "127.0.0.1:1")],
    );
    let reason = failure(|| identity.state()).await;
    assert!(
        reason.contains("(no other source of credentials is set)"),
        "{reason}"
    );
    let identity = google(GoogleCredentials::Default, &[("NO_GCE_CHECK", "true")]);
    let reason = failure(|| identity.state()).await;
    assert!(reason.contains("set a service account key"), "{reason}");
}
