//! A look at a database from outside, for who asks whether it is well: beside a server that runs or without one.
//!
//! Nothing is changed, no table is made or brought up to date, and no lock is taken that would keep somebody else out. So everything
//! here must work on a database that is damaged, half there, or of another version.

use std::{collections::BTreeSet, path::Path, time::Duration};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, QueryResult, SqlxPostgresConnector, SqlxSqliteConnector, Statement,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, Row as _, sqlite::SqlitePoolOptions};
use tokio::time::timeout;

use crate::{
    Backend, DatabaseUrl, StoreError,
    connect::{POSTGRES_WRITERS, READERS, connecting, open_postgres, postgres_options, sqlite_options},
    hold, migrations,
};

/// The connections that one server has to its PostgreSQL: its two pools, the one that hears wake-ups, the one that says that it is there.
pub const CONNECTIONS_OF_A_SERVER: u32 = POSTGRES_WRITERS + READERS + 2;
/// The oldest PostgreSQL that has what we ask of it (`hashtextextended`).
pub const OLDEST_POSTGRES: i64 = 11;
/// The one that the tests run on.
pub const TESTED_POSTGRES: i64 = 15;
/// How long it may take to connect.
const PATIENCE: Duration = Duration::from_secs(5);
/// Faults that are named one by one; the rest would say the same.
const FAULTS: usize = 20;
/// How far back the log is looked through.
const RECENT: i64 = 1000;

/// A database that is looked at.
#[derive(Debug)]
pub struct Examination {
    backend: Backend,
    db: DatabaseConnection,
}

/// Of which version the tables are.
#[derive(Debug, PartialEq, Eq)]
pub enum Tables {
    /// There are none.
    None,
    /// Of this program's.
    Same,
    /// So many changes are still to be made. The next start of a server makes them.
    Older(usize),
    /// A newer version has made these changes, which this program does not know.
    Newer(Vec<String>),
}

/// What an embedded database says of itself.
#[derive(Debug)]
pub struct Embedded {
    /// What is damaged, in its own words; empty when it is whole.
    pub damage: Vec<String>,
    /// Rows that refer to rows which are not there: in which table, to which.
    pub strays: Vec<(String, String)>,
    /// `wal`, or another way of writing.
    pub journal_mode: String,
    /// Bytes that are not in the file itself yet.
    pub wal_bytes: u64,
}

/// What a PostgreSQL says of itself.
#[derive(Debug)]
pub struct Server {
    /// Its major version.
    pub version: i64,
    /// How its texts are encoded.
    pub encoding: String,
    /// How transactions are kept apart when nobody says how.
    pub isolation: String,
    /// Connections that it takes from our role.
    pub most_connections: i64,
    /// Connections of others that are open now.
    pub others: i64,
    /// Its clock, in milliseconds since 1970.
    pub millis: i64,
}

/// Where the log stands, and what of it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogState {
    /// The newest event's number.
    pub head: i64,
    /// Everything up to this number was dropped.
    pub floor: i64,
    /// The greatest number in the table.
    pub newest: Option<i64>,
    /// The smallest.
    pub oldest: Option<i64>,
    /// How many of the newest 1000 numbers are there.
    pub recent: i64,
    /// How many of the newest 1000 rows of the index by room refer to no event.
    pub strays: i64,
    /// When the newest event was recorded, in milliseconds since 1970.
    pub newest_at: Option<i64>,
}

impl LogState {
    /// What does not fit together; empty when all is well.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let Self { head, floor, newest, oldest, recent, strays, .. } = *self;
        let mut faults = Vec::new();
        if floor > head {
            faults.push(format!("events up to {floor} were dropped, and the newest is {head}"));
        }
        let expected = (head > floor).then_some((floor + 1, head));
        if oldest.zip(newest) != expected {
            let range = |range: Option<(i64, i64)>| range.map_or("none".to_owned(), |(a, b)| format!("{a} to {b}"));
            faults.push(format!(
                "there must be the events {}, and there are {}",
                range(expected),
                range(oldest.zip(newest))
            ));
        }
        let expected = (head - floor).clamp(0, RECENT);
        if recent != expected {
            faults.push(format!("{} of the newest {expected} events are missing", expected - recent));
        }
        if strays > 0 {
            faults.push(format!("{strays} of the newest rows of event_room refer to no event"));
        }
        faults
    }
}

