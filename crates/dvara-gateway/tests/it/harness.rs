//! A gateway for one test, with a key, and a client that has it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use dvara_crypto::licence::{self, Roots};
use dvara_gateway::settings::PROPERTIES;
use dvara_gateway::{GATEWAY, GatewayConfig};
use dvara_service::boot::{self, BootError};
use dvara_service::drain::DrainTiming;
use dvara_service::process::{ProcessConfig, Running, StartOptions};
use dvara_service::settings::{Env, Loader};
use dvara_store::Admin;
use dvara_store::admin::{NewKey, NewTenant, SeedReport};
use dvara_testkit::database::TestDatabase;
use dvara_testkit::vendor::{FakeVendor, Received};
use dvara_types::{ApiKeyId, Scopes, TenantId};
use reqwest::Response;
use serde_json::{Value, json};

pub(crate) const TENANT: &str = "acme";
pub(crate) const ACTUATOR_KEY: &str = "test-actuator-key";
pub(crate) const METRICS_KEY: &str = "test-metrics-key";

/// What a test wants of its gateway.
pub(crate) struct Setup {
    env: Vec<(String, String)>,
    database: Option<Arc<TestDatabase>>,
    drain: DrainTiming,
    root: Option<reqwest::Certificate>,
}

/// A gateway with a tenant and a key.
pub(crate) struct TestGateway {
    gateway: Option<Running>,
    seeded: SeedReport,
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
    pub(crate) key_id: ApiKeyId,
    pub(crate) http: reqwest::Client,
    spool: tempfile::TempDir,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let env = [
            ("SPRING_PROFILES_ACTIVE", "test"),
            ("MOCK_PROVIDER_ENABLED", "true"),
            ("DVARA_LLM_GATEWAY_PROVIDERS_MOCK_LATENCY_MS", "0"),
            (
                "DVARA_LLM_GATEWAY_PROVIDERS_MOCK_STREAM_TOKEN_DELAY_MS",
                "0",
            ),
            ("DVARA_ACTUATOR_API_KEY", ACTUATOR_KEY),
            ("DVARA_ACTUATOR_METRICS_API_KEY", METRICS_KEY),
            ("SPRING_DATASOURCE_URL", "postgres://unused/unused"),
            ("DVARA_CORES", "1"),
            // Tests of one machine do not call each other.
            ("DVARA_CLUSTER_MULTICAST", "off"),
            ("DVARA_LLM_GATEWAY_RESILIENCE_RETRY_INITIAL_BACKOFF_MS", "1"),
        ];
        let env = env
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        Self {
            env,
            database: None,
            drain: DrainTiming::immediate(),
            root: None,
        }
    }

    /// With the providers `openai` and `anthropic` at a fake vendor.
    pub(crate) fn vendor(self, vendor: &FakeVendor) -> Self {
        self.env("OPENAI_API_KEY", "sk-test")
            .env("DVARA_LLM_GATEWAY_PROVIDERS_OPENAI_BASE_URL", vendor.url())
            .env("ANTHROPIC_API_KEY", "sk-ant-test")
            .env("ANTHROPIC_BASE_URL", vendor.url())
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a second provider `second`, also in OpenAI's dialect.
    pub(crate) fn second_vendor(self, vendor: &FakeVendor) -> Self {
        self.env("DVARA_PROVIDERS_0_TYPE", "openai")
            .env("DVARA_PROVIDERS_0_NAME", "second")
            .env("DVARA_PROVIDERS_0_API_KEY", "sk-second")
            .env("DVARA_PROVIDERS_0_BASE_URL", vendor.url())
    }

    /// With TLS, and a client that trusts the certificate.
    pub(crate) fn tls(mut self, certificate: &Path, key: &Path) -> Self {
        let pem = std::fs::read(certificate).unwrap();
        self.root = Some(reqwest::Certificate::from_pem(&pem).unwrap());
        self.env("SERVER_SSL_CERTIFICATE", certificate.to_str().unwrap())
            .env("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", key.to_str().unwrap())
    }

    /// On the database of another gateway.
    pub(crate) fn beside(mut self, other: &TestGateway) -> Self {
        self.database = Some(other.database.clone());
        self
    }

    pub(crate) fn drain(mut self, timing: DrainTiming) -> Self {
        self.drain = timing;
        self
    }

    pub(crate) async fn start(mut self) -> TestGateway {
        let trusted = self.root.take();
        let database = match &self.database {
            Some(database) => database.clone(),
            None => Arc::new(TestDatabase::new().await),
        };
        let spool = tempfile::tempdir().unwrap();
        let (gateway, seeded) = self
            .launch(&database, spool.path().to_str().unwrap())
            .await
            .unwrap();
        let store = database.store().await;
        let admin = Admin::new(&store).acting_as("test");
        let tenant = TenantId::parse(TENANT).unwrap();
        if admin.tenant(&tenant).await.is_err() {
            let new = NewTenant {
                id: Some(tenant.clone()),
                name: "Acme".to_owned(),
                ..NewTenant::default()
            };
            admin.create_tenant(new).await.unwrap();
        }
        let address = gateway.address(GATEWAY).unwrap();
        let name = format!("key-{}", address.port());
        let made = admin
            .create_key(NewKey {
                tenant,
                name,
                scopes: Scopes::default(),
                expires_at: None,
            })
            .await
            .unwrap();
        let started = TestGateway {
            url: format!("{}://{address}", gateway.scheme()),
            address,
            gateway: Some(gateway),
            seeded,
            database,
            key: made.key.expose().clone(),
            key_id: made.record.id,
            http: client(trusted),
            spool,
        };
        started.knows_key(&started.key).await;
        started
    }

    async fn launch(
        mut self,
        database: &TestDatabase,
        spool: &str,
    ) -> Result<(Running, SeedReport), BootError> {
        self.env
            .push(("DVARA_SPOOL_DIR".to_owned(), spool.to_owned()));
        self.env.push((
            "DVARA_LICENSE_KEY".to_owned(),
            licence::evaluation(Utc::now(), [7; 10]),
        ));
        let mut loader = Loader::new(Env::from_pairs(self.env), &[PROPERTIES]);
        let roots = Roots::release().with_evaluation();
        let licence = dvara_service::licence::gate(&mut loader, &roots, Utc::now());
        let process = ProcessConfig::load(&mut loader, Some(database.settings()));
        let config = GatewayConfig::load(&mut loader);
        let (licence, loaded) = boot::conclude(licence, loader)?;
        let options = StartOptions {
            licence,
            loaded,
            drain: self.drain,
            background: tokio::runtime::Handle::current(),
        };
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        // Boxed: a start carries all settings.
        Box::pin(dvara_gateway::start(
            config,
            process.unwrap(),
            listen,
            options,
        ))
        .await
    }
}

