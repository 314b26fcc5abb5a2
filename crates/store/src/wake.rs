//! Nodes that wake each other, over PostgreSQL's `NOTIFY` and `LISTEN`.
//!
//! A wake-up is a hint: it may be lost, come late or twice, and the relay's own look at the log is the net below. So it is no part of
//! the transaction, where `NOTIFY` would take a lock that all committers share until their commit is done (PostgreSQL's
//! `async.c`); one task of each node says after its commits that there were some, once for many.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sqlx::postgres::{PgListener, PgPool};
use tokio::time::sleep;

use crate::{Store, StoreError};

/// After the listening connection was lost and could not be made again.
const RETRY: Duration = Duration::from_secs(1);

impl Store {
    /// Tells the other nodes of the same PostgreSQL of commits, and is woken by theirs. Runs until it is dropped.
    ///
    /// `None` on SQLite, where nobody else commits.
    #[must_use]
    pub fn wake_ups(&self) -> Option<impl Future<Output = ()> + Send + 'static> {
        let pool = self.postgres()?.clone();
        let store = self.clone();
        Some(async move {
            // What comes back with it was our own.
            let node = format!("{:016x}", u64::from_be_bytes(store.chance().bytes()));
            tokio::join!(tell(&store, &node), listen(&store, &pool, &node));
        })
    }
}

/// The name of the channel, another one for each institute in the database.
async fn channel(store: &Store) -> Result<String, StoreError> {
    Ok(format!("lamplight_{:08x}", store.log().head().await?.epoch))
}

async fn tell(store: &Store, node: &str) {
    let mut commits = store.own_commits();
    let mut is_failing = false;
    while commits.changed().await.is_ok() {
        // What is committed until this is done makes one more, however much it is.
        let told = async {
            let values = [channel(store).await?.into(), node.into()];
            let statement = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_notify($1, $2)", values);
            store.writer().execute_raw(statement).await?;
            Ok::<_, StoreError>(())
        };
        match told.await {
            Ok(()) => is_failing = false,
            Err(error) if is_failing => tracing::debug!(%error, "other nodes still can't be woken"),
            Err(error) => {
                is_failing = true;
                tracing::warn!(%error, "other nodes can't be woken; they look by themselves, a little later");
            }
        }
    }
}

async fn listen(store: &Store, pool: &PgPool, node: &str) {
    loop {
        let heard = async {
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen(&channel(store).await.map_err(|error| sqlx::Error::Configuration(error.into()))?).await?;
            // Whatever was committed while nobody listened.
            store.heard();
            loop {
                // `None`: the connection was lost and is made again; meanwhile something may have been said.
                match listener.try_recv().await? {
                    Some(notification) if notification.payload() == node => {}
                    Some(_) | None => store.heard(),
                }
            }
        };
        let ended: Result<(), sqlx::Error> = heard.await;
        if let Err(error) = ended {
            tracing::warn!(%error, "the wake-ups of other nodes can't be heard; trying again");
        }
        sleep(RETRY).await;
    }
}
