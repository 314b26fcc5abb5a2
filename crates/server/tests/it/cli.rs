//! The command line.

use std::{net::TcpListener, path::Path};

use serde_json::json;

use crate::support::{
    Institute, PASSWORD,
    program::{Running, Said, lamplight, run},
};

fn settings(folder: &Path) -> Vec<(&'static str, String)> {
    let folder = folder.join("data").to_str().unwrap().to_owned();
    [("HOST", "127.0.0.1"), ("PORT", "0"), ("DATA_DIR", &folder), ("LOG", "error"), ("DRAIN_SECONDS", "0")]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
}

async fn said(folder: &Path, arguments: &[&str], input: &str) -> Said {
    run(lamplight(folder, &settings(folder), arguments), input).await
}

fn refuses(said: &Said, reason: &str) {
    assert!(!said.success && said.err.contains(reason), "{said:?}");
    assert_eq!(said.out, "", "nothing is said where programs read");
}

async fn sign_in(running: &Running, login: &str, password: &str) -> (u16, serde_json::Value) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(format!("http://{}/api/auth/login", running.address));
    let response = request.json(&json!({"email": login, "password": password})).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

const CREATE: [&str; 2] = ["admin", "create"];

fn create<'a>(username: &'a str, email: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let who = ["--username", username, "--email", email, "--name", "Leela Thomas"];
    CREATE.iter().chain(&who).chain(more).copied().collect()
}

#[tokio::test]
async fn the_first_administrator_is_made_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // Refused ones leave no account.
    for (arguments, input, reason) in [
        (create("Leela", "leela@nursing.example", &[]), "short\n", "at least 8 characters"),
        (create("Leela", "leela@nursing.example", &[]), "", "at least 8 characters"),
        (create("LeelaThomas", "leela@nursing.example", &[]), "leelathomas\n", "Your user name"),
        (create("Leela", "leela", &["--generate"]), "", "no mail address"),
        (create("leela thomas", "leela@nursing.example", &["--generate"]), "", "no spaces"),
    ] {
        refuses(&said(at, &arguments, input).await, reason);
    }
    let typed = said(at, &create("Leela", "Leela@Nursing.example", &[]), &format!("{PASSWORD}\r\n")).await;
    assert!(typed.success && !typed.out.contains(PASSWORD) && !typed.err.contains(PASSWORD), "{typed:?}");
    let made = said(at, &create("second", "second@nursing.example", &["--generate"]), "").await;
    let generated = made.out.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(made.success && generated.len() == 20, "{made:?}");
    for (username, email) in [("LEELA", "new@nursing.example"), ("new", "leela@NURSING.example")] {
        refuses(&said(at, &create(username, email, &["--generate"]), "").await, "is taken");
    }

    let running = Running::start(lamplight(at, &settings(at), &["serve"])).await;
    for (login, password) in [("leela", PASSWORD), ("leela@nursing.example", PASSWORD), ("second", &generated)] {
        let (status, session) = sign_in(&running, login, password).await;
        assert_eq!((status, &session["user"]["role"]), (200, &json!("admin")), "{session}");
    }
    assert_eq!(sign_in(&running, "new", &generated).await.0, 400);
    let meanwhile = said(at, &create("third", "third@nursing.example", &["--generate"]), "").await;
    refuses(&meanwhile, "in use by another process");
    refuses(&said(at, &["serve"], "").await, "in use by another process");
    running.terminate().await;
    refuses(&said(at, &["serve", "--demo"], "").await, "holds real data");
}