impl Examination {
    /// Connects for reading.
    ///
    /// # Errors
    /// When it is not there or does not answer.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
                let options = sqlite_options(path).read_only(true).optimize_on_close(false, None);
                let pool = pool.connect_with(options).await.map_err(connecting)?;
                Ok(Self { backend: Backend::Sqlite, db: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool) })
            }
            DatabaseUrl::Postgres(text) => {
                let options = postgres_options(text)?.options([("default_transaction_read_only", "on")]);
                // A pool tries again and again while nobody listens; this says at once what is wrong.
                let first = timeout(PATIENCE, options.connect()).await.map_err(|_| late())?.map_err(connecting)?;
                first.close().await.map_err(connecting)?;
                let pool = open_postgres(options, 1).await?;
                Ok(Self { backend: Backend::Postgres, db: SqlxPostgresConnector::from_sqlx_postgres_pool(pool) })
            }
        }
    }

    /// A connection for reading the institute's tables.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.db
    }

    async fn rows(&self, sql: &str) -> Result<Vec<QueryResult>, StoreError> {
        Ok(self.db.query_all_raw(Statement::from_string(self.db.get_database_backend(), sql)).await?)
    }

    async fn row(&self, sql: &str) -> Result<QueryResult, StoreError> {
        let row = self.db.query_one_raw(Statement::from_string(self.db.get_database_backend(), sql)).await?;
        row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()).into())
    }

    /// Of which version the tables are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tables(&self) -> Result<Tables, StoreError> {
        let there = match self.backend {
            Backend::Sqlite => "SELECT count(*) FROM sqlite_schema WHERE name = 'seaql_migrations'",
            Backend::Postgres => "SELECT count(*) FROM pg_class WHERE oid = to_regclass('seaql_migrations')",
        };
        if self.row(there).await?.try_get_by_index::<i64>(0)? == 0 {
            return Ok(Tables::None);
        }
        let mut carried_out = BTreeSet::new();
        for row in self.rows("SELECT version FROM seaql_migrations").await? {
            carried_out.insert(row.try_get_by_index::<String>(0)?);
        }
        let ours: BTreeSet<String> = migrations::names().into_iter().collect();
        let unknown: Vec<String> = carried_out.difference(&ours).cloned().collect();
        Ok(match ours.difference(&carried_out).count() {
            _ if !unknown.is_empty() => Tables::Newer(unknown),
            0 => Tables::Same,
            missing => Tables::Older(missing),
        })
    }

    /// Whether it may be served.
    ///
    /// # Errors
    /// [`StoreError::Moved`] or [`StoreError::Unfinished`] when not, others when the database fails.
    pub async fn held(&self) -> Result<(), StoreError> {
        hold::check(&self.db, false).await
    }

    /// Where the log stands; `None` when it was not begun. One statement, so it is one moment of the database, and it looks at the ends of
    /// the tables only.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log(&self) -> Result<Option<LogState>, StoreError> {
        let sql = format!(
            "SELECT head, floor, (SELECT max(seq) FROM event), (SELECT min(seq) FROM event), \
             (SELECT count(*) FROM event WHERE seq > head - {RECENT} AND seq <= head), \
             (SELECT count(*) FROM (SELECT seq FROM event_room ORDER BY seq DESC LIMIT {RECENT}) AS r \
              WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.seq = r.seq)), \
             (SELECT at FROM event WHERE seq = head) FROM log"
        );
        let Some(row) = self.rows(&sql).await?.pop() else { return Ok(None) };
        Ok(Some(LogState {
            head: row.try_get_by_index(0)?,
            floor: row.try_get_by_index(1)?,
            newest: row.try_get_by_index(2)?,
            oldest: row.try_get_by_index(3)?,
            recent: row.try_get_by_index(4)?,
            strays: row.try_get_by_index(5)?,
            newest_at: row.try_get_by_index(6)?,
        }))
    }

    /// Looks through an embedded database: every page of it, and with `deep` also whether the indexes hold what the tables hold.
    ///
    /// # Errors
    /// When it can't even be asked.
    pub async fn embedded(&self, path: &Path, deep: bool) -> Result<Embedded, StoreError> {
        // The number stands in the statement: bound, or given to the function of that name, it is taken for the name of a table.
        let sql = format!("PRAGMA {}({FAULTS})", if deep { "integrity_check" } else { "quick_check" });
        let mut damage = Vec::new();
        for row in self.rows(&sql).await? {
            damage.push(row.try_get_by_index::<String>(0)?);
        }
        damage.retain(|line| line != "ok");
        let mut strays = Vec::new();
        for row in self.rows("PRAGMA foreign_key_check").await? {
            // The table, the row's number, what it refers to, by which of its keys.
            strays.push((row.try_get_by_index::<String>(0)?, row.try_get_by_index::<String>(2)?));
        }
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Ok(Embedded {
            damage,
            strays,
            journal_mode: self.row("PRAGMA journal_mode").await?.try_get_by_index(0)?,
            wal_bytes: std::fs::metadata(log).map_or(0, |log| log.len()),
        })
    }

    /// Asks a PostgreSQL about itself.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn server(&self) -> Result<Server, StoreError> {
        let sql = "SELECT current_setting('server_version_num')::bigint / 10000, current_setting('server_encoding'), \
                   current_setting('default_transaction_isolation'), \
                   current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint, \
                   (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'lamplight'), \
                   (extract(epoch FROM clock_timestamp()) * 1000)::bigint, \
                   (SELECT min(one) FROM (SELECT rolconnlimit::bigint AS one FROM pg_roles WHERE rolname = current_user \
                    UNION ALL SELECT datconnlimit::bigint FROM pg_database WHERE datname = current_database()) AS limits WHERE one >= 0)";
        let row = self.row(sql).await?;
        let (most, limit): (i64, Option<i64>) = (row.try_get_by_index(3)?, row.try_get_by_index(6)?);
        Ok(Server {
            version: row.try_get_by_index(0)?,
            encoding: row.try_get_by_index(1)?,
            isolation: row.try_get_by_index(2)?,
            most_connections: limit.map_or(most, |limit| limit.min(most)),
            others: row.try_get_by_index(4)?,
            millis: row.try_get_by_index(5)?,
        })
    }

    /// Closes the connection.
    pub async fn close(self) {
        // Nothing was written that could be lost.
        let _ = self.db.close().await;
    }
}

