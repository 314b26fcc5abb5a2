//! The institute moves into another database, and nobody who has a page open notices more than a short cut.

use std::path::Path;

use lamplight_kernel::{Chance, Clock};
use lamplight_store::{
    Backend, DatabaseUrl, Store, fault,
    moving::{MoveError, move_data},
    testing::fresh_address,
};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::support::{
    Form, Institute, both_databases,
    institute::written,
    program::{Running, Said, lamplight, run},
    soon,
    traces::files_below,
    until,
};

/// The other kind of database, empty.
async fn other(institute: &Institute) -> (DatabaseUrl, Option<tempfile::TempDir>) {
    fresh_address(match institute.settings.database_url {
        DatabaseUrl::Sqlite(_) => Backend::Postgres,
        DatabaseUrl::Postgres(_) => Backend::Sqlite,
    })
    .await
}

fn command(institute: &Institute, arguments: &[&str]) -> tokio::process::Command {
    lamplight(institute.settings.data_dir.parent().unwrap(), &institute.environment(), arguments)
}

async fn migrate(institute: &Institute, to: &DatabaseUrl, more: &[&str]) -> Said {
    let to = written(to);
    run(command(institute, &[&["migrate-data", "--to", &to], more].concat()), "").await
}

#[track_caller]
fn refuses(said: &Said, reason: &str) {
    assert!(!said.success && said.err.contains(reason), "{said:?}");
}

async fn upload(institute: &Institute, title: &str) -> serde_json::Value {
    institute.uploaded(&institute.people.office, Form::titled(title)).await
}

both_databases!(open_pages_go_on_in_the_other_database, async |mut institute: Institute| {
    let asha = institute.people.asha.clone();
    let mut live = institute.live(&asha).await;
    let before = upload(&institute, "before").await;
    assert_eq!(live.next().await.told(), "downloads:created before");
    let idle = institute.live(&asha).await;
    let (to, _folder) = other(&institute).await;
    refuses(&migrate(&institute, &to, &[]).await, "stop all servers first");
    institute.stop().await;
    assert_eq!(live.before_the_end().await, []);
    let idle = idle.cut().await;

    let moved = migrate(&institute, &to, &[]).await;
    assert!(moved.success && moved.out.contains("The history of the marks is whole"), "{moved:?}");
    assert!(moved.out.contains("files stay in"), "{moved:?}");
    let from = std::mem::replace(&mut institute.settings.database_url, to);
    institute.start().await;
    upload(&institute, "after").await;
    let mut back = [institute.back(&asha, &live.seat).await, institute.back(&asha, &idle).await];
    upload(&institute, "live").await;
    institute.ring().await;
    for (now, seat) in back.iter_mut().zip([&live.seat, &idle]) {
        assert_eq!(now.seat.pid, seat.pid, "the official client says `recovered`");
        assert_eq!(now.told().await, ["downloads:created after", "downloads:created live"]);
    }
    // The sign-in of before holds, and so does what was uploaded.
    let file = format!("/api/downloads/{}/file", before["_id"].as_str().unwrap());
    assert_eq!(institute.get(&asha, &file).await.status, 200);
    // Two that both go on would tell two stories.
    institute.stop().await;
    institute.settings.database_url = from;
    refuses(&run(command(&institute, &["serve"]), "").await, "was moved to");
    let restored = run(command(&institute, &["restored"]), "").await;
    assert!(restored.success, "{restored:?}");
    institute.start().await;
    let refused = institute.knock(json!({"token": asha.token, "pid": live.seat.pid, "offset": live.seat.offset})).await;
    assert_eq!(refused.unwrap_err()["data"]["code"], "auth.signed_out", "what came after the move did not happen here");
});

both_databases!(killed_at_any_moment_it_is_one_or_the_other, async |mut institute: Institute| {
    upload(&institute, "Anatomy").await;
    institute.stop().await;
    let (to, _folder) = other(&institute).await;
    for (point, is_open) in [(fault::IN_MOVE, true), (fault::BEFORE_ARRIVAL, false)] {
        let mark = institute.settings.data_dir.join(point);
        let mut moving = command(&institute, &["migrate-data", "--to", &written(&to)]);
        let mut moving = moving.env("LAMPLIGHT_FAULT", point).env("LAMPLIGHT_FAULT_MARK", &mark).spawn().unwrap();
        until("the fault point is reached", async || Path::new(&mark).exists()).await;
        let meanwhile = run(command(&institute, &["serve"]), "").await;
        assert!(!meanwhile.success, "nobody comes in meanwhile: {meanwhile:?}");
        soon(moving.kill()).await.unwrap();
        let from = std::mem::replace(&mut institute.settings.database_url, to.clone());
        // PostgreSQL notices a moment later that the session is gone.
        until("the target says that it is unfinished", async || {
            let said = run(command(&institute, &["serve"]), "").await;
            assert!(!said.success, "{said:?}");
            said.err.contains("did not come to its end")
        })
        .await;
        institute.settings.database_url = from;
        if is_open {
            Running::start(command(&institute, &["serve"])).await.terminate().await;
        } else {
            refuses(&run(command(&institute, &["serve"]), "").await, "was moved to");
        }
    }
    let folder = institute.settings.data_dir.parent().unwrap().join("elsewhere");
    // A move that was cut off has left half a file under its name.
    let files = institute.settings.data_dir.join("files");
    let whole = files_below(&files).pop_first().unwrap();
    let half = folder.join("files.moving").join(whole.strip_prefix(&files).unwrap());
    std::fs::create_dir_all(half.parent().unwrap()).unwrap();
    std::fs::write(&half, "half").unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    let moved = migrate(&institute, &to, &["--files-to", folder.to_str().unwrap()]).await;
    assert!(moved.success && moved.out.contains("1 uploaded files"), "{moved:?}");
    refuses(&migrate(&institute, &to, &["--files-to", folder.to_str().unwrap()]).await, "has uploaded files already");
    (institute.settings.database_url, institute.settings.data_dir) = (to, folder);
    institute.start().await;
    let office = institute.people.office.clone();
    let list = institute.get(&office, "/api/admin/downloads").await.json();
    let id = list["data"]["downloads"][0]["_id"].as_str().unwrap_or_else(|| panic!("{list}")).to_owned();
    let file = institute.get(&office, &format!("/api/downloads/{id}/file")).await;
    assert!(file.status == 200 && file.body == bytes);
});

#[tokio::test]
async fn a_server_that_is_cut_off_stops_when_the_institute_was_moved_meanwhile() {
    let (url, _) = fresh_address(Backend::Postgres).await;
    let store = Store::connect(&url, Clock::system(), Chance::system()).await.unwrap();
    let present = tokio::spawn(store.keep_present().unwrap());
    let (to, _folder) = fresh_address(Backend::Sqlite).await;
    assert!(matches!(move_data(&url, &to, |_| {}).await, Err(MoveError::InUse(_))));
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND \
               ((classid::bigint << 32) | objid::bigint) = hashtextextended('lamplight presence ' || current_schema(), 0)";
    let db = store.reader();
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), cut)).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 1);
    until("nobody is there", async || !matches!(move_data(&url, &to, |_| {}).await, Err(MoveError::InUse(_)))).await;
    soon(present).await.unwrap();
}
