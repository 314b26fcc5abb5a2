//! From one machine to many: three real nodes behind a real proxy, and whatever can go wrong between them, one fault a test.
//!
//! In each, pages of everybody are open (through the proxy and straight at each node) and material is uploaded at each node and at the
//! proxy without a pause, for all and for one course. A fault comes and goes. In the end each page must have been given what the log
//! holds for its rooms, each once and in the order of the log, without loading afresh; what was answered as done must be there, what was
//! refused must not; and every node must be ready again, without a hand.
//!
//! Times are compressed: what lasts ten or thirty seconds in a computer room lasts one to four here, and nodes take a silent client for
//! dead after two seconds instead of forty-five. The table of `docs/operations.md` names these tests; `failures.rs` holds it to that.

/// Makes two tests of one story.
macro_rules! with_and_without_redis {
    ($name:ident, $story:expr) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn with_redis() {
                let story = $story;
                story(With::Redis).await;
            }

            #[tokio::test]
            async fn without_redis() {
                let story = $story;
                story(With::PostgresAlone).await;
            }
        }
    };
}

mod clock;
mod disk;
mod failures;
mod follow;
mod full;
mod ground;
mod official;
mod postgres;

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::time::sleep;

use crate::support::wire::Flow;

use ground::{Cluster, Outcome, With};

const REDIS_AWAY: &str = "Redis is away; nodes wake each other through PostgreSQL";

/// Uploads at a door until somebody says that it is done, and gives the title. Who was cut off in the middle of a commit has all
/// others wait until PostgreSQL ends its transaction.
async fn done(cluster: &Cluster, node: usize, title: &str) -> String {
    for number in 1..20 {
        let title = format!("{title} {number}");
        let outcome = cluster.desk(cluster.door(node)).upload(&title, false).await;
        cluster.ledger.lock().unwrap().insert(title.clone(), outcome.clone());
        if outcome == Outcome::Done {
            return title;
        }
    }
    panic!("{title} was never done");
}

with_and_without_redis!(a_node_is_killed, async |with| {
    let mut cluster = Cluster::open(3, with).await;
    cluster.populate().await;
    cluster.goes_on(5).await;
    cluster.kill(1).await;
    // The others and the proxy go on; who was there comes back through the proxy.
    let heard = done(&cluster, 0, "while one is dead").await;
    cluster.hear_at(&[0, 2], &heard).await;
    cluster.goes_on(10).await;
    cluster.start(1).await;
    let told = cluster.rest().await;
    assert!(told.done > 15, "{told:?}");
    assert!(told.refused.is_empty(), "nobody is told anything wrong: {told:?}");
});

#[tokio::test]
async fn redis_is_stopped() {
    let mut cluster = Cluster::open(3, With::Redis).await;
    cluster.populate().await;
    cluster.goes_on(5).await;
    cluster.redis.as_mut().unwrap().stop();
    for node in 0..3 {
        crate::support::until("it is noticed", async || {
            cluster.ready(node).await.is_some_and(|said| said["degraded"] == REDIS_AWAY && said["ready"] == true)
        })
        .await;
    }
    let heard = done(&cluster, 0, "without Redis").await;
    cluster.hear_at(&[0, 1, 2], &heard).await;
    sleep(Duration::from_millis(500)).await;
    cluster.redis.as_mut().unwrap().go_on().await;
    for node in 0..3 {
        crate::support::until("it is used again", async || {
            cluster.ready(node).await.is_some_and(|said| said["degraded"].is_null())
        })
        .await;
    }
    let told = cluster.rest().await;
    assert!(told.unknown == 0 && told.refused.is_empty(), "no user notices anything: {told:?}");
}

#[tokio::test]
async fn one_node_is_cut_off_from_redis() {
    let mut cluster = Cluster::open(3, With::Redis).await;
    cluster.populate().await;
    for (flow, title) in [(Flow::Stalled, "a silent Redis"), (Flow::Cut, "no Redis")] {
        cluster.goes_on(5).await;
        cluster.nodes[1].to_redis.as_ref().unwrap().set(flow);
        crate::support::until("it is noticed", async || {
            cluster.ready(1).await.is_some_and(|said| said["degraded"] == REDIS_AWAY && said["ready"] == true)
        })
        .await;
        // Both ways: it is heard of the others, and the others hear of it.
        for node in [0, 1] {
            let title = format!("{title} {node}");
            let heard = done(&cluster, node, &title).await;
            cluster.hear_at(&[0, 1, 2], &heard).await;
        }
    }
    let told = cluster.rest().await;
    assert!(told.unknown == 0 && told.refused.is_empty(), "no user notices anything: {told:?}");
}

