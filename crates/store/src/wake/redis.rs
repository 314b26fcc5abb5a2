//! Over Redis (or Valkey): publish and subscribe, nothing is kept there.

use std::{
    fmt,
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::StreamExt;
use lamplight_kernel::Chance;
use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, aio::MultiplexedConnection};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

use super::Node;
use crate::StoreError;

/// How long Redis may take to answer. Longer than that, and PostgreSQL is the faster way.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same for who asks whether all is well, and would rather know how slow it is.
const CHECK_PATIENCE: Duration = Duration::from_secs(5);
/// How often it is asked whether it is still there: a subscription whose other end has gone without a word never hears anything again.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// Between tries to connect; doubled until the second.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The address of a Redis: `redis://`, `rediss://` (TLS) or `unix:`.
#[derive(Clone)]
pub struct Redis(Client);

impl FromStr for Redis {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        // What is wrong with it may hold the password.
        Client::open(text).map(Self).map_err(|_| StoreError::RedisAddress)
    }
}

impl Redis {
    /// Connects, asks whether it is there, and says something to itself over a channel of its own.
    ///
    /// # Errors
    /// What did not work, in words without the password.
    pub async fn check(&self, chance: &Chance) -> Result<(), String> {
        let said = |error: Lost| error.to_string();
        timeout(CHECK_PATIENCE, self.talk_to_itself(chance)).await.map_err(|late| said(late.into()))?.map_err(said)
    }

    async fn talk_to_itself(&self, chance: &Chance) -> Result<(), Lost> {
        let channel = format!("lamplight_doctor_{:016x}", u64::from_be_bytes(chance.bytes()));
        let mut teller = self.0.get_multiplexed_async_connection().await?;
        let _: redis::Value = redis::cmd("PING").query_async(&mut teller).await?;
        let mut hearer = self.0.get_async_pubsub().await?;
        hearer.subscribe(&channel).await?;
        let _: redis::Value = redis::cmd("PUBLISH").arg(&channel).arg("heard").query_async(&mut teller).await?;
        match hearer.on_message().next().await {
            Some(_) => Ok(()),
            None => Err(Lost::HungUp),
        }
    }
}

/// Without the password.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({})", self.0.get_connection_info().addr())
    }
}

/// The two connections of a node, one to tell and one to hear.
pub(super) struct Line {
    client: Client,
    /// There while Redis answers.
    teller: Mutex<Option<MultiplexedConnection>>,
    /// Telling failed: whoever keeps the line must look.
    broken: Notify,
}

impl Line {
    pub(super) fn new(Redis(client): Redis) -> Self {
        Self { client, teller: Mutex::default(), broken: Notify::new() }
    }

    fn teller(&self) -> Option<MultiplexedConnection> {
        self.teller.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, node: &Node, teller: Option<MultiplexedConnection>) {
        node.store.set_redis_away(teller.is_none());
        *self.teller.lock().unwrap_or_else(PoisonError::into_inner) = teller;
    }

    /// Says that there were commits; `false` when Redis did not take it.
    pub(super) async fn tell(&self, node: &Node) -> bool {
        let Some(mut teller) = self.teller() else { return false };
        let told = async {
            let channel = node.channel().await.ok()?;
            let told: RedisResult<()> =
                redis::cmd("PUBLISH").arg(channel).arg(&node.name).query_async(&mut teller).await;
            told.ok()
        };
        let is_told = timeout(PATIENCE, told).await.ok().flatten().is_some();
        if !is_told {
            self.set(node, None);
            self.broken.notify_one();
        }
        is_told
    }

    /// Connects, hears, and connects again, for ever.
    pub(super) async fn keep(&self, node: &Node) {
        let mut pause = RETRY.0;
        // Nothing has been said yet of whether it is there.
        let mut is_known_away = false;
        node.store.set_redis_away(true);
        loop {
            let since = Instant::now();
            let Err(error) = self.hear(node, &mut is_known_away).await;
            self.set(node, None);
            if is_known_away {
                tracing::debug!(%error, "Redis is still away");
            } else {
                is_known_away = true;
                tracing::warn!(%error, "Redis is away; until it is back the nodes wake each other through PostgreSQL");
            }
            // One that was there for a while is soon back, and one that hangs up at once is not asked all the time.
            pause = if since.elapsed() > RETRY.1 { RETRY.0 } else { (pause * 2).min(RETRY.1) };
            sleep(pause).await;
        }
    }

    async fn hear(&self, node: &Node, is_known_away: &mut bool) -> Result<std::convert::Infallible, Lost> {
        let channel = node.channel().await.map_err(Lost::Database)?;
        let within =
            AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
        let teller = self.client.get_multiplexed_async_connection_with_config(&within).await?;
        let (mut asker, mut said) = timeout(PATIENCE, self.client.get_async_pubsub()).await??.split();
        timeout(PATIENCE, asker.subscribe(channel)).await??;
        self.set(node, Some(teller));
        if std::mem::take(is_known_away) {
            tracing::info!("Redis is back");
        }
        // Whatever was committed while nobody listened.
        node.store.heard();
        let mut asking = interval(ASK_EVERY);
        asking.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = said.next() => match message {
                    Some(message) => node.hears(&message.get_payload::<String>()?, "redis"),
                    None => return Err(Lost::HungUp),
                },
                () = self.broken.notified() => return Err(Lost::NotTold),
                _ = asking.tick() => {
                    let _: redis::Value = timeout(PATIENCE, asker.ping()).await??;
                }
            }
        }
    }
}

/// Why Redis can't be heard.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("it does not answer in time")]
    Late(#[from] tokio::time::error::Elapsed),
    #[error("it closed the connection")]
    HungUp,
    #[error("it did not take what it was told")]
    NotTold,
    #[error("the database did not say which channel: {0}")]
    Database(StoreError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in [
            "redis://:secret@cache:6379/0",
            "rediss://me:secret@cache",
            "unix:///run/redis.sock",
            "unix:/run/redis.sock",
        ] {
            let redis: Redis = good.parse().unwrap();
            assert!(!format!("{redis:?}").contains("secret"), "{redis:?}");
        }
        for bad in ["", "cache:6379", "http://secret@cache", "postgres://x"] {
            let error = bad.parse::<Redis>().unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
