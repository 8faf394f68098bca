//! A listener that speaks TLS.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dvara_testkit::eventually;
use http::{Request, Version};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::harness::{ACTUATOR_KEY, Setup, TestGateway, hello, streamed};

const PATIENCE: Duration = Duration::from_secs(20);

/// Certificates as Kubernetes mounts them: the files are links into a folder that a link names, and that link is swapped.
struct Mount {
    folder: tempfile::TempDir,
}

impl Mount {
    /// The mount with its first certificate.
    fn new() -> (Self, CertificateDer<'static>) {
        let mount = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let first = mount.renew("first");
        for name in ["tls.crt", "tls.key"] {
            symlink(
                Path::new("..data").join(name),
                mount.folder.path().join(name),
            )
            .unwrap();
        }
        (mount, first)
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("tls.crt")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("tls.key")
    }

    /// Mounts a new certificate.
    fn renew(&self, revision: &str) -> CertificateDer<'static> {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        self.swap(
            revision,
            &made.cert.pem(),
            &made.signing_key.serialize_pem(),
        );
        made.cert.der().clone()
    }

    fn swap(&self, revision: &str, certificate: &str, key: &str) {
        let root = self.folder.path();
        fs::create_dir(root.join(revision)).unwrap();
        fs::write(root.join(revision).join("tls.crt"), certificate).unwrap();
        fs::write(root.join(revision).join("tls.key"), key).unwrap();
        symlink(revision, root.join("..data.new")).unwrap();
        fs::rename(root.join("..data.new"), root.join("..data")).unwrap();
    }

    fn setup(&self) -> Setup {
        Setup::new().tls(&self.certificate(), &self.key())
    }
}

/// Shakes hands as a client that trusts these certificates and nobody else.
async fn connect(
    gateway: &TestGateway,
    trusted: &[&CertificateDer<'static>],
    protocol: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add((*certificate).clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(gateway.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// What the gateway says of its certificate: the gauge, the counter, and the component of health.
async fn told(gateway: &TestGateway) -> (u64, u64, serde_json::Value) {
    let health = gateway.get("/actuator/health").bearer_auth(ACTUATOR_KEY);
    let health: serde_json::Value = health.send().await.unwrap().json().await.unwrap();
    (
        gateway.metric("server_tls_certificate_current").await,
        gateway.metric("server_tls_certificate_reloads_total").await,
        health["components"]["tls"].clone(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_answered_over_tls_in_both_protocols() {
    let (mount, certificate) = Mount::new();
    let gateway = mount.setup().start().await;
    assert!(gateway.url.starts_with("https://"));
    let whole = gateway.chat(hello("mock/x")).await;
    assert_eq!(
        (whole.status().as_u16(), whole.version()),
        (200, Version::HTTP_11)
    );
    let stream = gateway.chat(streamed("mock/x")).await;
    assert!(stream.text().await.unwrap().contains("data: [DONE]"));

    let stream = connect(&gateway, &[&certificate], "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (calls, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get(format!("{}/v1/models", gateway.url))
        .header("authorization", format!("Bearer {}", gateway.key))
        .body(())
        .unwrap();
    let (answer, _body) = calls
        .ready()
        .await
        .unwrap()
        .send_request(request, true)
        .unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    connection.abort();
    let (current, reloads, component) = told(&gateway).await;
    assert_eq!((current, reloads), (1, 0));
    assert_eq!(component["status"], "UP");
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_never() {
    let (mount, first) = Mount::new();
    let mut gateway = mount.setup().start().await;
    let mut old = connect(&gateway, &[&first], "http/1.1").await.unwrap();

    mount.swap("broken", "nothing of use", "nor here");
    eventually("the broken pair is told of", async || {
        let (current, _, component) = told(&gateway).await;
        (current == 0 && component["status"] == "UNKNOWN").then_some(())
    })
    .await;
    let problem = told(&gateway).await.2["details"]["problem"].clone();
    assert!(
        problem.as_str().unwrap().contains("holds no certificate"),
        "{problem}"
    );
    assert_eq!(gateway.readiness().await, 200, "the old pair still serves");
    connect(&gateway, &[&first], "http/1.1").await.unwrap();

    let second = mount.renew("second");
    eventually("the new certificate is shown", async || {
        connect(&gateway, &[&second], "http/1.1").await.ok()
    })
    .await;
    assert!(connect(&gateway, &[&first], "http/1.1").await.is_err());
    // Connections that were made before live on.
    old.write_all(
        b"GET /actuator/health/liveness HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await
    .unwrap();
    let mut answer = String::new();
    old.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    gateway.trust(&[&first, &second]);
    let (current, reloads, component) = told(&gateway).await;
    assert_eq!((current, reloads), (1, 1));
    assert_eq!(component["status"], "UP");
    gateway.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_shake_hands_is_let_go_and_holds_nobody_up() {
    let (mount, certificate) = Mount::new();
    let gateway = mount
        .setup()
        .env("DVARA_SERVER_HEAD_TIMEOUT_MS", "2000")
        .start()
        .await;
    let mut silent = TcpStream::connect(gateway.address).await.unwrap();
    let mut plain = TcpStream::connect(gateway.address).await.unwrap();
    plain
        .write_all(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, plain.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "plain text is not waited upon");
    assert!(
        !answer.starts_with(b"HTTP"),
        "and not answered in plain text"
    );
    connect(&gateway, &[&certificate], "http/1.1")
        .await
        .unwrap();
    assert_eq!(gateway.chat(hello("mock/x")).await.status(), 200);

    let mut nothing = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, silent.read_to_end(&mut nothing)).await;
    assert_eq!(ended.unwrap().unwrap(), 0, "closed in time, without a word");
    gateway.finish().await;
}
