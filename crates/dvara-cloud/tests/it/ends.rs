//! An identity ends with its last handle and with the process, also in the middle of a call; and what it logs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dvara_cloud::IdentityState;
use dvara_cloud::aws::AwsIdentity;
use dvara_service::tasks::Tasks;
use dvara_testkit::eventually;
use tokio::runtime::Handle;

use crate::harness::{
    SECRET_KEY, SESSION, after, assert_hidden, aws_settings, outbound, tasks, when,
};
use crate::server::{Answer, Server, ok};

const LONG: Duration = Duration::from_secs(5);

fn start(server: &Server, tasks: &Tasks) -> AwsIdentity {
    let url = server.url("/");
    let settings = aws_settings(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
    AwsIdentity::start(settings, outbound(), tasks)
}

fn credentials(seconds: u64) -> Answer {
    ok(format!(
        r#"{{"AccessKeyId":"ASIA","SecretAccessKey":"{SECRET_KEY}","Token":"{SESSION}","Expiration":"{}"}}"#,
        after(seconds)
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_nobody_holds_has_no_task() {
    let running = || Handle::current().metrics().num_alive_tasks();
    let before = running();
    let server = Server::start(|_, _| credentials(3));
    let tasks = tasks();
    let identity = start(&server, &tasks);
    let other = identity.clone();
    identity.settled().await;
    drop(identity);
    let is_renewed = |state: &IdentityState| state.loads == 2;
    when("the clone is renewed", || other.state(), is_renewed).await;
    assert!(running() > before);
    drop(other);
    eventually("its task has ended", async || {
        (running() == before).then_some(())
    })
    .await;
    assert_eq!(tasks.stop(LONG).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_in_the_middle_of_a_call_ends_at_once() {
    for by_process in [true, false] {
        let server = Server::start(|_, _| Answer::Silence);
        let tasks = tasks();
        let identity = start(&server, &tasks);
        eventually("it is asked", async || server.requests().pop()).await;
        let began = Instant::now();
        if by_process {
            assert_eq!(tasks.stop(LONG).await, [""; 0]);
            assert!(identity.current().is_err());
        } else {
            drop(identity);
            assert_eq!(tasks.stop(LONG).await, [""; 0]);
        }
        // The call itself would have waited for five seconds.
        assert!(began.elapsed() < Duration::from_secs(3));
    }
}

/// Everything that is logged in this process, by all tests at once.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_one_line_and_its_end_another_and_neither_tells_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let server = Server::start(|before, _| match before {
        0..2 => Answer::Say(418, r#"{"code":"Teapot","message":"only\ntea"}"#.to_owned()),
        _ => credentials(3_600),
    });
    let identity = start(&server, &tasks());
    when("it works", || identity.state(), |state| state.loads == 1).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_hidden(&text);
    let lines = |part: &str| {
        let found = text.lines().filter(|line| line.contains(part));
        found.map(str::to_owned).collect::<Vec<_>>()
    };
    let warned: Vec<_> = lines("Teapot: only tea")
        .into_iter()
        .filter(|line| line.contains(" WARN "))
        .collect();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(
        warned[0].contains("AWS credentials were not loaded"),
        "{warned:?}"
    );
    let loaded = lines("AWS credentials are loaded");
    assert!(
        loaded.iter().any(|line| line.contains("INFO")),
        "{loaded:?}"
    );
}
