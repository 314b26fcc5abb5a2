//! Moves an institute from one database to another: from the embedded one to PostgreSQL when it grows, and back.
//!
//! **Nobody is there.** The source is locked against every other process (its lock file; on PostgreSQL the lock of
//! [`crate::Store::keep_present`]), and so is the target. The source is read in one transaction.
//!
//! **The target is empty or whole, never between.** Its tables are made, together with a line in `hold` that says that a move has begun;
//! then one transaction copies all tables, reads them back, holds them against what was read from the source, and removes the line.
//! Killed at any moment, it can be run again.
//!
//! **Never both.** Epoch and numbers of the log move along, so that every open page goes on where it was. Two databases that both
//! went on from there would tell two stories under the same numbers: so the source gets a line in `hold` before the target loses its own.
//!
//! Which tables and columns there are is read from the databases themselves, and both must say the same.

mod catalogue;
mod rows;

use std::{collections::BTreeSet, fs::File};

pub use catalogue::OF_THE_DATABASE;
pub use rows::Contents;
use sea_orm::SqlxPostgresConnector;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, PgConnection, SqliteConnection};

use crate::{
    DatabaseUrl, StoreError,
    connect::{connecting, open_postgres, open_sqlite_writer, postgres_options, sqlite_options},
    fault, hold, migrations, presence,
};
use catalogue::{Table, quoted};

/// Why an institute was not moved. The source is then as it was, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it, and nobody but the command line reads them")]
pub enum MoveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("source and target are the same database")]
    Same,
    #[error("there is no institute in {0}")]
    NoInstitute(String),
    #[error("{0} is in use by a server or another command: stop all servers first")]
    InUse(String),
    #[error(
        "{0} is not empty. An institute is moved into an empty database only: make a new one, or name a file that does not exist"
    )]
    NotEmpty(String),
    #[error("the institute was moved away from {from} to {to} already")]
    MovedAlready { from: String, to: String },
    #[error(
        "the tables of {0} are of another version of lamplight: start the server of this version on it once, and stop it again"
    )]
    OtherVersion(String),
    #[error(
        "the two databases do not have the same tables: {0}. What is not Lamplight's must be in another schema or file"
    )]
    OtherTables(String),
    #[error("{table}.{column} is of the type {declared}, which migrate-data does not know")]
    Type { table: String, column: String, declared: String },
    #[error("{table}.{column} holds something of the kind {kept}, which does not belong there")]
    Value { table: String, column: String, kept: String },
    #[error("{table}.{column} holds a text with a NUL character, which PostgreSQL does not take: remove it first")]
    Nul { table: String, column: String },
    #[error("these tables refer to each other in a circle: {0}")]
    Circle(String),
    #[error("table {table}: {source}")]
    Table { table: String, source: Box<MoveError> },
    #[error("table {0} does not hold in the target what it holds in the source. Nothing was kept there")]
    Differs(String),
    #[error("somebody has written to {0} meanwhile: stop all servers first, then run this again")]
    Written(String),
}

/// One end of the move: one connection, and nobody else.
pub(crate) enum Side {
    Sqlite {
        db: SqliteConnection,
        /// Held until the end.
        _lock: File,
    },
    Postgres {
        db: PgConnection,
    },
}

