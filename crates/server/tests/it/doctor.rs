//! `lamplight doctor`, the program itself: all is well, and each thing broken once.

mod certificate;

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use lamplight_store::testing::{TestRedis, fresh_address};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{
    Backend, Form, Institute, both_databases,
    institute::written,
    program::{Said, lamplight, run},
};

/// What the doctor found.
#[derive(Debug)]
struct Found {
    /// Ended with 0.
    success: bool,
    checks: Vec<Value>,
}

impl Found {
    fn read(said: &Said) -> Self {
        let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
        assert_eq!(report["ok"], said.success, "{said:?}");
        Self { success: said.success, checks: report["checks"].as_array().unwrap().clone() }
    }

    /// That this check is in this state, for this reason and with this advice.
    #[track_caller]
    fn says(&self, check: &str, state: &str, what: &str, advice: &str) -> &Self {
        let is_it = |one: &&Value| {
            let has = |key: &str, part: &str| one[key].as_str().unwrap_or_default().contains(part);
            one["check"] == check && one["state"] == state && has("what", what) && has("do", advice)
        };
        assert!(self.checks.iter().any(|one| is_it(&one)), "{check} {state} {what:?} {advice:?} in {self:#?}");
        self
    }

    /// The same of what must be put right.
    #[track_caller]
    fn is_broken(&self, check: &str, what: &str, advice: &str) -> &Self {
        assert!(!self.success, "{self:#?}");
        self.says(check, "problem", what, advice)
    }

    #[track_caller]
    fn is_well(&self) -> &Self {
        assert!(self.success && self.checks.iter().all(|one| one["state"] != "problem"), "{self:#?}");
        // Each of them was looked at.
        for check in ["settings", "secret", "addresses", "data folder", "open files", "database", "tables", "event log"]
            .iter()
            .chain(&["people", "marks", "files", "mail", "port", "backup", "clock"])
        {
            assert!(self.checks.iter().any(|one| one["check"] == *check), "{check} in {self:#?}");
        }
        self
    }
}

