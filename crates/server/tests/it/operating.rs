//! What an operator's programs ask.

use std::{collections::BTreeMap, fs, path::Path};

use lamplight::operating::{KIND_NAMES, METRICS};
use serde_json::json;

use crate::support::{Form, Institute, both_databases, soon};

async fn scraped(institute: &Institute) -> String {
    let url = format!("http://{}/metrics", institute.metrics());
    soon(soon(institute.http.get(url).send()).await.unwrap().text()).await.unwrap()
}

/// The sum of all series of a name.
fn value(text: &str, name: &str) -> f64 {
    let lines = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

both_databases!(it_is_alive_and_ready, async |institute: Institute| {
    let alive = institute.get("", "/healthz").await;
    assert_eq!((alive.status, alive.body.as_slice()), (200, b"ok\n".as_slice()));
    let ready = institute.get("", "/readyz").await;
    assert_eq!((ready.status, ready.json()), (200, json!({"ready": true, "reason": null})));
    assert_eq!(
        institute.get("", "/metrics").await.status,
        200,
        "the pages' own address: it is a page, not the figures"
    );
    assert!(!String::from_utf8_lossy(&institute.get("", "/metrics").await.body).contains("lamplight_"));
});

both_databases!(the_figures_are_those_that_are_documented_and_follow_what_happens, async |institute: Institute| {
    let mut asha = institute.live(&institute.people.asha).await;
    let before = scraped(&institute).await;
    institute.uploaded(&institute.people.office, Form::titled("Ethics")).await;
    institute.ring().await;
    asha.told().await;
    let after = scraped(&institute).await;
    // Other tests of this process count too: at least this much is ours.
    for (name, least) in [
        ("lamplight_events_relayed_total", 1.0),
        ("lamplight_deliveries_total", 1.0),
        ("lamplight_commit_seconds_count", 1.0),
        ("lamplight_http_request_seconds_count", 1.0),
    ] {
        let grown = value(&after, name) - value(&before, name);
        assert!(grown >= least, "{name} grew by {grown}\n{after}");
    }
    let mut shown = BTreeMap::new();
    for line in after.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        shown.insert(name.to_owned(), kind.to_owned());
    }
    let kind_name = |kind| KIND_NAMES.iter().find(|(known, _)| *known == kind).unwrap().1.to_owned();
    let documented: BTreeMap<_, _> =
        METRICS.iter().map(|metric| (metric.name.to_owned(), kind_name(metric.kind))).collect();
    // What has not happened yet is not shown.
    for (name, kind) in &shown {
        assert_eq!(documented.get(name), Some(kind), "{name} is shown and not documented");
    }
    for name in ["lamplight_connections_open", "lamplight_relay_lag_events", "process_resident_memory_bytes"] {
        assert!(shown.contains_key(name), "{name}\n{after}");
    }
});

#[test]
fn the_dashboard_asks_for_figures_that_there_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating/grafana.json");
    let dashboard: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut asked = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = target["expr"].as_str().unwrap();
            let words = expression.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            for word in words.filter(|word| word.starts_with("lamplight_") || word.starts_with("process_")) {
                let is_known = METRICS.iter().any(|metric| {
                    word == metric.name
                        || ["_bucket", "_count", "_sum"].iter().any(|part| word == format!("{}{part}", metric.name))
                });
                assert!(is_known, "{word} in {expression}");
                asked += 1;
            }
        }
    }
    assert!(asked > 10);
}
