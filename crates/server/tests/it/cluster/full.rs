//! A disk that is full, below the embedded database.

use serde_json::json;

use crate::support::{Backend, Form, Institute};

#[tokio::test]
async fn the_disk_of_the_embedded_database_is_full() {
    let institute = Institute::open(Backend::Sqlite).await;
    let office = &institute.people.office;
    let mut page = institute.live(office).await;
    institute.uploaded(office, Form::titled("before")).await;
    let before = institute.traces().await;
    // Its one connection that writes is told that there is no room for more.
    institute.execute("PRAGMA max_page_count = 1", []).await;

    let mut refused = 0;
    for number in 0..40 {
        let answer = institute
            .upload(office, Form::titled(&format!("full {number}")).text("description", &"x".repeat(900)))
            .await;
        match answer.status {
            // What fits into pages that are there already.
            201 => {}
            _ => {
                answer.refuses(507, "server.disk_full", &[], "no room");
                refused += 1;
            }
        }
    }
    assert!(refused > 10, "{refused}");
    let meanwhile = institute.traces().await;
    assert_eq!(institute.get(office, "/api/admin/downloads?limit=1").await.status, 200, "it can be read");
    assert_eq!(institute.get("", "/readyz").await.json(), json!({"ready": true, "reason": null}));

    institute.execute("PRAGMA max_page_count = 1000000", []).await;
    institute.uploaded(office, Form::titled("after")).await;
    institute.ring().await;
    let told = page.told().await;
    let kept = 40 - refused;
    assert_eq!(told.len(), kept + 2, "one event for each that is there: {told:?}");
    let after = institute.traces().await;
    assert_eq!((meanwhile.downloads, meanwhile.events), (before.downloads + kept as i64, before.events + kept as i64));
    assert_eq!(after.downloads, before.downloads + kept as i64 + 1);
    assert_eq!(after.staged, before.staged, "nothing is left half-written");
}
