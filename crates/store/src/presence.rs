//! Who has a PostgreSQL open: a shared lock of the session, which goes with the process however it ends. A move takes the same lock for
//! itself alone, so it finds out whether anybody is there, and nobody comes in meanwhile.

use std::time::Duration;

use sea_orm::DatabaseConnection;
use sqlx::{
    ConnectOptions, Connection as _,
    postgres::{PgConnectOptions, PgConnection},
};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    Store, StoreError,
    connect::{PATIENCE, connecting, late},
    hold,
};

/// How often it is looked after whether the session is still there: a restart of PostgreSQL ends it.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// In how long PostgreSQL has noticed that a session's socket is closed. It reads that at once, if it has the processor.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const SHARED: &str =
    "SELECT pg_try_advisory_lock_shared(hashtextextended('lamplight presence ' || current_schema(), 0))";
const ALONE: &str = "SELECT pg_try_advisory_lock(hashtextextended('lamplight presence ' || current_schema(), 0))";

/// How many hold the shared lock. A lock of 64 bits is listed as two halves, and 1 behind them (pg_locks).
pub(crate) const COUNT: &str = "SELECT count(*) FROM pg_locks, \
    (SELECT hashtextextended('lamplight presence ' || current_schema(), 0) AS key) AS presence \
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
    AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295";

/// The session that says that somebody is here.
pub(crate) struct Presence {
    options: PgConnectOptions,
    session: Option<PgConnection>,
}

impl Presence {
    /// # Errors
    /// When the database is being moved, or can't be reached.
    pub(crate) async fn enter(options: &PgConnectOptions) -> Result<Self, StoreError> {
        let mut session = options.connect().await.map_err(connecting)?;
        if !lock(&mut session, SHARED).await? {
            return Err(StoreError::Moving);
        }
        Ok(Self { options: options.clone(), session: Some(session) })
    }

    pub(crate) async fn leave(&mut self) {
        if let Some(session) = self.session.take() {
            leave(session).await;
        }
    }

    /// Makes the session again when it was lost, or says nothing, if nobody has moved the institute away meanwhile.
    async fn look(&mut self, db: &DatabaseConnection) -> Result<(), StoreError> {
        if let Some(session) = &mut self.session
            && matches!(timeout(PATIENCE, session.ping()).await, Ok(Ok(())))
        {
            return Ok(());
        }
        let again = async {
            let again = Self::enter(&self.options).await?;
            hold::check(db, false).await?;
            Ok::<_, StoreError>(again)
        };
        *self = timeout(PATIENCE, again).await.map_err(|_| StoreError::from(late()))??;
        Ok(())
    }
}

/// Whether this session has the database for itself from now on.
pub(crate) async fn alone(session: &mut PgConnection) -> Result<bool, StoreError> {
    lock(session, ALONE).await
}

/// Ends a session that holds a lock. Whoever asks for the lock after this has it: a session that is merely closed keeps its locks until
/// PostgreSQL has noticed.
pub(crate) async fn leave(mut session: PgConnection) {
    // If this fails, the lock ends with the socket.
    let _ = sqlx::raw_sql("SELECT pg_advisory_unlock_all()").execute(&mut session).await;
    let _ = session.close().await;
}

/// Takes the lock, or finds that somebody has it and keeps it: who was killed has it for a moment more.
async fn lock(session: &mut PgConnection, sql: &'static str) -> Result<bool, StoreError> {
    let until = Instant::now() + NOTICED_WITHIN;
    loop {
        if sqlx::query_scalar(sql).fetch_one(&mut *session).await.map_err(connecting)? {
            return Ok(true);
        }
        if Instant::now() >= until {
            return Ok(false);
        }
        sleep(LOOK_AGAIN).await;
    }
}

impl Store {
    /// Keeps saying that somebody is here. Ends when the database is being moved or was moved: then nothing may be written to it any more.
    ///
    /// `None` on SQLite, where the locked file says it.
    #[must_use]
    pub fn keep_present(&self) -> Option<impl Future<Output = ()> + Send + 'static> {
        self.presence()?;
        let store = self.clone();
        Some(async move {
            while let Some(presence) = store.presence() {
                sleep(LOOK_EVERY).await;
                let looked = presence.lock().await.look(store.writer()).await;
                match looked {
                    Ok(()) => {}
                    Err(error @ (StoreError::Moving | StoreError::Moved { .. } | StoreError::Unfinished)) => {
                        tracing::error!(%error, "stopping");
                        return;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the database can't be told that somebody is here; trying again");
                    }
                }
            }
        })
    }
}
