//! `log`: how many events a second can be made to last.
//!
//! In the load generator itself, through the crate that owns the log: transactions that do nothing but record events, committed as the server
//! commits them. So it is the most that anything built on the log can reach.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lamplight_features::attendance::Changed;
use lamplight_kernel::{Chance, Clock, CourseId, Room, Target, UserId};
use lamplight_store::{Store, StoreError, Tx, answering};
use serde_json::{Value, json};

use super::Bench;
use crate::{
    machine::{LOAD_CORE, now, pin, unpin},
    place::{Place, backends, label},
    report::{Row, Table},
    say::progress,
    stats::{Histogram, quantiles},
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "Transactions that record nothing but events (`attendance:changed`, each for one person), through the crate that the server uses, in one \
    process on both cores. A commit is on the disk before it is counted: SQLite with `synchronous=FULL`, PostgreSQL with its usual durability on the same \
    machine. *At a time* is how many transactions are under way; on SQLite those are committed together. A class of 60 that is recorded is one transaction with 61 events, a title that is changed one with a single one.";

/// Transactions at a time, and events in each.
const SHAPES: [(usize, usize); 7] = [(1, 1), (8, 1), (64, 1), (1, 60), (8, 60), (64, 60), (1, 1_000)];
const TIME: Duration = Duration::from_secs(5);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let time = if bench.is_small { TIME / 10 } else { TIME };
    unpin()?;
    let mut figures = Vec::new();
    for backend in backends("log") {
        let place = Place::new(backend)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let store = runtime.block_on(Store::connect(&place.url, Clock::system(), Chance::system()))?;
        for (at_a_time, events) in SHAPES {
            let row = runtime.block_on(one(&store, at_a_time, events, time))?;
            progress(&format!(
                "log: {}, {at_a_time} at a time, {events} events each: {:.0} events a second",
                label(backend),
                Row(&row).number("eventsPerSecond")
            ));
            figures.push(row);
        }
        runtime.block_on(store.close())?;
    }
    pin(LOAD_CORE)?;
    Ok(figures)
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&[
        "database",
        "at a time",
        "events in each",
        "events a second",
        "transactions a second",
        "a transaction, ms: p50",
        "p99",
    ]);
    for row in figures.iter().map(Row) {
        table.row(vec![
            row.text("database"),
            row.text("atATime"),
            row.text("events"),
            format!("{:.0}", row.number("eventsPerSecond")),
            format!("{:.0}", row.number("transactionsPerSecond")),
            format!("{:.2}", row.of("nanos", "p50") / 1e6),
            format!("{:.2}", row.of("nanos", "p99") / 1e6),
        ]);
    }
    table
}

async fn one(store: &Store, at_a_time: usize, events: usize, time: Duration) -> anyhow::Result<Value> {
    let over = Arc::new(AtomicBool::new(false));
    let started = now();
    let committers: Vec<_> = (0..at_a_time)
        .map(|_| {
            let (store, over) = (store.clone(), over.clone());
            tokio::spawn(async move {
                let mut times = Histogram::default();
                while !over.load(Ordering::Relaxed) {
                    let asked = now();
                    // As the server does it: those that are under way at one time are committed together.
                    answering(commit(&store, events)).await??;
                    times.add(now() - asked);
                }
                Ok::<_, StoreError>(times)
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    over.store(true, Ordering::Relaxed);
    let mut all = Histogram::default();
    for committer in committers {
        all.merge(&committer.await??);
    }
    let seconds = (now() - started) as f64 / 1e9;
    let transactions = all.count() as f64 / seconds;
    Ok(json!({
        "database": label(store.backend()),
        "atATime": at_a_time, "events": events, "transactionsPerSecond": transactions,
        "eventsPerSecond": transactions * events as f64, "nanos": quantiles(&all),
    }))
}

async fn commit(store: &Store, events: usize) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    for _ in 0..events {
        let user = tx.id();
        record(&mut tx, user)?;
    }
    tx.commit().await
}

/// What one student hears of a class.
pub(super) fn record(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    let changed = Changed {
        date: jiff::civil::date(2026, 11, 20),
        subject: "Anatomy".to_owned(),
        semester: 3,
        course: CourseId::from_uuid(user.uuid()),
        student_id: Some("GNM-2026-0042".to_owned()),
    };
    tx.record(&changed, Target::rooms([Room::user(user)]))
}