with_and_without_redis!(postgresql_is_restarted, async |with| {
    let mut cluster = Cluster::open_alone(3, with).await;
    cluster.populate().await;
    cluster.goes_on(5).await;
    cluster.postgres.as_mut().unwrap().order("stop").await;
    for node in 0..3 {
        let said = cluster.says(node, false).await;
        assert!(said["reason"].as_str().unwrap().starts_with("the database does not answer"), "{said}");
    }
    sleep(Duration::from_secs(1)).await;
    cluster.postgres.as_mut().unwrap().order("start").await;
    let told = cluster.rest().await;
    assert!(told.refused.keys().all(|refusal| refusal == "503 server.database_unavailable"), "{told:?}");
});

with_and_without_redis!(one_node_is_cut_off_from_postgresql, async |with| {
    let mut cluster = Cluster::open(3, with).await;
    cluster.populate().await;
    for (flow, title) in [(Flow::Cut, "no PostgreSQL"), (Flow::Stalled, "a silent PostgreSQL")] {
        cluster.goes_on(5).await;
        cluster.nodes[1].to_database.set(flow);
        let said = cluster.says(1, false).await;
        assert!(said["reason"].as_str().unwrap().starts_with("the database does not answer"), "{said}");
        let heard = done(&cluster, 0, title).await;
        cluster.hear_at(&[0, 2], &heard).await;
        cluster.nodes[1].to_database.set(Flow::Whole);
        cluster.says(1, true).await;
        cluster.hear_at(&[1], &heard).await;
    }
    let told = cluster.rest().await;
    assert!(told.refused.keys().all(|refusal| refusal == "503 server.database_unavailable"), "{told:?}");
});

#[tokio::test]
async fn the_connections_of_a_node_to_postgresql_are_forgotten() {
    let cluster = Cluster::open(1, With::PostgresAlone).await;
    let desk = cluster.desk(cluster.door(0));
    // It is in the middle of asking who somebody is, which is asked for everybody together.
    let store = cluster.store().await;
    let tx = store.begin().await.unwrap();
    tx.db().execute_unprepared("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let in_vain = tokio::spawn(async move { desk.upload("never answered", false).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))";
    crate::support::until("it waits", async || {
        let row = tx.db().query_one_raw(Statement::from_string(DbBackend::Postgres, waiting)).await.unwrap();
        row.unwrap().try_get_by_index::<i64>(0).unwrap() > 0
    })
    .await;
    // Something else may wait too, and earlier.
    sleep(Duration::from_millis(500)).await;
    cluster.nodes[0].to_database.forget();
    drop(tx);
    store.close().await.unwrap();
    done(&cluster, 0, "asked anew").await;
    assert_ne!(in_vain.await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn the_proxy_is_cut_off_from_one_node() {
    let mut cluster = Cluster::open(3, With::PostgresAlone).await;
    cluster.populate().await;
    for (flow, title) in [(Flow::Cut, "not to be reached"), (Flow::Stalled, "silent")] {
        cluster.goes_on(5).await;
        cluster.nodes[1].from_proxy.set(flow);
        let heard = done(&cluster, 0, title).await;
        cluster.hear_at(&[0, 2], &heard).await;
        sleep(Duration::from_secs(2)).await;
        assert_eq!(cluster.ready(1).await.unwrap()["ready"], true, "nothing is wrong with the node itself");
        cluster.nodes[1].from_proxy.set(Flow::Whole);
        cluster.hear_at(&[1], &heard).await;
    }
    let told = cluster.rest().await;
    assert!(told.refused.is_empty(), "{told:?}");
}

with_and_without_redis!(a_node_is_paused, async |with| {
    let mut cluster = Cluster::open(3, with).await;
    cluster.populate().await;
    cluster.goes_on(5).await;
    cluster.signal(1, "STOP").await;
    let mut heard = String::new();
    // Longer than a client waits for a heartbeat, and longer than the node does.
    for round in 0..4 {
        let title = format!("while one stands still {round}");
        heard = done(&cluster, 2, &title).await;
        cluster.hear_at(&[0, 2], &heard).await;
        sleep(Duration::from_secs(1)).await;
    }
    cluster.signal(1, "CONT").await;
    cluster.hear_at(&[1], &heard).await;
    let told = cluster.rest().await;
    assert!(told.refused.is_empty(), "{told:?}");
});

with_and_without_redis!(the_database_is_slow, async |with| {
    let mut cluster = Cluster::open(2, with).await;
    cluster.populate().await;
    cluster.goes_on(5).await;
    for node in &cluster.nodes {
        node.to_database.set(Flow::Slow(Duration::from_millis(30)));
    }
    // Everything takes longer and nothing goes wrong.
    cluster.goes_on(5).await;
    let heard = done(&cluster, 0, "slowly").await;
    cluster.hear_at(&[0, 1], &heard).await;
    cluster.says(0, true).await;
    let told = cluster.rest().await;
    assert!(told.refused.is_empty(), "{told:?}");
});
