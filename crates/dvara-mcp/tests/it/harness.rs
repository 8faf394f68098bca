//! An MCP plane for one test, with keys, and a client.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::Utc;
use dvara_crypto::licence::{self, Roots};
use dvara_mcp::settings::PROPERTIES;
use dvara_mcp::{MCP, McpSettings};
use dvara_service::boot::{self, BootError};
use dvara_service::drain::DrainTiming;
use dvara_service::process::{ProcessConfig, Running, StartOptions};
use dvara_service::settings::{Env, Loader};
use dvara_store::Admin;
use dvara_store::admin::{NewKey, NewTenant};
use dvara_testkit::database::TestDatabase;
use dvara_testkit::eventually;
use dvara_types::{Scopes, TenantId};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

pub(crate) const ACTUATOR_KEY: &str = "test-actuator-key";
pub(crate) const METRICS_KEY: &str = "test-metrics-key";

/// An MCP plane with a tenant and a key.
pub(crate) struct TestMcp {
    running: Option<Running>,
    pub(crate) database: TestDatabase,
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
    http: reqwest::Client,
}

/// What was answered.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl TestMcp {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[], DrainTiming::immediate()).await
    }

    pub(crate) async fn start_with(env: &[(&str, &str)], drain: DrainTiming) -> Self {
        let database = TestDatabase::new().await;
        let running = Box::pin(launch(&database, env, drain)).await.unwrap();
        let address = running.address(MCP).unwrap();
        let mut started = Self {
            running: Some(running),
            database,
            address,
            key: String::new(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        };
        started.make_tenant("acme").await;
        started.key = started.make_key("acme", "agent", &[]).await;
        started
    }

    pub(crate) async fn make_tenant(&self, id: &str) {
        let store = self.database.store().await;
        let new = NewTenant {
            id: Some(TenantId::parse(id).unwrap()),
            name: id.to_owned(),
            ..NewTenant::default()
        };
        let admin = Admin::new(&store).acting_as("test");
        admin.create_tenant(new).await.unwrap();
    }

    /// Makes a key and waits until the plane has learnt of it.
    pub(crate) async fn make_key(&self, tenant: &str, name: &str, scopes: &[&str]) -> String {
        let store = self.database.store().await;
        let admin = Admin::new(&store).acting_as("test");
        let new = NewKey {
            tenant: TenantId::parse(tenant).unwrap(),
            name: name.to_owned(),
            scopes: Scopes(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            expires_at: None,
        };
        let key = admin.create_key(new).await.unwrap().key.expose().clone();
        eventually("the plane knows a new key", async || {
            let answer = self.rpc("/mcp", &key, "{}").await;
            (answer.status != 401).then_some(())
        })
        .await;
        key
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.address))
            .timeout(Duration::from_secs(20))
    }

    /// One POST of somebody with a key.
    pub(crate) async fn rpc(&self, path: &str, key: &str, body: impl Into<String>) -> Answered {
        let request = self
            .request(Method::POST, path)
            .bearer_auth(key)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(body.into());
        answered(request.send().await.unwrap()).await
    }

    pub(crate) async fn status(&self, path: &str) -> u16 {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        answer.status().as_u16()
    }

    pub(crate) async fn metrics(&self) -> String {
        let scrape = self
            .request(Method::GET, "/actuator/prometheus")
            .bearer_auth(METRICS_KEY);
        scrape.send().await.unwrap().text().await.unwrap()
    }

    /// Takes the process out, to end it while calls run.
    pub(crate) fn take(&mut self) -> Running {
        self.running.take().unwrap()
    }

    pub(crate) async fn finish(mut self) {
        self.take().finish().await.unwrap();
    }
}

/// An answer, after a look at what every one of them has.
pub(crate) async fn answered(response: Response) -> Answered {
    let status = response.status().as_u16();
    let trace = response.headers()["x-trace-id"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(response.headers()["content-type"], "application/json");
    let body: Value = response.json().await.unwrap();
    let first = if body.is_array() { &body[0] } else { &body };
    let error = &first["error"];
    let named = error["trace_id"]
        .as_str()
        .or_else(|| error["data"]["trace_id"].as_str());
    assert_eq!(named, Some(trace.as_str()), "{body}");
    assert!(!error["message"].as_str().unwrap().is_empty(), "{body}");
    Answered { status, body }
}

/// A start on a database, which may be refused.
pub(crate) async fn launch(
    database: &TestDatabase,
    more: &[(&str, &str)],
    drain: DrainTiming,
) -> Result<Running, BootError> {
    let licence = licence::evaluation(Utc::now(), [7; 10]);
    let mut env = vec![
        ("SPRING_PROFILES_ACTIVE", "test"),
        ("SPRING_DATASOURCE_URL", "postgres://unused/unused"),
        ("DVARA_ACTUATOR_API_KEY", ACTUATOR_KEY),
        ("DVARA_ACTUATOR_METRICS_API_KEY", METRICS_KEY),
        ("DVARA_CORES", "1"),
        ("DVARA_LICENSE_KEY", &licence),
    ];
    env.extend_from_slice(more);
    let mut loader = Loader::new(Env::from_pairs(env), &[PROPERTIES]);
    let roots = Roots::release().with_evaluation();
    let licence = dvara_service::licence::gate(&mut loader, &roots, Utc::now());
    let process = ProcessConfig::load(&mut loader, Some(database.settings()));
    let settings = McpSettings::load(&mut loader);
    let (licence, loaded) = boot::conclude(licence, loader).unwrap();
    let options = StartOptions {
        licence,
        loaded,
        drain,
        background: tokio::runtime::Handle::current(),
    };
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    dvara_mcp::start(settings, process.unwrap(), listen, options).await
}