impl Side {
    async fn open(url: &DatabaseUrl) -> Result<Self, MoveError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let lock = hold::lock_sqlite(path).map_err(|error| in_use(error, url))?;
                let options = sqlite_options(path).create_if_missing(true).pragma("cache_size", "-200000");
                Ok(Self::Sqlite { db: options.connect().await.map_err(connecting)?, _lock: lock })
            }
            DatabaseUrl::Postgres(text) => {
                let mut db = postgres_options(text)?.connect().await.map_err(connecting)?;
                if !presence::alone(&mut db).await? {
                    return Err(MoveError::InUse(url.to_string()));
                }
                Ok(Self::Postgres { db })
            }
        }
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), MoveError> {
        match self {
            Self::Sqlite { db, .. } => {
                sqlx::raw_sql(sql).execute(db).await?;
            }
            Self::Postgres { db } => {
                sqlx::raw_sql(sql).execute(db).await?;
            }
        }
        Ok(())
    }

    /// From here on it reads one moment.
    async fn begin_reading(&mut self) -> Result<(), MoveError> {
        self.run(match self {
            Self::Sqlite { .. } => "BEGIN",
            Self::Postgres { .. } => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })
        .await
    }

    /// The line in `hold`, and for what is moved away: where to.
    async fn held(&mut self) -> Result<Option<(String, String)>, MoveError> {
        let sql = "SELECT reason, place FROM hold";
        Ok(match self {
            Self::Sqlite { db, .. } => sqlx::query_as(sql).fetch_optional(db).await?,
            Self::Postgres { db } => sqlx::query_as(sql).fetch_optional(db).await?,
        })
    }

    async fn hold(&mut self, reason: &str, place: &str) -> Result<(), MoveError> {
        let sql = "INSERT INTO hold (reason, place) VALUES ($1, $2) ON CONFLICT (reason) DO UPDATE SET place = excluded.place";
        match self {
            Self::Sqlite { db, .. } => {
                sqlx::query(sql).bind(reason).bind(place).execute(db).await?;
            }
            Self::Postgres { db } => {
                sqlx::query(sql).bind(reason).bind(place).execute(db).await?;
            }
        }
        Ok(())
    }

    async fn release(&mut self, reason: &str) -> Result<(), MoveError> {
        let sql = "DELETE FROM hold WHERE reason = $1";
        match self {
            Self::Sqlite { db, .. } => {
                sqlx::query(sql).bind(reason).execute(db).await?;
            }
            Self::Postgres { db } => {
                sqlx::query(sql).bind(reason).execute(db).await?;
            }
        }
        Ok(())
    }

    async fn head(&mut self) -> Result<i64, MoveError> {
        let sql = "SELECT head FROM log";
        Ok(match self {
            Self::Sqlite { db, .. } => sqlx::query_scalar(sql).fetch_one(db).await?,
            Self::Postgres { db } => sqlx::query_scalar(sql).fetch_one(db).await?,
        })
    }

    async fn close(self) -> Result<(), MoveError> {
        match self {
            Self::Sqlite { db, _lock: lock } => {
                db.close().await?;
                // See `Store::close`.
                let _ = lock.unlock();
            }
            Self::Postgres { db } => presence::leave(db).await,
        }
        Ok(())
    }
}

