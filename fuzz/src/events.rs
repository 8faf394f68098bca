//! Server-sent events as a client reads them (WHATWG HTML §9.2.6), written without a look at the decoders' own framing.

/// What a client makes of a stream's bytes.
pub(crate) struct Events {
    /// The data of each event that has any, in order.
    pub(crate) data: Vec<Vec<u8>>,
    /// Bytes of an event whose blank line did not come.
    pub(crate) unfinished: bool,
}

impl Events {
    pub(crate) fn read(stream: &[u8]) -> Self {
        let stream = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
        let mut events = Self {
            data: Vec::new(),
            unfinished: false,
        };
        let mut event: Option<Vec<u8>> = None;
        let mut at = 0;
        while at < stream.len() {
            let rest = &stream[at..];
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                events.unfinished = true;
                break;
            };
            let line = &rest[..length];
            at += length
                + if rest[length..].starts_with(b"\r\n") {
                    2
                } else {
                    1
                };
            events.unfinished = !line.is_empty();
            if line.is_empty() {
                events.data.extend(event.take());
            } else if line == b"data" || line.starts_with(b"data:") {
                let value = line.get(5..).unwrap_or_default();
                let value = value.strip_prefix(b" ").unwrap_or(value);
                match &mut event {
                    None => event = Some(value.to_vec()),
                    Some(event) => {
                        event.push(b'\n');
                        event.extend_from_slice(value);
                    }
                }
            }
        }
        events
    }
}
