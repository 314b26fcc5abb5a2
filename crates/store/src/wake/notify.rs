//! Over PostgreSQL. Not inside the transaction, where `NOTIFY` would take a lock that all committers share until their commit is done
//! (PostgreSQL's `async.c`).

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sqlx::postgres::{PgListener, PgPool};
use tokio::time::{sleep, timeout};

use super::Node;
use crate::{StoreError, in_time};

/// After the listening connection was lost and could not be made again.
const RETRY: Duration = Duration::from_secs(1);
/// After so long without a word it is asked whether the connection is still there: one whose other end has gone without a word never
/// says anything again.
const QUIET: Duration = Duration::from_secs(30);
/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn tell(node: &Node) -> Result<(), StoreError> {
    let values = [node.channel().await?.into(), node.name.as_str().into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_notify($1, $2)", values);
    in_time(node.store.writer().execute_raw(statement)).await?;
    Ok(())
}

pub(super) async fn listen(node: &Node, pool: &PgPool) {
    loop {
        let heard = async {
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen(node.channel().await.map_err(|error| sqlx::Error::Configuration(error.into()))?).await?;
            // Whatever was committed while nobody listened.
            node.store.heard();
            loop {
                match timeout(QUIET, listener.try_recv()).await {
                    Ok(heard) => match heard? {
                        Some(notification) => node.hears(notification.payload(), "notify"),
                        // The connection was lost and is made again; meanwhile something may have been said.
                        None => node.store.heard(),
                    },
                    Err(_) => {
                        let asked = async { sqlx::query("SELECT 1").execute(&mut listener).await };
                        timeout(PATIENCE, asked).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
                    }
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
