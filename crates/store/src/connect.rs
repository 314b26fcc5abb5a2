//! Connecting: two pools over one database, one for [`Tx`] and one that can only read.

use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lamplight_kernel::{Chance, Clock};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, RuntimeErr, SqlxPostgresConnector, SqlxSqliteConnector, Statement,
    TransactionTrait,
};
use sqlx::{
    ConnectOptions, Connection as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::watch;

use crate::{
    Log, StoreError, Tx,
    hold::{self, lock_sqlite},
    migrations::{self, m0033_counts, m0034_search},
    presence::{self, Presence},
    turns::Turns,
};

/// How long a request waits for a connection before it is told that the database is not to be had.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long it may take a connection to PostgreSQL to say that it is still there.
const ANSWER: Duration = Duration::from_secs(2);
/// How long the database may take to answer what many wait for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// A connection that was used so recently is not asked again.
const ASK_AFTER: Duration = Duration::from_millis(100);
/// After so long without a word within a transaction PostgreSQL gives it up. All committers wait for the row of the log; without this a node
/// that is cut off or stands still in the middle of a commit would keep the others from theirs until it is back.
const LET_GO: &str = "3s";
/// What each connection to SQLite keeps of it in memory at most, in KiB (`PRAGMA cache_size`, which says it as a negative number).
const CACHE: &str = "-16384";
pub(crate) const READERS: u32 = 4;
pub(crate) const POSTGRES_WRITERS: u32 = 8;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The embedded one.
    Sqlite,
    /// A server of its own.
    Postgres,
}

/// The address of a database: `sqlite:data/lamplight.db` or `postgres://...`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file. It and its folder are made when they are missing.
    Sqlite(PathBuf),
    /// A PostgreSQL connection URI (libpq form).
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        match text.split_once(':') {
            Some(("sqlite", path)) => match path.strip_prefix("//").unwrap_or(path) {
                "" | ":memory:" => Err(StoreError::Address(text.to_owned())),
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            },
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Self::Postgres(text.to_owned())),
            // What follows may hold a password.
            Some((scheme, _)) => Err(StoreError::Address(format!("{scheme}:..."))),
            None => Err(StoreError::Address(text.to_owned())),
        }
    }
}

/// Without the password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                match url.split_once("://").map(|(_, rest)| rest.rsplit_once('@').map_or(rest, |(_, host)| host)) {
                    Some(host) => write!(f, "postgres://***@{}", host.split('?').next().unwrap_or(host)),
                    None => f.write_str("postgres://***"),
                }
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    /// Whose turn it is to write, on SQLite.
    turns: Option<Turns>,
    clock: Clock,
    chance: Chance,
    /// Counts commits that recorded events, here or, as far as we were told, on other nodes. Its value means nothing; that it
    /// changed wakes the relay.
    commits: watch::Sender<u64>,
    /// Counts those of this process.
    own_commits: watch::Sender<u64>,
    /// Whether a Redis is set and does not answer.
    redis_away: AtomicBool,
    /// Held for as long as the store is open: the operating system lets go of it however the process ends.
    lock: Mutex<Option<File>>,
    /// The same on PostgreSQL, where many may have it open and only a move keeps them out.
    presence: Option<tokio::sync::Mutex<Presence>>,
}

