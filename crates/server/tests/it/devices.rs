//! The devices on which somebody is signed in, and signing them out.

use std::time::Duration;

use lamplight_auth::Directory as _;
use lamplight_features::accounts::People;
use lamplight_kernel::Chance;
use serde_json::{Value, json};

use crate::support::{
    Institute, PASSWORD, both_databases,
    http::{each, send},
    institute::DAY,
};

const SESSIONS: &str = "/api/auth/sessions";
const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Signs in; gives the token.
async fn sign_in(institute: &Institute, login: &str, browser: &str) -> String {
    let request = institute.request("POST", "", "/api/auth/login").header("User-Agent", browser);
    let request = request.header("X-Forwarded-For", "203.0.113.9");
    let answer = send(request.json(&json!({"email": login, "password": PASSWORD}))).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["token"].as_str().unwrap().to_owned()
}

async fn devices(institute: &Institute, token: &str) -> Value {
    institute.get(token, SESSIONS).await.data()
}

both_databases!(one_device_is_signed_out_and_the_others_go_on, async |institute: Institute| {
    let phone = sign_in(&institute, "asha", FIREFOX).await;
    institute.clock.advance(Duration::from_secs(1));
    let laptop = sign_in(&institute, "asha", "curl/8.5.0").await;
    let (mut on_phone, mut on_laptop) = (institute.live(&phone).await, institute.live(&laptop).await);
    let mut also_on_phone = institute.live(&phone).await;

    let list = devices(&institute, &laptop).await;
    assert_eq!(each(&list, "device"), ["The program curl/8.5.0", "Firefox on Windows"]);
    assert_eq!((&list[0]["isThis"], &list[1]["isThis"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&list[1]["address"], &list[1]["signedInAt"]),
        (&json!("203.0.113.9"), &json!("2026-11-22T10:00:00.000Z"))
    );
    let path = format!("{SESSIONS}/{}", list[1]["_id"].as_str().unwrap());

    // Nobody else's business.
    institute.bare("DELETE", &institute.people.bina, &path).await.refuses(
        404,
        "accounts.session_not_found",
        &[],
        "bina",
    );
    institute.bare("DELETE", &institute.people.office, &path).await.refuses(
        404,
        "accounts.session_not_found",
        &[],
        "office",
    );
    assert_eq!(institute.get(&phone, "/api/auth/me").await.status, 200);

    assert_eq!(institute.bare("DELETE", &laptop, &path).await.status, 200);
    for page in [&mut on_phone, &mut also_on_phone] {
        assert!(!page.ended().await, "a closed transport: it comes back, and is told");
    }
    institute.get(&phone, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "its token");
    let refused = institute.knock(json!({"token": phone, "pid": on_phone.seat.pid})).await.unwrap_err();
    assert_eq!(refused["data"]["code"], "auth.signed_out");
    institute.ring().await;
    assert_eq!(on_laptop.told().await.len(), 0, "the other goes on");
    assert_eq!(each(&devices(&institute, &laptop).await, "device"), ["The program curl/8.5.0"]);
    institute.bare("DELETE", &laptop, &path).await.refuses(404, "accounts.session_not_found", &[], "again");
});

both_databases!(signing_out_ends_this_device_alone_and_everywhere_all_others, async |institute: Institute| {
    let tokens = [
        sign_in(&institute, "asha", FIREFOX).await,
        sign_in(&institute, "asha", FIREFOX).await,
        sign_in(&institute, "asha", FIREFOX).await,
    ];
    let mut pages =
        [institute.live(&tokens[0]).await, institute.live(&tokens[1]).await, institute.live(&tokens[2]).await];
    let mut bystander = institute.live(&institute.people.bina).await;
    // The existing client sends no body.
    assert_eq!(institute.bare("POST", &tokens[0], "/api/auth/logout").await.status, 200);
    assert!(!pages[0].ended().await);
    institute.get(&tokens[0], "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "signed out");
    assert_eq!(institute.get(&tokens[1], "/api/auth/me").await.status, 200);

    let answer = institute.bare("DELETE", &tokens[1], SESSIONS).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let new = answer.json()["token"].as_str().unwrap().to_owned();
    for page in &mut pages[1..] {
        assert!(!page.ended().await);
    }
    for token in [&tokens[1], &tokens[2], &institute.people.asha.token] {
        institute.get(token, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "everywhere");
    }
    let list = devices(&institute, &new).await;
    assert_eq!((list.as_array().unwrap().len(), &list[0]["isThis"]), (1, &json!(true)));
    let mut back = institute.back(&new, &pages[1].seat).await;
    institute.ring().await;
    assert_eq!((back.told().await.len(), bystander.told().await.len()), (0, 0));

    // A token of before devices were told apart can't be ended alone.
    let bina = institute.people.bina.clone();
    let other = sign_in(&institute, "bina", FIREFOX).await;
    assert_eq!(institute.bare("POST", &bina, "/api/auth/logout").await.status, 200);
    for token in [&bina.token, &other] {
        institute.get(token, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "an old token");
    }
});

both_databases!(what_ends_every_session_empties_the_list, async |institute: Institute| {
    for login in ["asha", "office"] {
        sign_in(&institute, login, FIREFOX).await;
    }
    let asha = sign_in(&institute, "asha", FIREFOX).await;
    assert_eq!(devices(&institute, &asha).await.as_array().unwrap().len(), 2);
    let change = json!({"currentPassword": PASSWORD, "newPassword": "a new lamp", "confirmPassword": "a new lamp"});
    let changed = institute.json("PUT", &asha, "/api/auth/change-password", &change).await.json();
    assert_eq!(devices(&institute, changed["token"].as_str().unwrap()).await.as_array().unwrap().len(), 1);

    let office = sign_in(&institute, "office", FIREFOX).await;
    assert_eq!(devices(&institute, &office).await.as_array().unwrap().len(), 2);
    let retired = institute.bare("POST", &office, "/api/admin/signing-key").await.json();
    let list = devices(&institute, retired["token"].as_str().unwrap()).await;
    assert_eq!((list.as_array().unwrap().len(), &list[0]["isThis"]), (1, &json!(true)));
});

both_databases!(when_it_was_last_seen_is_known_to_a_quarter_of_an_hour, async |institute: Institute| {
    let asha = sign_in(&institute, "asha", FIREFOX).await;
    let session = devices(&institute, &asha).await[0]["_id"].as_str().unwrap().parse().unwrap();
    let people = People::new(institute.store().clone());
    let user = institute.people.asha.user;
    for (minutes, seen) in [(10, "10:00"), (10, "10:20"), (10, "10:20"), (6, "10:36")] {
        institute.clock.advance(Duration::from_secs(minutes * 60));
        assert!(people.person(user, Some(session)).await.unwrap().unwrap().session_holds);
        people.tidy().await.unwrap();
        let list = devices(&institute, &asha).await;
        assert_eq!(list[0]["lastSeenAt"], format!("2026-11-22T{seen}:00.000Z"));
    }
    let theirs = people.person(institute.people.bina.user, Some(session)).await.unwrap().unwrap();
    assert!(!theirs.session_holds, "somebody else's session");
    // Many at once, with and without one, are answered each for themselves.
    let asked = (0..200).map(|n| people.person(user, [None, Some(session)][n % 2]));
    let found = futures_util::future::join_all(asked).await;
    assert!(found.into_iter().all(|found| found.unwrap().unwrap().session_holds));
    institute.clock.advance(DAY * 30);
    people.tidy().await.unwrap();
    assert_eq!(institute.number("SELECT COUNT(*) FROM sessions").await, 0, "what is over is forgotten");
});

both_databases!(with_very_many_devices_the_eldest_is_signed_out, async |institute: Institute| {
    let eldest = sign_in(&institute, "asha", FIREFOX).await;
    institute.clock.advance(Duration::from_secs(1));
    let now = institute.clock.now();
    for _ in 0..99 {
        let id: uuid::Uuid = Chance::system().id(now);
        let sql = "INSERT INTO sessions (id, user_id, session_version, signing_key, device, created_at, seen_at, expires_at) \
                   VALUES ($1, $2, 1, 0, 'x', $3, $3, $4)";
        let user = institute.people.asha.user.uuid();
        institute.execute(sql, [id.into(), user.into(), now.millis().into(), (now.millis() + 1_000_000).into()]).await;
    }
    let mut page = institute.live(&eldest).await;
    institute.clock.advance(Duration::from_secs(1));
    let newest = sign_in(&institute, "asha", FIREFOX).await;
    assert!(!page.ended().await);
    institute.get(&eldest, "/api/auth/me").await.refuses(401, "auth.signed_out", &[], "the eldest");
    assert_eq!(devices(&institute, &newest).await.as_array().unwrap().len(), 100);
});
