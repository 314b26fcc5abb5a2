//! Rights that change under an open page: rooms in log order, sessions that end and that go on.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lamplight_kernel::{Control, Event, Room, Target};
use serde_json::{Value, json};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::support::{Institute, Member, both_databases, live::transport, program, soon};

#[derive(serde::Serialize)]
struct News {
    title: &'static str,
}

impl Event for News {
    const NAME: &'static str = "tests:news";
}

async fn tell(institute: &Institute, title: &'static str, room: Room) {
    let mut tx = institute.store().begin().await.unwrap();
    tx.record(&News { title }, Target::rooms([room])).unwrap();
    tx.commit().await.unwrap();
}

async fn move_to_semester(institute: &Institute, who: &Member, semester: i32) {
    let mut tx = institute.store().begin().await.unwrap();
    let sql = format!("UPDATE students SET semester = {semester} WHERE student_id = '{}'", who.name);
    sea_orm::ConnectionTrait::execute_unprepared(tx.db(), &sql).await.unwrap();
    tx.control(&Control::RoomsChanged { user: who.user }).unwrap();
    tx.commit().await.unwrap();
}

both_databases!(who_is_moved_hears_the_new_rooms_from_then_on_without_reconnecting, async |institute: Institute| {
    let asha = &institute.people.asha;
    let mut phone = institute.live(asha).await;
    let mut laptop = institute.live(asha).await;
    let mut chitra = institute.live(&institute.people.chitra).await;
    tell(&institute, "third, before", Room::semester(3)).await;
    tell(&institute, "fourth, before", Room::semester(4)).await;
    move_to_semester(&institute, asha, 4).await;
    tell(&institute, "third, after", Room::semester(3)).await;
    tell(&institute, "fourth, after", Room::semester(4)).await;
    institute.ring().await;
    for page in [&mut phone, &mut laptop] {
        assert_eq!(page.told().await, ["tests:news third, before", "tests:news fourth, after"]);
    }
    assert_eq!(chitra.told().await, ["tests:news third, before", "tests:news third, after"]);
});

both_databases!(who_comes_back_after_a_move_is_given_what_is_for_today, async |institute: Institute| {
    let asha = &institute.people.asha;
    let seat = institute.live(asha).await.cut().await;
    tell(&institute, "third", Room::semester(3)).await;
    tell(&institute, "fourth", Room::semester(4)).await;
    move_to_semester(&institute, asha, 4).await;
    let mut back = institute.back(asha, &seat).await;
    institute.ring().await;
    assert_eq!(back.told().await, ["tests:news fourth"]);
    assert_eq!(back.seat.pid, seat.pid);
});

both_databases!(who_loses_the_account_loses_the_connection, async |institute: Institute| {
    let asha = &institute.people.asha;
    let mut page = institute.live(asha).await;
    let mut tx = institute.store().begin().await.unwrap();
    let sql = "UPDATE users SET is_active = 0 WHERE username = 'asha'";
    sea_orm::ConnectionTrait::execute_unprepared(tx.db(), sql).await.unwrap();
    tx.control(&Control::RoomsChanged { user: asha.user }).unwrap();
    tx.commit().await.unwrap();
    assert!(!page.ended().await, "a closed transport: the client comes back, and is told why not");
    let refused = institute.knock(json!({"token": asha.token})).await.unwrap_err();
    assert_eq!(refused["data"]["code"], "auth.account_inactive");
});

/// A connection on which signals, which have no offset, are seen as they are.
struct Wire(WebSocketStream<tokio::net::TcpStream>);

impl Wire {
    async fn open(institute: &Institute, token: &str) -> Self {
        let mut wire = Self(transport(institute.address(), "", &[]).await);
        wire.send(&format!("40{}", json!({"token": token}))).await;
        let answer = wire.next().await;
        assert!(answer.starts_with("40{"), "{answer}");
        wire
    }

    async fn send(&mut self, text: &str) {
        soon(self.0.send(Message::text(text))).await.unwrap();
    }

    async fn next(&mut self) -> String {
        loop {
            match soon(self.0.next()).await.expect("the connection ended").unwrap() {
                Message::Text(text) if text.as_str() == "2" => self.send("3").await,
                Message::Text(text) => return text.as_str().to_owned(),
                _ => {}
            }
        }
    }

    async fn refresh(&mut self, argument: &Value) -> Value {
        self.send(&format!("427{}", json!(["session:refresh", argument]))).await;
        let answer = self.next().await;
        let answer: Value = serde_json::from_str(answer.strip_prefix("437").expect("an acknowledgement")).unwrap();
        answer[0].clone()
    }
}