#[tokio::test]
async fn a_demo_is_offered_and_never_served_as_real() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for _ in 0..2 {
        let running = Running::start(lamplight(at, &settings(at), &["serve", "--demo"])).await;
        let (status, session) = sign_in(&running, "gnm.student@demo.lamplight.example", "lamplight-demo").await;
        assert_eq!((status, &session["user"]["profile"]["semester"]), (200, &json!(3)), "{session}");
        let said = running.terminate().await;
        assert!(said.contains("office@demo.lamplight.example") && said.contains("lamplight-demo"), "{said}");
    }
    refuses(&said(at, &["serve"], "").await, "holds the demo institute");
    let admin = said(at, &create("leela", "leela@nursing.example", &["--generate"]), "").await;
    refuses(&admin, "holds the demo institute");
}

#[tokio::test]
async fn what_a_running_server_holds_is_refused_to_a_second_one() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let folder = institute.settings.data_dir.parent().unwrap();
    refuses(&run(lamplight(folder, &institute.environment(), &["serve"]), "").await, "in use by another process");

    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut settings = settings(folder.path());
    settings.push(("PORT", port));
    refuses(&run(lamplight(folder.path(), &settings, &["serve"]), "").await, "is another server running there?");
}

#[tokio::test]
async fn settings_are_shown_without_secrets_and_all_that_is_wrong_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = [
        ("JWT_SECRET", "do-not-show-this-to-anybody-at-all"),
        ("DATABASE_URL", "postgres://me:do-not-show@host/db?password=do-not-show"),
        ("S3_SECRET_ACCESS_KEY", "do-not-show"),
    ];
    std::fs::write(folder.path().join("lamplight.toml"), "port = 5001\nupload_limit_mb = 10\n").unwrap();
    let shown = run(lamplight(folder.path(), &[&secrets[..], &[("PORT", "5002")]].concat(), &["config"]), "").await;
    assert!(shown.success && !format!("{shown:?}").contains("do-not-show"), "{shown:?}");
    let rows: Vec<Vec<&str>> = shown.out.lines().map(|line| line.split_whitespace().collect()).collect();
    for row in [
        ["PORT", "5002", "(environment)"],
        ["UPLOAD_LIMIT_MB", "10", "(file)"],
        ["TIMEZONE", "Asia/Kolkata", "(default)"],
        ["JWT_SECRET", "***", "(environment)"],
    ] {
        assert!(rows.iter().any(|found| found == &row), "{row:?} in {}", shown.out);
    }

    let wrong = [
        ("PORT", "x"),
        ("JWT_SECRET", "do-not-show"),
        ("FRONTEND_URL", "*"),
        ("DATABASE_URL", "mysql://me:do-not-show@h/d"),
    ];
    for command in [&["config"][..], &["serve"], &["serve", "--demo"], &create("x", "x@x.example", &["--generate"])] {
        let said = run(lamplight(folder.path(), &wrong, command), "").await;
        assert!(!said.success && !format!("{said:?}").contains("do-not-show"), "{said:?}");
        for (name, _) in wrong {
            assert!(said.err.contains(name), "{name} in {}", said.err);
        }
    }
    std::fs::write(folder.path().join("lamplight.toml"), "prot = 1\nhost = [1]\n").unwrap();
    let said = run(lamplight(folder.path(), &wrong, &["config"]), "").await;
    for name in ["prot", "host", "PORT", "JWT_SECRET", "FRONTEND_URL", "DATABASE_URL"] {
        assert!(!said.success && said.err.contains(name), "{name} in {}", said.err);
    }
    let missing = run(lamplight(folder.path(), &wrong, &["--config", "other.toml", "config"]), "").await;
    refuses(&missing, "other.toml");
    assert!(!folder.path().join("data").exists(), "nothing was made");
}

#[tokio::test]
async fn the_help_says_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut texts = String::new();
    for arguments in [&["--help"][..], &["serve", "--help"], &["admin", "create", "--help"]] {
        let said = run(lamplight(folder.path(), &[("TERM", "dumb")], arguments), "").await;
        assert!(said.success, "{said:?}");
        texts += &format!("$ lamplight {}\n{}\n", arguments.join(" "), said.out);
    }
    insta::assert_snapshot!(texts);
}
