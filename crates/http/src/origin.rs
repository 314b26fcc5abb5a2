//! Which web pages may call us: those we serve ourselves, and the exact origins of the setting `FRONTEND_URL`.
//!
//! A request without an `Origin` is no page of another site (a script, a phone app, a navigation) and passes: access is
//! decided by the token, which no browser adds by itself. A request with a foreign origin is refused with a clear 403
//! instead of an answer that the browser hides.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use lamplight_kernel::{Class, Problem};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::answer;

/// An origin of the setting that can't be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginError(pub String);

impl std::fmt::Display for OriginError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} is not an origin; write it as the browser does, such as https://portal.example.org, without a path",
            self.0
        )
    }
}

impl std::error::Error for OriginError {}

/// The origins that may call us besides our own.
#[derive(Debug, Clone, Default)]
pub struct Origins(Arc<BTreeSet<String>>);

impl Origins {
    /// Reads a list separated by commas. A slash at the end is forgiven.
    ///
    /// # Errors
    /// When one of them is no origin; `*` is none, because with credentials browsers refuse it.
    pub fn parse(list: &str) -> Result<Self, OriginError> {
        let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
        let origins = items.map(|item| {
            let origin = item.strip_suffix('/').unwrap_or(item).to_ascii_lowercase();
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            let plain = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', '@', '*', ' ']);
            match host {
                Some(host) if plain(host) && HeaderValue::from_str(&origin).is_ok() => Ok(origin),
                _ => Err(OriginError(item.to_owned())),
            }
        });
        Ok(Self(Arc::new(origins.collect::<Result<_, _>>()?)))
    }

    /// Whether a request with these headers may be answered.
    ///
    /// # Errors
    /// The refusal, when it may not.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return Ok(());
        };
        if self.allows(origin, headers) {
            return Ok(());
        }
        let message =
            "Pages of this site may not use this server. The operator can allow it with the setting FRONTEND_URL.";
        Err(Problem::new(Class::Forbidden, "request.origin_refused", message))
    }

    fn allows(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        // Behind a proxy that ends TLS we can't know our own scheme, so the host decides.
        let own = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let same =
            origin.split_once("://").is_some_and(|(_, host)| own.is_some_and(|own| own.eq_ignore_ascii_case(host)));
        same || self.0.contains(&origin.to_ascii_lowercase())
    }

    /// The headers that let a browser show the answers to pages of the allowed origins.
    pub fn cors(&self) -> CorsLayer {
        let origins = self.clone();
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin, parts| origins.allows(origin, &parts.headers)))
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::ACCEPT,
                header::CACHE_CONTROL,
                header::RANGE,
                HeaderName::from_static("x-requested-with"),
            ])
            .expose_headers([
                header::CONTENT_DISPOSITION,
                header::CONTENT_RANGE,
                header::ACCEPT_RANGES,
                header::RETRY_AFTER,
                HeaderName::from_static("x-request-id"),
            ])
            .max_age(Duration::from_secs(600))
    }
}

/// Refuses requests of foreign origins before anything else looks at them.
pub(crate) async fn guard(State(origins): State<Origins>, request: Request, next: Next) -> Response {
    match origins.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => answer(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_origins_and_our_own() {
        let origins = Origins::parse("https://portal.example.org/, http://localhost:3000").unwrap();
        let check = |origin: Option<&str>, host: &str| {
            let mut headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            origins.check(&headers).is_ok()
        };
        for (origin, allowed) in [
            (None, true),
            (Some("https://portal.example.org"), true),
            (Some("http://localhost:3000"), true),
            (Some("https://lamp.example.org"), true),
            (Some("http://portal.example.org"), false),
            (Some("https://portal.example.org:8443"), false),
            (Some("https://portal.example.org.evil.example"), false),
            (Some("https://evil.example"), false),
            (Some("null"), false),
        ] {
            assert_eq!(check(origin, "lamp.example.org"), allowed, "{origin:?}");
        }
    }

    #[test]
    fn what_is_no_origin() {
        for bad in ["*", "portal.example.org", "https://", "https://x.example/path", "https://*.example.org", "ftp://x"]
        {
            assert!(Origins::parse(bad).is_err(), "{bad}");
        }
        assert!(Origins::parse("").is_ok());
    }
}
