//! Tokens for accounts of each kind: fake endpoints speak as Google's documents say.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dvara_cloud::google::{GoogleCredentials, GoogleIdentity, GoogleSettings};
use dvara_crypto::Secret;
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData as _, RsaKeySize};
use rustls::pki_types::alg_id;
use serde_json::{Value, json};

use crate::harness::{ACCESS, SUBJECT, after, assert_hidden, failure, google};
use crate::server::{Answer, Server, ok};

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The answer of a token endpoint.
pub(crate) fn token(seconds: u64) -> Answer {
    ok(json!({"access_token": ACCESS, "expires_in": seconds, "token_type": "Bearer"}).to_string())
}

pub(crate) fn rsa_key() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap()
}

/// A service account's key, as the console hands it out.
pub(crate) fn service_account(key: &KeyPair, token_uri: &str) -> Value {
    json!({
        "type": "service_account",
        "project_id": "acme-prod",
        "private_key_id": "0123456789abcdef",
        "private_key": key.serialize_pem(),
        "client_email": "gateway@acme-prod.iam.gserviceaccount.com",
        "client_id": "100000000000000000000",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "universe_domain": "googleapis.com"
    })
}

pub(crate) fn json_of(document: &Value) -> GoogleCredentials {
    GoogleCredentials::Json(Secret::new(document.to_string()))
}

/// Header and claims of an assertion whose signature is right.
fn verified(assertion: &str, key: &KeyPair) -> [Value; 2] {
    let (message, signature) = assertion.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let algorithms = provider.signature_verification_algorithms.all;
    let verified = algorithms
        .iter()
        .filter(|each| each.signature_alg_id() == alg_id::RSA_PKCS1_SHA256)
        .any(|each| {
            let public = key.der_bytes();
            each.verify_signature(public, message.as_bytes(), &signature)
                .is_ok()
        });
    assert!(verified, "the signature is wrong");
    let mut parts = message
        .split('.')
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap());
    [parts.next().unwrap(), parts.next().unwrap()]
}

