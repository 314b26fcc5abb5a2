//! A disk that is full, below the embedded database and below PostgreSQL.

use futures_util::future::join_all;
use lamplight_store::{DatabaseUrl, testing::fresh_schema};
use serde_json::json;

use super::{disk::OwnDisk, postgres::OwnPostgres};
use crate::support::{Form, Institute, until};

/// Uploads until it is refused for want of room, and more, some at one time; gives how many were taken.
async fn fill(institute: &Institute) -> i64 {
    let office = &institute.people.office;
    let mut taken = 0;
    for round in 0..10 {
        let at_once = join_all((0..4).map(async |number| {
            let form = Form::titled(&format!("full {round} {number}")).text("description", &"x".repeat(900));
            institute.upload(office, form).await
        }));
        for answer in at_once.await {
            match answer.status {
                // What fits into pages that are there already.
                201 => taken += 1,
                _ => answer.refuses(507, "server.disk_full", &[], "no room"),
            }
        }
    }
    assert!(taken < 30, "{taken} of 40");
    taken
}

#[tokio::test]
async fn the_disk_of_the_embedded_database_is_full() {
    let here = "cluster::full::the_disk_of_the_embedded_database_is_full";
    let Some(disk) = OwnDisk::of(24, here) else { return };
    let mut institute = Institute::at(DatabaseUrl::Sqlite(disk.folder.join("lamplight.db")), None).await;
    // Its write-ahead log is emptied: what that has taken of the disk before would be written over.
    institute.stop().await;
    institute.start().await;
    let office = &institute.people.office;
    let mut page = institute.live(office).await;
    institute.uploaded(office, Form::titled("before")).await;
    let before = institute.traces().await;
    disk.fill();

    let kept = fill(&institute).await;
    let meanwhile = institute.traces().await;
    assert_eq!(
        (meanwhile.downloads, meanwhile.events),
        (before.downloads + kept, before.events + kept),
        "what was said"
    );
    assert_eq!(institute.get(office, "/api/admin/downloads?limit=1").await.status, 200, "it can be read");
    assert_eq!(institute.get("", "/readyz").await.json(), json!({"ready": true, "reason": null}));

    // Nobody restarts anything.
    disk.free();
    drop(institute.store().begin().await.unwrap());
    institute.uploaded(office, Form::titled("after")).await;
    institute.ring().await;
    let told = page.told().await;
    assert_eq!(told.len() as i64, kept + 2, "one event for each that is there: {told:?}");
    let after = institute.traces().await;
    assert_eq!(after.downloads, before.downloads + kept + 1);
    assert_eq!(after.staged, before.staged, "nothing is left half-written");
}

#[tokio::test]
async fn the_disk_of_postgresql_is_full() {
    let mut postgres = OwnPostgres::start_on_a_disk_of(96).await;
    let institute = Institute::at(DatabaseUrl::Postgres(fresh_schema(&postgres.server).await), None).await;
    let office = &institute.people.office;
    let mut page = institute.live(office).await;
    institute.uploaded(office, Form::titled("before")).await;
    let before = institute.traces().await;
    postgres.order("fill").await;

    let kept = fill(&institute).await;
    until("nothing is left half-written", async || institute.traces().await.staged == before.staged).await;
    let meanwhile = institute.traces().await;
    assert_eq!((meanwhile.downloads, meanwhile.events), (before.downloads + kept, before.events + kept));
    assert_eq!(institute.get(office, "/api/admin/downloads?limit=1").await.status, 200, "it can be read");
    assert_eq!(institute.get("", "/readyz").await.json(), json!({"ready": true, "reason": null}));

    // Nobody restarts anything.
    postgres.order("free").await;
    institute.uploaded(office, Form::titled("after")).await;
    institute.ring().await;
    let told = page.told().await;
    assert_eq!(told.len() as i64, kept + 2, "one event for each that is there: {told:?}");
    let after = institute.traces().await;
    assert_eq!((after.downloads, after.events), (before.downloads + kept + 1, before.events + kept + 2));

    // PostgreSQL ends when there is no room for its WAL either, and does not come back by itself. Nobody restarts the server.
    postgres.order("fill").await;
    postgres.order("exhaust").await;
    let answer = institute.upload(office, Form::titled("without PostgreSQL")).await;
    answer.refuses(503, "server.database_unavailable", &[], "no database");
    assert_eq!(institute.get("", "/readyz").await.status, 503);
    postgres.order("free").await;
    postgres.order("start").await;
    until("it is ready again", async || institute.get("", "/readyz").await.status == 200).await;
    institute.uploaded(office, Form::titled("after all")).await;
    institute.ring().await;
    assert_eq!(page.told().await.len(), 1, "what came since");
    let last = institute.traces().await;
    assert_eq!((last.downloads, last.events), (after.downloads + 1, after.events + 2));
    assert_eq!(last.staged, before.staged);
}