#[tokio::test]
async fn a_session_is_warned_before_it_ends_and_goes_on_with_a_new_token() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let (asha, bina) = (&institute.people.asha, &institute.people.bina);
    let start = institute.clock.now();
    institute.clock.advance(institute.settings.session - Duration::from_secs(50));
    let mut wire = Wire::open(&institute, &asha.token).await;
    let warning: Value = serde_json::from_str(wire.next().await.strip_prefix("42").unwrap()).unwrap();
    let end = start.plus(institute.settings.session);
    assert_eq!(warning, json!(["session:expiring", {"expiresAt": end.to_string()}]));

    let now = institute.clock.now();
    let (theirs, stale) = (institute.token(bina, now, 1), institute.token(asha, now, 7));
    for (argument, code) in [
        (json!({"token": theirs}), "auth.other_user"),
        (json!({"token": stale}), "auth.signed_out"),
        (json!({"token": "x"}), "auth.token_invalid"),
        (json!({}), "auth.token_missing"),
        (json!(null), "auth.token_missing"),
    ] {
        let refused = wire.refresh(&argument).await;
        assert_eq!((&refused["success"], &refused["code"]), (&json!(false), &json!(code)), "{argument}");
    }
    let renewed = wire.refresh(&json!({"token": institute.token(asha, now, 1)})).await;
    let expected = now.plus(institute.settings.session).to_string();
    assert_eq!(renewed, json!({"success": true, "expiresAt": expected}));

    wire.send(r#"428["marks:publish",{}]"#).await;
    let answer = wire.next().await;
    assert!(answer.starts_with("438[") && answer.contains("socket.unknown_event"), "{answer}");
}

both_databases!(a_retired_key_ends_every_session_but_the_new_ones, async |institute: Institute| {
    let people = &institute.people;
    let mut pages = [institute.live(&people.asha).await, institute.live(&people.teacher).await];
    let seat = institute.live(&people.bina).await.cut().await;
    for who in [&people.asha, &people.teacher] {
        institute.json("POST", &who.token, "/api/admin/signing-key", &json!({})).await.refuses(
            403,
            "auth.wrong_role",
            &[],
            "the key",
        );
    }
    tell(&institute, "before", Room::students()).await;
    let answer = institute.json("POST", &people.office.token, "/api/admin/signing-key", &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    tell(&institute, "after", Room::students()).await;
    assert_eq!(pages[0].next().await.told(), "tests:news before");
    for page in &mut pages {
        assert!(!page.ended().await, "a closed transport: the client comes back, and is told");
    }
    for auth in [json!({"token": people.asha.token}), json!({"token": people.bina.token, "pid": seat.pid})] {
        let refused = institute.knock(auth).await.unwrap_err();
        assert_eq!(refused["data"]["code"], "auth.signed_out");
    }
    institute.get(&people.office, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "the old token");
    assert_eq!(institute.get(&token, "/api/auth/me").await.json()["user"]["username"], "office");
    institute.live(&token).await;
    // Who signs in again goes on where they were.
    let again = json!({"email": "bina", "password": crate::support::PASSWORD});
    let again = institute.json("POST", "", "/api/auth/login", &again).await.json();
    let mut back = institute.back(again["token"].as_str().unwrap(), &seat).await;
    assert_eq!(back.seat.pid, seat.pid);
    institute.ring().await;
    assert_eq!(back.told().await, ["tests:news before", "tests:news after"]);
});

#[tokio::test]
async fn with_one_connection_too_many_the_eldest_goes() {
    let mut institute = Institute::open(crate::support::Backend::Sqlite).await;
    institute.settings.live.connections_per_user = 2;
    institute.stop().await;
    institute.start().await;
    let asha = institute.people.asha.clone();
    let mut eldest = institute.live(&asha).await;
    let mut others = [institute.live(&asha).await, institute.live(&asha).await];
    institute.live(&institute.people.bina).await;
    assert!(!eldest.ended().await, "a closed transport: if it is alive, it comes back");
    tell(&institute, "news", Room::user(asha.user)).await;
    institute.ring().await;
    for page in &mut others {
        assert_eq!(page.told().await, ["tests:news news"]);
    }
}

both_databases!(the_operator_can_retire_the_key_from_the_command_line, async |mut institute: Institute| {
    let asha = institute.people.asha.clone();
    institute.live(&asha).await;
    institute.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let rotate = program::lamplight(folder.path(), &institute.environment(), &["keys", "rotate"]);
    let said = program::run(rotate, "").await;
    assert!(said.success && said.out.contains("Signing key 1"), "{said:?}");
    institute.start().await;
    let refused = institute.knock(json!({"token": asha.token})).await.unwrap_err();
    assert_eq!(refused["data"]["code"], "auth.signed_out");
});