impl Inner {
    /// Lets go of the file. Closing it would not be enough: a child process that another thread is just starting has it open too,
    /// until it becomes another program.
    fn unlock(&self) {
        if let Some(lock) = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take()
            && let Err(error) = lock.unlock()
        {
            tracing::error!(%error, "the lock of the database can't be given back before the process ends");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.unlock();
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("backend", &self.backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database and brings its tables up to date.
    ///
    /// # Errors
    /// When it can't be reached, is in use by another process (SQLite), or was made by a newer version.
    pub async fn connect(url: &DatabaseUrl, clock: Clock, chance: Chance) -> Result<Self, StoreError> {
        Self::open(url, clock, chance, false).await
    }

    /// The same, also when the institute was moved away from here ([`crate::moving`]): whoever asks for this has decided that what
    /// stands here holds again.
    ///
    /// # Errors
    /// As [`Store::connect`].
    pub async fn reopen(url: &DatabaseUrl, clock: Clock, chance: Chance) -> Result<Self, StoreError> {
        Self::open(url, clock, chance, true).await
    }

    async fn open(url: &DatabaseUrl, clock: Clock, chance: Chance, lift: bool) -> Result<Self, StoreError> {
        let (backend, writer, reader, lock, presence) = match url {
            DatabaseUrl::Sqlite(path) => {
                let lock = lock_sqlite(path)?;
                let writer = open_sqlite_writer(path).await?;
                // The tables must exist before a connection that can't write opens the file.
                migrations::run(&writer).await?;
                hold::check(&writer, lift).await?;
                (Backend::Sqlite, writer, open_sqlite_reader(path).await?, Some(lock), None)
            }
            DatabaseUrl::Postgres(url) => {
                let options = postgres_options(url)?;
                let presence = Presence::enter(&options).await?;
                let writing = options.clone().options([("idle_in_transaction_session_timeout", LET_GO)]);
                let pool = open_postgres(writing, POSTGRES_WRITERS).await?;
                // Several nodes may start at once: one migrates, the others wait and find nothing left to do. The lock is the
                // session's, and goes with it however this ends.
                let mut turn = pool.acquire().await.map_err(connecting)?;
                let lock = sqlx::query(
                    "SELECT pg_advisory_lock(hashtextextended('lamplight migrations ' || current_schema(), 0))",
                );
                lock.execute(&mut *turn).await.map_err(connecting)?;
                let writer = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
                let migrated = migrations::run(&writer).await;
                turn.close().await.map_err(connecting)?;
                migrated?;
                hold::check(&writer, lift).await?;
                let reader = open_postgres(options.options([("default_transaction_read_only", "on")]), READERS).await?;
                let reader = SqlxPostgresConnector::from_sqlx_postgres_pool(reader);
                (Backend::Postgres, writer, reader, None, Some(presence))
            }
        };
        let store = Self {
            inner: Arc::new(Inner {
                backend,
                writer,
                reader,
                turns: (backend == Backend::Sqlite).then(Turns::default),
                clock,
                chance,
                commits: watch::Sender::new(0),
                own_commits: watch::Sender::new(0),
                redis_away: AtomicBool::new(false),
                lock: Mutex::new(lock),
                presence: presence.map(tokio::sync::Mutex::new),
            }),
        };
        store.log().found_epoch().await?;
        Ok(store)
    }

    /// A connection for reading. It refuses to write.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.inner.reader
    }

    /// Begins a transaction.
    ///
    /// It may see what others wrote and have not committed yet ([`crate::answering`]), which [`Store::reader`] does not: who reads there what
    /// was decided here commits first, also when there is nothing to write.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.take_turn(true).await
    }

    /// Begins a transaction that may take long, such as that of a file with thousands of rows or a notice to everybody: on SQLite no other
    /// waits for it with its commit.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin_long(&self) -> Result<Tx, StoreError> {
        self.take_turn(false).await
    }

    async fn take_turn(&self, may_join: bool) -> Result<Tx, StoreError> {
        let writer = &self.inner.writer;
        let (db, turn) = match &self.inner.turns {
            Some(turns) => {
                let (db, turn) = turns.begin(writer, may_join).await?;
                (db, Some(turn))
            }
            None => (writer.begin().await?, None),
        };
        Ok(Tx::new(db, turn, self.clone()))
    }