impl TestGateway {
    /// A gateway in front of one vendor.
    pub(crate) async fn before(vendor: &FakeVendor) -> Self {
        Setup::new().vendor(vendor).start().await
    }

    pub(crate) async fn start() -> Self {
        Setup::new().start().await
    }

    /// A key of a new tenant with these metadata, once the gateway knows it.
    pub(crate) async fn tenant_key(&self, id: &str, metadata: Value) -> String {
        let (store, id) = (self.database.store().await, TenantId::parse(id).unwrap());
        let admin = Admin::new(&store);
        let tenant = NewTenant {
            id: Some(id.clone()),
            name: id.to_string(),
            metadata: metadata.as_object().unwrap().clone(),
        };
        admin.create_tenant(tenant).await.unwrap();
        let created = admin.create_key(NewKey::new(id, "k")).await.unwrap();
        let key = created.key.expose().clone();
        self.knows_key(&key).await;
        key
    }

    /// Waits until the gateway has learnt of a key.
    pub(crate) async fn knows_key(&self, key: &str) {
        dvara_testkit::eventually("the gateway knows a new key", async || {
            let response = self
                .get("/v1/models")
                .bearer_auth(key)
                .send()
                .await
                .unwrap();
            (response.status() != 401).then_some(())
        })
        .await;
    }

