//! Nodes of one database wake each other: over Redis, over PostgreSQL, and over the other when one of them is away.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it expects by failing")]

use std::time::Duration;

use lamplight_kernel::{Chance, Event, Room, Target};
use lamplight_store::{
    Backend, Store,
    testing::{TestDatabase, TestRedis},
};
use serde::Serialize;
use tokio::{sync::watch, task::JoinHandle, time::timeout};

#[derive(Serialize)]
struct Said;

impl Event for Said {
    const NAME: &'static str = "said";
}

/// Two nodes, each with its own way to hear of the other.
struct Nodes {
    one: TestDatabase,
    another: Store,
    woken: watch::Receiver<u64>,
    parts: [JoinHandle<()>; 2],
    said: usize,
}

impl Nodes {
    async fn start(redis: [Option<&TestRedis>; 2]) -> Self {
        let one = TestDatabase::new(Backend::Postgres).await;
        let another = Store::connect(&one.url, one.clock.clone(), Chance::system()).await.unwrap();
        let redis = redis.map(|redis| redis.map(|redis| redis.url().parse().unwrap()));
        let [first, second] = redis;
        let parts = [one.store.wake_ups(first).unwrap(), another.wake_ups(second).unwrap()].map(tokio::spawn);
        let mut woken = another.commits();
        // The first time says that it listens now, whatever there was before.
        woken.changed().await.unwrap();
        Self { one, another, woken, parts, said: 0 }
    }

    /// One commits, and the other is woken by it. Until it listens to all there is, a wake-up may be about nothing.
    async fn wakes(&mut self) {
        let mut tx = self.one.store.begin().await.unwrap();
        tx.record(&Said, Target::rooms([Room::students()])).unwrap();
        tx.commit().await.unwrap();
        self.said += 1;
        while self.another.log().after(0, 1000).await.unwrap().len() < self.said {
            timeout(Duration::from_secs(20), self.woken.changed()).await.expect("woken by the other node").unwrap();
        }
        let silent = async { while timeout(Duration::from_millis(30), self.woken.changed()).await.is_ok() {} };
        silent.await;
    }

    /// Waits until each knows whether Redis is there.
    async fn know(&self, is_away: bool) {
        let know = async {
            while self.one.store.is_redis_away() != is_away || self.another.is_redis_away() != is_away {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(Duration::from_secs(20), know).await.expect("they find out");
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.parts.iter().for_each(JoinHandle::abort);
    }
}

/// How many wake-ups have gone through a Redis since it was started.
async fn published(redis: &TestRedis) -> usize {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let info: String = redis::cmd("INFO").arg("commandstats").query_async(&mut connection).await.unwrap();
    let calls = info.lines().find_map(|line| line.strip_prefix("cmdstat_publish:calls="));
    calls.map_or(0, |calls| calls.split(',').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn nodes_of_one_database_wake_each_other() {
    let mut nodes = Nodes::start([None, None]).await;
    for _ in 0..3 {
        nodes.wakes().await;
    }
    assert!(!nodes.one.store.is_redis_away(), "none was set");
}

#[tokio::test]
async fn with_redis_they_wake_each_other_through_it_and_without_it_again_through_postgresql() {
    let mut redis = TestRedis::start().await;
    let mut nodes = Nodes::start([Some(&redis), Some(&redis)]).await;
    nodes.know(false).await;
    for told in 1..=3 {
        nodes.wakes().await;
        assert_eq!(published(&redis).await, told, "through Redis");
    }
    redis.stop();
    nodes.wakes().await;
    nodes.know(true).await;
    nodes.wakes().await;
    redis.go_on().await;
    nodes.know(false).await;
    nodes.wakes().await;
    assert_eq!(published(&redis).await, 1, "through Redis again");
}

#[tokio::test]
async fn a_redis_that_is_not_there_at_the_start_is_used_when_it_comes() {
    let mut redis = TestRedis::start().await;
    redis.stop();
    let mut nodes = Nodes::start([Some(&redis), Some(&redis)]).await;
    nodes.know(true).await;
    nodes.wakes().await;
    redis.go_on().await;
    nodes.know(false).await;
    nodes.wakes().await;
    assert_eq!(published(&redis).await, 1);
}

#[tokio::test]
async fn nodes_that_do_not_agree_whether_there_is_a_redis_wake_each_other() {
    let redis = TestRedis::start().await;
    // Who has none tells through PostgreSQL, where all listen.
    let mut nodes = Nodes::start([None, Some(&redis)]).await;
    nodes.wakes().await;
    assert_eq!(published(&redis).await, 0);
}
