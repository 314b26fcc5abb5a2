//! Nodes that wake each other: over Redis where there is one, else over PostgreSQL's `NOTIFY`.
//!
//! A wake-up is a hint: it may be lost, come late or twice, and the relay's own look at the log is the net below. So it is no part of
//! the transaction; one task of each node says after its commits that there were some, once for many.
//!
//! **Who has Redis tells over it, and all hear both.** While Redis answers a node says it there and PostgreSQL has nothing to do; while
//! it does not, the node says it by `NOTIFY`. Every node listens on both, so nodes that do not agree whether Redis is there (one is cut
//! off from it, another is just being started with another setting) still wake each other. The one case that is left to the look at the
//! log: who is cut off from Redis alone does not hear those who are not.

mod notify;
mod redis;

use tokio::{join, sync::OnceCell};

use crate::{Store, StoreError};

pub use self::redis::Redis;

/// A node, to others: what comes back with its name was its own.
struct Node {
    store: Store,
    name: String,
    channel: OnceCell<String>,
}

impl Node {
    /// Somebody says that there were commits.
    fn hears(&self, from: &str, by: &'static str) {
        if from != self.name {
            metrics::counter!("lamplight_wake_ups_heard_total", "by" => by).increment(1);
            self.store.heard();
        }
    }

    /// The name of the channel, another one for each institute in the database.
    async fn channel(&self) -> Result<&str, StoreError> {
        // An epoch begins only while no node runs.
        let name = async || Ok::<_, StoreError>(format!("lamplight_{:08x}", self.store.log().head().await?.epoch));
        Ok(self.channel.get_or_try_init(name).await?.as_str())
    }
}

impl Store {
    /// Tells the other nodes of the same PostgreSQL of commits, and is woken by theirs. Runs until it is dropped.
    ///
    /// `None` on SQLite, where nobody else commits.
    #[must_use]
    pub fn wake_ups(&self, redis: Option<Redis>) -> Option<impl Future<Output = ()> + Send + 'static> {
        let pool = self.postgres()?.clone();
        let name = format!("{:016x}", u64::from_be_bytes(self.chance().bytes()));
        let node = Node { store: self.clone(), name, channel: OnceCell::new() };
        Some(async move {
            let line = redis.map(redis::Line::new);
            let redis = async {
                if let Some(line) = &line {
                    line.keep(&node).await;
                }
            };
            join!(tell(&node, line.as_ref()), notify::listen(&node, &pool), redis);
        })
    }
}

async fn tell(node: &Node, line: Option<&redis::Line>) {
    let mut commits = node.store.own_commits();
    let mut is_failing = false;
    while commits.changed().await.is_ok() {
        // What is committed until this is done makes one more, however much it is.
        if let Some(line) = line
            && line.tell(node).await
        {
            told("redis");
            continue;
        }
        match notify::tell(node).await {
            Ok(()) => {
                told("notify");
                is_failing = false;
            }
            Err(error) if is_failing => tracing::debug!(%error, "other nodes still can't be woken"),
            Err(error) => {
                is_failing = true;
                tracing::warn!(%error, "other nodes can't be woken; they look by themselves, a little later");
            }
        }
    }
}

fn told(by: &'static str) {
    metrics::counter!("lamplight_wake_ups_told_total", "by" => by).increment(1);
}
