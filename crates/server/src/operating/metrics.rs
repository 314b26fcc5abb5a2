//! The figures: what there is, and what is read when somebody asks.
//!
//! What happens often is counted where it happens, by the `metrics` facade: nothing is kept and nothing costs when no address is set
//! to read it at. What stands somewhere anyway (the Socket.IO server's counters, the log's head) is read when it is asked for.

use std::{
    fs,
    sync::{Arc, OnceLock},
};

use anyhow::Context;
use lamplight_realtime::Realtime;
use lamplight_store::Store;
use lamplight_tls::Shown;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// What a figure is to Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, until a restart.
    Counter,
    /// It is what it is now.
    Gauge,
    /// How long things took, in buckets of seconds.
    Histogram,
}

/// How Prometheus calls the kinds.
pub const KIND_NAMES: [(Kind, &str); 3] =
    [(Kind::Counter, "counter"), (Kind::Gauge, "gauge"), (Kind::Histogram, "histogram")];

/// A figure.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name, with the unit as Prometheus wishes it.
    pub name: &'static str,
    /// What it is to Prometheus.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub about: &'static str,
}

const fn metric(name: &'static str, kind: Kind, labels: &'static [&'static str], about: &'static str) -> Metric {
    Metric { name, kind, labels, about }
}

/// Every figure of `/metrics`.
pub const METRICS: &[Metric] = &[
    metric("lamplight_build_info", Kind::Gauge, &["version"], "Always 1; the version is the label."),
    metric(
        "lamplight_commit_seconds",
        Kind::Histogram,
        &[],
        "From asking for a commit that holds events to its end: waiting for other writers and the disk.",
    ),
    metric(
        "lamplight_connections_closed_total",
        Kind::Counter,
        &["reason"],
        "Sockets and connections that ended, by why. `too_slow` are clients that did not read.",
    ),
    metric("lamplight_connections_open", Kind::Gauge, &[], "Connections open now, signed in or not yet."),
    metric("lamplight_connects_refused_total", Kind::Counter, &[], "Sockets whose sign-in was refused."),
    metric("lamplight_connects_total", Kind::Counter, &[], "Sockets whose sign-in was accepted."),
    metric("lamplight_deliveries_total", Kind::Counter, &[], "Events handed to a socket, each socket counted."),
    metric("lamplight_events_relayed_total", Kind::Counter, &[], "Events of the log that the relay has handed on."),
    metric("lamplight_frames_sent_total", Kind::Counter, &[], "Frames handed to connections, heartbeats included."),
    metric(
        "lamplight_handshakes_refused_total",
        Kind::Counter,
        &["reason"],
        "Requests for a socket that were refused before signing in, by why.",
    ),
    metric("lamplight_handshakes_total", Kind::Counter, &[], "Handshakes that became a connection."),
    metric(
        "lamplight_http_request_seconds",
        Kind::Histogram,
        &["method", "route", "status"],
        "From the headers of a request to those of its answer; `status` is the first digit.",
    ),
    metric("lamplight_packets_received_total", Kind::Counter, &[], "Packets that clients sent."),
    metric("lamplight_queued_bytes", Kind::Gauge, &[], "Bytes that wait now for clients that read slowly."),
    metric(
        "lamplight_redis_up",
        Kind::Gauge,
        &[],
        "Whether the Redis of `REDIS_URL` answers (1) or not (0). While it does not, nodes wake each other through PostgreSQL.",
    ),
    metric("lamplight_relay_lag_events", Kind::Gauge, &[], "Events committed and not handed on by this node yet."),
    metric(
        "lamplight_replayed_events_total",
        Kind::Counter,
        &[],
        "Events sent from the database to clients that came back.",
    ),
    metric(
        "lamplight_replays_total",
        Kind::Counter,
        &[],
        "Clients that came back and were sent what they missed from the database.",
    ),
    metric("lamplight_sent_bytes_total", Kind::Counter, &[], "Bytes of those frames."),
    metric(
        "lamplight_tls_certificate_expiry_timestamp_seconds",
        Kind::Gauge,
        &[],
        "Until when the certificate that new connections are shown holds, in seconds since 1970. Only where TLS is ended here.",
    ),
    metric(
        "lamplight_tls_handshakes_total",
        Kind::Counter,
        &["result"],
        "Handshakes of TLS by what became of them: `done`, `failed`, `too_slow`, `not_tls` (plain HTTP), `challenge` (an authority of `TLS_ACME_DOMAINS`).",
    ),
    metric(
        "lamplight_wake_ups_heard_total",
        Kind::Counter,
        &["by"],
        "Times another node said that it had committed something, by the way it came: `redis` or `notify`.",
    ),
    metric(
        "lamplight_wake_ups_told_total",
        Kind::Counter,
        &["by"],
        "Times this node said so to the others, once for many commits, by the way it went.",
    ),
    metric("process_open_fds", Kind::Gauge, &[], "Open files and connections of the process."),
    metric("process_resident_memory_bytes", Kind::Gauge, &[], "Memory of the process that is in RAM."),
    metric("process_start_time_seconds", Kind::Gauge, &[], "When the process started, in seconds since 1970."),
];

/// From a quarter of a millisecond to the deadline of a request.
const BUCKETS: [f64; 12] = [0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// One recorder a process: the facade takes no second one.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

fn recorder() -> anyhow::Result<&'static PrometheusHandle> {
    if let Some(handle) = RECORDER.get() {
        return Ok(handle);
    }
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS).context("the buckets")?.build_recorder();
    let handle = RECORDER.get_or_init(|| recorder.handle());
    // Somebody else was first when it fails; then theirs is the one that is read.
    if metrics::set_global_recorder(recorder).is_ok() {
        for Metric { name, kind, about, .. } in METRICS {
            match kind {
                Kind::Counter => describe_counter!(*name, *about),
                Kind::Gauge => describe_gauge!(*name, *about),
                Kind::Histogram => describe_histogram!(*name, *about),
            }
        }
    }
    Ok(handle)
}