/// The settings of a test, with some of them changed.
fn with(environment: &[(&'static str, String)], changed: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut all: BTreeMap<_, _> = environment.iter().cloned().collect();
    all.extend(changed.iter().map(|(name, value)| (*name, (*value).to_owned())));
    all.into_iter().collect()
}

/// The settings of this institute, whose database is for nobody else's eyes, as that of a real one.
fn environment(institute: &Institute) -> Vec<(&'static str, String)> {
    if let lamplight_store::DatabaseUrl::Sqlite(path) = &institute.settings.database_url {
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    }
    institute.environment()
}

async fn doctor_in(folder: &Path, settings: &[(&'static str, String)], more: &[&str]) -> Found {
    let arguments = [&["doctor", "--json"], more].concat();
    Found::read(&run(lamplight(folder, settings, &arguments), "").await)
}

/// Beside this institute, with some settings changed.
async fn doctor(institute: &Institute, changed: &[(&'static str, &str)]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    doctor_in(folder.path(), &with(&environment(institute), changed), &[]).await
}

fn files_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files_below(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

async fn change_file(institute: &Institute, sql: &str) {
    let url = format!("{}?mode=rwc", written(&institute.settings.database_url));
    let db =
        Database::connect(ConnectOptions::new(url).max_connections(1).sqlx_logging(false).to_owned()).await.unwrap();
    db.execute_unprepared(sql).await.unwrap();
    db.close().await.unwrap();
}

async fn change_postgres(sql: &str) {
    let server = std::env::var("LAMPLIGHT_TEST_POSTGRES").unwrap();
    let db =
        Database::connect(ConnectOptions::new(server).max_connections(1).sqlx_logging(false).to_owned()).await.unwrap();
    db.execute_unprepared(sql).await.unwrap();
    db.close().await.unwrap();
}

both_databases!(all_is_well_beside_a_server_and_without_one, async |mut institute: Institute| {
    institute.uploaded(&institute.people.office, Form::titled("Ethics")).await;
    let port = institute.address().port().to_string();
    let is_postgres = written(&institute.settings.database_url).starts_with("postgres");
    let redis = std::env::var("LAMPLIGHT_TEST_REDIS").unwrap();
    let mut changed = vec![("PORT", port.as_str())];
    if is_postgres {
        changed.push(("REDIS_URL", &redis));
    }
    let found = doctor(&institute, &changed).await;
    let answers = "answers at 127.0.0.1";
    found.is_well().says("port", "ok", answers, "").says("files", "ok", "the newest 1 that something refers to", "");
    if is_postgres {
        found.says("redis", "ok", "carries messages", "").says("database", "ok", "keeps sessions", "");
        found.says("backup", "warning", "not known", "backed-up");
    } else {
        found.says("database", "ok", "every page was looked at", "").says(
            "backup",
            "warning",
            "never",
            "lamplight backup",
        );
    }
    // Without a server: it changes nothing.
    institute.stop().await;
    let before = files_below(&institute.settings.data_dir);
    let folder = tempfile::tempdir().unwrap();
    let settings = with(&environment(&institute), &changed);
    let found = doctor_in(folder.path(), &settings, &["--deep"]).await;
    found.is_well().says("port", "ok", "no server runs there", "").says("marks", "ok", "their history is whole", "");
    found.says("attendance", "ok", "add up to", "");
    assert_eq!(files_below(&institute.settings.data_dir), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    // The same in words, a line each.
    let said = run(lamplight(folder.path(), &settings, &["doctor"]), "").await;
    assert!(said.success && said.err.is_empty(), "{said:?}");
    let lines: Vec<&str> = said.out.lines().collect();
    let (last, checks) = lines.split_last().unwrap();
    assert!(last.starts_with("0 problems, "), "{said:?}");
    assert_eq!(checks.len() + 1, found.checks.len(), "attendance is counted with --deep alone: {said:?}");
    assert!(checks.iter().any(|line| line.starts_with("warning  backup ") && line.contains(" -> ")), "{said:?}");
    institute.start().await;
});

#[tokio::test]
async fn settings_that_are_wrong_do_not_keep_it_from_the_rest() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lamplight.toml");
    fs::write(&file, "prot = 1\nsession_days = 0\n").unwrap();
    let settings = with(&environment(&institute), &[("PORT", "x"), ("TIMEZONE", "Mars/Olympus")]);
    let found = doctor_in(folder.path(), &settings, &[]).await;
    found
        .is_broken("settings", "prot: there is no such setting", "correct it in lamplight.toml")
        .is_broken("settings", "SESSION_DAYS: 0", "correct it in lamplight.toml")
        .is_broken("settings", "PORT", "correct it in the environment")
        .is_broken("settings", "TIMEZONE", "the environment")
        .says("database", "ok", "every page", "")
        .says("people", "ok", "administrator", "");
    assert!(!found.checks.iter().any(|one| one["check"] == "port" || one["check"] == "clock"), "{found:#?}");

    fs::write(&file, "no table").unwrap();
    let found = doctor_in(folder.path(), &environment(&institute), &[]).await;
    found.is_broken("settings", "is not TOML", "correct that line").says("people", "ok", "administrator", "");
    let found = doctor_in(folder.path(), &environment(&institute), &["--config", "other.toml"]).await;
    found.is_broken("settings", "other.toml can't be read", "--config");
}

#[tokio::test]
async fn secrets_that_others_can_read() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lamplight.toml");
    fs::write(&file, "jwt_secret = \"a secret for tests, which is long enough\"\n").unwrap();
    let mut settings = environment(&institute);
    settings.retain(|(name, _)| *name != "JWT_SECRET");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let found = doctor_in(folder.path(), &settings, &[]).await;
    found.is_broken("secret", "holds JWT_SECRET, and everybody", "chmod o= lamplight.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    doctor_in(folder.path(), &settings, &[]).await.is_well();

    fs::remove_file(&file).unwrap();
    let found = doctor_in(folder.path(), &settings, &[]).await;
    found.is_well().says("secret", "ok", "the next start makes", "");
    let kept = institute.settings.data_dir.join("jwt.secret");
    assert!(!kept.exists());
    fs::write(&kept, "x".repeat(40)).unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o640)).unwrap();
    let found = doctor_in(folder.path(), &settings, &[]).await;
    found.is_broken("secret", "others can read", "chmod 600").is_broken("secret", "mode 640", "keys rotate");
    fs::write(&kept, "short").unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o600)).unwrap();
    let found = doctor_in(folder.path(), &settings, &[]).await;
    found.is_broken("secret", "at least 32 characters", "back from a backup");
}

#[tokio::test]
async fn addresses_that_are_not_safe() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    doctor(&institute, &[("TRUSTED_PROXIES", "127.0.0.1, 0.0.0.0/0")]).await.is_broken(
        "addresses",
        "everybody",
        "your own",
    );
    let found = doctor(&institute, &[("FRONTEND_URL", "http://portal.example.org, http://localhost:3000")]).await;
    found.is_well().says("addresses", "warning", "http://portal.example.org, which is not encrypted", "https");
    assert_eq!(found.checks.iter().filter(|one| one["check"] == "addresses").count(), 1, "{found:#?}");
}

#[tokio::test]
async fn folders_that_are_missing_open_or_can_not_be_written_to() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    let data_dir = institute.settings.data_dir.clone();
    let nowhere = data_dir.join("nowhere");
    let found = doctor(&institute, &[("DATA_DIR", nowhere.to_str().unwrap())]).await;
    found.is_broken("data folder", "there is no folder", "lamplight serve").says("people", "ok", "", "");
    assert!(!nowhere.exists());
    fs::write(&nowhere, "").unwrap();
    let found = doctor(&institute, &[("DATA_DIR", nowhere.to_str().unwrap())]).await;
    found.is_broken("data folder", "is no folder", "DATA_DIR");

    let mode = |mode| fs::set_permissions(&data_dir, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o705);
    doctor(&institute, &[]).await.is_broken("data folder", "everybody on this machine", "chmod 700");
    mode(0o700);
    let lamplight_store::DatabaseUrl::Sqlite(file) = &institute.settings.database_url else { panic!() };
    let settings = environment(&institute);
    fs::set_permissions(file.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    for (mode, state) in [(0o644, "problem"), (0o640, "ok")] {
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let found = doctor_in(elsewhere.path(), &settings, &[]).await;
        found.says("database", state, file.parent().unwrap().to_str().unwrap(), "");
    }

    // Root may write anywhere but there.
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if is_root {
        let found = doctor(&institute, &[("DATA_DIR", "/sys/kernel")]).await;
        found.is_broken("data folder", "/sys/kernel can't be written to", "DATA_DIR");
        // What root would leave there the server could not use.
        std::os::unix::fs::chown(&data_dir, Some(65534), None).unwrap();
        let found = doctor(&institute, &[]).await;
        std::os::unix::fs::chown(&data_dir, Some(0), None).unwrap();
        found.says("data folder", "warning", "belongs to account 65534", "sudo -u '#65534' lamplight doctor");
        found.says("files", "warning", "not tried by writing", "server's account");
        // One that systemd has made for its service: nobody knows it by name or number while that does not run.
        std::os::unix::fs::chown(&data_dir, Some(61_184), None).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("institute.toml");
        fs::write(&file, "").unwrap();
        let of_service = doctor_in(elsewhere.path(), &settings, &["--config", "institute.toml"]).await;
        std::os::unix::fs::chown(&data_dir, Some(65534), None).unwrap();
        let named = doctor_in(elsewhere.path(), &settings, &["--config", "institute.toml"]).await;
        std::os::unix::fs::chown(&data_dir, Some(0), None).unwrap();
        of_service.says("data folder", "warning", "belongs to account 61184", "--property=DynamicUser=yes");
        named.says("data folder", "warning", "", &format!("--config {} doctor", file.display()));
    } else {
        mode(0o500);
        doctor(&institute, &[]).await.is_broken("data folder", "can't be written to", "chown");
        mode(0o700);
        let found = doctor(&institute, &[("DATA_DIR", "/sys/kernel")]).await;
        found.says("data folder", "warning", "belongs to account 0", "sudo -u '#0'");
    }
}

#[tokio::test]
async fn too_few_files_may_be_open() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    let limited = async |limit: &str| {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &format!("ulimit -n {limit} && exec \"$0\" doctor --json"),
            env!("CARGO_BIN_EXE_lamplight"),
        ]);
        let settings = with(&environment(&institute), &[("HTTP_CONNECTIONS", "300")]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).envs(settings);
        let folder = tempfile::tempdir().unwrap();
        command.current_dir(folder.path()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        Found::read(&run(command, "").await)
    };
    limited("700").await.says("open files", "warning", "may open 700 files", "LimitNOFILE=65536");
    limited("800").await.says("open files", "ok", "800 may be open", "");
}

