//! A Flightdeck for one test, and a client.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::Utc;
use dvara_crypto::licence::{self, Roots};
use dvara_flightdeck::settings::PROPERTIES;
use dvara_flightdeck::{FLIGHTDECK, FlightdeckSettings};
use dvara_service::boot::{self, BootError};
use dvara_service::drain::DrainTiming;
use dvara_service::process::{ProcessConfig, Running, StartOptions};
use dvara_service::settings::{Env, Loader};
use dvara_testkit::database::TestDatabase;
use reqwest::{Method, RequestBuilder, Response};

pub(crate) const ACTUATOR_KEY: &str = "test-actuator-key";
pub(crate) const METRICS_KEY: &str = "test-metrics-key";
/// Where nothing listens.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

/// A Flightdeck.
pub(crate) struct TestDesk {
    running: Option<Running>,
    /// Lives as long as the process that uses it.
    _database: TestDatabase,
    pub(crate) address: SocketAddr,
    http: reqwest::Client,
}

impl TestDesk {
    pub(crate) async fn start() -> Self {
        Self::start_with(NOBODY, DrainTiming::immediate()).await
    }

    pub(crate) async fn start_with(gateway: &str, drain: DrainTiming) -> Self {
        let database = TestDatabase::new().await;
        let running = Box::pin(launch(&database, gateway, drain)).await.unwrap();
        Self {
            address: running.address(FLIGHTDECK).unwrap(),
            running: Some(running),
            _database: database,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.address))
            .timeout(Duration::from_secs(20))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status().as_u16()
    }

    /// Takes the process out, to end it while calls run.
    pub(crate) fn take(&mut self) -> Running {
        self.running.take().unwrap()
    }

    pub(crate) async fn finish(mut self) {
        self.take().finish().await.unwrap();
    }
}

/// A start on a database, which may be refused.
pub(crate) async fn launch(
    database: &TestDatabase,
    gateway: &str,
    drain: DrainTiming,
) -> Result<Running, BootError> {
    let licence = licence::evaluation(Utc::now(), [7; 10]);
    let env = [
        ("SPRING_PROFILES_ACTIVE", "test"),
        ("SPRING_DATASOURCE_URL", "postgres://unused/unused"),
        ("DVARA_ACTUATOR_API_KEY", ACTUATOR_KEY),
        ("DVARA_ACTUATOR_METRICS_API_KEY", METRICS_KEY),
        ("DVARA_CORES", "1"),
        ("DVARA_LICENSE_KEY", &licence),
        ("DVARA_FLIGHTDECK_GATEWAY_URL", gateway),
    ];
    let mut loader = Loader::new(Env::from_pairs(env), &[PROPERTIES]);
    let roots = Roots::release().with_evaluation();
    let licence = dvara_service::licence::gate(&mut loader, &roots, Utc::now());
    let process = ProcessConfig::load(&mut loader, Some(database.settings()));
    let settings = FlightdeckSettings::load(&mut loader);
    let (licence, loaded) = boot::conclude(licence, loader).unwrap();
    let options = StartOptions {
        licence,
        loaded,
        drain,
        background: tokio::runtime::Handle::current(),
    };
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    dvara_flightdeck::start(settings, process.unwrap(), listen, options).await
}
