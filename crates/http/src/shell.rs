//! What wraps every route: a request id, the log line, panics and time limits turned into answers, safe headers.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Context,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, BodyDataStream},
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::Response,
};
use futures_util::Stream;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use lamplight_kernel::{Chance, Class, Problem};
use tokio::time::{Instant, timeout};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, Predicate, predicate::DefaultPredicate},
};
use tracing::Instrument;

use crate::{Origins, Peer, Proxies, answer, client::OverTls, extract::nothing_here, origin};

/// The id of a request: in its log lines and in the header `X-Request-Id` of its answer.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// Wraps the routes. `within` may add layers of its own, around everything but the log: its span is the innermost that a handler sees, so what a
/// handler leaves to another task goes on in it.
pub fn shell(
    routes: Router,
    origins: &Origins,
    proxies: Proxies,
    chance: Chance,
    within: impl FnOnce(Router) -> Router,
) -> Router {
    // Files are sent as they are: most are packed already, and a browser shows progress only when it is told the length.
    let is_no_file = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        !headers.contains_key(header::CONTENT_DISPOSITION)
    };
    let compressible = DefaultPredicate::new().and(is_no_file);
    let routes = routes
        .method_not_allowed_fallback(async |request: Request| {
            answer(nothing_here(request.method(), request.uri().path(), true))
        })
        .layer(CompressionLayer::new().compress_when(compressible))
        .layer(CatchPanicLayer::custom(|panic: Box<dyn std::any::Any + Send>| {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            answer(Problem::internal(format!("a handler panicked: {}", text.unwrap_or("no text"))))
        }))
        .layer(origins.cors())
        .layer(middleware::from_fn_with_state(origins.clone(), origin::guard))
        .layer(middleware::from_fn(headers))
        .layer(middleware::from_fn_with_state(proxies, client));
    within(routes).layer(middleware::from_fn_with_state(chance, log))
}

/// The fallback of the API: an address that does not exist.
pub async fn unknown_address(request: Request) -> Response {
    answer(nothing_here(request.method(), request.uri().path(), false))
}

/// A layer that answers when a handler takes too long. Not for uploads and downloads, which may take as long as they move.
pub async fn deadline(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let is_safe = request.method().is_safe();
    let (parts, body) = request.into_parts();
    let waits = Arc::new(AtomicBool::new(false));
    let (noted, mut stream) = (Arc::clone(&waits), Box::pin(body.into_data_stream()));
    let stream = futures_util::stream::poll_fn(move |context| {
        let polled = stream.as_mut().poll_next(context);
        noted.store(polled.is_pending(), Ordering::Relaxed);
        polled
    });
    match timeout(limit, next.run(Request::from_parts(parts, Body::from_stream(stream)))).await {
        Ok(response) => response,
        // Not 503: the existing client sends such a request again by itself, and it may have been carried out. Unless it was still waiting
        // for the rest of the request: nothing is done before all of it is there.
        Err(_) if !is_safe && !waits.load(Ordering::Relaxed) => answer(Problem::outcome_unknown()),
        Err(_) => answer(Problem::new(
            Class::Unavailable,
            "server.too_slow",
            "This took too long and was given up. Please try again shortly.",
        )),
    }
}

/// What is still taken of an upload after it was refused.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// A layer for uploads: takes the rest of a request that was answered before it was read.
///
/// A connection that is closed with unread bytes is reset, and a browser then shows "connection lost" instead of the
/// answer that says what is wrong with the file. So what is on its way is read and thrown away, within bounds.
pub async fn drain(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let rest = Arc::new(Mutex::new(Box::pin(body.into_data_stream())));
    let shared = Arc::clone(&rest);
    let poll = |rest: &Mutex<Pin<Box<BodyDataStream>>>, context: &mut Context<'_>| {
        rest.lock().unwrap_or_else(PoisonError::into_inner).as_mut().poll_next(context)
    };
    let stream = futures_util::stream::poll_fn(move |context| poll(&shared, context));
    let response = next.run(Request::from_parts(parts, Body::from_stream(stream))).await;
    let throw_away = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(chunk)) = poll_fn(|context| poll(&rest, context)).await {
            match left.checked_sub(chunk.len()) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    let _ = timeout(DRAIN_TIME, throw_away).await;
    response
}

async fn log(State(chance): State<Chance>, mut request: Request, next: Next) -> Response {
    let id: Arc<str> = chance.bytes::<8>().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let method = request.method().clone();
    // The pattern, not the address: the query may hold names and mail addresses.
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let (asked, pattern) = (method.clone(), route.clone());
    let span = tracing::info_span!("request", %id, %method, route);
    async move {
        let started = Instant::now();
        let mut response = next.run(request).await;
        let status = response.status().as_u16();
        let millis = started.elapsed().as_millis();
        let (method, status_class) = (known(&asked), class(status));
        metrics::histogram!("lamplight_http_request_seconds", "method" => method, "route" => pattern, "status" => status_class)
            .record(started.elapsed());
        let problem = response.extensions_mut().remove::<Arc<Problem>>();
        match problem.as_deref() {
            Some(problem) => match problem.cause() {
                Some(cause) => tracing::error!(status, millis, code = problem.code(), %cause, "failed"),
                None => tracing::info!(status, millis, code = problem.code(), "refused"),
            },
            None => tracing::debug!(status, millis, "answered"),
        }
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
        }
        response
    }
    .instrument(span)
    .await
}

/// A method as a label. Strangers may make up methods, and each label is kept for good.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| method.as_str() == *known).unwrap_or("other")
}

fn class(status: u16) -> &'static str {
    ["1", "2", "3", "4", "5"].get(usize::from(status / 100).wrapping_sub(1)).copied().unwrap_or("-")
}

/// Notes whose request it is, for [`crate::Client`] and [`crate::Visitor`].
async fn client(State(proxies): State<Proxies>, mut request: Request, next: Next) -> Response {
    if let Some(peer) = request.extensions().get::<Peer>().copied() {
        let client = proxies.client(peer.address, request.headers());
        if proxies.is_tls(peer, request.headers()) {
            request.extensions_mut().insert(OverTls);
        }
        request.extensions_mut().insert(client);
    }
    next.run(request).await
}

/// What our pages may do: run our scripts, ask our server, show our pictures. Nobody may put them into a frame. Styles may stand in the
/// page, because the pages' components write style elements whose texts change as they run; scripts may not.
const PAGES: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self' data:; connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// An answer of the API is no page, and can do nothing should somebody open it as one.
const ANSWERS: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Nothing of this is used. Whoever begins to use it takes it out.
const UNUSED: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
    xr-spatial-tracking=()";

/// Headers of every answer that does not set its own.
async fn headers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_api = path.starts_with("/api/");
    let is_page = !is_api || path.starts_with("/api/docs");
    let is_tls = request.extensions().get::<OverTls>().is_some();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "DENY");
    default(header::REFERRER_POLICY, "same-origin");
    default(header::CONTENT_SECURITY_POLICY, if is_page { PAGES } else { ANSWERS });
    default(HeaderName::from_static("permissions-policy"), UNUSED);
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if is_tls {
        // A year. Said over HTTP it would mean nothing (RFC 6797, 7.2).
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if is_api {
        // Answers are for one person at one moment.
        default(header::CACHE_CONTROL, "no-store");
    }
    response
}