#[tokio::test]
async fn an_embedded_database_that_is_damaged() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    let missing = institute.settings.data_dir.join("none.db");
    let found = doctor(&institute, &[("DATABASE_URL", &format!("sqlite:{}", missing.display()))]).await;
    found.is_broken("database", "there is none at", "lamplight restore");
    assert!(!missing.exists());

    change_file(&institute, "PRAGMA foreign_keys = OFF; DELETE FROM users WHERE username = 'teacher'").await;
    doctor(&institute, &[]).await.is_broken("database", "refer to others that are not there", "lamplight restore");
    change_file(&institute, "PRAGMA journal_mode = DELETE").await;
    doctor(&institute, &[]).await.says(
        "database",
        "warning",
        "\"delete\" and not in \"wal\"",
        "start the server again",
    );

    let lamplight_store::DatabaseUrl::Sqlite(path) = &institute.settings.database_url else { panic!() };
    let mut bytes = fs::read(path).unwrap();
    // How many pages are free stands in the first page, and is found wrong without anything being unreadable.
    let free = [bytes[36], bytes[37], bytes[38], bytes[39]];
    bytes[36..40].copy_from_slice(&[0, 0, 1, 7]);
    fs::write(path, &bytes).unwrap();
    doctor(&institute, &[])
        .await
        .is_broken("database", "Freelist: size is", "lamplight restore")
        .says("people", "ok", "", "");
    bytes[36..40].copy_from_slice(&free);
    let length = bytes.len();
    // Pages of 4096 bytes; the first says what there is.
    bytes[length / 2..length / 2 + 8192].fill(0xFF);
    fs::write(path, &bytes).unwrap();
    doctor(&institute, &[]).await.is_broken("database", "is damaged", "lamplight restore").says("port", "ok", "", "");
    fs::write(path, "this is no database, however one looks at it").unwrap();
    doctor(&institute, &[]).await.is_broken("database", "not a database", "backup").says("port", "ok", "", "");
}

