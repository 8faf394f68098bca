//! The front of the plane: a path, a method, and the one function that answers them.

pub(crate) mod error;
pub(crate) mod respond;

use std::rc::Rc;

use bytes::Bytes;
use dvara_dialects::head::Head;
use dvara_dialects::path::{self, Plane};
use dvara_service::random;
use http::HeaderMap;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::core::Core;
use crate::pipeline;
use error::{McpError, Shape};

/// What lives below `/mcp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    /// `POST /mcp`: the tools of all servers.
    All,
    /// `POST /mcp/{serverId}`: one server.
    Server(&'a str),
    /// `POST /mcp/{serverId}/{method}`: one method of one server, without an envelope.
    Method(&'a str),
}

/// The methods of the REST form.
const METHODS: [&str; 9] = [
    "initialize",
    "ping",
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "prompts/list",
    "prompts/get",
];

impl<'a> Endpoint<'a> {
    /// What lives at a path below `/mcp/`, whatever the method.
    pub(crate) fn at(path: &'a str) -> Option<Self> {
        match path.split_once('/') {
            None if path.is_empty() => Some(Self::All),
            None => Some(Self::Server(path)),
            Some((server, method)) => METHODS
                .contains(&method)
                .then_some(Self::Method(server))
                .filter(|_| !server.is_empty()),
        }
    }

    /// The server that it names.
    pub(crate) fn server(self) -> Option<&'a str> {
        match self {
            Self::All => None,
            Self::Server(server) | Self::Method(server) => Some(server),
        }
    }

    /// How its errors look.
    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::All | Self::Server(_) => Shape::JsonRpc,
            Self::Method(_) => Shape::Rest,
        }
    }
}

/// Answers one request, whatever it is.
pub(crate) async fn answer(core: Rc<Core>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    match path::plane(path::MCP, parts.uri.path()) {
        Plane::Governed(below) => {
            let endpoint = Endpoint::at(below).ok_or(McpError::NotFound);
            pipeline::answer(&core, &parts, endpoint, body).await
        }
        Plane::Disguised => pipeline::answer(&core, &parts, Err(McpError::InvalidPath), body).await,
        Plane::Elsewhere => {
            let actuator = &core.actuator;
            let asked = actuator.answer(&parts.method, parts.uri.path(), &parts.headers);
            match asked.await {
                Some(answer) => answer,
                None => elsewhere(&parts.headers),
            }
        }
    }
}

fn elsewhere(headers: &HeaderMap) -> Response<Full<Bytes>> {
    let head = Head::of(headers, random::trace_id);
    respond::refused(&McpError::NotFound, Shape::Rest, &head.trace_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_meaning() {
        for (path, expected) in [
            ("", Some(Endpoint::All)),
            ("code-search", Some(Endpoint::Server("code-search"))),
            (
                "code-search/tools/call",
                Some(Endpoint::Method("code-search")),
            ),
            ("code-search/ping", Some(Endpoint::Method("code-search"))),
            ("code-search/", None),
            ("code-search/tools", None),
            ("code-search/tools/call/", None),
            ("code-search/Tools/call", None),
            ("/tools/call", None),
        ] {
            assert_eq!(Endpoint::at(path), expected, "{path}");
        }
    }
}
