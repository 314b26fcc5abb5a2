//! Commits that are made together, on SQLite.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use lamplight_kernel::{Event, Room, Target};
use lamplight_store::{Backend, Store, StoreError, Tx, answering, testing::TestDatabase};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde::Serialize;
use tokio::task::{JoinHandle, JoinSet, yield_now};

#[derive(Serialize)]
struct Happened {
    what: u32,
}

impl Event for Happened {
    const NAME: &'static str = "tests:happened";
}

fn record(tx: &mut Tx, what: u32) {
    tx.record(&Happened { what }, Target::rooms([Room::students()])).unwrap();
}

async fn begin(store: &Store, what: u32) -> Tx {
    let mut tx = store.begin().await.unwrap();
    record(&mut tx, what);
    tx
}

/// What the log holds, read over another connection.
async fn kept(store: &Store) -> Vec<u32> {
    let events = store.log().after(0, 10_000).await.unwrap();
    assert!(events.iter().zip(1..).all(|(event, seq)| event.seq == seq), "the numbers have no gaps");
    let what = |json: &str| json.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    events.iter().map(|event| what(&event.payload)).collect()
}

/// Whether it is done, as far as it is now.
async fn asked_once<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await
}

type Commit = JoinHandle<Result<(), StoreError>>;

/// Commits `first` while somebody else waits for the connection, who gets it.
async fn in_turn(first: Tx, second: impl Future<Output = Result<Tx, StoreError>>) -> (Commit, Tx) {
    let mut second = pin!(second);
    assert!(asked_once(second.as_mut()).await.is_pending(), "there is one connection");
    let first = tokio::spawn(first.commit());
    let second = second.await.unwrap();
    (first, second)
}

/// Whether it still waits when everybody else has had every opportunity.
async fn waits(commit: &Commit) -> bool {
    tokio::time::sleep(Duration::from_millis(20)).await;
    !commit.is_finished()
}

#[tokio::test]
async fn who_waits_for_the_connection_joins_and_nobody_else_sees_it_before_all_is_kept() {
    let db = TestDatabase::new(Backend::Sqlite).await;
    let store = &db.store;
    let first = begin(store, 1).await;
    let mut told = None;
    let both = answering(async {
        let (first, mut second) = in_turn(first, store.begin()).await;
        assert!(waits(&first).await, "it is not told before it is on the disk");
        assert!(kept(store).await.is_empty());
        let seen = second.db().query_one_raw(seen_by_all()).await.unwrap();
        assert!(seen.is_some(), "who joined has it before them");
        record(&mut second, 2);
        second.commit().await.unwrap();
        told = Some(first);
    });
    both.await.unwrap();
    told.unwrap().await.unwrap().unwrap();
    assert_eq!(kept(store).await, [1, 2]);
}

fn seen_by_all() -> sea_orm::Statement {
    sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "SELECT seq FROM event WHERE seq = 1")
}

#[tokio::test]
async fn who_joined_and_gives_up_takes_back_its_own_only_and_answers_after_the_others_commit() {
    let db = TestDatabase::new(Backend::Sqlite).await;
    let store = &db.store;
    let first = begin(store, 1).await;
    answering(async {
        let (first, second) = in_turn(first, store.begin()).await;
        second.db().execute_unprepared("DELETE FROM event").await.unwrap();
        drop(second);
        // "You have this already", it might answer. Nobody waits for the other.
        drop(first);
    })
    .await
    .unwrap();
    assert_eq!(kept(store).await, [1]);
}

#[tokio::test]
async fn when_the_database_takes_all_back_all_are_told_and_the_next_is_well() {
    // As it does by itself when the disk is full; and what should never happen.
    for (goes_on, undo) in [(false, "ROLLBACK"), (true, "ROLLBACK"), (false, "COMMIT"), (true, "COMMIT")] {
        let db = TestDatabase::new(Backend::Sqlite).await;
        let store = &db.store;
        let first = begin(store, 1).await;
        let mut told = None;
        let answered = answering(async {
            let mut second = pin!(store.begin());
            assert!(asked_once(second.as_mut()).await.is_pending());
            let mut third = pin!(answering(async { begin(store, 3).await.commit().await }));
            assert!(asked_once(third.as_mut()).await.is_pending());
            told = Some(tokio::spawn(first.commit()));
            let mut second = second.await.unwrap();
            second.db().execute_unprepared(undo).await.unwrap();
            if goes_on {
                record(&mut second, 2);
                second.commit().await.unwrap_err();
            } else {
                drop(second);
            }
            third.await.unwrap().unwrap();
        });
        answered.await.unwrap_err();
        assert!(told.unwrap().await.unwrap().unwrap_err().is_outage());
        begin(store, 4).await.commit().await.unwrap();
        let kept = kept(store).await;
        assert!(kept.ends_with(&[3, 4]), "{undo} {goes_on} {kept:?}");
        assert!(undo == "COMMIT" || !kept.contains(&1), "{goes_on} {kept:?}");
    }
}

