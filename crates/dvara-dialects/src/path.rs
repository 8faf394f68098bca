//! Which plane a path belongs to, and whether it is written in the one way we accept.

use std::fmt::Write as _;

/// Where a request goes by its path alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane<'a> {
    /// Below the plane's first segment: governed; a key is needed even for what does not exist.
    Governed(&'a str),
    /// There by any reading, yet not written canonically.
    Disguised,
    /// Anywhere else.
    Elsewhere,
}

/// The first segment of the LLM plane.
pub const LLM: &str = "v1";
/// The first segment of the MCP plane.
pub const MCP: &str = "mcp";

/// Sorts a path by the first segment of a plane. A first segment that only reads so after decoding is governed too, so that
/// `/v%31/models` cannot walk around the key (data-plane sheet §4).
pub fn plane<'a>(segment: &str, path: &'a str) -> Plane<'a> {
    let below = path
        .strip_prefix('/')
        .and_then(|rest| rest.strip_prefix(segment));
    match below {
        Some("") => Plane::Governed(""),
        Some(rest) if rest.starts_with('/') && is_canonical(path) => Plane::Governed(&rest[1..]),
        _ if names(segment, path) => Plane::Disguised,
        _ => Plane::Elsewhere,
    }
}

fn is_canonical(path: &str) -> bool {
    !path.bytes().any(|byte| matches!(byte, b'%' | b';' | b'\\'))
        && !path.contains("//")
        && !path
            .split('/')
            .any(|segment| segment == "." || segment == "..")
}

/// Whether the first segment that is not empty or a dot reads as the plane's once decoded. The whole path is decoded before it is
/// cut: an escaped slash, backslash or semicolon ends a segment too.
fn names(plane: &str, path: &str) -> bool {
    // Twice over, as a careless server behind us might.
    let read = decode(&decode(path));
    read.split(['/', '\\'])
        .map(|segment| segment.split(';').next().unwrap_or_default())
        .find(|segment| !segment.is_empty() && *segment != "." && *segment != "..")
        .is_some_and(|segment| segment.eq_ignore_ascii_case(plane))
}

/// The path with its percent escapes resolved.
fn decode(path: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        match (first, digit(tail.first()), digit(tail.get(1))) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text as one segment of a path (RFC 3986 §3.3): whatever could end the segment or the path is escaped.
pub(crate) fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'_' | b'~' => escaped.push(char::from(byte)),
            // A segment of dots alone would climb.
            b'.' if text.bytes().any(|other| other != b'.') => escaped.push('.'),
            other if other.is_ascii_alphanumeric() => escaped.push(char::from(other)),
            other => {
                let _ = write!(escaped, "%{other:02X}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_v1_is_governed_and_only_one_is_accepted() {
        assert_eq!(plane(LLM, "/v1/models"), Plane::Governed("models"));
        for path in [
            "/v%31/models",
            "/%76%31/chat/completions",
            "/v%2531/models",
            "//v1/models",
            "/./v1/models",
            "/x/../v1/models".strip_prefix("/x/..").unwrap_or_default(),
            "/v1//models",
            "/v1/./models",
            "/v1/a/../models",
            "/v1/models;x=1",
            "/v1/models%2f",
            "/v1\\models",
            "/V%31/models",
            "/v1;a/models",
            "/v1%2fmodels",
            // Found by fuzzing: separators that only decoding shows.
            "/v1%5cmodels",
            "/v1%3ba/models",
            "/%2fv1/models",
            "/%255cv1/models",
            "/%2e%2fv1/models",
        ] {
            let expected = if path == "/v1/models" {
                Plane::Governed("models")
            } else {
                Plane::Disguised
            };
            assert_eq!(plane(LLM, path), expected, "{path}");
        }
    }

    #[test]
    fn other_paths_are_elsewhere() {
        for path in [
            "/",
            "/v2/models",
            "/v1x",
            "/index.html",
            "/internal/keys",
            "/actuator/health",
            "/%+76%31/models",
        ] {
            assert_eq!(plane(LLM, path), Plane::Elsewhere, "{path}");
        }
        assert_eq!(plane(LLM, "/v1"), Plane::Governed(""));
    }

    #[test]
    fn each_plane_knows_its_own_paths() {
        assert_eq!(plane(MCP, "/mcp"), Plane::Governed(""));
        assert_eq!(plane(MCP, "/mcp/code"), Plane::Governed("code"));
        assert_eq!(plane(MCP, "/mcp/a//b"), Plane::Disguised);
        assert_eq!(plane(MCP, "/%6dcp/code"), Plane::Disguised);
        assert_eq!(plane(MCP, "/mcpx"), Plane::Elsewhere);
        assert_eq!(plane(MCP, "/v1/models"), Plane::Elsewhere);
    }

    #[test]
    fn a_segment_stays_one() {
        for (text, escaped) in [
            ("gpt-4o_mini.2~x", "gpt-4o_mini.2~x"),
            ("a/../b?c#d", "a%2F..%2Fb%3Fc%23d"),
            ("..", "%2E%2E"),
            (
                "amazon.titan-embed-text-v2:0",
                "amazon.titan-embed-text-v2%3A0",
            ),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(segment(text), escaped);
        }
    }
}
