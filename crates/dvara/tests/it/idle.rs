//! Many connections that do nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::dvara;
use crate::running::{Up, open_to_the_database, up_on};

/// More than fit into what a shell or a service manager gives a process, 1,024.
const MANY: usize = 10_000;
/// What a connection may hold of the process's memory before it has said anything: a task.
const SILENT: usize = 4 * 1024;
/// What it may hold after its first call: hyper's two buffers of 8 KiB and what goes with them.
const IDLE: usize = 24 * 1024;

/// A connection of ours.
struct Client(TcpStream);

impl Client {
    fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Self(stream)
    }

    /// Sends a request and reads its answer, up to the end that its length names; the connection stays open.
    fn ask(&mut self, request: &str) -> String {
        self.0.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0_u8; 4096];
        loop {
            let length = self.0.read(&mut buffer).unwrap();
            assert!(length > 0, "closed after {answer:?}");
            answer.extend_from_slice(&buffer[..length]);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let announced = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= announced.map_or(0, |length| length.parse().unwrap()) {
                return text.into_owned();
            }
        }
    }

    fn is_served(&mut self) -> bool {
        self.ask("GET /actuator/health/liveness HTTP/1.1\r\nhost: x\r\n\r\n")
            .starts_with("HTTP/1.1 200 ")
    }
}

/// What a process holds, in bytes.
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: usize = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kib * 1024
}

/// The same command, in a process whose soft limit of descriptors is the usual one.
fn with_few_descriptors(command: &Command) -> Command {
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -Sn 1024; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    limited
}

#[test]
fn ten_thousand_idle_connections_are_held_for_little_and_others_are_served_meanwhile() {
    dvara_service::descriptors::raise_limit().unwrap();
    let folder = tempfile::tempdir().unwrap();
    open_to_the_database(folder.path());
    let data = folder.path().join("data");
    let arguments = up_on(&data);
    let command = with_few_descriptors(&dvara(&arguments, &[("HOME", "/nonexistent")]));
    let up = Up::start_by(&data, command);
    let address = up.url().trim_start_matches("http://").to_owned();
    let body = r#"{"model":"mock/x","messages":[{"role":"user","content":"Hello!"}]}"#;
    let chat = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        up.key(),
        body.len()
    );
    assert!(
        Client::connect(&address)
            .ask(&chat)
            .starts_with("HTTP/1.1 200 ")
    );

    let before = resident(up.pid());
    let mut idle: Vec<Client> = (0..MANY).map(|_| Client::connect(&address)).collect();
    let silent = resident(up.pid());
    for client in &mut idle {
        assert!(client.is_served());
    }
    let after = resident(up.pid());
    let (silent, idle_each) = ((silent - before) / MANY, (after - before) / MANY);
    assert!(silent <= SILENT, "{silent} bytes before the first call");
    assert!(idle_each <= IDLE, "{idle_each} bytes after it");

    // The mock takes 100 ms for an answer; the rest is for a machine that has more to do.
    for _ in 0..20 {
        let began = Instant::now();
        assert!(
            Client::connect(&address)
                .ask(&chat)
                .starts_with("HTTP/1.1 200 ")
        );
        let took = began.elapsed();
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
    assert!(idle.iter_mut().all(Client::is_served), "all are still open");
    drop(idle);
    let ended = up.stop();
    assert_eq!(ended.code, 0, "{}", ended.err);
}