#[tokio::test]
async fn what_the_database_ended_by_itself_is_not_taken_for_open_by_those_who_come_later() {
    for undo in ["ROLLBACK", "COMMIT"] {
        let db = TestDatabase::new(Backend::Sqlite).await;
        let store = &db.store;
        let ended = store.begin().await.unwrap();
        ended.db().execute_unprepared(undo).await.unwrap();
        ended.commit().await.unwrap_err();
        drop(begin(store, 2).await);
        begin(store, 3).await.commit().await.unwrap();
        assert_eq!(kept(store).await, [3], "{undo}");
    }
}

#[tokio::test]
async fn a_savepoint_that_is_cut_off_while_it_begins_does_not_take_the_others_with_it_unsaid() {
    let db = TestDatabase::new(Backend::Sqlite).await;
    let store = &db.store;
    let mut saved = Vec::new();
    // Sometimes it has begun before anybody can cut it off.
    for what in 1..=20 {
        let first = begin(store, what).await;
        let mut told = None;
        let answered = answering(async {
            let (first, second) = in_turn(first, store.begin()).await;
            told = Some(first);
            let _ = asked_once(pin!(second.db().begin())).await;
        });
        let answered = answered.await;
        let told = told.unwrap().await.unwrap();
        assert_eq!(answered.is_ok(), told.is_ok());
        saved.extend(told.is_ok().then_some(what));
        assert_eq!(kept(store).await, saved);
    }
}

#[tokio::test]
async fn only_what_can_wait_with_its_answer_joins() {
    let db = TestDatabase::new(Backend::Sqlite).await;
    let store = &db.store;
    let first = begin(store, 1).await;
    let (first, second) = in_turn(first, store.begin()).await;
    assert_eq!(kept(store).await, [1], "outside");
    first.await.unwrap().unwrap();
    drop(second);

    let first = begin(store, 2).await;
    answering(async {
        let (first, second) = in_turn(first, store.begin_long()).await;
        assert_eq!(kept(store).await, [1, 2], "what takes long keeps nobody");
        first.await.unwrap().unwrap();
        drop(second);
    })
    .await
    .unwrap();
}

/// Runs it until it has been asked `polls` times and is not done; to its end without.
async fn cut_off<T>(polls: Option<u32>, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let Some(polls) = polls else { return Some(work.await) };
    for _ in 0..polls {
        if let Poll::Ready(done) = asked_once(work.as_mut()).await {
            return Some(done);
        }
        yield_now().await;
    }
    None
}

/// One of many at a time: it commits, or it gives up, also within a savepoint of its own.
async fn act(store: Store, what: u32) -> Result<bool, StoreError> {
    let act = answering(async {
        let tx = begin(&store, what).await;
        tx.db().execute_unprepared("UPDATE log SET floor = floor").await?;
        if what.is_multiple_of(3) {
            let inner = tx.db().begin().await?;
            inner.execute_unprepared("UPDATE log SET floor = floor").await?;
            inner.commit().await?;
        }
        if what.is_multiple_of(7) {
            return Ok(false);
        }
        tx.commit().await.map(|()| true)
    });
    act.await?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_cut_off_what_was_said_to_be_kept_is_and_what_was_given_up_is_not() {
    let db = TestDatabase::new(Backend::Sqlite).await;
    let mut acts = JoinSet::new();
    for what in 1..=1_000 {
        let store = db.store.clone();
        // Everywhere on its way, which is long when others are before it.
        let polls = (what % 2 == 1).then_some(what * 7 % 40);
        acts.spawn(async move { (what, cut_off(polls, act(store, what)).await) });
        if what % 16 == 0 {
            yield_now().await;
        }
        if what % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let all = acts.join_all().await;
    let kept = kept(&db.store).await;
    let mut told = 0;
    for (what, outcome) in all {
        match outcome {
            Some(Ok(true)) => {
                told += 1;
                assert!(kept.contains(&what), "{what} was said to be kept");
            }
            Some(Ok(false)) => assert!(!kept.contains(&what), "{what} was given up"),
            Some(Err(error)) => assert!(!kept.contains(&what), "{what}: {error}"),
            None => {}
        }
    }
    assert!(told >= 400, "{told}");
    begin(&db.store, 0).await.commit().await.unwrap();
}