fn in_use(error: StoreError, url: &DatabaseUrl) -> MoveError {
    match error {
        StoreError::InUse(_) => MoveError::InUse(url.to_string()),
        error => error.into(),
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The table.
    pub table: &'a str,
    /// Rows copied.
    pub done: u64,
    /// Of how many.
    pub of: u64,
    /// Whether they are in the target, and were read back from there.
    pub checked: bool,
}

/// What was moved.
#[derive(Debug)]
pub struct Moved {
    /// Every table and what it holds, in both databases.
    pub tables: Vec<(String, Contents)>,
}

/// Moves the institute. `said` is told how far it is, at every row.
///
/// # Errors
/// See [`MoveError`].
pub async fn move_data(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    mut said: impl FnMut(Progress<'_>),
) -> Result<Moved, MoveError> {
    if from == to {
        return Err(MoveError::Same);
    }
    if let DatabaseUrl::Sqlite(path) = from
        && !path.exists()
    {
        return Err(MoveError::NoInstitute(from.to_string()));
    }
    let mut source = Side::open(from).await?;
    let versions = catalogue::migrated(&mut source).await?;
    if versions.is_empty() {
        return Err(MoveError::NoInstitute(from.to_string()));
    }
    if versions != migrations::names().into_iter().collect::<BTreeSet<_>>() {
        return Err(MoveError::OtherVersion(from.to_string()));
    }
    let before = source.held().await?;
    if matches!(&before, Some((reason, _)) if reason != hold::MOVED) {
        return Err(StoreError::Unfinished.into());
    }
    prepare(from, to).await?;
    let mut target = Side::open(to).await?;
    if let Some((_, place)) = before
        && place != to.to_string()
    {
        return Err(MoveError::MovedAlready { from: from.to_string(), to: place });
    }
    target.hold(hold::ARRIVING, &from.to_string()).await?;

    source.begin_reading().await?;
    target.run("BEGIN").await?;
    let moved = copy_all(&mut source, &mut target, &mut said).await?;
    let head = source.head().await?;
    fault::reach(fault::IN_MOVE).await;
    source.run("COMMIT").await?;

    target.release(hold::ARRIVING).await?;
    close_source(&mut source, head, from, to).await?;
    fault::reach(fault::BEFORE_ARRIVAL).await;
    target.run("COMMIT").await?;
    if let Side::Postgres { .. } = target {
        target.run("ANALYZE").await?;
    }
    target.close().await?;
    source.close().await?;
    Ok(moved)
}

/// Makes the tables of an empty target. One that a move has begun is taken as it is: it is empty still, or it would not say so.
async fn prepare(from: &DatabaseUrl, to: &DatabaseUrl) -> Result<(), MoveError> {
    let mut target = Side::open(to).await?;
    let names = catalogue::names(&mut target).await?;
    let is_begun = names.contains("hold")
        && matches!(target.held().await?, Some((reason, place)) if reason == hold::ARRIVING && place == from.to_string());
    if !is_begun && !names.is_empty() {
        return Err(MoveError::NotEmpty(to.to_string()));
    }
    if !is_begun {
        // Before the other tables: killed between them, it is known for what it is.
        target.run("BEGIN; CREATE TABLE hold (reason varchar NOT NULL PRIMARY KEY, place text NOT NULL)").await?;
        target.hold(hold::ARRIVING, &from.to_string()).await?;
        target.run("COMMIT").await?;
    }
    let db = match to {
        DatabaseUrl::Sqlite(path) => open_sqlite_writer(path).await?,
        DatabaseUrl::Postgres(text) => {
            SqlxPostgresConnector::from_sqlx_postgres_pool(open_postgres(postgres_options(text)?, 1).await?)
        }
    };
    migrations::run(&db).await?;
    db.close().await.map_err(StoreError::from)?;
    target.close().await
}

async fn copy_all(
    source: &mut Side,
    target: &mut Side,
    said: &mut impl FnMut(Progress<'_>),
) -> Result<Moved, MoveError> {
    let tables = catalogue::tables(target).await?;
    compare(&catalogue::tables(source).await?, &tables)?;
    let mut moved = Moved { tables: Vec::with_capacity(tables.len()) };
    for table in &tables {
        let contents = one(source, target, table, said);
        let contents =
            contents.await.map_err(|error| MoveError::Table { table: table.name.clone(), source: Box::new(error) })?;
        moved.tables.push((table.name.clone(), contents));
    }
    catalogue::continue_sequences(target, &tables).await?;
    for (table, (name, copied)) in tables.iter().zip(&moved.tables) {
        if rows::contents(target, table).await? != *copied {
            return Err(MoveError::Differs(name.clone()));
        }
        said(Progress { table: name, done: copied.rows, of: copied.rows, checked: true });
    }
    Ok(moved)
}

async fn one(
    source: &mut Side,
    target: &mut Side,
    table: &Table,
    said: &mut impl FnMut(Progress<'_>),
) -> Result<Contents, MoveError> {
    if rows::count(target, &table.name).await? > 0 {
        return Err(MoveError::NotEmpty("the target".to_owned()));
    }
    let of = rows::count(source, &table.name).await?;
    rows::copy(source, target, table, &mut |done| {
        said(Progress { table: &table.name, done, of, checked: false });
    })
    .await
}

/// The same tables with the same columns. They may stand in another order.
fn compare(source: &[Table], target: &[Table]) -> Result<(), MoveError> {
    let described = |tables: &[Table]| -> BTreeSet<String> {
        let columns = |table: &Table| -> Vec<String> {
            table.columns.iter().map(|column| format!("{}.{} ({:?})", table.name, column.name, column.kind)).collect()
        };
        tables.iter().flat_map(columns).collect()
    };
    let (source, target) = (described(source), described(target));
    let different: Vec<String> = source.symmetric_difference(&target).take(10).cloned().collect();
    if different.is_empty() { Ok(()) } else { Err(MoveError::OtherTables(different.join(", "))) }
}

/// Says in the source where the institute is now, if nobody has written to it meanwhile.
async fn close_source(source: &mut Side, head: i64, from: &DatabaseUrl, to: &DatabaseUrl) -> Result<(), MoveError> {
    source.run("BEGIN").await?;
    if let Side::Postgres { db } = source {
        // Whoever commits an event after this waits for us, and is refused the next time it looks.
        sqlx::raw_sql(AssertSqlSafe(format!("LOCK TABLE {} IN EXCLUSIVE MODE", quoted("log")))).execute(db).await?;
    }
    if source.head().await? != head {
        source.run("ROLLBACK").await?;
        return Err(MoveError::Written(from.to_string()));
    }
    source.hold(hold::MOVED, &to.to_string()).await?;
    source.run("COMMIT").await
}
