//! What can go wrong with the database.

use std::{borrow::Cow, path::PathBuf};

use lamplight_kernel::{Class, Problem};
use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused a statement or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
    /// The connection was lost during a commit: it may have been written or not.
    #[error("the database was lost while it committed: {0}")]
    OutcomeUnknown(DbErr),
    /// The address of the database is not understood.
    #[error(
        "the database address is not understood: {0}. Use sqlite:path/to/file.db or postgres://user:password@host/name"
    )]
    Address(String),
    /// The address of the Redis is not understood.
    #[error(
        "the address is not understood. Use redis://user:password@host:port, rediss:// for TLS, or unix:path/to/socket"
    )]
    RedisAddress,
    /// Another process serves this SQLite file.
    #[error("{} is in use by another process. Stop it first, or use PostgreSQL to run several servers on one database", .0.display())]
    InUse(PathBuf),
    /// The folder of the SQLite file can't be made or written.
    #[error("{}: {source}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database was migrated by a newer version of this program.
    #[error("this database was made by a newer version of lamplight; install that version or restore an older backup")]
    Newer,
    /// Somebody is moving the institute from here or to here.
    #[error("this database is being moved just now (lamplight migrate-data); wait until that has ended")]
    Moving,
    /// The institute was moved away from here.
    #[error(
        "this institute was moved to {to}: set DATABASE_URL to that. To go back to what stands here, without what happened since, run \
         `lamplight restored` first"
    )]
    Moved {
        /// Where it is now, without a password.
        to: String,
    },
    /// A move to here did not come to its end.
    #[error(
        "a move of the institute to this database did not come to its end: run the same `lamplight migrate-data` again. What it came \
         from is whole"
    )]
    Unfinished,
    /// A payload could not be written as JSON.
    #[error("an event could not be encoded: {0}")]
    Encode(#[from] serde_json::Error),
    /// A stored value is not what this program writes.
    #[error("table {table} holds something unreadable: {what}")]
    Corrupt {
        /// In which table.
        table: &'static str,
        /// What about it.
        what: String,
    },
}

impl StoreError {
    /// Whether a unique constraint refused the row: somebody else was first.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))))
    }

    /// Whether a foreign key refused the row: what it refers to is not there, or is still referred to.
    #[must_use]
    pub fn is_foreign_key_violation(&self) -> bool {
        let Self::Database(error) = self else { return false };
        // SQLite counts `ON DELETE RESTRICT` among the triggers, and has one code for all of them.
        let is_restricted = || match error {
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => match &**cause {
                sqlx::Error::Database(cause) => {
                    cause.code().is_some_and(|code| code == "1811") && cause.message().contains("FOREIGN KEY")
                }
                _ => false,
            },
            _ => false,
        };
        matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))) || is_restricted()
    }

    /// Whether the database can't be reached just now, as opposed to refusing.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        // The second is `in_time`.
        if let Self::Database(DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::Internal(_))) = self {
            return true;
        }
        if matches!(self.cause(), Some(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)) {
            return true;
        }
        // Shutting down or starting up (57P..), no connection left (53300), a transaction that was given up because it was silent for
        // too long (25P03, `LET_GO` in connect.rs), a connection that broke (08...). SQLite's codes are numbers.
        self.code().is_some_and(|code| {
            code.starts_with("57P")
                || ["53300", "25P03"].contains(&&*code)
                || (code.len() == 5 && code.starts_with("08"))
        })
    }

    /// Whether two transactions waited for each other, and PostgreSQL ended this one (40P01).
    #[must_use]
    pub fn is_deadlock(&self) -> bool {
        self.code().is_some_and(|code| code == "40P01")
    }

    /// Whether there is no room left on the disk.
    #[must_use]
    pub fn is_full(&self) -> bool {
        // SQLITE_FULL, disk_full.
        self.code().is_some_and(|code| code == "13" || code == "53100")
    }

    /// What the driver says.
    fn cause(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Database(
                DbErr::Conn(RuntimeErr::SqlxError(cause))
                | DbErr::Query(RuntimeErr::SqlxError(cause))
                | DbErr::Exec(RuntimeErr::SqlxError(cause)),
            ) => Some(cause),
            _ => None,
        }
    }

    /// The code that the database gives.
    fn code(&self) -> Option<Cow<'_, str>> {
        match self.cause()? {
            sqlx::Error::Database(cause) => cause.code(),
            _ => None,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_outage() {
            tracing::error!(%error, "database unavailable");
            return Self::new(
                Class::Unavailable,
                "server.database_unavailable",
                "The server can't reach its database at the moment. Nothing was changed; please try again shortly.",
            );
        }
        if matches!(error, StoreError::Moving | StoreError::Moved { .. } | StoreError::Unfinished) {
            tracing::error!(%error, "nothing may be written here");
            return Self::new(
                Class::Unavailable,
                "server.moved",
                "The institute is being moved to another database. Nothing was changed; please try again shortly.",
            );
        }
        if error.is_deadlock() {
            tracing::warn!(%error, "two transactions waited for each other");
            return Self::new(
                Class::Unavailable,
                "server.busy",
                "Somebody else changed the same in the same moment. Nothing was changed; please try again.",
            );
        }
        if let StoreError::OutcomeUnknown(_) = error {
            tracing::error!(%error, "it is not known whether this was saved");
            return Self::outcome_unknown();
        }
        if error.is_full() {
            tracing::error!(%error, "the disk is full");
            return Self::new(
                Class::Full,
                "server.disk_full",
                "The server has no room left to save this. Nothing was changed; please tell who looks after it.",
            );
        }
        Self::internal(error)
    }
}
