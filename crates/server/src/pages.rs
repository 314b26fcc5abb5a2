//! The web UI, inside the binary.

use std::borrow::Cow;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, Request, StatusCode, header};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Pages;

/// The file at a path, or the page that finds its own way from every other path.
pub(crate) async fn page(request: Request<Body>) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path.starts_with("api/") || path == "api" || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return lamplight_http::unknown_address(request).await;
    }
    // Names under assets/ hold a hash of the content: what is under one never changes.
    let is_asset = path.starts_with("assets/");
    let (name, file) = match Pages::get(path).filter(|_| !path.is_empty()) {
        Some(file) => (path, file),
        None if is_asset => return lamplight_http::unknown_address(request).await,
        None => match Pages::get("index.html") {
            Some(file) => ("index.html", file),
            None => {
                let text =
                    "The web pages were not built into this server. Run `make ui` and build it again. The API works.";
                return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
            }
        },
    };
    let kind =
        HeaderValue::from_str(file.metadata.mimetype()).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let kind = if name.ends_with(".html") { HeaderValue::from_static("text/html; charset=utf-8") } else { kind };
    let keep = if is_asset { "public, max-age=31536000, immutable" } else { "no-cache" };
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static(keep))],
        match file.data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        },
    )
        .into_response()
}
