//! The ways that calls take: private roots and proxies for public endpoints, neither for metadata; bounded in time and size.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dvara_cloud::aws::AwsIdentity;
use dvara_cloud::google::{GoogleCredentials, GoogleIdentity, GoogleSettings};
use dvara_service::settings::Env;
use dvara_upstream::{NoProxy, Proxies, Proxy, Roots};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;

use crate::aws_web_identity::granted;
use crate::google_accounts::{json_of, rsa_key, service_account, token};
use crate::harness::{SUBJECT, aws, aws_settings, failure, outbound_with, tasks};
use crate::server::{self, Answer, Server, ok};

/// TLS for `localhost` and `sts.invalid`, with roots that trust it.
fn private_tls() -> (Arc<rustls::ServerConfig>, Roots) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let mut roots = Roots::default();
    roots
        .add_pem(params.self_signed(&key).unwrap().pem().as_bytes())
        .unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "sts.invalid".to_owned()];
    let certificate = CertificateParams::new(names).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        );
    (Arc::new(config.unwrap()), roots)
}

fn through(proxy: &server::Proxy) -> Proxies {
    let proxy = Proxy::parse(&proxy.url()).unwrap();
    Proxies {
        http: Some(proxy.clone()),
        https: Some(proxy),
        except: NoProxy::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sts_is_asked_through_the_proxy_and_trusted_by_the_bundle() {
    let (tls, roots) = private_tls();
    let sts = Server::start_tls(tls, |_, _| granted("ASIAPROXIED", 3_600));
    let proxy = server::Proxy::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, SUBJECT).unwrap();
    let url = format!("https://sts.invalid:{}", sts.port());
    let settings = aws_settings(&[
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/gateway"),
        ("AWS_ENDPOINT_URL_STS", &url),
    ]);
    let outbound = outbound_with(roots, through(&proxy));
    let identity = AwsIdentity::start(settings.clone(), outbound, &tasks());
    identity.settled().await;
    assert_eq!(identity.current().unwrap().access_key_id(), "ASIAPROXIED");
    assert_eq!(
        proxy.asked(),
        [format!("CONNECT sts.invalid:{}", sts.port())]
    );

    let stranger = outbound_with(Roots::default(), through(&proxy));
    let identity = AwsIdentity::start(settings, stranger, &tasks());
    let reason = failure(|| identity.state()).await;
    assert!(reason.contains("has to be in the CA bundle"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_is_trusted_by_the_bundle() {
    let (tls, roots) = private_tls();
    let endpoint = Server::start_tls(tls, |_, _| token(3_600));
    let url = format!("https://localhost:{}/token", endpoint.port());
    let settings = GoogleSettings {
        credentials: json_of(&service_account(&rsa_key(), &url)),
        project: None,
        environment: Env::default(),
    };
    let outbound = outbound_with(roots, Proxies::default());
    let identity = GoogleIdentity::start(&settings, outbound, &tasks());
    identity.settled().await;
    assert!(identity.current().is_ok(), "{:?}", identity.state());
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_never_asked_through_a_proxy() {
    let proxy = server::Proxy::start();
    let metadata = Server::start(|_, _| token(3_600));
    let host = format!("127.0.0.1:{}", metadata.port());
    let settings = GoogleSettings {
        credentials: GoogleCredentials::Default,
        project: Some("p".to_owned()),
        environment: Env::from_pairs([("GCE_METADATA_HOST", host)]),
    };
    let outbound = outbound_with(Roots::default(), through(&proxy));
    let identity = GoogleIdentity::start(&settings, outbound, &tasks());
    identity.settled().await;
    assert!(identity.current().is_ok());
    assert_eq!(proxy.asked(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_says_nothing_or_too_much_is_given_up() {
    let silent = Server::start(|_, _| Answer::Silence);
    let began = Instant::now();
    let identity = aws(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &silent.url(""))]);
    let reason = failure(|| identity.state()).await;
    assert!(reason.contains("no whole answer within 5 s"), "{reason}");
    assert!(began.elapsed() < Duration::from_secs(15));

    let endless = Server::start(|_, _| ok("x".repeat(300_000)));
    let identity = aws(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &endless.url(""))]);
    let reason = failure(|| identity.state()).await;
    assert!(reason.contains("larger than 262144 bytes"), "{reason}");
}