    /// The event log, for reading.
    #[must_use]
    pub const fn log(&self) -> Log<'_> {
        Log::new(self)
    }

    /// Changes when a transaction that recorded events was committed in this process, or another node says that it has committed one
    /// ([`Store::wake_ups`]): a hint to read the log.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits.subscribe()
    }

    /// Which database it is, for the few statements that differ.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.inner.backend
    }

    /// The clock that transactions read.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Where new ids come from.
    #[must_use]
    pub fn chance(&self) -> &Chance {
        &self.inner.chance
    }

    /// What is to be done from time to time, so that nothing gets slower. The embedded database counts what its tables hold, at most a few
    /// hundred rows of each index, and chooses its indexes by that; PostgreSQL does so by itself, and is made to add up what was counted
    /// (`migrations/m0033_counts.rs`).
    ///
    /// # Errors
    /// When the database can't be written to.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        match self.inner.backend {
            Backend::Sqlite => {
                // Which tables, and when it is worth it: https://sqlite.org/pragma.html#pragma_optimize. 0x10000 looks at all tables, also
                // at those that this connection has not read; 0x2 does it.
                self.inner.writer.execute_unprepared("PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002;").await?;
            }
            Backend::Postgres => {
                for sum in m0033_counts::add_up() {
                    self.inner.writer.execute_unprepared(&sum).await?;
                }
            }
        }
        Ok(())
    }

    /// How many of the counts and texts for searching, which triggers keep, are not what the rows say. Not one, unless somebody has
    /// written to the database with its triggers switched off.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_wrong(&self) -> Result<u64, StoreError> {
        let mut wrong = 0;
        for sql in m0033_counts::differing().chain(m0034_search::differing()) {
            wrong += u64::try_from(self.number(&sql).await?).unwrap_or_default();
        }
        Ok(wrong)
    }

    /// Looks whether the embedded database's index for searching holds what is searched.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check_indexes(&self) -> Result<(), StoreError> {
        if self.inner.backend == Backend::Sqlite {
            for sql in m0034_search::check_indexes() {
                self.inner.writer.execute_unprepared(&sql).await?;
            }
        }
        Ok(())
    }

    /// Writes them anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recount(&self) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        if self.inner.backend == Backend::Postgres {
            tx.db().execute_unprepared(m0033_counts::LOCK).await?;
        } else {
            // First: a text can't be taken out of an index that does not hold it.
            for sql in m0034_search::rebuild_indexes() {
                tx.db().execute_unprepared(&sql).await?;
            }
        }
        for sql in m0033_counts::recount().chain(m0034_search::rewrite()) {
            tx.db().execute_unprepared(&sql).await?;
        }
        tx.commit().await
    }

    /// The bytes that the database takes on its disk.
    ///
    /// # Errors
    /// When it fails.
    pub async fn size(&self) -> Result<u64, StoreError> {
        let sql = match self.inner.backend {
            Backend::Sqlite => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            Backend::Postgres => "SELECT pg_database_size(current_database())",
        };
        Ok(u64::try_from(self.number(sql).await?).unwrap_or_default())
    }

    /// How many servers and commands have a PostgreSQL open, this one included; `None` on SQLite, where there is no other.
    ///
    /// # Errors
    /// When it fails.
    pub async fn count_present(&self) -> Result<Option<u64>, StoreError> {
        match self.inner.backend {
            Backend::Sqlite => Ok(None),
            Backend::Postgres => Ok(Some(u64::try_from(self.number(presence::COUNT).await?).unwrap_or_default())),
        }
    }

    async fn number(&self, sql: &str) -> Result<i64, StoreError> {
        let row =
            self.reader().query_one_raw(Statement::from_string(self.reader().get_database_backend(), sql)).await?;
        Ok(row.ok_or_else(|| sea_orm::DbErr::RecordNotFound(sql.to_owned()))?.try_get_by_index(0)?)
    }

    /// Closes all connections, and lets others open the file. Every clone is useless afterwards.
    ///
    /// # Errors
    /// When a connection does not close in order; the data are safe all the same.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.inner.reader.clone().close().await?;
        // Whoever closes last moves what was written into the file, but a connection that only reads can't, and the order is not ours: who
        // then takes the file alone would miss it.
        let written = match self.inner.backend {
            Backend::Sqlite => self.inner.writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.map(drop),
            Backend::Postgres => Ok(()),
        };
        self.inner.writer.clone().close().await?;
        written?;
        if let Some(presence) = &self.inner.presence {
            presence.lock().await.leave().await;
        }
        self.inner.unlock();
        Ok(())
    }

    pub(crate) fn woke(&self) {
        count(&self.inner.own_commits);
        self.heard();
    }

    /// Somebody has committed something.
    pub(crate) fn heard(&self) {
        count(&self.inner.commits);
    }

    /// Whether a Redis is set and does not answer. Nothing is lost by it: the nodes wake each other through PostgreSQL.
    #[must_use]
    pub fn is_redis_away(&self) -> bool {
        self.inner.redis_away.load(Ordering::Relaxed)
    }

    pub(crate) fn set_redis_away(&self, is_away: bool) {
        metrics::gauge!("lamplight_redis_up").set(if is_away { 0.0 } else { 1.0 });
        self.inner.redis_away.store(is_away, Ordering::Relaxed);
    }

    pub(crate) fn own_commits(&self) -> watch::Receiver<u64> {
        self.inner.own_commits.subscribe()
    }

    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.inner.writer
    }

    pub(crate) fn presence(&self) -> Option<&tokio::sync::Mutex<Presence>> {
        self.inner.presence.as_ref()
    }

    /// The connections of the writer, on PostgreSQL.
    pub(crate) fn postgres(&self) -> Option<&PgPool> {
        (self.backend() == Backend::Postgres).then(|| self.inner.writer.get_postgres_connection_pool())
    }
}

/// Copies an embedded database into a new file, as it is at one moment. Somebody else may have it open and write to it meanwhile.
///
/// # Errors
/// When it can't be read, or the file exists already or can't be written.
pub async fn snapshot(from: &Path, to: &Path) -> Result<(), StoreError> {
    // Not read-only: the new file would be opened in the same way.
    let mut connection = sqlite_options(from).connect().await.map_err(connecting)?;
    let to = to.to_str().ok_or_else(|| StoreError::Address(to.display().to_string()))?;
    // VACUUM INTO reads within one transaction, so writers go on in the write-ahead log.
    sqlx::query("VACUUM INTO $1").bind(to).execute(&mut connection).await.map_err(connecting)?;
    connection.close().await.map_err(connecting)
}

