//! TLS that the server ends itself, with the program and real clients: `TLS_CERTIFICATE`, `TLS_KEY`, `HTTP_REDIRECT_LISTEN`.

use std::{net::SocketAddr, path::Path, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::timeout,
};
use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};

use crate::{
    clients::{SETTINGS, javascript, tell},
    support::{
        Answer, Form, Live,
        authority::{Authority, Files, connect, shown},
        live::receive,
        program::{Running, lamplight, run},
        soon, until,
        wire::Wire,
    },
};

/// Longer than the longest limit of time there is.
const LIMIT: Duration = Duration::from_secs(55);

/// A demo institute that speaks TLS.
struct Encrypted {
    server: Running,
    authority: Authority,
    files: Files,
    first: rcgen::Certificate,
    folder: TempDir,
}

impl Encrypted {
    async fn start(more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (authority, files) = (Authority::new(), Files::in_folder(folder.path()));
        let pair = authority.issue();
        files.write(&pair);
        let settings = [&SETTINGS[..], &files.settings(), more].concat();
        let command = lamplight(folder.path(), &settings, &["serve", "--demo"]);
        let server = Running::start_logging(command, &folder.path().join("log")).await;
        Self { server, authority, files, first: pair.0, folder }
    }

    fn address(&self) -> SocketAddr {
        self.server.address
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    async fn sign_in(&self, http: &reqwest::Client, person: &str) -> (String, Answer) {
        let body = json!({"email": format!("{person}@demo.lamplight.example"), "password": "lamplight-demo"});
        let answer = Answer::read(soon(http.post(self.url("/api/auth/login")).json(&body).send()).await.unwrap()).await;
        (answer.json()["token"].as_str().unwrap().to_owned(), answer)
    }

    /// Uploads a file for everybody; gives its document.
    async fn upload(&self, http: &reqwest::Client, token: &str, title: &str, file: &[u8]) -> Value {
        let form = Form::new().file("notes.pdf", file).text("title", title).text("category", "Notes");
        let request = http.post(self.url("/api/admin/downloads")).bearer_auth(token);
        let request = request.header("Content-Type", Form::content_type());
        let request = request.body(form.text("targetAudience", "all").finish());
        Answer::read(soon(request.send()).await.unwrap()).await.data()
    }
}

#[tokio::test]
async fn pages_api_uploads_and_downloads_over_tls() {
    let it = Encrypted::start(&[]).await;
    for version in [reqwest::tls::Version::TLS_1_2, reqwest::tls::Version::TLS_1_3] {
        let http = it.authority.http().tls_version_min(version).tls_version_max(version).build().unwrap();
        let page = Answer::read(soon(http.get(it.url("/")).send()).await.unwrap()).await;
        assert_eq!((page.status, page.header("strict-transport-security")), (200, "max-age=31536000"));
        let (token, answer) = it.sign_in(&http, "office").await;
        let cookie = answer.header("set-cookie");
        assert!(cookie.ends_with("SameSite=Lax; Secure"), "{cookie}");

        let noise = (0..6_000_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]);
        let file: Vec<u8> = b"%PDF-1.4\n".iter().copied().chain(noise).collect();
        let document = it.upload(&http, &token, "much", &file).await;
        let path = format!("/api/downloads/{}/file", document["_id"].as_str().unwrap());
        let back = Answer::read(soon(http.get(it.url(&path)).bearer_auth(&token).send()).await.unwrap()).await;
        assert!(back.status == 200 && back.body == file, "{} {} bytes", back.status, back.body.len());
    }
    // Nobody else believes it.
    let stranger = Authority::new().http().build().unwrap();
    assert!(soon(stranger.get(it.url("/")).send()).await.is_err());
    it.server.terminate().await;
}