#[tokio::test]
async fn a_postgresql_that_is_away_or_set_up_for_something_else() {
    let institute = Institute::open(Backend::Postgres).await;
    let away = doctor(&institute, &[("DATABASE_URL", "postgres://me:do-not-show@localhost:1/none")]).await;
    away.is_broken("database", "postgres://***@localhost:1/none can't be opened", "start PostgreSQL");
    assert!(!format!("{away:?}").contains("do-not-show"));
    away.says("port", "ok", "", "");

    let own = written(&institute.settings.database_url);
    let serializable = format!("{own}%20-cdefault_transaction_isolation%3Dserializable");
    let found = doctor(&institute, &[("DATABASE_URL", &serializable)]).await;
    found.is_broken("database", "transactions are serializable", "read committed").says("people", "ok", "", "");

    let (_, name) = own.rsplit_once("test_").unwrap();
    let name = &format!("d_{}", &name[..20]);
    change_postgres(&format!("CREATE ROLE {name} SUPERUSER LOGIN CONNECTION LIMIT 6")).await;
    let few = own.replace("user=lamplight", &format!("user={name}"));
    assert_ne!(few, own);
    doctor(&institute, &[("DATABASE_URL", &few)]).await.is_broken("database", "takes 6 connections", "max_connections");

    change_postgres(&format!("CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0")).await;
    let other = own.replace("///postgres?", &format!("///{name}?"));
    assert_ne!(other, own);
    let found = doctor(&institute, &[("DATABASE_URL", &other)]).await;
    found.is_broken("database", "encoded as SQL_ASCII", "ENCODING 'UTF8'").is_broken(
        "tables",
        "there are none",
        "serve",
    );
}

both_databases!(tables_of_another_version_and_a_database_that_is_held, async |institute: Institute| {
    institute.execute("INSERT INTO hold (reason, place) VALUES ('moved', 'postgres://***@new/x')", []).await;
    let found = doctor(&institute, &[]).await;
    found.is_broken("hold", "moved to postgres://***@new/x", "set DATABASE_URL").says("tables", "ok", "", "");
    institute.execute("UPDATE hold SET reason = 'arriving'", []).await;
    doctor(&institute, &[]).await.is_broken("hold", "did not come to its end", "lamplight migrate-data");
    institute.execute("DELETE FROM hold", []).await;

    institute.execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)", []).await;
    doctor(&institute, &[]).await.is_broken("tables", "m9999_future", "install that version");
    institute.execute("DELETE FROM seaql_migrations WHERE version IN ('m9999_future', 'm0030_hold')", []).await;
    let found = doctor(&institute, &[]).await;
    assert!(found.success, "{found:#?}");
    found.says("tables", "warning", "1 changes are still to be made", "lamplight serve");
});