fn count(commits: &watch::Sender<u64>) {
    commits.send_modify(|count| *count = count.wrapping_add(1));
}

/// One connection: SQLite has one writer, and waiting for our own turn is fair where its file lock is not.
pub(crate) async fn open_sqlite_writer(path: &Path) -> Result<DatabaseConnection, StoreError> {
    let options = sqlite_options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: a commit that was answered survives a power cut, not only a crash of the process.
        .synchronous(SqliteSynchronous::Full);
    let pool = sqlite_pool().max_connections(1);
    let pool = pool.connect_with(options).await.map_err(connecting)?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

async fn open_sqlite_reader(path: &Path) -> Result<DatabaseConnection, StoreError> {
    let pool = sqlite_pool().max_connections(READERS);
    let pool = pool.connect_with(sqlite_options(path).read_only(true)).await.map_err(connecting)?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// An embedded database does not go away: its connections are kept, and not asked each time whether they are still there, which
/// would cost as much as the question that follows.
///
/// Except one whose transaction the database has ended by itself, because the disk is full or fails: the connection still counts it (`sqlx` counts
/// down only what has succeeded) and takes the next `BEGIN` for a savepoint within it. One that is given up would then stay open, and every commit
/// after it be one of nothing.
fn sqlite_pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

pub(crate) fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", CACHE)
        .optimize_on_close(true, None)
        .disable_statement_logging()
}

pub(crate) fn postgres_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options: PgConnectOptions = url.parse().map_err(|_| StoreError::Address("postgres://...".to_owned()))?;
    // Not to machine code first, which is for questions that take seconds: of a hundred thousand students it took three quarters of the time
    // that PostgreSQL needed for the first searches over each connection, 0.2 to 0.5 s (it compiles when it expects much, not when it takes long).
    let options = options.options([("jit", "off")]);
    Ok(options.application_name("lamplight").disable_statement_logging())
}

/// Whether a connection is still there. The error makes the pool throw it away.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(ANSWER, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

pub(crate) async fn open_postgres(options: PgConnectOptions, connections: u32) -> Result<PgPool, StoreError> {
    // A connection whose other end has gone without a word answers nothing, for as long as the system goes on sending: up to a quarter of
    // an hour. So nobody waits for it when it is taken, or given back in the middle of something.
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, how| {
            let is_fresh = how.idle_for < ASK_AFTER;
            Box::pin(async move { if is_fresh { Ok(true) } else { answers(connection).await } })
        })
        .after_release(|connection, _| Box::pin(answers(connection)));
    pool.connect_with(options).await.map_err(connecting)
}

/// The answer to a question that many wait for, if it comes in time. A connection whose other end has gone in the middle of one without a
/// word ends by itself only when the system gives it up; a request has its own limit, a task that serves all has none.
///
/// # Errors
/// Those of the question, and that there is no answer, which counts as an outage.
pub async fn in_time<T>(answer: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    tokio::time::timeout(PATIENCE, answer).await.map_err(|_| late())?
}

pub(crate) fn late() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("the database does not answer in time".to_owned()))
}

pub(crate) fn connecting(error: sqlx::Error) -> StoreError {
    StoreError::Database(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let parse = |text: &str| text.parse::<DatabaseUrl>();
        assert_eq!(parse("sqlite:data/x.db").unwrap(), DatabaseUrl::Sqlite("data/x.db".into()));
        assert_eq!(parse("sqlite:///var/x.db").unwrap(), DatabaseUrl::Sqlite("/var/x.db".into()));
        assert!(matches!(parse("postgres://h/db").unwrap(), DatabaseUrl::Postgres(_)));
        for bad in ["", "data/x.db", "sqlite:", "sqlite::memory:", "mysql://u:secret@h/x", "postgres:h"] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_closed_database_can_be_opened_although_a_child_still_has_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("x.db"));
        let open = async || Store::connect(&url, Clock::system(), Chance::system()).await;
        let store = open().await.unwrap();
        assert!(matches!(open().await, Err(StoreError::InUse(_))));
        // What a process has of its parent's files until it becomes another program.
        let _inherited = store.inner.lock.lock().unwrap().as_ref().unwrap().try_clone().unwrap();
        store.close().await.unwrap();
        open().await.unwrap();
    }

    #[test]
    fn a_password_is_never_shown() {
        for url in ["postgres://me:secret@host:5432/db?sslmode=require&password=secret", "postgres://host/db"] {
            let shown = url.parse::<DatabaseUrl>().unwrap();
            assert!(!format!("{shown} {shown:?}").contains("secret"), "{shown}");
        }
    }
}
