//! The program is killed at the worst moment, or stopped in order: nothing is lost, and nothing is half there.

use std::{net::SocketAddr, path::Path};

use lamplight_features::uploads;
use lamplight_kernel::{Chance, Clock, Control, Event, Room, Target};
use lamplight_store::{Backend, Store, fault};
use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::process::Command;

use crate::support::{
    Form, Institute, Live, Member, both_databases,
    live::{back, transport},
    program::{Running, lamplight},
    soon,
    traces::files_below,
    until,
};

/// The server as a process; `point` is where it is to hang, and the file that says that it does.
fn serve(institute: &Institute, point: Option<(&str, &Path)>) -> Command {
    let folder = institute.settings.data_dir.parent().unwrap();
    let mut command = lamplight(folder, &institute.environment(), &["serve"]);
    if let Some((point, mark)) = point {
        command.env("LAMPLIGHT_FAULT", point).env("LAMPLIGHT_FAULT_MARK", mark);
    }
    command
}

/// Something to tell.
#[derive(serde::Serialize)]
struct Told {
    words: &'static str,
}

impl Event for Told {
    const NAME: &'static str = "test:told";
}

/// A token for the process, which reads the machine's clock.
fn token(institute: &Institute, who: &Member) -> String {
    institute.token(who, Clock::system().now(), 1)
}

/// An upload to the process.
fn upload(institute: &Institute, address: SocketAddr, title: &str) -> reqwest::RequestBuilder {
    let request = institute.http.post(format!("http://{address}/api/admin/downloads"));
    let request = request.bearer_auth(token(institute, &institute.people.office));
    request.header("Content-Type", Form::content_type()).body(Form::titled(title).finish())
}

async fn uploaded(institute: &Institute, address: SocketAddr, title: &str) {
    assert_eq!(soon(upload(institute, address, title).send()).await.unwrap().status(), 201);
}

async fn connect(address: SocketAddr, token: &str) -> Live {
    Live::connect(transport(address, "", &[]).await, &json!({"token": token})).await.unwrap()
}

async fn is_there(mark: &Path) {
    until("the fault point is reached", async || mark.exists()).await;
}

both_databases!(killed_between_commit_and_sending_nothing_is_lost, async |mut institute: Institute| {
    institute.stop().await;
    let mark = institute.settings.data_dir.join("mark");
    let asha = token(&institute, &institute.people.asha);
    let running = Running::start(serve(&institute, Some((fault::BEFORE_SEND, &mark)))).await;
    let mut live = connect(running.address, &asha).await;
    uploaded(&institute, running.address, "answered").await;
    is_there(&mark).await;
    running.kill().await;
    assert_eq!(live.before_the_end().await, [], "it hung before it sent");

    let running = Running::start(serve(&institute, None)).await;
    let mut again = back(running.address, &asha, &live.seat).await;
    assert_eq!(again.seat.pid, live.seat.pid);
    uploaded(&institute, running.address, "after").await;
    for title in ["answered", "after"] {
        assert_eq!(again.next().await.told(), format!("downloads:created {title}"));
    }
    let said = running.terminate().await;
    assert!(said.contains("data in"), "{said}");
});

both_databases!(killed_before_the_commit_nothing_is_half_there, async |mut institute: Institute| {
    let before = institute.traces().await;
    institute.stop().await;
    let mark = institute.settings.data_dir.join("mark");
    let asha = token(&institute, &institute.people.asha);
    let running = Running::start(serve(&institute, Some((fault::BEFORE_COMMIT, &mark)))).await;
    let mut live = connect(running.address, &asha).await;
    let hanging = tokio::spawn(upload(&institute, running.address, "never answered").send());
    is_there(&mark).await;
    assert_eq!(files_below(&institute.settings.data_dir.join("files")).len(), 1, "the file is in its place already");
    running.kill().await;
    assert!(soon(hanging).await.unwrap().is_err(), "nobody was told that it was there");
    assert_eq!(live.before_the_end().await, []);

    let running = Running::start(serve(&institute, None)).await;
    let mut again = back(running.address, &asha, &live.seat).await;
    uploaded(&institute, running.address, "after").await;
    assert_eq!(again.next().await.told(), "downloads:created after");
    running.terminate().await;

    institute.start().await;
    // On PostgreSQL another node's upload could be under way, so that the file is waited with for an hour.
    uploads::sweep(institute.store(), &institute.files(), true).await.unwrap();
    let after = institute.traces().await;
    assert_eq!(
        (after.downloads, after.uploads, after.events),
        (before.downloads + 1, before.uploads + 1, before.events + 1)
    );
    assert_eq!((after.files.len(), after.staged.len()), (before.files.len() + 1, before.staged.len()));
});

#[tokio::test]
async fn a_server_that_is_told_to_stop_lets_its_pages_come_back() {
    let mut institute = Institute::open(crate::support::Backend::Sqlite).await;
    institute.stop().await;
    let asha = token(&institute, &institute.people.asha);
    let running = Running::start(serve(&institute, None)).await;
    let mut live = connect(running.address, &asha).await;
    let mut idle = soon(tokio::net::TcpStream::connect(running.address)).await.unwrap();
    running.terminate().await;
    assert!(!live.ended().await, "sent away for good, the official client would not come back");
    let mut nothing = Vec::new();
    let _ = soon(tokio::io::AsyncReadExt::read_to_end(&mut idle, &mut nothing)).await;
    assert_eq!(nothing, b"");
    institute.start().await;
    assert_eq!(institute.back(&institute.people.asha, &live.seat).await.seat.pid, live.seat.pid);
}

