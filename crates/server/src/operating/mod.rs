//! What an operator's programs ask: is it alive, may it be sent requests, how is it doing.
//!
//! `/healthz` and `/readyz` are beside the pages, for proxies; they say no more than that. `/metrics` is on an address of its own
//! (`METRICS_LISTEN`), so that who may read it is decided by who can reach that address, and no proxy can publish it by mistake.

mod metrics;
mod system;

use std::time::Duration;

use axum::{Router, extract::State, response::IntoResponse, routing::get};
use http::{StatusCode, header};
use lamplight_realtime::Realtime;
use lamplight_store::Store;
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub(crate) use metrics::{Gauges, Scrape};
pub use metrics::{KIND_NAMES, METRICS, Metric};
pub(crate) use system::System;

/// How long the database may take to answer who asks whether we are ready.
const PATIENCE: Duration = Duration::from_secs(2);
/// With more events to hand on than this, new clients are better served by another node.
const MOST_BEHIND: i64 = 10_000;
/// No reason to send requests elsewhere: the other nodes have the same Redis, and nobody needs it.
const REDIS_AWAY: &str = "Redis is away; nodes wake each other through PostgreSQL";

/// What decides whether this node may be sent requests.
#[derive(Debug, Clone)]
pub(crate) struct Readiness {
    pub(crate) store: Store,
    pub(crate) realtime: Realtime,
    /// Cancelled when the server was told to stop.
    pub(crate) stopping: CancellationToken,
}

impl Readiness {
    /// Why it may not, in words; `None` when it may.
    async fn obstacle(&self) -> Option<&'static str> {
        if self.stopping.is_cancelled() {
            return Some("stopping");
        }
        match timeout(PATIENCE, self.store.log().head()).await {
            Err(_) => Some("the database does not answer in time"),
            Ok(Err(error)) => {
                tracing::warn!(%error, "not ready");
                Some("the database does not answer")
            }
            Ok(Ok(head)) if head.seq - self.realtime.position() > MOST_BEHIND => Some("the relay is far behind"),
            Ok(Ok(_)) => None,
        }
    }
}

/// `/healthz` and `/readyz`.
pub(crate) fn routes(readiness: Readiness) -> Router {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready).with_state(readiness))
}

async fn ready(State(readiness): State<Readiness>) -> impl IntoResponse {
    let obstacle = readiness.obstacle().await;
    let status = if obstacle.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let answer = if readiness.store.is_redis_away() {
        json!({"ready": obstacle.is_none(), "reason": obstacle, "degraded": REDIS_AWAY})
    } else {
        json!({"ready": obstacle.is_none(), "reason": obstacle})
    };
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(answer))
}

/// `/metrics`, for Prometheus.
pub(crate) fn metrics_router(scrape: Scrape) -> Router {
    Router::new().route("/metrics", get(metrics).with_state(scrape))
}

async fn metrics(State(scrape): State<Scrape>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], scrape.text().await)
}
