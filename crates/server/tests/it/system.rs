//! The page System: figures that follow what happens.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use crate::support::{Form, Institute, both_databases, until};

async fn system(institute: &Institute) -> Value {
    let answer = institute.get(&institute.people.office, "/api/admin/system").await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["data"].clone()
}

/// People and live connections of each role: administrators, faculty, students.
fn connected(status: &Value) -> Vec<(u64, u64)> {
    let roles = status["connected"]["roles"].as_array().unwrap();
    assert_eq!(
        roles.iter().map(|one| one["role"].as_str().unwrap()).collect::<Vec<_>>(),
        ["admin", "faculty", "student"]
    );
    roles.iter().map(|one| (one["people"].as_u64().unwrap(), one["pages"].as_u64().unwrap())).collect()
}

both_databases!(who_is_connected_and_what_was_delivered, async |institute: Institute| {
    let before = system(&institute).await;
    assert_eq!(connected(&before), [(0, 0); 3]);
    assert_eq!((&before["behind"], &before["connected"]["connections"]), (&json!(0), &json!(0)), "{before}");
    let delivered = before["sinceStart"]["deliveries"].as_u64().unwrap();

    let mut asha = institute.live(&institute.people.asha).await;
    let again = institute.live(&institute.people.asha).await;
    let mut bina = institute.live(&institute.people.bina).await;
    let teacher = institute.live(&institute.people.teacher).await;
    // The figures are a second old at most.
    until("three people are there with four pages", async || {
        connected(&system(&institute).await) == [(0, 0), (1, 1), (2, 3)]
    })
    .await;
    institute.ring().await;
    asha.told().await;
    bina.told().await;
    let now = system(&institute).await;
    assert_eq!(now["sinceStart"]["deliveries"].as_u64().unwrap(), delivered + 4, "{now}");
    assert_eq!((&now["connected"]["connections"], &now["sinceStart"]["connects"]), (&json!(4), &json!(4)), "{now}");

    for page in [asha, again, teacher] {
        page.cut().await;
    }
    until("one is left", async || connected(&system(&institute).await) == [(0, 0), (0, 0), (1, 1)]).await;
    let now = system(&institute).await;
    let closed = now["sinceStart"]["closed"].as_array().unwrap();
    assert_eq!(closed.iter().map(|one| one["count"].as_u64().unwrap()).sum::<u64>(), 3, "{now}");
});

both_databases!(the_database_room_and_the_last_backup, async |institute: Institute| {
    let is_postgres = format!("{:?}", institute.settings.database_url).starts_with("postgres");
    institute.uploaded(&institute.people.office, Form::titled("Ethics")).await;
    let status = system(&institute).await;
    let (kind, servers) = if is_postgres { ("postgresql", json!(1)) } else { ("embedded", Value::Null) };
    assert_eq!((&status["database"]["kind"], &status["database"]["servers"]), (&json!(kind), &servers), "{status}");
    assert!(status["database"]["millis"].as_f64().unwrap() > 0.0, "{status}");
    let storage = &status["storage"];
    let number = |name: &str| storage[name].as_u64().unwrap_or_else(|| panic!("{name} in {storage}"));
    assert!(number("database") > 100_000 && number("free") <= number("total"), "{storage}");
    let size = number("uploads");
    assert_eq!(number("files"), 1);
    let file = fs::metadata(find(&institute.settings.data_dir.join("files"))).unwrap();
    assert_eq!((size, &storage["uploadsIn"]), (file.len(), &json!("folder")));
    assert_eq!((&status["redis"], &status["upSince"]), (&json!("off"), &status["at"]), "the clock stands still");

    let said = |status: &Value, part: &str| {
        let advice = status["advice"].as_array().unwrap();
        advice.iter().any(|one| one["what"].as_str().unwrap().contains(part) && one["do"] != "")
    };
    assert_eq!(status["backup"], json!({"state": if is_postgres { "unknown" } else { "never" }, "at": null}));
    assert!(said(&status, "backup"), "{status}");
    let note = institute.settings.data_dir.join("last-backup.json");
    fs::write(&note, json!({"madeAt": institute.clock.now()}).to_string()).unwrap();
    let status = system(&institute).await;
    assert_eq!(status["backup"], json!({"state": "recent", "at": status["at"]}));
    assert!(!said(&status, "backup"), "{status}");
    institute.clock.advance(Duration::from_secs(7 * 24 * 3600 + 1));
    let status = system(&institute).await;
    assert_eq!(status["backup"]["state"], "old", "{status}");
    assert!(said(&status, "more than seven days old"), "{status}");
});

#[tokio::test]
async fn servers_of_one_database_know_how_many_they_are() {
    let first = Institute::open(crate::support::Backend::Postgres).await;
    let mut settings = first.settings.clone();
    let folder = tempfile::tempdir().unwrap();
    settings.data_dir = folder.path().join("data");
    let chance = lamplight_kernel::Chance::system();
    let second = lamplight::serve::Server::start(settings, false, first.clock.clone(), chance).await.unwrap();
    assert_eq!(system(&first).await["database"]["servers"], 2);
    second.stop().await;
    until("it is alone again", async || system(&first).await["database"]["servers"] == 1).await;
}

/// The one file below a folder.
fn find(folder: &std::path::Path) -> std::path::PathBuf {
    let mut path = folder.to_owned();
    while path.is_dir() {
        // What was tried at the start has left empty folders.
        let mut entries = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
        path = entries.find(|entry| entry.is_file() || has_file(entry)).unwrap();
    }
    path
}

fn has_file(folder: &std::path::Path) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|entry| entry.is_file() || has_file(&entry))
}