#[tokio::test]
async fn a_log_that_has_gone_back_is_not_gone_on_with() {
    let mut institute = Institute::open(Backend::Postgres).await;
    institute.stop().await;
    let asha = token(&institute, &institute.people.asha);
    let running = Running::start(serve(&institute, None)).await;
    let mut live = connect(running.address, &asha).await;
    uploaded(&institute, running.address, "kept").await;
    uploaded(&institute, running.address, "lost").await;
    for title in ["kept", "lost"] {
        assert_eq!(live.next().await.told(), format!("downloads:created {title}"));
    }

    // A replica that has not heard of the newest takes over.
    let store = Store::connect(&institute.settings.database_url, Clock::system(), Chance::system()).await.unwrap();
    let before = store.log().head().await.unwrap();
    let tx = store.begin().await.unwrap();
    for sql in [
        "DELETE FROM event_room WHERE seq = (SELECT head FROM log)",
        "DELETE FROM event WHERE seq = (SELECT head FROM log)",
        "UPDATE log SET head = head - 1",
    ] {
        tx.db().execute_unprepared(sql).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(!running.ended().await, "it says that it has failed, so that it is started again");
    assert_ne!(store.log().head().await.unwrap().epoch, before.epoch);
    store.close().await.unwrap();

    // The number of what was lost is another event's now: whoever has heard that must not resume.
    let running = Running::start(serve(&institute, None)).await;
    let again = back(running.address, &asha, &live.seat).await;
    assert_ne!(again.seat.pid, live.seat.pid, "it loads afresh");
    running.terminate().await;
}

#[tokio::test]
async fn a_log_that_has_gone_back_and_on_again_is_not_taken_for_one_that_has_gone_on() {
    let mut institute = Institute::open(Backend::Postgres).await;
    institute.stop().await;
    let asha = token(&institute, &institute.people.asha);
    let running = Running::start(serve(&institute, None)).await;
    let mut live = connect(running.address, &asha).await;
    uploaded(&institute, running.address, "lost").await;
    assert_eq!(live.next().await.told(), "downloads:created lost");

    // The replica's first commit has the number of what was lost, and wakes the server before it has looked.
    let store = Store::connect(&institute.settings.database_url, Clock::system(), Chance::system()).await.unwrap();
    let before = store.log().head().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    for sql in [
        "DELETE FROM event_room WHERE seq = (SELECT head FROM log)",
        "DELETE FROM event WHERE seq = (SELECT head FROM log)",
        "UPDATE log SET head = head - 1",
    ] {
        tx.db().execute_unprepared(sql).await.unwrap();
    }
    tx.record(&Told { words: "another" }, Target::rooms([Room::user(institute.people.asha.user)])).unwrap();
    tx.commit().await.unwrap();
    assert!(!running.ended().await, "it says that it has failed, so that it is started again");
    let after = store.log().head().await.unwrap();
    assert_eq!(after.seq, before.seq);
    assert_ne!(after.epoch, before.epoch);
    store.close().await.unwrap();
}

both_databases!(an_event_that_can_not_be_read_holds_up_nobody, async |institute: Institute| {
    let mut live = institute.live(&institute.people.asha).await;
    let away = institute.live(&institute.people.bina).await;
    institute.settled().await;
    let seat = away.cut().await;
    let rooms = Room::students().as_str().to_owned();
    institute.execute("UPDATE log SET head = head + 1", []).await;
    let damaged = "INSERT INTO event (seq, at, name, rooms, except_rooms, payload) SELECT head, 0, 'test:told', $1, '', '{' FROM log";
    institute.execute(damaged, [rooms.clone().into()]).await;
    institute.execute("INSERT INTO event_room (room, seq) SELECT $1, head FROM log", [rooms.into()]).await;
    institute.ring().await;
    assert_eq!(live.before_the_bell().await, []);
    // Neither who was there, nor who comes back.
    let mut again = institute.back(&institute.people.bina, &seat).await;
    assert_eq!(again.seat.pid, seat.pid);
    assert_eq!(again.before_the_bell().await, []);
});

both_databases!(a_control_that_can_not_be_read_ends_every_connection, async |institute: Institute| {
    let mut live = institute.live(&institute.people.asha).await;
    // A newer server's, which may have ended anybody's right to be here.
    institute.execute("UPDATE log SET head = head + 1", []).await;
    institute
        .execute(
            "INSERT INTO event (seq, at, name, rooms, except_rooms, payload) SELECT head, 0, $1, '', '', '{\"new\":1}' FROM log",
            [Control::NAME.into()],
        )
        .await;
    institute.ring().await;
    assert_eq!(live.before_the_end().await, []);
    // Who may be here comes back, without a loss.
    let mut again = institute.back(&institute.people.asha, &live.seat).await;
    assert_eq!(again.seat.pid, live.seat.pid);
    again.before_the_bell().await;
});
