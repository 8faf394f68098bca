//! HTTP/1.1 as far as the benchmark needs it: heads by httparse, bodies by the decoder in `body`.
//!
//! Nothing here reads or writes a socket, so that the load generator's two drivers and the bench upstream
//! share it and the tests can cut the bytes anywhere.

mod body;

pub(crate) use body::BodyDecoder;

use crate::vendor::Dialect;

/// More headers than this and the other side is not the one we started.
const MAX_HEADERS: usize = 64;

/// What the other side said that HTTP/1.1 does not allow, or that we do not understand.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum WireError {
    #[error("unreadable head: {0}")]
    Head(#[from] httparse::Error),
    #[error("unreadable content length")]
    ContentLength,
    #[error("unreadable chunk size")]
    ChunkSize,
    #[error("a chunk is longer than it said")]
    ChunkEnd,
    #[error("the body ended early")]
    Truncated,
}

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    /// An answer of an old server: the body ends where the connection does.
    UntilClose,
}

/// The head of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    /// Bytes up to and including the empty line.
    pub(crate) size: usize,
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    /// The server will not take another request on this connection.
    pub(crate) closes: bool,
}

/// The head of a request, as far as the bench upstream looks at it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestHead {
    /// Bytes up to and including the empty line.
    pub(crate) size: usize,
    pub(crate) endpoint: Endpoint,
    pub(crate) framing: Framing,
    /// The client will not send another request on this connection.
    pub(crate) closes: bool,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A chat, and whether the path asks for a stream already.
    Chat(Dialect, bool),
    Models,
    Unknown,
}

/// By the end of the path; Mistral's ends like OpenAI's and is told apart by its beginning.
fn posted(path: &str) -> Endpoint {
    const ENDINGS: [(&str, Dialect, bool); 8] = [
        ("/messages", Dialect::Anthropic, false),
        (":generateContent", Dialect::Gemini, false),
        (":streamGenerateContent?alt=sse", Dialect::Gemini, true),
        ("/converse", Dialect::Bedrock, false),
        ("/converse-stream", Dialect::Bedrock, true),
        ("/v2/chat", Dialect::Cohere, false),
        ("/mistral/chat/completions", Dialect::Mistral, false),
        ("/chat/completions", Dialect::Openai, false),
    ];
    let found = ENDINGS.iter().find(|(ending, ..)| path.ends_with(ending));
    found.map_or(Endpoint::Unknown, |(_, dialect, streams)| {
        Endpoint::Chat(*dialect, *streams)
    })
}

/// Reads the head of an answer; `None` when more bytes are needed.
pub(crate) fn response_head(bytes: &[u8]) -> Result<Option<ResponseHead>, WireError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(size) = response.parse(bytes)? else {
        return Ok(None);
    };
    let status = response.code.unwrap_or(0);
    let mut framing = if status == 204 || status == 304 || (100..200).contains(&status) {
        Framing::Length(0)
    } else {
        Framing::UntilClose
    };
    let mut closes = response.version == Some(0);
    read_headers(response.headers, &mut framing, &mut closes)?;
    Ok(Some(ResponseHead {
        size,
        status,
        framing,
        closes: closes || framing == Framing::UntilClose,
    }))
}

/// Reads the head of a request; `None` when more bytes are needed.
pub(crate) fn request_head(bytes: &[u8]) -> Result<Option<RequestHead>, WireError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(size) = request.parse(bytes)? else {
        return Ok(None);
    };
    let path = request.path.unwrap_or_default();
    let endpoint = match request.method.unwrap_or_default() {
        "POST" => posted(path),
        "GET" if path.ends_with("/models") => Endpoint::Models,
        _ => Endpoint::Unknown,
    };
    let mut framing = Framing::Length(0);
    let mut closes = request.version == Some(0);
    read_headers(request.headers, &mut framing, &mut closes)?;
    Ok(Some(RequestHead {
        size,
        endpoint,
        framing,
        closes,
    }))
}

/// The headers that say where the body and the connection end.
fn read_headers(
    headers: &[httparse::Header<'_>],
    framing: &mut Framing,
    closes: &mut bool,
) -> Result<(), WireError> {
    for header in headers {
        // Lengths first: comparing names costs more than comparing numbers, and this runs per call.
        match header.name.len() {
            14 if header.name.eq_ignore_ascii_case("content-length") => {
                let text =
                    std::str::from_utf8(header.value).map_err(|_| WireError::ContentLength)?;
                let length = text.trim().parse().map_err(|_| WireError::ContentLength)?;
                if *framing != Framing::Chunked {
                    *framing = Framing::Length(length);
                }
            }
            17 if header.name.eq_ignore_ascii_case("transfer-encoding")
                && header.value.trim_ascii().eq_ignore_ascii_case(b"chunked") =>
            {
                *framing = Framing::Chunked;
            }
            10 if header.name.eq_ignore_ascii_case("connection") => {
                *closes = header.value.trim_ascii().eq_ignore_ascii_case(b"close");
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_head_is_not_yet_a_head() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n";
        for cut in 0..whole.len() {
            assert_eq!(response_head(&whole[..cut]), Ok(None), "cut at {cut}");
        }
        let head = response_head(whole).unwrap().unwrap();
        assert_eq!(
            head,
            ResponseHead {
                size: whole.len(),
                status: 200,
                framing: Framing::Length(12),
                closes: false
            }
        );
    }

    #[test]
    fn framing_follows_the_headers_in_any_case() {
        let cases: [(&[u8], Framing, bool); 6] = [
            (
                b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nConnection: keep-alive\r\n\r\n",
                Framing::Length(5),
                false,
            ),
            (
                b"HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: Chunked\r\n\r\n",
                Framing::Chunked,
                false,
            ),
            // RFC 9112 section 6.3: chunked wins.
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
                Framing::Chunked,
                false,
            ),
            (
                b"HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                Framing::Length(0),
                true,
            ),
            (b"HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose, true),
            (
                b"HTTP/1.1 204 No Content\r\n\r\n",
                Framing::Length(0),
                false,
            ),
        ];
        for (bytes, framing, closes) in cases {
            let head = response_head(bytes).unwrap().unwrap();
            assert_eq!(
                (head.framing, head.closes),
                (framing, closes),
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(matches!(
            response_head(b"FTP/1.1 200\r\n\r\n"),
            Err(WireError::Head(_))
        ));
        assert_eq!(
            response_head(b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n"),
            Err(WireError::ContentLength)
        );
        assert_eq!(
            response_head(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
            Err(WireError::ContentLength)
        );
    }

    #[test]
    fn requests_are_told_apart_by_method_and_path() {
        let cases = [
            (
                "POST /v1/chat/completions HTTP/1.1",
                Endpoint::Chat(Dialect::Openai, false),
            ),
            (
                "POST /chat/completions HTTP/1.1",
                Endpoint::Chat(Dialect::Openai, false),
            ),
            ("GET /v1/models HTTP/1.1", Endpoint::Models),
            ("GET /v1/chat/completions HTTP/1.1", Endpoint::Unknown),
            ("POST /v1/embeddings HTTP/1.1", Endpoint::Unknown),
        ];
        for (line, endpoint) in cases {
            let head = request_head(format!("{line}\r\nHost: x\r\n\r\n").as_bytes())
                .unwrap()
                .unwrap();
            assert_eq!(head.endpoint, endpoint, "{line}");
            assert_eq!(head.framing, Framing::Length(0));
        }
    }
}
