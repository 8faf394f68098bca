//! What lives where. Whatever is not listed does not exist, and nothing needs a credential because nothing is let in.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::routing::{any, get};
use dvara_dialects::head::Head;
use dvara_service::body::discard;
use dvara_service::random;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Response, Version};
use http_body::Body as _;

use crate::error::{DeskError, Surface};
use crate::page::{self, StatusPage};

/// The routes of Flightdeck, the actuator apart.
pub(crate) fn routes(page: StatusPage) -> Router {
    Router::new()
        .route("/", get(status))
        .route("/v1/admin", any(not_built))
        .route("/v1/admin/{*rest}", any(not_built))
        .route("/v1/admin/", any(not_built))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(page)
}

async fn status(State(page): State<StatusPage>) -> Response<Body> {
    page::respond(&page.render())
}

/// Where sign-in, permissions and the API itself will begin.
async fn not_built(request: Request) -> Response<Body> {
    refuse(DeskError::NotBuilt, request).await
}

async fn not_found(request: Request) -> Response<Body> {
    refuse(DeskError::NotFound, request).await
}

async fn method_not_allowed(request: Request) -> Response<Body> {
    refuse(DeskError::MethodNotAllowed, request).await
}

/// Refuses a request whose body nobody has read. It is thrown away within bounds, so that the client sees the answer.
async fn refuse(error: DeskError, request: Request) -> Response<Body> {
    let (parts, mut body) = request.into_parts();
    let head = Head::of(&parts.headers, random::trace_id);
    let mut response = error.render(Surface::of(parts.uri.path()), &head.trace_id);
    let read =
        body.is_end_stream() || (!parts.headers.contains_key(EXPECT) && discard(&mut body).await);
    if !read && parts.version < Version::HTTP_2 {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}
