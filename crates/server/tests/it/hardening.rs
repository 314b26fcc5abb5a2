//! What keeps a stranger from holding the server or turning its answers against people: headers, limits of size and time, connections.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use lamplight_features::openapi;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{Answer, Backend, Form, Institute, PASSWORD, PDF, soon};

/// Longer than the longest limit of time there is, which is 30 s.
const LIMIT: Duration = Duration::from_secs(55);

/// The sources that a policy permits for one kind of thing.
fn sources<'a>(policy: &'a str, kind: &str) -> Vec<&'a str> {
    let mut directives = policy.split(';').map(|directive| directive.split_whitespace());
    let found = directives.find_map(|mut words| (words.next() == Some(kind)).then(|| words.collect()));
    found.unwrap_or_default()
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let institute = Institute::open(Backend::Sqlite).await;
    let office = &institute.people.office;
    let answers: [(&str, Answer); 6] = [
        ("page", institute.get("", "/").await),
        ("page", institute.get("", "/some/where").await),
        ("page", institute.get("", "/api/docs/").await),
        ("api", institute.get(office, "/api/auth/me").await),
        ("api", institute.get("", "/api/auth/me").await),
        ("api", institute.get("", "/api/nowhere").await),
    ];
    for (kind, answer) in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", ""),
            ("set-cookie", ""),
        ] {
            assert_eq!(answer.header(name), value, "{kind} {}: {name}", answer.status);
        }
        assert!(answer.header("permissions-policy").contains("camera=()"));
        let policy = answer.header("content-security-policy");
        assert_eq!(sources(policy, "default-src"), ["'none'"]);
        assert_eq!(sources(policy, "frame-ancestors"), ["'none'"]);
        assert_eq!(sources(policy, "base-uri"), ["'none'"]);
        let scripts = if kind == "page" { vec!["'self'"] } else { vec![] };
        assert_eq!(sources(policy, "script-src"), scripts, "{policy}");
        if kind == "api" {
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn only_our_own_proxy_may_say_that_it_was_asked_over_tls() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    let ask = async |institute: &Institute, schemes: &[&str]| {
        let request = institute.request("GET", "", "/api/health");
        let request = schemes.iter().fold(request, |request, scheme| request.header("X-Forwarded-Proto", *scheme));
        let answer = Answer::read(soon(request.send()).await.unwrap()).await;
        answer.header("strict-transport-security").to_owned()
    };
    let year = "max-age=31536000";
    assert_eq!(ask(&institute, &["https"]).await, year);
    assert_eq!(ask(&institute, &["http, https"]).await, year);
    for plain in [&["http"][..], &["https, http"], &["https", "http"], &[]] {
        assert_eq!(ask(&institute, plain).await, "", "{plain:?}");
    }
    institute.stop().await;
    institute.settings.proxies = lamplight_http::Proxies::parse("192.0.2.1").unwrap();
    institute.start().await;
    assert_eq!(ask(&institute, &["https"]).await, "", "a stranger's word");
}

/// Every route with a body of this type: method and address with some id in it.
fn routes_with(content: &str) -> Vec<(String, String)> {
    let description = serde_json::to_value(openapi()).unwrap();
    let mut found = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["requestBody"]["content"].get(content).is_some() {
                let id = "00000000-0000-7000-8000-000000000000";
                let path = path.replace("{id}", id).replace("{token}", &"a".repeat(64));
                assert!(!path.contains('{'), "{path}");
                found.push((method.to_uppercase(), path));
            }
        }
    }
    assert!(!found.is_empty(), "{content}");
    found
}

#[tokio::test]
async fn no_route_takes_a_body_that_is_too_large() {
    let institute = Institute::open(Backend::Sqlite).await;
    let people = &institute.people;
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(1024 * 1024));
    for (method, path) in routes_with("application/json") {
        let who = if path.starts_with("/api/student/") { &people.asha } else { &people.office };
        let answer = institute.raw((&method, &path), who, "application/json", large.clone()).await;
        // What is about a thing that is not there may say so first: nothing was read of the body then.
        let refusal = answer.refusal();
        assert!(refusal == (413, "request.too_large".to_owned()) || refusal.0 == 404, "{method} {path}: {refusal:?}");
    }
    // The limit of the setting is one MB here.
    let large = Form::new().file("large.pdf", &[PDF, &[b'%'; 3 * 1024 * 1024]].concat());
    let (kind, body) = (Form::content_type(), large.finish());
    for (method, path) in routes_with("multipart/form-data") {
        let answer = institute.raw((&method, &path), &people.office, &kind, body.clone()).await;
        let (status, code) = answer.refusal();
        assert!([400, 404, 413].contains(&status), "{method} {path}: {status} {code}");
    }
}

