//! Privacy, held against a model: whatever is entered, published, recalled and moved, no student ever sees or hears of another's
//! data or of a mark that is not published.
//!
//! A schedule is made from a seed: marks and attendance are entered and corrected, sheets published, undone, recalled, students moved
//! to other classes, connections cut and taken up again. `schedule.rs` carries it out over real HTTP and real sockets and
//! keeps a model of what each student may know; `look.rs` reads every page of every student and everything their sockets got, and
//! holds it against the model: what they see must be equal to it, so that neither a row nor a total can hold more.
//!
//! Every score and remark is used once, so whatever shows up where it does not belong names its owner.
//!
//! **The test of the test**: leaks are planted in the data, each as a defect of the server would make it, and must be found. `make leaks`
//! plants leaks in the server's own code, one after the other, and expects this test to fail for each.
//!
//! `PRIVACY_SEED=17` repeats one schedule.

mod look;
mod schedule;

use futures_util::FutureExt;
use lamplight_kernel::{Event, Room, Target};
use serde_json::Value;

use crate::support::{Backend, Institute, both_databases};

use self::schedule::World;

/// Schedules that are carried out on each database, and how long each is.
const SCHEDULES: u64 = 2;
const STEPS: usize = 70;

fn seeds(backend: u64) -> Vec<u64> {
    if let Some(seed) = std::env::var("PRIVACY_SEED").ok().filter(|seed| !seed.is_empty()) {
        return vec![seed.parse().expect("PRIVACY_SEED is a number")];
    }
    let chosen: u64 = rand::random::<u32>().into();
    (0..SCHEDULES).map(|number| chosen + number * 2 + backend).collect()
}

both_databases!(nobody_sees_what_is_not_theirs_whatever_happens, async |institute: Institute| {
    let backend = institute.store().backend();
    drop(institute);
    for seed in seeds(u64::from(backend == Backend::Postgres)) {
        let mut world = World::open(backend, seed).await;
        let result = std::panic::AssertUnwindSafe(world.live_through(STEPS)).catch_unwind().await;
        match result {
            Ok(Ok(())) => {}
            Ok(Err(leak)) => panic!("PRIVACY_SEED={seed}: {leak}"),
            Err(panic) => {
                println!("PRIVACY_SEED={seed}");
                std::panic::resume_unwind(panic);
            }
        }
    }
});

/// A world in which something has happened, and nothing was found.
async fn quiet(backend: Backend) -> World {
    let mut world = World::open(backend, 7).await;
    world.prepare().await;
    assert_eq!(world.look().await, Ok(()), "before the leak");
    world
}

#[tokio::test]
async fn a_mark_that_goes_to_the_whole_class_is_found() {
    #[derive(serde::Serialize)]
    struct Updated(Value);
    impl Event for Updated {
        const NAME: &'static str = "marks:updated";
    }
    for (is_whole, found) in [(true, "is none of its business"), (false, "another's mark")] {
        let mut world = quiet(Backend::Sqlite).await;
        let document = world.document_of_a_published_mark().await;
        let told = if is_whole { document } else { serde_json::json!({"_id": document["_id"]}) };
        let mut tx = world.institute.store().begin().await.unwrap();
        let class = Room::cohort(world.institute.gnm, 3);
        tx.record(&Updated(told), Target::rooms([class])).unwrap();
        tx.commit().await.unwrap();
        let leak = world.look().await.unwrap_err();
        assert!(leak.contains("marks:updated") && leak.contains(found), "{leak}");
    }
}

#[tokio::test]
async fn a_draft_that_is_shown_is_found() {
    let mut world = quiet(Backend::Sqlite).await;
    world.institute.execute("UPDATE marks SET published_at = updated_at WHERE published_at IS NULL", []).await;
    let leak = world.look().await.unwrap_err();
    assert!(leak.contains("/api/student/marks"), "{leak}");
}

#[tokio::test]
async fn attendance_on_the_wrong_page_is_found() {
    let mut world = quiet(Backend::Sqlite).await;
    let [asha, bina] = [&world.institute.people.asha, &world.institute.people.bina].map(|who| who.student.unwrap());
    let sql = "UPDATE attendance SET student_id = $1 WHERE student_id = $2";
    world.institute.execute(sql, [asha.uuid().into(), bina.uuid().into()]).await;
    let leak = world.look().await.unwrap_err();
    assert!(leak.contains("/api/student/attendance"), "{leak}");
}

#[tokio::test]
async fn a_notice_that_reaches_another_is_found() {
    let mut world = quiet(Backend::Sqlite).await;
    let [asha, bina] = [&world.institute.people.asha, &world.institute.people.bina].map(|who| who.user);
    let sql = "UPDATE notification_receivers SET user_id = $1 WHERE user_id = $2";
    world.institute.execute(sql, [bina.uuid().into(), asha.uuid().into()]).await;
    let leak = world.look().await.unwrap_err();
    assert!(leak.contains("/api/student/notifications"), "{leak}");
}
