//! Databases for tests: the same story on SQLite and on PostgreSQL.
//!
//! `LAMPLIGHT_TEST_POSTGRES` names a PostgreSQL server whose role may make schemas; `make test` starts a private one and
//! sets it. A test that finds it unset fails: half a test that says "passed" is worse than none.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use lamplight_kernel::{Chance, Clock, Timestamp};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};

use crate::{Backend, DatabaseUrl, Store};

/// The address of a database that nobody has opened yet, and the folder to keep for as long as it is used.
///
/// # Panics
/// When it can't be made: there is nothing to test then.
#[expect(clippy::expect_used, clippy::panic, reason = "a test without a database must fail")]
pub async fn fresh_address(backend: Backend) -> (DatabaseUrl, Option<tempfile::TempDir>) {
    match backend {
        Backend::Sqlite => {
            let folder = tempfile::tempdir().expect("a temporary folder");
            (DatabaseUrl::Sqlite(folder.path().join("test.db")), Some(folder))
        }
        Backend::Postgres => {
            let Ok(server) = std::env::var("LAMPLIGHT_TEST_POSTGRES") else {
                panic!("LAMPLIGHT_TEST_POSTGRES is not set: run `make test`, which starts a private PostgreSQL");
            };
            (DatabaseUrl::Postgres(fresh_schema(&server).await), None)
        }
    }
}

/// The address of a schema that nobody has used yet, on a PostgreSQL server.
///
/// # Panics
/// When it can't be made: there is nothing to test then.
#[expect(clippy::expect_used, reason = "a test without a database must fail")]
pub async fn fresh_schema(server: &str) -> String {
    let schema = format!("test_{:032x}", u128::from_be_bytes(Chance::system().bytes()));
    let admin = Database::connect(ConnectOptions::new(server).max_connections(1).sqlx_logging(false).to_owned())
        .await
        .expect("the PostgreSQL of LAMPLIGHT_TEST_POSTGRES answers");
    admin.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.expect("a schema of its own");
    admin.close().await.expect("closing");
    let joint = if server.contains('?') { '&' } else { '?' };
    format!("{server}{joint}options=-csearch_path%3D{schema}")
}

/// A fresh database of its own. It is gone when this is dropped (SQLite) or when the private server is (PostgreSQL).
#[derive(Debug)]
pub struct TestDatabase {
    /// Its address, for opening it again.
    pub url: DatabaseUrl,
    /// The clock of its transactions, which stands at 2026-11-22 10:00 UTC until it is advanced.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// Keeps the files for as long as the database is used.
    pub _folder: Option<tempfile::TempDir>,
}

impl TestDatabase {
    /// Makes one.
    ///
    /// # Panics
    /// When it can't: there is nothing to test then.
    #[expect(clippy::expect_used, reason = "a test without a database must fail")]
    pub async fn new(backend: Backend) -> Self {
        let (url, folder) = fresh_address(backend).await;
        let clock = Clock::mock(Timestamp::from_millis(1_795_341_600_000));
        let store = Store::connect(&url, clock.clone(), Chance::system()).await.expect("the test database opens");
        Self { url, clock, store, _folder: folder }
    }
}

/// A Redis of its own, which can be stopped and started. It ends when this is dropped.
#[derive(Debug)]
pub struct TestRedis {
    folder: tempfile::TempDir,
    server: Option<Child>,
}

impl TestRedis {
    /// Starts one.
    ///
    /// # Panics
    /// When it can't: there is nothing to test then.
    #[expect(clippy::expect_used, reason = "a test without a Redis must fail")]
    pub async fn start() -> Self {
        let mut redis = Self { folder: tempfile::tempdir().expect("a temporary folder"), server: None };
        redis.go_on().await;
        redis
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    /// Kills it.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // It is ours and not waited for, so it is there to be killed.
            let _ = server.kill();
            let _ = server.wait();
            let _ = std::fs::remove_file(self.socket());
        }
    }

    /// Starts it again, empty, and waits until it listens.
    ///
    /// # Panics
    /// When it does not.
    #[expect(clippy::expect_used, clippy::panic, reason = "a test without a Redis must fail")]
    pub async fn go_on(&mut self) {
        let start = |program: &str| {
            Command::new(program)
                .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
                .arg(self.socket())
                .current_dir(self.folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
        };
        let server = start("redis-server").or_else(|_| start("valkey-server"));
        self.server = Some(server.expect("redis-server can't be run; `make test-deps` installs it"));
        for _ in 0..2000 {
            if tokio::net::UnixStream::connect(self.socket()).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("redis-server does not listen");
    }
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Makes two tests of one story: `both_databases!(name, async |db: TestDatabase| { ... })`.
#[macro_export]
macro_rules! both_databases {
    ($name:ident, $story:expr) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                let story = $story;
                story($crate::testing::TestDatabase::new($crate::Backend::Sqlite).await).await;
            }

            #[tokio::test]
            async fn postgres() {
                let story = $story;
                story($crate::testing::TestDatabase::new($crate::Backend::Postgres).await).await;
            }
        }
    };
}
