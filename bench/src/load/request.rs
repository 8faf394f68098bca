//! The request: built once, sent as the same bytes for the whole run.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyhow::{Context as _, bail};
use serde_json::json;

use super::Options;
use crate::upstream::INTERVAL_MARK;

/// Where the calls go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// `host:port` as given.
    host: String,
    path: String,
}

impl Target {
    /// Reads `http://host:port[/path]`. Names are looked up once.
    pub(crate) fn parse(url: &str) -> anyhow::Result<Self> {
        let Some(rest) = url.strip_prefix("http://") else {
            bail!("{url}: only http:// can be measured")
        };
        let (host, path) = match rest.find('/') {
            Some(at) if &rest[at..] != "/" => (&rest[..at], &rest[at..]),
            Some(at) => (&rest[..at], "/v1/chat/completions"),
            None => (rest, "/v1/chat/completions"),
        };
        let address = host
            .to_socket_addrs()
            .with_context(|| format!("{url}: host:port expected"))?
            .next()
            .with_context(|| format!("{url}: no address"))?;
        Ok(Self {
            address,
            host: host.to_owned(),
            path: path.to_owned(),
        })
    }
}

/// The bytes of one call.
pub(crate) fn build(target: &Target, options: &Options) -> Vec<u8> {
    let body = body(options);
    let mut request = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Accept: {}\r\nUser-Agent: dvara-bench\r\nContent-Length: {}\r\n\r\n",
        target.path,
        target.host,
        options.key,
        if options.stream { "text/event-stream" } else { "application/json" },
        body.len(),
    )
    .into_bytes();
    request.extend_from_slice(body.as_bytes());
    request
}

/// A chat completion whose one message is padded until the body has the wanted size.
fn body(options: &Options) -> String {
    let render = |content: &str| {
        let mut body = json!({
            "model": options.model,
            "messages": [
                { "role": "system", "content": "You are a helpful assistant." },
                { "role": "user", "content": content },
            ],
            "temperature": 0.7,
            "max_tokens": 256,
        });
        if options.stream {
            body["stream"] = true.into();
        }
        body.to_string()
    };
    let mark = match options.interval_us {
        0 => String::new(),
        interval => format!("{INTERVAL_MARK}{interval} "),
    };
    let missing = options.body_bytes.saturating_sub(render(&mark).len());
    let words = "Benchmarks measure what they measure. ";
    let padding: String = words.chars().cycle().take(missing).collect();
    render(&(mark + &padding))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(extra: &[&str]) -> Options {
        use clap::Parser;
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            options: Options,
        }
        Line::parse_from(["load", "--url", "http://127.0.0.1:1"].iter().chain(extra)).options
    }

    #[test]
    fn body_has_the_wanted_size() {
        for bytes in [512, 1_024, 65_536] {
            let body = body(&options(&["--body-bytes", &bytes.to_string()]));
            assert_eq!(body.len(), bytes);
            let value: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(value["model"], "gpt-4o-mini");
        }
    }

    #[test]
    fn a_call_without_stream_does_not_mention_it() {
        assert!(!body(&options(&[])).contains("stream"));
        assert!(body(&options(&["--stream"])).contains("\"stream\":true"));
    }

    #[test]
    fn content_length_is_the_bodys() {
        let target = Target::parse("http://127.0.0.1:8080").unwrap();
        let request = build(&target, &options(&["--body-bytes", "700"]));
        let text = String::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"),
            "{head}"
        );
        assert!(head.ends_with("Content-Length: 700"), "{head}");
        assert_eq!(body.len(), 700);
    }

    #[test]
    fn urls() {
        let target = Target::parse("http://127.0.0.1:9/other").unwrap();
        assert_eq!((target.path.as_str(), target.address.port()), ("/other", 9));
        assert_eq!(
            Target::parse("http://127.0.0.1:9/").unwrap().path,
            "/v1/chat/completions"
        );
        assert!(Target::parse("https://127.0.0.1:9").is_err());
        assert!(Target::parse("http://127.0.0.1").is_err());
    }
}
