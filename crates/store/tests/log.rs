//! The log's promises, on both databases.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::{collections::BTreeSet, task::Poll, time::Duration};

use lamplight_kernel::{Control, Event, Problem, Room, Target, UserId};
use lamplight_store::{Backend, Store, StoreError, Tx, both_databases, testing::TestDatabase};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde::Serialize;

#[derive(Serialize)]
struct Happened {
    what: u32,
}

impl Event for Happened {
    const NAME: &'static str = "tests:happened";
}

async fn record(store: &Store, what: u32, target: Target) {
    let mut tx = store.begin().await.unwrap();
    tx.record(&Happened { what }, target).unwrap();
    tx.commit().await.unwrap();
}

both_databases!(what_is_committed_is_in_the_log_in_order, async |db: TestDatabase| {
    let mut commits = db.store.commits();
    let before = db.store.log().head().await.unwrap();
    assert_eq!((before.seq, before.floor), (0, 0));

    record(&db.store, 1, Target::rooms([Room::students(), Room::admins()])).await;
    let mut tx = db.store.begin().await.unwrap();
    tx.record(&Happened { what: 2 }, Target::rooms([Room::admins()]).except([Room::faculty()])).unwrap();
    tx.control(&Control::SignedOut { user: tx.id() }).unwrap();
    drop(tx);
    let mut tx = db.store.begin().await.unwrap();
    tx.record(&Happened { what: 3 }, Target::rooms([Room::admins()]).except([Room::faculty()]).until(Some(tx.now())))
        .unwrap();
    tx.control(&Control::SignedOut { user: tx.id::<UserId>() }).unwrap();
    tx.commit().await.unwrap();

    assert!(commits.has_changed().unwrap());
    commits.mark_unchanged();
    let events = db.store.log().after(0, 10).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.seq, event.name.as_str(), event.payload.as_str())).collect();
    assert_eq!(told[0], (1, "tests:happened", r#"{"what":1}"#));
    assert_eq!(told[1], (2, "tests:happened", r#"{"what":3}"#));
    assert_eq!((told[2].0, told[2].1), (3, Control::NAME));
    assert_eq!(told.len(), 3);
    assert_eq!(events[1].target.except, [Room::faculty()]);
    assert_eq!(events[1].target.until, Some(db.clock.now()));
    assert_eq!(db.store.log().head().await.unwrap().seq, 3);
    assert_eq!(db.store.log().after(1, 1).await.unwrap()[0].seq, 2);
});

both_databases!(a_commit_whose_caller_has_gone_is_done_and_wakes, async |db: TestDatabase| {
    let mut commits = db.store.commits();
    let mut tx = db.store.begin().await.unwrap();
    tx.record(&Happened { what: 1 }, Target::rooms([Room::students()])).unwrap();
    let mut commit = Box::pin(tx.commit());
    let asked = std::future::poll_fn(|context| Poll::Ready(commit.as_mut().poll(context))).await;
    assert!(asked.is_pending(), "it is not done in no time");
    drop(commit);
    tokio::time::timeout(Duration::from_secs(20), commits.changed()).await.unwrap().unwrap();
    assert_eq!(db.store.log().head().await.unwrap().seq, 1);
});

both_databases!(who_comes_back_is_told_what_was_for_them, async |db: TestDatabase| {
    let soon = db.clock.now().plus(Duration::from_secs(60));
    record(&db.store, 1, Target::rooms([Room::semester(3), Room::students()])).await;
    record(&db.store, 2, Target::rooms([Room::semester(4)])).await;
    record(&db.store, 3, Target::rooms([Room::students()]).except([Room::semester(3)])).await;
    record(&db.store, 4, Target::rooms([Room::semester(3)]).until(Some(soon))).await;
    record(&db.store, 5, Target::rooms([Room::semester(3)])).await;
    let rooms = [Room::students(), Room::semester(3)];
    let missed = async |from, to, limit| -> (Vec<i64>, i64) {
        let missed = db.store.log().missed(&rooms, from, to, limit).await.unwrap();
        (missed.events.iter().map(|event| event.seq).collect(), missed.up_to)
    };
    assert_eq!(missed(0, 5, 10).await, (vec![1, 4, 5], 5));
    assert_eq!(missed(1, 4, 10).await, (vec![4], 4));
    assert_eq!(missed(0, 5, 1).await, (vec![1], 1));
    assert_eq!(missed(1, 3, 1).await, (vec![], 3), "nothing more up to there");
    assert_eq!(missed(5, 5, 10).await, (vec![], 5));
    // The one they are excepted from is counted: it is in their room, and looking closer would cost more than it is worth.
    for (from, limit, count) in [(0, 10, 4), (1, 10, 3), (0, 2, 2), (5, 10, 0)] {
        assert_eq!(db.store.log().count_missed(&rooms, from, 5, limit).await.unwrap(), count, "{from} {limit}");
    }
    db.clock.advance(Duration::from_secs(60));
    assert_eq!(missed(0, 5, 10).await, (vec![1, 5], 5), "what has expired is not news any more");
    assert_eq!(missed(1, 5, 1).await, (vec![], 3), "it was looked at all the same");
});

both_databases!(old_events_are_dropped_and_the_floor_says_so, async |db: TestDatabase| {
    record(&db.store, 1, Target::rooms([Room::students()])).await;
    record(&db.store, 2, Target::rooms([Room::students()])).await;
    db.clock.advance(Duration::from_secs(3600));
    record(&db.store, 3, Target::rooms([Room::students()])).await;
    let cutoff = db.clock.now();
    assert_eq!(db.store.log().drop_before(cutoff, 1).await.unwrap(), 1);
    assert_eq!(db.store.log().drop_before(cutoff, 100).await.unwrap(), 1);
    assert_eq!(db.store.log().drop_before(cutoff, 100).await.unwrap(), 0);
    let head = db.store.log().head().await.unwrap();
    assert_eq!((head.floor, head.seq), (2, 3));
    assert_eq!(db.store.log().missed(&[Room::students()], 0, 3, 10).await.unwrap().events.len(), 1);
});

// Each node drops what is old, and one may have looked at it before another has dropped it.
#[tokio::test]
async fn the_floor_does_not_sink_when_two_nodes_drop_at_once() {
    let db = TestDatabase::new(Backend::Postgres).await;
    for what in 1..=3 {
        record(&db.store, what, Target::rooms([Room::students()])).await;
    }
    db.clock.advance(Duration::from_secs(3600));
    let other = db.store.begin().await.unwrap();
    for sql in ["DELETE FROM event_room", "DELETE FROM event", "UPDATE log SET floor = 3"] {
        other.db().execute_unprepared(sql).await.unwrap();
    }
    let (store, cutoff) = (db.store.clone(), db.clock.now());
    let slower = tokio::spawn(async move { store.log().drop_before(cutoff, 1).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))";
    let is_waited_for = async || {
        let row = other.db().query_one_raw(Statement::from_string(DbBackend::Postgres, waiting)).await.unwrap();
        row.unwrap().try_get_by_index::<i64>(0).unwrap() > 0
    };
    while !is_waited_for().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    other.commit().await.unwrap();
    slower.await.unwrap().unwrap();
    assert_eq!(db.store.log().head().await.unwrap().floor, 3, "everything up to there was dropped");
}

// Many committers at once, some of whom give up: a reader that polls must see 1, 2, 3, ... and never a hole that is
// filled later. A sequence without a lock fails this on PostgreSQL.
both_databases!(numbers_come_in_commit_order_without_gaps, async |db: TestDatabase| {
    const WRITERS: u32 = 8;
    const EACH: u32 = 25;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = db.store.clone();
        tasks.spawn(async move {
            for n in 0..EACH {
                let mut tx = store.begin().await.unwrap();
                tx.record(&Happened { what: writer * EACH + n }, Target::rooms([Room::students()])).unwrap();
                if n % 5 == 4 {
                    drop(tx);
                } else {
                    tx.commit().await.unwrap();
                }
            }
        });
    }
    let expected = i64::from(WRITERS * EACH / 5 * 4);
    let (mut position, mut seen) = (0, BTreeSet::new());
    while position < expected {
        for event in db.store.log().after(position, 50).await.unwrap() {
            assert_eq!(event.seq, position + 1, "a number was skipped");
            position = event.seq;
            assert!(seen.insert(event.payload.clone()), "an event came twice");
        }
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    assert_eq!(db.store.log().after(position, 10).await.unwrap().len(), 0);
});

both_databases!(the_epoch_is_kept_and_reading_connections_refuse_to_write, async |db: TestDatabase| {
    use sea_orm::ConnectionTrait;
    let first = db.store.log().head().await.unwrap().epoch;
    let refused = db.store.reader().execute_unprepared("DELETE FROM event").await;
    assert!(refused.is_err(), "a reader wrote");
    db.store.close().await.unwrap();
    let TestDatabase { url, clock, store, _folder, .. } = db;
    drop(store);
    let again = Store::connect(&url, clock, lamplight_kernel::Chance::system()).await.unwrap();
    assert_eq!(again.log().head().await.unwrap().epoch, first);
});

#[tokio::test]
async fn two_processes_on_one_file_are_refused() {
    let db = TestDatabase::new(lamplight_store::Backend::Sqlite).await;
    let refused = Store::connect(&db.url, db.clock.clone(), lamplight_kernel::Chance::system()).await.unwrap_err();
    assert!(refused.to_string().contains("in use by another process"), "{refused}");
}

#[tokio::test]
async fn several_nodes_may_start_on_an_empty_database_at_once() {
    let db = TestDatabase::new(lamplight_store::Backend::Postgres).await;
    let admin = sea_orm::Database::connect(match &db.url {
        lamplight_store::DatabaseUrl::Postgres(url) => url.clone(),
        lamplight_store::DatabaseUrl::Sqlite(_) => unreachable!(),
    });
    let admin = admin.await.unwrap();
    let schema = "DO $$ BEGIN EXECUTE 'DROP SCHEMA ' || current_schema() || ' CASCADE; CREATE SCHEMA ' || current_schema(); END $$";
    sea_orm::ConnectionTrait::execute_unprepared(&admin, schema).await.unwrap();
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (url, clock) = (db.url.clone(), db.clock.clone());
        nodes.spawn(async move { Store::connect(&url, clock, lamplight_kernel::Chance::system()).await });
    }
    let mut epochs = BTreeSet::new();
    while let Some(node) = nodes.join_next().await {
        epochs.insert(node.unwrap().unwrap().log().head().await.unwrap().epoch);
    }
    assert_eq!(epochs.len(), 1, "one log, one epoch");
}

both_databases!(what_the_tables_hold_is_counted, async |db: TestDatabase| {
    record(&db.store, 1, Target::rooms([Room::students()])).await;
    db.store.tidy().await.unwrap();
    if db.store.backend() == Backend::Sqlite {
        let sql = "SELECT count(*) AS found FROM sqlite_stat1 WHERE tbl = 'event'";
        let row =
            db.store.reader().query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap().unwrap();
        assert!(row.try_get::<i64>("", "found").unwrap() > 0);
    }
});

// It takes the three seconds after which PostgreSQL gives a transaction up.
#[tokio::test]
async fn a_transaction_that_says_nothing_is_given_up_and_that_is_an_outage() {
    let db = TestDatabase::new(Backend::Postgres).await;
    let mut tx = db.store.begin().await.unwrap();
    tx.db().execute_unprepared("SELECT 1").await.unwrap();
    tokio::time::sleep(Duration::from_millis(3500)).await;
    let refused = StoreError::from(tx.db().execute_unprepared("SELECT 1").await.unwrap_err());
    assert!(refused.is_outage(), "{refused:?}");
    tx.record(&Happened { what: 1 }, Target::rooms([Room::students()])).unwrap();
    tx.commit().await.unwrap_err();
    assert_eq!(db.store.log().after(0, 10).await.unwrap().len(), 0, "nothing of it is kept");
    record(&db.store, 2, Target::rooms([Room::students()])).await;
}

#[tokio::test]
async fn what_postgresql_says_when_it_is_away_is_told_from_what_it_refuses() {
    let db = TestDatabase::new(Backend::Postgres).await;
    for (code, is_outage) in
        [("57P01", true), ("53300", true), ("25P03", true), ("08006", true), ("23514", false), ("53100", false)]
    {
        let tx = db.store.begin().await.unwrap();
        let raised = tx.db().execute_unprepared(&format!("DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$")).await;
        assert_eq!(StoreError::from(raised.unwrap_err()).is_outage(), is_outage, "{code}");
    }
}

both_databases!(a_moment_stays_as_it_was, async |db: TestDatabase| {
    record(&db.store, 1, Target::rooms([Room::admins()])).await;
    let moment = db.store.moment().await.unwrap();
    let count = async || {
        let sql = Statement::from_string(moment.get_database_backend(), "SELECT count(*) FROM event");
        moment.query_one_raw(sql).await.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap()
    };
    assert_eq!(count().await, 1);
    record(&db.store, 2, Target::rooms([Room::admins()])).await;
    assert_eq!(count().await, 1);
    drop(moment);
    assert_eq!(db.store.log().head().await.unwrap().seq, 2);
});

#[tokio::test]
async fn of_two_who_wait_for_each_other_one_is_told_to_try_again() {
    let db = TestDatabase::new(Backend::Postgres).await;
    let (one, other) = (db.store.begin().await.unwrap(), db.store.begin().await.unwrap());
    one.lock("first").await.unwrap();
    other.lock("second").await.unwrap();
    let waiting = async |tx: Tx, key: &str| tx.lock(key).await;
    let (one, other) = tokio::join!(waiting(one, "second"), waiting(other, "first"));
    let error = one.and(other).unwrap_err();
    assert!(error.is_deadlock(), "{error}");
    assert_eq!(Problem::from(error).code(), "server.busy");
}