both_databases!(a_log_that_does_not_fit_and_nobody_who_can_sign_in, async |institute: Institute| {
    for number in 0..5 {
        institute.uploaded(&institute.people.office, Form::titled(&format!("Ethics {number}"))).await;
    }
    doctor(&institute, &[]).await.is_well().says("event log", "ok", "5 events, up to number 5", "");
    institute.execute("UPDATE event SET at = 4000000000000 WHERE seq = 5", []).await;
    doctor(&institute, &[]).await.is_well().says("event log", "warning", "2096-10-02", "clock");
    institute.execute("DELETE FROM event WHERE seq = 4", []).await;
    let found = doctor(&institute, &[]).await;
    found.is_broken("event log", "1 of the newest 5 events are missing", "restore").is_broken(
        "event log",
        "refer to no event",
        "",
    );
    institute.execute("DELETE FROM event WHERE seq = 5", []).await;
    doctor(&institute, &[]).await.is_broken(
        "event log",
        "there must be the events 1 to 5, and there are 1 to 3",
        "restored",
    );

    institute.execute("UPDATE users SET is_active = 0 WHERE role = 'admin'", []).await;
    doctor(&institute, &[]).await.is_broken("people", "no administrator who can sign in", "lamplight admin create");
    institute.execute("UPDATE institute SET is_demo = 1", []).await;
    doctor(&institute, &[]).await.says("people", "warning", "demo", "--demo");
});

#[tokio::test]
async fn redis_is_away() {
    let institute = Institute::open(Backend::Postgres).await;
    let mut redis = TestRedis::start().await;
    let url = redis.url();
    doctor(&institute, &[("REDIS_URL", &url)]).await.is_well().says("redis", "ok", "carries messages", "");
    redis.stop();
    doctor(&institute, &[("REDIS_URL", &url)]).await.is_broken("redis", "does not work", "take REDIS_URL out");
    redis.go_on().await;
    let (unused, _folder) = fresh_address(Backend::Sqlite).await;
    let found = doctor(&institute, &[("REDIS_URL", &url), ("DATABASE_URL", &written(&unused))]).await;
    found.says("redis", "warning", "not used", "take REDIS_URL out");
}

both_databases!(files_that_are_missing, async |institute: Institute| {
    institute.uploaded(&institute.people.office, Form::titled("Ethics")).await;
    let place = institute.settings.data_dir.join("files");
    let file = files_below(&place).into_keys().next().unwrap();
    let whole = fs::read(&file).unwrap();
    fs::write(&file, "short").unwrap();
    doctor(&institute, &[]).await.is_broken("files", "1 of the newest 1 are missing", "from a backup");
    fs::remove_file(&file).unwrap();
    let found = doctor(&institute, &[]).await;
    let name = file.file_name().unwrap().to_str().unwrap();
    found.is_broken("files", name, "from a backup").says("files", "ok", "written to", "");
    fs::write(&file, whole).unwrap();
    doctor(&institute, &[]).await.is_well();
    fs::rename(&place, institute.settings.data_dir.join("elsewhere")).unwrap();
    fs::write(&place, "no folder").unwrap();
    doctor(&institute, &[]).await.is_broken("files", "does not work", "server's account");

    let s3 = [
        ("S3_BUCKET", "b"),
        ("S3_ENDPOINT", "http://127.0.0.1:1"),
        ("S3_ALLOW_HTTP", "true"),
        ("S3_ACCESS_KEY_ID", "me"),
        ("S3_SECRET_ACCESS_KEY", "do-not-show"),
    ];
    let found = doctor(&institute, &s3).await;
    found.is_broken("files", "the bucket b does not work", "S3_ENDPOINT");
    assert!(!format!("{found:?}").contains("do-not-show"));
});

