//! Databases for tests: the same story on SQLite and on PostgreSQL.
//!
//! `LAMPLIGHT_TEST_POSTGRES` names a PostgreSQL server whose role may make schemas; `make test` starts a private one and
//! sets it. A test that finds it unset fails: half a test that says "passed" is worse than none.

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
            let schema = format!("test_{:032x}", u128::from_be_bytes(Chance::system().bytes()));
            let admin =
                Database::connect(ConnectOptions::new(&server).max_connections(1).sqlx_logging(false).to_owned())
                    .await
                    .expect("the PostgreSQL of LAMPLIGHT_TEST_POSTGRES answers");
            admin.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.expect("a schema of its own");
            admin.close().await.expect("closing");
            let joint = if server.contains('?') { '&' } else { '?' };
            (DatabaseUrl::Postgres(format!("{server}{joint}options=-csearch_path%3D{schema}")), None)
        }
    }
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
