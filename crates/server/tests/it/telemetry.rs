//! Traces, as they leave the program: a receiver of OTLP stands where a collector would, and looks at every byte.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State, routing::post};
use http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value as Attribute,
    trace::v1::{Span, span::SpanKind, status::StatusCode as Outcome},
};
use prost::Message;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    clients::SETTINGS,
    support::{
        Form,
        program::{Running, lamplight, run},
        soon, until,
    },
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// What came, as it came.
type Received = Arc<Mutex<Vec<(HeaderMap, axum::body::Bytes)>>>;

/// Takes traces by OTLP over HTTP.
async fn receiver() -> (SocketAddr, Received) {
    let received = Received::default();
    let take = async |State(received): State<Received>, headers: HeaderMap, body: axum::body::Bytes| {
        received.lock().unwrap().push((headers, body));
        StatusCode::OK
    };
    let routes = Router::new().route("/v1/traces", post(take)).with_state(received.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (address, received)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.clone()?.value? {
        Attribute::StringValue(text) => Some(text),
        Attribute::IntValue(number) => Some(number.to_string()),
        Attribute::BoolValue(flag) => Some(flag.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requests_commits_the_relay_and_mail_are_traced_and_nothing_about_a_person_is() {
    let (address, received) = receiver().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = format!("http://{address}");
    let more = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "X-Tenant=nursing%20one"),
        ("OTEL_SERVICE_NAME", "record"),
        ("SMTP_URL", "folder"),
        ("PUBLIC_URL", "https://record.nursing.example"),
    ];
    let settings = [&SETTINGS[..], &more].concat();
    let server = Running::start(lamplight(folder.path(), &settings, &["serve", "--demo"])).await;
    let http = reqwest::Client::builder().no_proxy().user_agent("Secretive Browser").build().unwrap();
    let url = |path: &str| format!("http://{}{path}", server.address);

    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    let credentials = json!({"email": "office@demo.lamplight.example", "password": "lamplight-demo"});
    let login =
        http.post(url("/api/auth/login")).header("traceparent", &traceparent).header("tracestate", "who=office");
    let session: serde_json::Value = soon(login.json(&credentials).send()).await.unwrap().json().await.unwrap();
    let token = session["token"].as_str().unwrap().to_owned();
    let form = Form::new().file("confidential.pdf", crate::support::PDF).text("title", "Of Chitra Devi");
    let form = form.text("category", "Notes").text("targetAudience", "all").finish();
    let upload = http.post(url("/api/admin/downloads")).bearer_auth(&token);
    let uploaded = soon(upload.header("Content-Type", Form::content_type()).body(form).send()).await.unwrap();
    assert_eq!(uploaded.status(), 201);
    let document = uploaded.json::<serde_json::Value>().await.unwrap()["data"]["_id"].as_str().unwrap().to_owned();
    let forgot = json!({"email": "office@demo.lamplight.example"});
    assert!(
        soon(http.post(url("/api/auth/forgot-password")).json(&forgot).send()).await.unwrap().status().is_success()
    );
    let outbox = folder.path().join("data/outbox");
    until("the mail is written", async || std::fs::read_dir(&outbox).is_ok_and(|mails| mails.count() > 0)).await;
    let searched = soon(http.get(url("/api/admin/students?search=chitra")).bearer_auth(&token).send()).await.unwrap();
    let request_id = searched.headers()["x-request-id"].to_str().unwrap().to_owned();
    for (method, path) in [("GET", "/api/nowhere/asha"), ("SECRETVERB", "/api/auth/me")] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        soon(http.request(method, url(path)).send()).await.unwrap();
    }
    // What is left is handed on at the end.
    server.terminate().await;

    let batches: Vec<_> = received.lock().unwrap().clone();
    assert!(!batches.is_empty());
    let mut spans = Vec::new();
    for (headers, body) in &batches {
        assert_eq!(
            (&headers["content-type"], &headers["x-tenant"]),
            (&"application/x-protobuf".parse().unwrap(), &"nursing one".parse().unwrap())
        );
        let request = ExportTraceServiceRequest::decode(body.clone()).unwrap();
        for of_resource in request.resource_spans {
            let resource = of_resource.resource.unwrap();
            let mut keys: Vec<_> = resource.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
            keys.sort_unstable();
            assert_eq!(keys, ["service.name", "service.version"]);
            spans.extend(of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    let find = |name: &str| {
        let found = spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("no {name} in {:?}", spans.iter().map(|span| &span.name).collect::<Vec<_>>()))
    };
    let children =
        |parent: &Span| spans.iter().filter(|span| span.parent_span_id == parent.span_id).collect::<Vec<_>>();

    let login = find("POST /api/auth/login");
    assert_eq!((hex(&login.trace_id).as_str(), hex(&login.parent_span_id).as_str()), (TRACE, PARENT));
    assert_eq!((login.kind, login.trace_state.as_str()), (SpanKind::Server as i32, ""));
    assert_eq!(attribute(login, "http.response.status_code").as_deref(), Some("200"));
    assert!(children(login).iter().any(|span| span.name == "commit"), "{:?}", children(login));
    let upload = find("POST /api/admin/downloads");
    assert!(upload.parent_span_id.is_empty());
    assert_eq!(attribute(upload, "http.response.status_code").as_deref(), Some("201"));
    let commits = children(upload);
    assert!(commits.iter().any(|span| span.name == "commit" && attribute(span, "events").as_deref() == Some("1")));
    assert!(commits.iter().all(|span| span.trace_id == upload.trace_id));
    let relay = find("relay");
    assert!(relay.parent_span_id.is_empty() && attribute(relay, "events").is_some());
    let forgot = find("POST /api/auth/forgot-password");
    let mails = children(forgot);
    let mail = mails.iter().find(|span| span.name == "mail").unwrap();
    assert_eq!(attribute(mail, "sent").as_deref(), Some("true"));
    let search = find("GET /api/admin/students");
    assert_eq!(attribute(search, "request.id").as_deref(), Some(request_id.as_str()));
    assert_eq!(attribute(search, "http.route").as_deref(), Some("/api/admin/students"));
    // What has no route has no address either.
    assert!(
        spans
            .iter()
            .any(|span| span.name == "GET" && attribute(span, "http.response.status_code").as_deref() == Some("404"))
    );
    assert!(spans.iter().any(|span| span.name.starts_with("_OTHER")));
    let failed = spans.iter().filter_map(|span| span.status.as_ref());
    assert!(failed.clone().all(|status| status.code != Outcome::Error as i32));
    assert!(spans.iter().all(|span| span.events.is_empty()), "lines of the log are no part of it");

    let place = folder.path().display().to_string();
    let secrets = [
        token.as_str(),
        "office",
        "lamplight-demo",
        "demo.lamplight",
        "confidential",
        "Chitra",
        "chitra",
        "search",
        "asha",
        "nowhere",
        "SECRETVERB",
        "Secretive",
        "127.0.0.1",
        "who=",
        document.as_str(),
        place.as_str(),
    ];
    for (_, body) in &batches {
        for secret in secrets {
            let is_there = body.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            assert!(!is_there, "{secret} in {}", String::from_utf8_lossy(body));
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_harms_nobody() {
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let more = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("LOG", "warn")];
    let settings = [&SETTINGS[..3], &more].concat();
    let log = folder.path().join("log");
    let server = Running::start_logging(lamplight(folder.path(), &settings, &["serve", "--demo"]), &log).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    // More than the queue takes.
    for _ in 0..30 {
        let hundred = (0..100).map(|_| http.get(format!("http://{}/healthz", server.address)).send());
        for answer in futures_util::future::join_all(hundred).await {
            assert_eq!(answer.unwrap().status(), 200);
        }
    }
    server.terminate().await;
    let said = std::fs::read_to_string(log).unwrap();
    assert_eq!(said.matches("traces can't be handed on").count(), 1, "{said}");
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_of_traces_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    for (settings, reason) in [
        (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")], "OTEL_EXPORTER_OTLP_ENDPOINT: write it as"),
        (vec![endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "nonsense")], "OTEL_EXPORTER_OTLP_HEADERS: write them as"),
        (vec![endpoint, ("OTEL_TRACES_SAMPLER_ARG", "2")], "OTEL_TRACES_SAMPLER_ARG: 2 is not between"),
        (vec![endpoint, ("OTEL_TRACES_SAMPLER_ARG", "some")], "OTEL_TRACES_SAMPLER_ARG: \"some\" is not a number"),
    ] {
        let said = run(lamplight(folder.path(), &settings, &["config"]), "").await;
        assert!(!said.success && said.err.contains(reason), "{said:?}");
    }
    let secret = [endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=hunter2")];
    let said = run(lamplight(folder.path(), &secret, &["config"]), "").await;
    assert!(said.success && !said.out.contains("hunter2"), "{said:?}");
}
