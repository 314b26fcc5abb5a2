//! Traces for OpenTelemetry: how long each request took and what of it was the database, the relay, the mail.
//!
//! Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and then not in the way: the spans of other crates have a target and a level of their own
//! ([`TARGET`], debug), which the log does not ask for, so a span that nobody wants costs the reading of one number.
//!
//! What must always hold: **nothing about a person leaves by this way.** Only spans are handed on, no lines of the log, and only those of
//! [`TARGET`]; each attribute is a number, a word of ours or the pattern of a route. Whoever adds one asks whether a stranger may read it.
//! And nobody waits: spans are queued (2,048 at most, further ones are dropped) and sent by a thread of their own.

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lamplight_http::RequestId;
use opentelemetry::{
    KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider, Tracer},
};
use tokio::{runtime::Handle, task::spawn_blocking};
use tracing::{Instrument, Metadata, Subscriber, field::Empty};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

/// The target of all spans that are handed on.
pub(crate) const TARGET: &str = "lamplight::traces";
/// How long the endpoint may take for one batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the server may take, when it stops, to hand on what is left.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where traces go.
#[derive(Clone, PartialEq)]
pub struct Traces {
    /// The address that batches are sent to.
    pub endpoint: String,
    /// Headers of each, which may hold a secret.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How this server is called there.
    pub service: String,
    /// The part of the traces that is kept, from 0 to 1; of those that begin elsewhere it is decided there.
    pub ratio: f64,
}

/// Without the headers.
impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Headers as OpenTelemetry writes them: `name=value,name=value`, with `%20` for what can't stand there.
pub(crate) fn headers(text: &str) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8().ok()?;
            let mut value = HeaderValue::from_str(&value).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::from_str(name.trim()).ok()?, value))
        })
        .collect()
}

/// Hands spans on, until it is told to stop.
#[derive(Debug)]
pub(crate) struct Exporter(SdkTracerProvider);

impl Exporter {
    /// Begins. Must be called within a tokio runtime, which sends the batches.
    ///
    /// # Errors
    /// When the address is none.
    pub(crate) fn start(traces: &Traces) -> anyhow::Result<Self> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Post::new(traces)?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&traces.endpoint)
            .with_timeout(PATIENCE)
            .with_headers(HashMap::new())
            .build()?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        // Nothing that the machine is called or was started with.
        let resource =
            Resource::builder_empty().with_service_name(traces.service.clone()).with_attribute(version).build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(traces.ratio)));
        Ok(Self(
            SdkTracerProvider::builder()
                .with_batch_exporter(exporter)
                .with_sampler(sampler)
                .with_resource(resource)
                .build(),
        ))
    }

    /// What sees the spans.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let layer: OpenTelemetryLayer<S, Tracer> = OpenTelemetryLayer::new(self.0.tracer("lamplight"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false);
        layer.with_filter(filter_fn(|metadata: &Metadata<'_>| metadata.is_span() && metadata.target() == TARGET))
    }

    /// Hands on what is left, within bounds.
    pub(crate) async fn stop(self) {
        let ended = spawn_blocking(move || self.0.shutdown_with_timeout(FAREWELL)).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last traces could not be handed on");
        }
    }
}

/// Sends batches with the HTTP client that is compiled anyway, on the runtime of the server: the thread that asks for it has none.
#[derive(Debug)]
struct Post {
    http: reqwest::Client,
    headers: HeaderMap,
    runtime: Handle,
    /// Whether the last batch was refused: it is said once, not for each.
    is_failing: AtomicBool,
}

impl Post {
    fn new(traces: &Traces) -> anyhow::Result<Self> {
        // The client takes the process's TLS provider. Somebody else's choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
        let headers = traces.headers.iter().cloned().collect();
        Ok(Self { http, headers, runtime: Handle::current(), is_failing: AtomicBool::new(false) })
    }
}

#[async_trait]
impl HttpClient for Post {
    async fn send_bytes(&self, mut request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        request.headers_mut().extend(self.headers.clone());
        let request = reqwest::Request::try_from(request)?;
        let http = self.http.clone();
        let sending = async move {
            let response = http.execute(request).await?;
            let status = response.status();
            // What is answered besides is for nobody.
            Ok::<_, reqwest::Error>(status)
        };
        let sent = self.runtime.spawn(sending).await?;
        let problem = match &sent {
            Ok(status) if status.is_success() => None,
            Ok(status) => Some(status.to_string()),
            Err(error) => Some(error.to_string()),
        };
        match (problem, self.is_failing.load(Ordering::Relaxed)) {
            (Some(problem), false) => {
                tracing::warn!(problem, "traces can't be handed on; those that do not fit the queue are dropped");
                self.is_failing.store(true, Ordering::Relaxed);
            }
            (None, true) => {
                tracing::info!("traces are handed on again");
                self.is_failing.store(false, Ordering::Relaxed);
            }
            _ => {}
        }
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = sent?;
        Ok(response)
    }
}

/// The one header that is read of what others say about a trace: `tracestate` may hold anything.
struct Parent<'a>(&'a HeaderMap);

const TRACEPARENT: &str = "traceparent";

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).filter(|_| key == TRACEPARENT)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

/// A layer that gives each request a span: a part of the trace that the request says it belongs to, or the beginning of one.
pub(crate) async fn request(request: Request, next: Next) -> Response {
    let method = known(request.method());
    // The pattern, not the address: that may hold names, and the query mail addresses.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let name = route.as_ref().map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
    let span = tracing::debug_span!(
        target: TARGET,
        "request",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        request.id = request.extensions().get::<RequestId>().map(|RequestId(id)| &**id),
    );
    let parent = TraceContextPropagator::new().extract(&Parent(request.headers()));
    if parent.span().span_context().is_valid() {
        let _ = span.set_parent(parent);
    }
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// Strangers may make up methods.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| method.as_str() == *known).unwrap_or("_OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_opentelemetry_writes_them() {
        let read = |text| {
            headers(text).map(|headers: Vec<_>| {
                headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect::<Vec<_>>()
            })
        };
        assert_eq!(read("").unwrap(), Vec::<String>::new());
        assert_eq!(read("Authorization=Bearer%20a=, x-b = c").unwrap(), ["authorization: Bearer a=", "x-b: c"]);
        for wrong in ["a", "=b", "a b=c", "a=%0a"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn of_what_others_say_only_the_parent_is_read() {
        let mut said = HeaderMap::new();
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        said.insert("traceparent", HeaderValue::from_static(parent));
        said.insert("tracestate", HeaderValue::from_static("who=asha"));
        let context = TraceContextPropagator::new().extract(&Parent(&said));
        let context = context.span().span_context().clone();
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context.trace_state().header(), "");
        for nonsense in ["", "00-0-0-01", "nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01"] {
            said.insert("traceparent", HeaderValue::from_static(nonsense));
            let context = TraceContextPropagator::new().extract(&Parent(&said));
            assert!(!context.span().span_context().is_valid(), "{nonsense}");
        }
    }
}