/// The token of an identity, once it has one.
async fn loaded(identity: &GoogleIdentity) -> std::sync::Arc<dvara_cloud::google::GoogleToken> {
    identity.settled().await;
    let token = identity.current().unwrap();
    assert_eq!(token.authorization(), &format!("Bearer {ACCESS}"));
    assert!(token.authorization().is_sensitive());
    assert_hidden(&format!("{token:?} {identity:?} {:?}", identity.state()));
    token
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_signs_an_assertion_for_its_token() {
    let endpoint = Server::start(|_, _| token(3_599));
    let (key, uri) = (rsa_key(), endpoint.url("/token"));
    let identity = google(json_of(&service_account(&key, &uri)), &[]);
    let token = loaded(&identity).await;
    assert_eq!(token.project(), Some("acme-prod"));
    assert_eq!(token.quota_project(), None);

    let asked = &endpoint.requests()[0];
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("POST", "/token")
    );
    assert_eq!(
        asked.field("grant_type").as_deref(),
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer")
    );
    let [header, claims] = verified(&asked.field("assertion").unwrap(), &key);
    assert_eq!(
        header,
        json!({"alg": "RS256", "typ": "JWT", "kid": "0123456789abcdef"})
    );
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let issued = claims["iat"].as_u64().unwrap();
    assert!(issued.abs_diff(now) < 30);
    assert_eq!(
        claims,
        json!({
            "iss": "gateway@acme-prod.iam.gserviceaccount.com",
            "scope": SCOPE,
            "aud": uri,
            "iat": issued,
            "exp": issued + 3_600,
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_project_is_the_settings_then_the_environments_then_the_keys() {
    let endpoint = Server::start(|_, _| token(3_600));
    let key = service_account(&rsa_key(), &endpoint.url("/token"));
    let environment = [("GOOGLE_CLOUD_PROJECT", "of-environment")];
    for (project, variables, expected) in [
        (Some("of-settings"), &environment[..], "of-settings"),
        (None, &environment[..], "of-environment"),
        (None, &[], "acme-prod"),
    ] {
        let settings = GoogleSettings {
            credentials: json_of(&key),
            project: project.map(str::to_owned),
            environment: dvara_service::settings::Env::from_pairs(variables.iter().copied()),
        };
        assert_hidden(&format!("{settings:?}"));
        settings.check().unwrap();
        let (outbound, tasks) = (crate::harness::outbound(), crate::harness::tasks());
        let identity = GoogleIdentity::start(&settings, outbound, &tasks);
        assert_eq!(loaded(&identity).await.project(), Some(expected));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_signed_in_with_gcloud_has_a_refresh_token() {
    let endpoint = Server::start(|_, _| token(3_599));
    let folder = tempfile::tempdir().unwrap();
    let document = json!({
        "type": "authorized_user",
        "client_id": "764086051850.apps.googleusercontent.com",
        "client_secret": "hidden-client-secret",
        "refresh_token": "1//hidden-refresh-token",
        "quota_project_id": "acme-dev",
        "token_uri": endpoint.url("/token"),
    });
    let file = folder.path().join("application_default_credentials.json");
    std::fs::write(file, document.to_string()).unwrap();
    let config = ("CLOUDSDK_CONFIG", folder.path().to_str().unwrap());
    let identity = google(GoogleCredentials::Default, &[config]);
    let token = loaded(&identity).await;
    assert_eq!(token.project(), Some("acme-dev"));
    assert_eq!(token.quota_project().unwrap(), "acme-dev");
    assert_eq!(identity.state().from, "credentials of gcloud");
    let asked = &endpoint.requests()[0];
    for (name, value) in [
        ("grant_type", "refresh_token"),
        ("client_id", "764086051850.apps.googleusercontent.com"),
        ("client_secret", "hidden-client-secret"),
        ("refresh_token", "1//hidden-refresh-token"),
    ] {
        assert_eq!(asked.field(name).as_deref(), Some(value));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_platform_is_exchanged_and_acts_as_a_service_account() {
    let google_side = Server::start(|_, request| match request.target.as_str() {
        "/v1/token" => ok(json!({
            "access_token": "federated-hidden-token",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 3_600
        })
        .to_string()),
        "/v1/projects/-/serviceAccounts/gateway:generateAccessToken" => {
            assert_eq!(
                request.header("authorization"),
                Some("Bearer federated-hidden-token")
            );
            ok(json!({"accessToken": ACCESS, "expireTime": after(1_800)}).to_string())
        }
        other => panic!("nobody asks for {other}"),
    });
    let folder = tempfile::tempdir().unwrap();
    let subject = folder.path().join("token");
    std::fs::write(&subject, format!("{SUBJECT}\n")).unwrap();
    let audience =
        "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/eks";
    let document = json!({
        "type": "external_account",
        "audience": audience,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": google_side.url("/v1/token"),
        "credential_source": {"file": subject.to_str().unwrap()},
        "service_account_impersonation_url":
            google_side.url("/v1/projects/-/serviceAccounts/gateway:generateAccessToken"),
        "service_account_impersonation": {"token_lifetime_seconds": 1_800},
    });
    let file = folder.path().join("federation.json");
    std::fs::write(&file, document.to_string()).unwrap();
    let variable = ("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().unwrap());
    let identity = google(GoogleCredentials::Default, &[variable]);
    assert_eq!(loaded(&identity).await.project(), None);
    let [exchange, impersonation] = &google_side.requests()[..] else {
        panic!("two requests")
    };
    for (name, value) in [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("audience", audience),
        ("scope", SCOPE),
        (
            "requested_token_type",
            "urn:ietf:params:oauth:token-type:access_token",
        ),
        ("subject_token", SUBJECT),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
    ] {
        assert_eq!(exchange.field(name).as_deref(), Some(value));
    }
    let wanted: Value = serde_json::from_str(&impersonation.body).unwrap();
    assert_eq!(wanted, json!({"scope": [SCOPE], "lifetime": "1800s"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platforms_metadata_gives_the_other_token_in_json() {
    let platform = Server::start(|_, request| {
        assert_eq!(request.header("metadata"), Some("True"));
        ok(json!({"access_token": SUBJECT, "expires_on": "1"}).to_string())
    });
    let google_side = Server::start(|_, _| token(3_600));
    let document = json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/x",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": google_side.url("/v1/token"),
        "client_id": "id",
        "client_secret": "hidden",
        "credential_source": {
            "url": platform.url("/metadata/identity/oauth2/token?api-version=2018-02-01"),
            "headers": {"Metadata": "True"},
            "format": {"type": "json", "subject_token_field_name": "access_token"},
        },
    });
    loaded(&google(json_of(&document), &[])).await;
    let asked = &google_side.requests()[0];
    assert_eq!(asked.field("subject_token").as_deref(), Some(SUBJECT));
    // "id:hidden" in base64.
    assert_eq!(asked.header("authorization"), Some("Basic aWQ6aGlkZGVu"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_acts_as_another_says_for_whom() {
    let server = Server::start(|_, request| match request.target.as_str() {
        "/token" => {
            ok(json!({"access_token": "own-hidden-token", "expires_in": 3_600}).to_string())
        }
        _ => {
            assert_eq!(
                request.header("authorization"),
                Some("Bearer own-hidden-token")
            );
            ok(json!({"accessToken": ACCESS, "expireTime": after(3_600)}).to_string())
        }
    });
    let document = json!({
        "type": "impersonated_service_account",
        "service_account_impersonation_url": server.url("/target:generateAccessToken"),
        "delegates": ["projects/-/serviceAccounts/between"],
        "source_credentials": service_account(&rsa_key(), &server.url("/token")),
    });
    loaded(&google(json_of(&document), &[])).await;
    let wanted: Value = serde_json::from_str(&server.requests()[1].body).unwrap();
    let delegates = ["projects/-/serviceAccounts/between"];
    assert_eq!(
        wanted,
        json!({"scope": [SCOPE], "lifetime": "3600s", "delegates": delegates})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exchanged_is_refused_with_its_field() {
    let external = |more: Value| {
        let mut document = json!({
            "type": "external_account",
            "audience": "a",
            "subject_token_type": "t",
            "credential_source": {"file": "/nonexistent/subject"},
        });
        for (name, value) in more.as_object().unwrap() {
            document[name] = value.clone();
        }
        document
    };
    for (document, part) in [
        (
            external(json!({})),
            "read the subject token /nonexistent/subject",
        ),
        (
            external(json!({"credential_source": {"environment_id": "aws1"}})),
            "`credential_source` must have `file` or `url`",
        ),
        (
            external(json!({"credential_source": {"file": "a", "url": "b"}})),
            "both `file` and `url`",
        ),
        (
            external(json!({"credential_source": {"file": "a", "format": {"type": "json"}}})),
            "subject_token_field_name` is missing",
        ),
        (
            external(json!({"token_url": "http://sts.googleapis.com/v1/token"})),
            "`token_url` must start with https://",
        ),
        (
            external(json!({"workforce_pool_user_project": "p"})),
            "`workforce_pool_user_project`",
        ),
    ] {
        let identity = google(json_of(&document), &[]);
        let reason = failure(|| identity.state()).await;
        assert!(reason.contains(part), "{reason}");
    }
}