    /// From here on its client trusts these certificates.
    pub(crate) fn trust(&mut self, certificates: &[&rustls::pki_types::CertificateDer<'_>]) {
        let roots = certificates
            .iter()
            .map(|certificate| reqwest::Certificate::from_der(certificate).unwrap());
        self.http = client(roots);
    }

    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http
            .get(format!("{}{path}", self.url))
            .timeout(Duration::from_secs(20))
    }

    /// A chat call with a body as it stands.
    pub(crate) fn raw_chat(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.raw_chat_as(&self.key, body)
    }

    fn raw_chat_as(&self, key: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}/v1/chat/completions", self.url))
            .bearer_auth(key)
            .header("content-type", "application/json")
            .timeout(Duration::from_secs(20))
            .body(body)
    }

    pub(crate) async fn chat(&self, body: Value) -> Response {
        self.raw_chat(body.to_string()).send().await.unwrap()
    }

    /// A chat call with a key of somebody else.
    pub(crate) async fn chat_as(&self, key: &str, body: Value) -> Response {
        let call = self.raw_chat_as(key, body.to_string());
        call.send().await.unwrap()
    }

    /// The usage rows of calls for answers, once there are so many.
    pub(crate) async fn settled(&self, count: usize) -> Vec<Value> {
        dvara_testkit::eventually("calls are settled", async || {
            let rows: Vec<Value> = self.database.usage().await;
            let chats: Vec<Value> = rows
                .into_iter()
                .filter(|row| row["endpoint"] != "models")
                .collect();
            (chats.len() >= count).then_some(chats)
        })
        .await
    }

    pub(crate) async fn status_page(&self) -> Value {
        self.get("/actuator/gateway-status")
            .bearer_auth(ACTUATOR_KEY)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// The value of a metric without labels.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let scrape = self.get("/actuator/prometheus").bearer_auth(METRICS_KEY);
        let text = scrape.send().await.unwrap().text().await.unwrap();
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value
            .unwrap_or_else(|| panic!("{name} is missing: {text}"))
            .parse()
            .unwrap()
    }

    pub(crate) async fn readiness(&self) -> u16 {
        self.get("/actuator/health/readiness")
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    }

    /// Ends the gateway; every call must have been settled and written by then, unless the database is gone.
    pub(crate) async fn finish(mut self) -> Arc<TestDatabase> {
        self.gateway.take().unwrap().finish().await.unwrap();
        self.database.clone()
    }

    /// What the files of its start added.
    pub(crate) fn seeded(&self) -> &SeedReport {
        &self.seeded
    }

    /// Takes the gateway out, to end it while calls run.
    pub(crate) fn take(&mut self) -> Running {
        self.gateway.take().unwrap()
    }

    pub(crate) fn spool(&self) -> &std::path::Path {
        self.spool.path()
    }
}

fn client(trusted: impl IntoIterator<Item = reqwest::Certificate>) -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_merge(trusted)
        .build()
        .unwrap()
}

/// The smallest chat call.
pub(crate) fn hello(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello!"}]})
}

/// The same, streamed.
pub(crate) fn streamed(model: &str) -> Value {
    let mut body = hello(model);
    body["stream"] = true.into();
    body
}

/// The code of an error answer, after a look at its shape.
pub(crate) async fn error_code(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let trace = response.headers()["x-trace-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = response.json().await.unwrap();
    let error = &body["error"];
    assert_eq!(error["trace_id"], trace, "{body}");
    assert!(!error["message"].as_str().unwrap().is_empty(), "{body}");
    assert!(!error["type"].as_str().unwrap().is_empty(), "{body}");
    (status, error["code"].as_str().unwrap().to_owned())
}

/// The chat calls that a vendor was sent; the harness itself only asks for models.
pub(crate) fn chats(vendor: &FakeVendor) -> Vec<Received> {
    vendor
        .requests()
        .into_iter()
        .filter(|request| {
            let ends = [
                "/chat/completions",
                "/messages",
                "/v2/chat",
                "/converse",
                "/converse-stream",
            ];
            ends.iter().any(|end| request.path.ends_with(end))
                || request
                    .path
                    .to_ascii_lowercase()
                    .contains("generatecontent")
        })
        .collect()
}