/// Sends what there is, a byte now and then, and says after what time the server ended it, with what was answered.
async fn drip(institute: &Institute, head: &str, drop: &[u8], every: Duration) -> (Duration, String) {
    let stream = soon(TcpStream::connect(institute.address())).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let started = Instant::now();
    writing.write_all(head.as_bytes()).await.unwrap();
    let dripping = async {
        while writing.write_all(drop).await.is_ok() {
            sleep(every).await;
        }
    };
    let mut answer = Vec::new();
    let listening = reading.read_to_end(&mut answer);
    timeout(LIMIT, async {
        tokio::select! {
            _ = listening => {}
            () = async { dripping.await; std::future::pending().await } => {}
        }
    })
    .await
    .expect("the server lets itself be held");
    (started.elapsed(), String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn who_sends_a_byte_now_and_then_does_not_hold_a_connection() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    institute.settings.upload_patience = Duration::from_secs(2);
    institute.start().await;
    let often = Duration::from_millis(250);
    let json =
        "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
    let kind = Form::content_type();
    let (_, boundary) = kind.split_once("boundary=").unwrap();
    let uploads: Vec<String> = routes_with("multipart/form-data")
        .into_iter()
        .map(|(method, path)| {
            format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\nContent-Length: 500000\r\n\r\n\
                 --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"slow.pdf\"\r\n\r\n%PDF-1.4\n",
                institute.people.office.token,
            )
        })
        .collect();
    let polling =
        "POST /socket.io/?EIO=4&transport=polling&sid=unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n4";
    let (silent, headers, body, uploads, polling) = tokio::join!(
        drip(&institute, "", b"", often),
        drip(&institute, "GET / HTTP/1.1\r\n", b"X-A: b\r\n", often),
        drip(&institute, json, b" ", often),
        join_all(uploads.iter().map(async |upload| (upload, drip(&institute, upload, b"x", often).await))),
        drip(&institute, polling, b"4", often),
    );
    assert!(silent.1.is_empty(), "{silent:?}");
    assert!(headers.1.is_empty() || headers.1.starts_with("HTTP/1.1 408"), "{headers:?}");
    assert!(body.1.starts_with("HTTP/1.1 503 ") && body.1.contains("server.too_slow"), "{body:?}");
    // It is drained for ten seconds after the answer, so that a browser can read it.
    for (upload, (time, answer)) in uploads {
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("uploads.stalled"), "{upload}: {answer}");
        assert!(time < Duration::from_secs(25), "{upload}: {time:?}");
    }
    assert!(polling.1.starts_with("HTTP/1.1 400 "), "{polling:?}");
}

#[tokio::test]
async fn idle_connections_are_bounded_and_others_wait_instead_of_being_refused() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    institute.settings.http_connections = 3;
    institute.start().await;
    let mut idle = Vec::new();
    for _ in 0..3 {
        idle.push(soon(TcpStream::connect(institute.address())).await.unwrap());
    }
    let waiting = institute.get("", "/api/health");
    tokio::pin!(waiting);
    assert!(timeout(Duration::from_millis(500), waiting.as_mut()).await.is_err(), "there was no place");
    idle.pop();
    assert_eq!(waiting.await.status, 200);
    drop(idle);
    // Sockets have left HTTP and take no place: more of them than there are places.
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(institute.live(&institute.people.asha).await);
    }
    assert_eq!(institute.get("", "/api/health").await.status, 200);
}

#[tokio::test]
async fn a_login_is_never_answered_with_too_many_requests() {
    let institute = Institute::open(Backend::Sqlite).await;
    for guess in 0..60 {
        let wrong = serde_json::json!({"email": "asha@nursing.example", "password": format!("guess {guess}")});
        let answer = institute.json("POST", "", "/api/auth/login", &wrong).await;
        assert!([400, 403].contains(&answer.status), "{} {:?}", answer.status, answer.refusal());
    }
    let other: Value = serde_json::json!({"email": "bina@nursing.example", "password": PASSWORD});
    let status = institute.json("POST", "", "/api/auth/login", &other).await.status;
    assert!([200, 403].contains(&status), "{status}");
}
