//! The three services of one `dvara up`: one key, one licence, one set of cores, and what each says of the others.

use std::fs;

use rcgen::generate_simple_self_signed;
use serde_json::{Value, json};

use crate::run::dvara;
use crate::running::{Up, open_to_the_database, up_on};

/// A client that trusts what is given, and nothing else.
fn client(trusted: Option<&[u8]>) -> reqwest::Client {
    let roots = trusted.map(|pem| reqwest::Certificate::from_pem(pem).unwrap());
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only(roots)
        .build()
        .unwrap()
}

async fn ping(http: &reqwest::Client, up: &Up) -> Value {
    let url = format!("{}/mcp", up.service("mcp_url"));
    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list"});
    let request = http
        .post(url)
        .bearer_auth(up.key())
        .header("content-type", "application/json")
        .body(call.to_string());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

async fn read(http: &reqwest::Client, url: String) -> (u16, String) {
    let answer = http.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// What holds whatever the listeners speak.
async fn all_three_serve(http: &reqwest::Client, up: &Up) {
    let models = http.get(format!("{}/v1/models", up.url()));
    let models = models.bearer_auth(up.key()).send().await.unwrap();
    assert_eq!(models.status(), 200);

    let told = ping(http, up).await;
    assert_eq!(
        (&told["id"], &told["error"]["code"]),
        (&json!(7), &json!(-32_014))
    );

    let (status, page) = read(http, format!("{}/", up.service("flightdeck_url"))).await;
    assert_eq!(status, 200);
    assert!(page.contains("<dd>reachable</dd>"), "{page}");

    for service in ["gateway_url", "flightdeck_url", "mcp_url"] {
        let url = format!("{}/actuator/health/readiness", up.service(service));
        let answer = read(http, url).await;
        assert_eq!(answer, (200, r#"{"status":"UP"}"#.to_owned()), "{service}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_the_quick_start_opens_every_plane() {
    let folder = tempfile::tempdir().unwrap();
    open_to_the_database(folder.path());
    let up = Up::start(&folder.path().join("data"));
    all_three_serve(&client(None), &up).await;
    // Each port has its own service.
    let models = format!("{}/v1/models", up.service("mcp_url"));
    assert_eq!(read(&client(None), models).await.0, 404);
    let stopped = up.stop();
    assert_eq!(stopped.code, 0, "{}", stopped.err);
    for (what, name) in [
        ("gateway", "gateway_url"),
        ("flightdeck", "flightdeck_url"),
        ("mcp", "mcp_url"),
    ] {
        let said = stopped.out.lines().any(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(what) && words.next().is_some_and(|url| url.starts_with("http"))
        });
        assert!(said, "{name} is not named: {}", stopped.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_certificate_serves_them_all() {
    let folder = tempfile::tempdir().unwrap();
    open_to_the_database(folder.path());
    let pair = generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    fs::write(&certificate, pair.cert.pem()).unwrap();
    fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
    let data = folder.path().join("data");
    let env = [
        ("HOME", "/nonexistent"),
        ("SERVER_SSL_CERTIFICATE", certificate.to_str().unwrap()),
        ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", key.to_str().unwrap()),
    ];
    let up = Up::start_by(&data, dvara(&up_on(&data), &env));
    assert!(up.service("flightdeck_url").starts_with("https://"));
    all_three_serve(&client(Some(pair.cert.pem().as_bytes())), &up).await;
    let stopped = up.stop();
    assert_eq!(stopped.code, 0, "{}", stopped.err);
}