/// What is read when it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Gauges {
    pub(crate) store: Store,
    pub(crate) realtime: Realtime,
    /// The certificate of our own TLS, if we speak it.
    pub(crate) shown: Option<Arc<Shown>>,
}

/// Answers `/metrics`.
#[derive(Clone)]
pub(crate) struct Scrape {
    handle: &'static PrometheusHandle,
    gauges: Gauges,
}

impl Scrape {
    /// Begins to count.
    pub(crate) fn start(gauges: Gauges) -> anyhow::Result<Self> {
        let handle = recorder()?;
        gauge!("process_start_time_seconds").set(gauges.store.clock().now().millis() as f64 / 1000.0);
        gauge!("lamplight_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(Self { handle, gauges })
    }

    /// Merges what was counted since the last time. Must happen now and then when nobody asks, or it grows.
    pub(crate) fn tidy(&self) {
        self.handle.run_upkeep();
    }

    /// In the format of Prometheus.
    pub(crate) async fn text(&self) -> String {
        let now = self.gauges.realtime.counters();
        let number = |number: u64| number as f64;
        gauge!("lamplight_connections_open").set(number(now.open));
        gauge!("lamplight_queued_bytes").set(number(now.bytes_queued));
        counter!("lamplight_handshakes_total").absolute(now.handshakes);
        counter!("lamplight_connects_total").absolute(now.connected);
        counter!("lamplight_connects_refused_total").absolute(now.refused);
        counter!("lamplight_frames_sent_total").absolute(now.frames_sent);
        counter!("lamplight_sent_bytes_total").absolute(now.bytes_sent);
        counter!("lamplight_packets_received_total").absolute(now.packets_received);
        for (reason, count) in now.handshakes_refused {
            counter!("lamplight_handshakes_refused_total", "reason" => reason).absolute(count);
        }
        for (reason, count) in now.closed {
            counter!("lamplight_connections_closed_total", "reason" => reason).absolute(count);
        }
        // A database that does not answer is found by /readyz; the other figures are wanted then all the more.
        if let Ok(head) = self.gauges.store.log().head().await {
            let lag = (head.seq - self.gauges.realtime.position()).max(0);
            gauge!("lamplight_relay_lag_events").set(lag as f64);
        }
        if let Some(pair) = self.gauges.shown.as_ref().and_then(|shown| shown.now()) {
            gauge!("lamplight_tls_certificate_expiry_timestamp_seconds").set(number(pair.not_after));
        }
        if let Some(bytes) = resident() {
            gauge!("process_resident_memory_bytes").set(number(bytes));
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            gauge!("process_open_fds").set(open.count() as f64);
        }
        self.handle.render()
    }
}

impl std::fmt::Debug for Scrape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrape").finish_non_exhaustive()
    }
}

/// From `/proc/self/statm`, where it stands in pages (proc(5)).
fn resident() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * u64::try_from(rustix::param::page_size()).ok()?)
}
