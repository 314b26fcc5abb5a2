//! The transaction: the only door through which anything is written.

use std::time::{Duration, Instant};

use lamplight_kernel::{Control, Event, Recorded, Target, Timestamp};
use sea_orm::{AccessMode, ConnectionTrait, DatabaseTransaction, IsolationLevel, Statement, TransactionTrait};
use tracing::Instrument;
use uuid::Uuid;

use crate::{Backend, Store, StoreError, connect::late, fault, log, turns::Turn};

/// How long a commit may take, as long as the request that asks for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A transaction and the events it will have caused. Dropped without [`Tx::commit`], it never was.
pub struct Tx {
    // Before the turn: what is given up is taken back while nobody else has the connection.
    db: DatabaseTransaction,
    turn: Option<Turn>,
    store: Store,
    now: Timestamp,
    events: Vec<Recorded>,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("now", &self.now).field("events", &self.events.len()).finish_non_exhaustive()
    }
}

impl Store {
    /// One moment of the database, for what is read with several statements and must not change between them. Holds a connection for
    /// reading: whoever has it asks nothing of [`Store::reader`] meanwhile, and lets go of it soon.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn moment(&self) -> Result<DatabaseTransaction, StoreError> {
        Ok(match self.backend() {
            // Every transaction of SQLite reads one moment.
            Backend::Sqlite => self.reader().begin().await?,
            Backend::Postgres => {
                let level = Some(IsolationLevel::RepeatableRead);
                self.reader().begin_with_config(level, Some(AccessMode::ReadOnly)).await?
            }
        })
    }
}

impl Tx {
    pub(crate) fn new(db: DatabaseTransaction, turn: Option<Turn>, store: Store) -> Self {
        let now = store.clock().now();
        Self { db, turn, store, now, events: Vec::new() }
    }

    /// The connection, for statements.
    #[must_use]
    pub const fn db(&self) -> &DatabaseTransaction {
        &self.db
    }

    /// The moment of this transaction: one for all its rows and events.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// A new id.
    #[must_use]
    pub fn id<T: From<Uuid>>(&self) -> T {
        self.store.chance().id(self.now)
    }

    /// Unpredictable bytes, for a secret.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.store.chance().bytes()
    }

    /// Records an event. It is written with the commit and sent after it.
    ///
    /// # Errors
    /// When the payload can't be encoded.
    pub fn record<E: Event>(&mut self, event: &E, target: Target) -> Result<(), StoreError> {
        self.events.push(Recorded::event(event, target)?);
        Ok(())
    }

    /// Records a control: what no client hears and every node acts on.
    ///
    /// # Errors
    /// When it can't be encoded.
    pub fn control(&mut self, control: &Control) -> Result<(), StoreError> {
        self.events.push(Recorded::control(control)?);
        Ok(())
    }

    /// Waits until no other transaction holds the same key, and keeps others out until this one ends.
    ///
    /// PostgreSQL: a transaction-level advisory lock. SQLite: nothing to do, there is one writer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock(&self, key: &str) -> Result<(), StoreError> {
        if self.store.backend() == Backend::Postgres {
            let statement = Statement::from_sql_and_values(
                sea_orm::DbBackend::Postgres,
                "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                [key.into()],
            );
            self.db.execute_raw(statement).await?;
        }
        Ok(())
    }

    /// Writes the events into the log, commits, and wakes the relay. What has begun is done, also when whoever asked for it has gone
    /// meanwhile: dropped between the commit and the waking, it would be in the log and nobody would look for it.
    ///
    /// # Errors
    /// When the database fails. Then nothing was written, unless it says that nobody knows.
    pub async fn commit(self) -> Result<(), StoreError> {
        let span = tracing::debug_span!(target: "lamplight::traces", "commit", events = self.events.len());
        let is_far = self.store.backend() == Backend::Postgres;
        let write = self.write().instrument(span);
        let done = tokio::spawn(async move {
            if is_far {
                // It has a connection that others need, and the network may say nothing for a quarter of an hour.
                tokio::time::timeout(PATIENCE, write).await.unwrap_or_else(|_| Err(StoreError::OutcomeUnknown(late())))
            } else {
                write.await
            }
        });
        done.await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends.
            Err(_) => Err(StoreError::OutcomeUnknown(late())),
        })
    }

    async fn write(self) -> Result<(), StoreError> {
        let recorded = !self.events.is_empty();
        let asked = Instant::now();
        if recorded {
            // The last statements: from here on every other committer waits for us.
            log::append(&self.db, &self.events, self.now).await?;
            fault::reach(fault::BEFORE_COMMIT).await;
        }
        match self.turn {
            // There is nobody in between: what failed was not done.
            Some(turn) => turn.commit(self.db).await?,
            None => self.db.commit().await.map_err(StoreError::OutcomeUnknown)?,
        }
        if recorded {
            metrics::histogram!("lamplight_commit_seconds").record(asked.elapsed());
            // With the time before it, the moment from which everybody is to hear of it; measured by `make bench`.
            tracing::debug!(events = self.events.len(), "committed");
            self.store.woke();
        }
        Ok(())
    }
}