/// Answers each connection in a thread of its own; what comes in is told to `answer`, whose `None` hangs up.
fn answering(greeting: &'static str, answer: impl Fn(&str) -> Option<String> + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer): (TcpStream, _) = (stream.unwrap(), answer.clone());
            std::thread::spawn(move || {
                let _ = stream.write_all(greeting.as_bytes());
                let mut buffer = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    match answer(&String::from_utf8_lossy(&buffer[..length])) {
                        Some(text) if stream.write_all(text.as_bytes()).is_ok() && greeting.is_empty() => return,
                        Some(_) => {}
                        None => return,
                    }
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn a_mail_server_that_takes_us_and_one_that_is_away() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    let commands = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let heard = commands.clone();
    let port = answering("220 mail.example ESMTP\r\n", move |line| {
        heard.lock().unwrap().push_str(line);
        Some(if line.starts_with("QUIT") { "221 bye\r\n" } else { "250 mail.example\r\n" }.to_owned())
    });
    let url = format!("smtp://127.0.0.1:{port}");
    let mail =
        [("SMTP_URL", url.as_str()), ("MAIL_FROM", "office@nursing.example"), ("PUBLIC_URL", "http://record.example")];
    let found = doctor(&institute, &mail).await;
    found.is_well().says("mail", "ok", "no mail was sent", "").says(
        "addresses",
        "warning",
        "http://record.example",
        "TLS",
    );
    let commands = commands.lock().unwrap().clone();
    assert!(commands.contains("NOOP") && !commands.contains("MAIL"), "{commands}");
    let mail = [("SMTP_URL", "smtp://127.0.0.1:1"), mail[1], mail[2]];
    doctor(&institute, &mail).await.is_broken("mail", "Connection refused", "SMTP_URL");
    // One on another machine is not even spoken to without TLS, and no server starts with it.
    for url in ["smtp://me:do-not-show@mail.example", "smtp://me:do-not-show@mail.example?tls=opportunistic"] {
        let mail = [("SMTP_URL", url), mail[1], mail[2]];
        let found = doctor(&institute, &mail).await;
        found.is_broken("settings", "SMTP_URL: passwords and links", "correct it in the environment");
        assert!(!found.checks.iter().any(|one| one["check"] == "mail"), "{found:#?}");
        let folder = tempfile::tempdir().unwrap();
        let started = run(lamplight(folder.path(), &with(&environment(&institute), &mail), &["serve"]), "").await;
        assert!(!started.success && started.err.contains("?tls=required"), "{started:?}");
        assert!(!format!("{found:?}{started:?}").contains("do-not-show"));
    }
    doctor(&institute, &[("SMTP_URL", "folder")]).await.is_well().says(
        "mail",
        "warning",
        "nobody is sent any",
        "SMTP_URL",
    );
}

#[tokio::test]
async fn a_port_that_something_else_has_and_a_server_that_is_not_ready() {
    let mut institute = Institute::open(Backend::Sqlite).await;
    institute.stop().await;
    let other = answering("", |_| Some("HTTP/1.1 404 Not Found\r\n\r\nno".to_owned())).to_string();
    doctor(&institute, &[("PORT", &other)]).await.is_broken("port", "is not Lamplight", "PORT");
    let server = |ready: Value, version: &'static str| {
        let answer = move |request: &str| {
            let body = match request.split(' ').nth(1).unwrap() {
                "/healthz" => "ok\n".to_owned(),
                "/readyz" => ready.to_string(),
                _ => json!({"info": {"version": version}}).to_string(),
            };
            Some(format!("HTTP/1.1 200 OK\r\n\r\n{body}"))
        };
        answering("", answer).to_string()
    };
    let behind = server(json!({"ready": false, "reason": "the relay is far behind"}), env!("CARGO_PKG_VERSION"));
    doctor(&institute, &[("PORT", &behind)]).await.is_broken("port", "the relay is far behind", "give it time");
    let older = server(json!({"ready": true, "reason": null, "degraded": "Redis is away"}), "0.0.1");
    let found = doctor(&institute, &[("PORT", &older)]).await;
    found.is_well().says("port", "warning", "of version 0.0.1", "start the server again");
    found.says("port", "warning", "Redis is away", "start Redis");
    let found = doctor(&institute, &[("HOST", "192.0.2.1"), ("PORT", &older)]).await;
    found.is_broken("port", "can't be listened on", "HOST");
}

#[tokio::test]
async fn the_last_backup_is_known() {
    let institute = Institute::open(Backend::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let made = run(lamplight(folder.path(), &environment(&institute), &["backup", "kept"]), "").await;
    assert!(made.success, "{made:?}");
    doctor(&institute, &[]).await.is_well().says("backup", "ok", "less than an hour ago", "");
    let note = institute.settings.data_dir.join("last-backup.json");
    fs::write(&note, "{\"madeAt\":\"2026-01-01T00:00:00.000Z\"}").unwrap();
    doctor(&institute, &[]).await.is_well().says("backup", "warning", "days ago", "every night");
    fs::write(&note, "half").unwrap();
    doctor(&institute, &[]).await.is_well().says("backup", "warning", "can't be read", "every night");

    let made = run(lamplight(folder.path(), &environment(&institute), &["backed-up"]), "").await;
    assert!(made.success && made.out.contains("Noted"), "{made:?}");
    doctor(&institute, &[]).await.is_well().says("backup", "ok", "less than an hour ago", "");
}