/// Whether a session of a PostgreSQL is one connection from its beginning to its end. A pooler that lends a connection for a transaction
/// gives a lock that one session holds to another one, too. Nothing else that is said of a database holds through such a pooler, so
/// this is asked first, and in single texts: what a session has prepared another one would find.
///
/// # Errors
/// When it does not answer.
pub async fn keeps_sessions(url: &str) -> Result<bool, StoreError> {
    let options = postgres_options(url)?;
    let connect = async || timeout(PATIENCE, options.connect()).await.map_err(|_| late())?.map_err(connecting);
    let (mut one, mut other) = (connect().await?, connect().await?);
    let row = sqlx::raw_sql("SELECT pg_backend_pid()::text").fetch_one(&mut one).await.map_err(connecting)?;
    let pid: String = row.try_get(0).map_err(connecting)?;
    // No name of ours: nobody waits for it, and it goes with the session.
    let lock = format!("SELECT pg_try_advisory_lock(hashtextextended('lamplight doctor {pid}', 0))::text");
    sqlx::raw_sql(AssertSqlSafe(lock.clone())).execute(&mut one).await.map_err(connecting)?;
    let row = sqlx::raw_sql(AssertSqlSafe(lock)).fetch_one(&mut other).await.map_err(connecting)?;
    let given: String = row.try_get(0).map_err(connecting)?;
    // A pooler may keep the connections, and with them the locks.
    for session in [&mut one, &mut other] {
        sqlx::raw_sql("SELECT pg_advisory_unlock_all()").execute(session).await.map_err(connecting)?;
    }
    one.close().await.map_err(connecting)?;
    other.close().await.map_err(connecting)?;
    Ok(given != "true")
}

fn late() -> StoreError {
    connecting(sqlx::Error::PoolTimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_fits_together_and_some_that_do_not() {
        let well =
            LogState { head: 5, floor: 2, newest: Some(5), oldest: Some(3), recent: 3, strays: 0, newest_at: None };
        let empty = LogState { head: 2, newest: None, oldest: None, recent: 0, ..well };
        let long = LogState { head: 9000, newest: Some(9000), recent: 1000, ..well };
        for whole in [well, empty, long, LogState { head: 0, floor: 0, ..empty }] {
            assert_eq!(whole.faults(), Vec::<String>::new(), "{whole:?}");
        }
        for (broken, said) in [
            (LogState { head: 6, ..well }, "there must be the events 3 to 6, and there are 3 to 5"),
            (LogState { newest: Some(6), ..well }, "there are 3 to 6"),
            (LogState { oldest: Some(4), ..well }, "there are 4 to 5"),
            (LogState { recent: 2, ..well }, "1 of the newest 3 events are missing"),
            (LogState { recent: 999, ..long }, "1 of the newest 1000 events are missing"),
            (LogState { strays: 1, ..well }, "refer to no event"),
            (LogState { floor: 9, ..well }, "up to 9 were dropped, and the newest is 5"),
            (
                LogState { oldest: Some(2), newest: Some(2), ..empty },
                "there must be the events none, and there are 2 to 2",
            ),
        ] {
            let faults = broken.faults().join("; ");
            assert!(faults.contains(said), "{faults}");
        }
    }
}