#[tokio::test]
async fn what_is_spoken_inside_is_agreed_on() {
    let it = Encrypted::start(&[]).await;
    let ask = async |protocols: &[&[u8]]| {
        let mut client = it.authority.client();
        client.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = connect(client, it.address()).await?;
        Ok::<_, std::io::Error>(stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec))
    };
    assert_eq!(ask(&[b"h2", b"http/1.1"]).await.unwrap().as_deref(), Some(b"http/1.1".as_slice()));
    assert_eq!(ask(&[]).await.unwrap(), None);
    let refused = ask(&[b"h2"]).await.unwrap_err();
    assert!(refused.to_string().contains("NoApplicationProtocol"), "{refused}");
}

async fn official(transport: &str) {
    let it = Encrypted::start(&[]).await;
    let root = it.folder.path().join("root.pem");
    std::fs::write(&root, it.authority.certificate.pem()).unwrap();
    let line = Wire::to(it.address()).await;
    let mut client: Command = javascript();
    client.env("NODE_EXTRA_CA_CERTS", root);
    let origins = [it.address(), line.address].map(|address| format!("https://{address}"));
    tell(client, origins, transport, async |command| line.obey(command)).await;
    it.server.terminate().await;
}

#[tokio::test]
async fn the_official_client_over_tls_as_it_comes() {
    official("default").await;
}

#[tokio::test]
async fn the_official_client_over_tls_and_websocket_alone() {
    official("websocket").await;
}

#[tokio::test]
async fn the_official_client_over_tls_and_long_polling_alone() {
    official("polling").await;
}

#[tokio::test]
async fn a_certificate_is_exchanged_and_open_sockets_stay() {
    let it = Encrypted::start(&[]).await;
    let http = it.authority.http().pool_max_idle_per_host(0).build().unwrap();
    let (office, _) = it.sign_in(&http, "office").await;
    let (student, _) = it.sign_in(&http, "gnm.student").await;
    let stream = connect(it.authority.client(), it.address()).await.unwrap();
    assert_eq!(&shown(&stream), it.first.der());
    let request = format!("wss://{}/socket.io/?EIO=4&transport=websocket", it.address()).into_client_request().unwrap();
    let (mut socket, _) = soon(client_async(request, stream)).await.unwrap();
    assert!(soon(receive(&mut socket)).await.unwrap().starts_with('0'));
    let mut live = Live::connect(socket, &json!({"token": student})).await.unwrap();

    let shown_now = async || shown(&connect(it.authority.client(), it.address()).await.unwrap());
    let second = it.authority.issue();
    it.files.write(&second);
    it.server.signal("HUP").await;
    until("new connections are shown the second", async || shown_now().await == *second.0.der()).await;
    it.upload(&http, &office, "after the exchange", b"%PDF-1.4\n1").await;
    assert_eq!(live.next().await.told(), "downloads:created after the exchange");

    // What can't be used changes nothing, and is told.
    let third = it.authority.issue();
    std::fs::write(&it.files.certificate, third.0.pem()).unwrap();
    it.server.signal("HUP").await;
    until("it is in the log", async || it.log().contains("is not the key of the certificate")).await;
    assert_eq!(shown_now().await, *second.0.der());
    std::fs::remove_file(&it.files.key).unwrap();
    it.server.signal("HUP").await;
    until("it is in the log", async || it.log().contains("there is no such file")).await;
    assert_eq!(shown_now().await, *second.0.der());

    it.files.write(&third);
    it.server.signal("HUP").await;
    until("new connections are shown the third", async || shown_now().await == *third.0.der()).await;
    it.upload(&http, &office, "after all", b"%PDF-1.4\n2").await;
    assert_eq!(live.next().await.told(), "downloads:created after all");
    it.server.terminate().await;
}

/// Sends what there is, then some again and again; what came back until the server hung up.
async fn drip(address: SocketAddr, head: &[u8], drop: &[u8]) -> Vec<u8> {
    let (mut reading, mut writing) = soon(TcpStream::connect(address)).await.unwrap().into_split();
    writing.write_all(head).await.unwrap();
    let mut answer = Vec::new();
    let dripping = async {
        while writing.write_all(drop).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        std::future::pending::<()>().await;
    };
    let listening = async {
        // Whether it ended in order or by a reset is all the same.
        let _ = reading.read_to_end(&mut answer).await;
    };
    timeout(LIMIT, async {
        tokio::select! {
            () = listening => {}
            () = dripping => {}
        }
    })
    .await
    .expect("the server lets itself be held");
    answer
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_ended() {
    let it = Encrypted::start(&[]).await;
    // The head of a record that is to be 512 bytes long, and of a ClientHello in it.
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    let inside = async {
        let mut stream = connect(it.authority.client(), it.address()).await.unwrap();
        let mut rest = Vec::new();
        // Through the handshake, it has as long as for the headers of a request.
        timeout(LIMIT, stream.read_to_end(&mut rest)).await.expect("the server lets itself be held")
    };
    let (silent, slow, _) = tokio::join!(drip(it.address(), b"", b""), drip(it.address(), hello, b"x"), inside);
    assert!(silent.is_empty() && slow.is_empty(), "{silent:?} {slow:?}");
}

#[tokio::test]
async fn handshakes_count_among_the_connections() {
    let it = Encrypted::start(&[("HTTP_CONNECTIONS", "2")]).await;
    let http = it.authority.http().build().unwrap();
    let idle = soon(TcpStream::connect(it.address())).await.unwrap();
    let begun = soon(TcpStream::connect(it.address())).await.unwrap();
    let waiting = http.get(it.url("/healthz")).send();
    tokio::pin!(waiting);
    assert!(timeout(Duration::from_millis(500), waiting.as_mut()).await.is_err(), "there was no place");
    drop(idle);
    assert_eq!(soon(waiting).await.unwrap().status(), 200);
    drop(begun);
}

#[tokio::test]
async fn who_speaks_http_to_the_port_of_https_is_told() {
    let it = Encrypted::start(&[]).await;
    let plain =
        soon(reqwest::Client::builder().no_proxy().build().unwrap().get(format!("http://{}/", it.address())).send());
    let answer = Answer::read(plain.await.unwrap()).await;
    assert_eq!(answer.status, 400);
    assert!(String::from_utf8(answer.body).unwrap().contains("https://"));
    let nonsense = drip(it.address(), b"\x00\x01nonsense", b"x").await;
    // An alert of TLS (21), or nothing.
    assert!(nonsense.first().is_none_or(|first| *first == 21), "{nonsense:?}");
}

#[tokio::test]
async fn plain_http_is_sent_to_https() {
    let mut it = Encrypted::start(&[("HTTP_REDIRECT_LISTEN", "127.0.0.1:0")]).await;
    let line = it.server.line().await;
    let from =
        line.trim().strip_prefix("sends from ").and_then(|rest| rest.strip_suffix(" to there")).unwrap().to_owned();
    let http = it.authority.http().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = soon(http.get(format!("{from}/marks?semester=3")).send()).await.unwrap();
    let port = it.address().port();
    assert_eq!(answer.status(), 308);
    assert_eq!(answer.headers()["location"], format!("https://127.0.0.1:{port}/marks?semester=3"));
    assert!(!answer.headers().contains_key("strict-transport-security"));
    let sent = soon(http.post(format!("{from}/api/auth/login")).body("{}").send()).await.unwrap();
    Answer::read(sent).await.refuses(403, "request.https_needed", &[], "a password that travelled in the open");
    let follows = it.authority.http().build().unwrap();
    assert_eq!(soon(follows.get(format!("{from}/healthz")).send()).await.unwrap().text().await.unwrap(), "ok\n");
    it.server.terminate().await;
}

#[tokio::test]
async fn what_is_wrong_with_the_pair_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (authority, files) = (Authority::new(), Files::in_folder(at));
    let good = authority.issue();
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let torn = good.0.pem().replace("MII", "MI!");
    let no_certificate = good.0.pem().replacen("MII", "AAA", 1);
    let other = authority.issue().1.serialize_pem();
    let (certificate, key) = (good.0.pem(), good.1.serialize_pem());
    let cases: [(Option<&str>, Option<&str>, &str, &str); 8] = [
        (None, Some(&key), "TLS_CERTIFICATE", "there is no such file"),
        (Some(&certificate), None, "TLS_KEY", "there is no such file"),
        (Some(&key), Some(&key), "TLS_CERTIFICATE", "holds no certificate"),
        (Some(&torn), Some(&key), "TLS_CERTIFICATE", "is not PEM"),
        (Some(&no_certificate), Some(&key), "TLS_CERTIFICATE", "is no certificate"),
        (Some(&certificate), Some(&certificate), "TLS_KEY", "holds no private key"),
        (Some(&certificate), Some(locked), "TLS_KEY", "passphrase"),
        (Some(&certificate), Some(&other), "TLS_KEY", "is not the key of the certificate"),
    ];
    let write = |path: &Path, text: Option<&str>| match text {
        Some(text) => std::fs::write(path, text).unwrap(),
        None => drop(std::fs::remove_file(path)),
    };
    let settings = [&SETTINGS[..], &files.settings()].concat();
    for (certificate, key, name, reason) in cases {
        write(&files.certificate, certificate);
        write(&files.key, key);
        for command in [&["serve", "--demo"][..], &["config"]] {
            let said = run(lamplight(at, &settings, command), "").await;
            assert!(!said.success && said.err.contains(&format!("{name}: ")) && said.err.contains(reason), "{said:?}");
        }
    }
    files.write(&good);
    let said = run(lamplight(at, &settings, &["config"]), "").await;
    assert!(said.success && said.out.contains("certificate of localhost 127.0.0.1 until 2100-01-01"), "{said:?}");
    for (settings, reason) in [
        (vec![("TLS_KEY", "x")], "TLS_CERTIFICATE: is needed"),
        (vec![("TLS_CERTIFICATE", "x")], "TLS_KEY: is needed"),
        (vec![("HTTP_REDIRECT_LISTEN", "127.0.0.1:0")], "HTTP_REDIRECT_LISTEN: needs TLS_CERTIFICATE"),
        ([&files.settings()[..], &[("PUBLIC_URL", "http://x.example")]].concat(), "PUBLIC_URL: begins with http://"),
    ] {
        let said = run(lamplight(at, &settings, &["config"]), "").await;
        assert!(!said.success && said.err.contains(reason), "{said:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_told_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, files) = (Authority::new(), Files::in_folder(folder.path()));
    let pair = authority.issue_until(2021);
    files.write(&pair);
    let settings = [&SETTINGS[..3], &files.settings(), &[("LOG", "warn")]].concat();
    let log = folder.path().join("log");
    let server = Running::start_logging(lamplight(folder.path(), &settings, &["serve", "--demo"]), &log).await;
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("the certificate has expired") && said.contains("2021-01-01"), "{said}");
    // It is for the client to refuse.
    let refused = connect(authority.client(), server.address).await.unwrap_err();
    assert!(refused.to_string().contains("expired"), "{refused}");
    server.terminate().await;
}

#[tokio::test]
async fn handshakes_and_the_end_of_the_certificate_are_among_the_figures() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let files = Files::in_folder(folder.path());
    files.write(&authority.issue());
    let mut institute = crate::support::Institute::open(crate::support::Backend::Sqlite).await;
    institute.stop().await;
    let files = lamplight_tls::PairFiles { certificate: files.certificate, key: files.key };
    institute.settings.encryption = lamplight::settings::Encryption::Files(files);
    institute.start().await;
    connect(authority.client(), institute.address()).await.unwrap();
    let mut client = authority.client();
    client.alpn_protocols = vec![b"h2".to_vec()];
    connect(client, institute.address()).await.unwrap_err();
    let text = async || {
        let url = format!("http://{}/metrics", institute.metrics());
        soon(soon(institute.http.get(url).send()).await.unwrap().text()).await.unwrap()
    };
    let expiry = rcgen::date_time_ymd(2100, 1, 1).unix_timestamp();
    assert!(text().await.contains(&format!("lamplight_tls_certificate_expiry_timestamp_seconds {expiry}")));
    for result in ["done", "failed"] {
        until(result, async || {
            text().await.contains(&format!("lamplight_tls_handshakes_total{{result=\"{result}\"}}"))
        })
        .await;
    }
}
