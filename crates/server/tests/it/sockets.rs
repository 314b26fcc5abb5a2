//! The sockets' door: who is let in, from which page, and that everything for a person reaches all their devices.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    Answer, Form, Institute, Live, Member, both_databases,
    http::send,
    institute::{DAY, PORTAL},
    live::transport,
    until,
};

async fn refused(institute: &Institute, auth: Value) -> String {
    let error = institute.knock(auth.clone()).await.expect_err("to be refused");
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{auth}: {error}");
    assert_eq!(error["data"].as_object().unwrap().len(), 1, "{error}");
    error["data"]["code"].as_str().unwrap().to_owned()
}

both_databases!(each_refusal_says_why_and_joins_nothing, async |institute: Institute| {
    let people = &institute.people;
    let now = institute.clock.now();
    let nobody = Member { user: institute.gnm.uuid().into(), ..people.asha.clone() };
    let pid = institute.live(&people.asha).await.seat.pid;
    let forged = format!("{}x", people.asha.token);
    let expired = institute.token(&people.asha, now.minus(DAY * 30), 1);
    let signed_out = institute.token(&people.asha, now, 2);
    let unknown = institute.token(&nobody, now, 1);
    for (auth, code) in [
        (json!({}), "auth.token_missing"),
        (json!({"token": ""}), "auth.token_missing"),
        (json!({"token": null}), "auth.token_missing"),
        (json!({"token": 7}), "auth.token_missing"),
        (json!({"token": "x"}), "auth.token_invalid"),
        (json!({"token": forged}), "auth.token_invalid"),
        (json!({"token": pid}), "auth.token_invalid"),
        (json!({"token": expired}), "auth.token_expired"),
        (json!({"token": signed_out}), "auth.signed_out"),
        (json!({"token": people.gone.token}), "auth.account_inactive"),
        (json!({"token": unknown}), "auth.account_unknown"),
        // What one had does not let one in.
        (json!({"pid": pid, "offset": "00000000.1"}), "auth.token_missing"),
        (json!({"token": expired, "pid": pid}), "auth.token_expired"),
    ] {
        assert_eq!(refused(&institute, auth.clone()).await, code, "{auth}");
    }
    // HTTP says the same of the same tokens.
    for (token, code) in
        [(&expired, "auth.token_expired"), (&signed_out, "auth.signed_out"), (&unknown, "auth.account_unknown")]
    {
        institute.get(token, "/api/auth/me").await.refuses(401, code, &[], code);
    }
});

#[tokio::test]
async fn a_token_in_the_address_is_none() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let token = &institute.people.asha.token;
    let stream = transport(institute.address(), &format!("&token={token}&auth={token}"), &[]).await;
    let error = Live::connect(stream, &json!({})).await.unwrap_err();
    assert_eq!(error["data"]["code"], "auth.token_missing");
    institute.get("", &format!("/api/auth/me?token={token}")).await.refuses(401, "auth.token_missing", &[], "HTTP");
}

#[tokio::test]
async fn a_token_in_the_header_is_as_good_as_one_in_auth() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let people = &institute.people;
    for (header, auth, hears) in [
        (format!("Bearer {}", people.asha.token), json!({}), true),
        (format!("bearer {}", people.asha.token), json!({}), true),
        // What the page says goes before what the connection says.
        (format!("Bearer {}", people.chitra.token), json!({"token": people.asha.token}), true),
        (format!("Bearer {}", people.asha.token), json!({"token": people.chitra.token}), false),
    ] {
        let stream = transport(institute.address(), "", &[("authorization", &header)]).await;
        let mut live = Live::connect(stream, &auth).await.unwrap();
        let form = Form::titled("X").text("targetAudience", "specific_course");
        institute.uploaded(&people.office, form.text("tags", "gnm")).await;
        institute.ring().await;
        assert_eq!(live.told().await.len(), usize::from(hears), "{header} {auth}");
    }
}

/// A request from a page of some origin.
async fn from(institute: &Institute, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = institute.request(method, &institute.people.asha, path);
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn pages_of_other_sites_are_let_in_when_the_setting_names_them() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let own = format!("http://{}", institute.address());
    let socket = "/socket.io/?EIO=4&transport=websocket";
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for (origin, allowed) in [
        (PORTAL, true),
        (own.as_str(), true),
        ("https://evil.example", false),
        ("http://portal.example.org", false),
        ("https://portal.example.org.evil.example", false),
        ("https://portal.example.org:444", false),
        ("null", false),
    ] {
        let plain = from(&institute, "GET", "/api/auth/me", &[("Origin", origin)]).await;
        let preflight = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "PUT"),
            ("Access-Control-Request-Headers", "authorization,content-type"),
        ];
        let preflight = from(&institute, "OPTIONS", "/api/admin/downloads/x", &preflight).await;
        let handshake = [upgrade.as_slice(), &[("Origin", origin)]].concat();
        let statuses = [plain.status, preflight.status];
        if !allowed {
            assert_eq!(statuses, [403, 403], "{origin}");
            let handshake = from(&institute, "GET", socket, &handshake).await;
            for answer in [plain, preflight, handshake] {
                answer.refuses(403, "request.origin_refused", &[], origin);
                assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
            }
            continue;
        }
        assert_eq!(statuses, [200, 200], "{origin}");
        for answer in [&plain, &preflight] {
            // With credentials a browser takes nothing but the exact origin.
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            assert_eq!(answer.header("access-control-allow-credentials"), "true");
        }
        for name in ["content-disposition", "retry-after"] {
            assert!(plain.header("access-control-expose-headers").contains(name), "{name}");
        }
        for method in ["PUT", "PATCH", "DELETE"] {
            assert!(preflight.header("access-control-allow-methods").contains(method), "{method}");
        }
        for name in ["authorization", "content-type"] {
            assert!(preflight.header("access-control-allow-headers").contains(name), "{name}");
        }
        let refusal = from(&institute, "GET", "/api/admin/downloads", &[("Origin", origin)]).await;
        assert_eq!(
            (refusal.status, refusal.header("access-control-allow-origin")),
            (403, origin),
            "its message is shown"
        );
        let stream = transport(institute.address(), "", &[("origin", origin)]).await;
        Live::connect(stream, &json!({"token": institute.people.asha.token})).await.unwrap();
    }
}

both_databases!(what_is_for_a_person_reaches_all_their_devices, async |institute: Institute| {
    let people = &institute.people;
    let mut devices = Vec::new();
    for _ in 0..3 {
        devices.push(institute.live(&people.asha).await);
    }
    let gone = devices.pop().unwrap().cut().await;
    let targets = json!({"students": [people.asha.student]}).to_string();
    let form = Form::titled("Letter").text("targetAudience", "specific_students").text("specificTargets", &targets);
    institute.uploaded(&people.office, form).await;
    institute.ring().await;
    for device in &mut devices {
        assert_eq!(device.told().await, ["downloads:created Letter"]);
    }
    assert_eq!(institute.back(&people.asha, &gone).await.told().await, ["downloads:created Letter"]);
});

both_databases!(who_was_moved_hears_as_who_they_are_when_they_come_back, async |institute: Institute| {
    let people = &institute.people;
    let seat = institute.live(&people.asha).await.cut().await;
    for (title, course) in [("For GNM", "gnm"), ("For ANM", "anm")] {
        let form = Form::titled(title).text("targetAudience", "specific_course").text("tags", course);
        institute.uploaded(&people.office, form).await;
    }
    let (course, asha) = (institute.anm.uuid(), people.asha.user.uuid());
    institute.execute("UPDATE students SET course_id = $1 WHERE user_id = $2", [course.into(), asha.into()]).await;
    let mut live = institute.back(&people.asha, &seat).await;
    assert_eq!(live.seat.pid, seat.pid);
    institute.ring().await;
    assert_eq!(live.told().await, ["downloads:created For ANM"]);
});

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let institute = Institute::open(crate::support::Backend::Sqlite).await;
    let asha = &institute.people.asha;
    let left = Duration::from_millis(1500);
    let token = institute.token(asha, institute.clock.now().minus(DAY * 30 - left), 1);
    let mut live = institute.live(&token).await;
    live.ended().await;
    institute.clock.advance(left);
    assert_eq!(refused(&institute, json!({"token": token, "pid": live.seat.pid})).await, "auth.token_expired");
}

/// Between two polls there is nothing that could be told: the connection must be there when the next one comes.
#[tokio::test]
async fn who_polls_hears_of_an_orderly_stop_too() {
    let mut institute = Institute::open(crate::support::Backend::Sqlite).await;
    let (http, address) = (institute.http.clone(), institute.address());
    let url = |sid: &str| format!("http://{address}/socket.io/?EIO=4&transport=polling&sid={sid}");
    let get = async |sid: &str| http.get(url(sid)).send().await?.text().await;
    let open: Value = serde_json::from_str(&get("").await.unwrap()[1..]).unwrap();
    let sid = open["sid"].as_str().unwrap();
    let connect = format!("40{}", json!({"token": institute.people.asha.token}));
    assert_eq!(http.post(url(sid)).body(connect).send().await.unwrap().text().await.unwrap(), "ok");
    assert!(get(sid).await.unwrap().starts_with("40{"));
    let poll = async {
        until("nobody is let in any more", async || tokio::net::TcpStream::connect(address).await.is_err()).await;
        get(sid).await
    };
    let ((), last) = tokio::join!(institute.stop(), poll);
    assert_eq!(last.unwrap(), "1", "the close packet, over the connection that was kept");
}

/// The tests come from this machine, as a proxy on it would.
#[tokio::test]
async fn behind_a_proxy_of_ours_each_client_has_limits_of_its_own() {
    let mut institute = Institute::open(crate::support::Backend::Sqlite).await;
    institute.settings.live.sockets.connections_per_address = 2;
    institute.stop().await;
    institute.start().await;
    let open = async |forwarded: &[&str]| {
        let request = institute.request("GET", "", "/socket.io/?EIO=4&transport=polling");
        let request = forwarded.iter().fold(request, |request, line| request.header("X-Forwarded-For", *line));
        send(request).await.status
    };
    for (forwarded, status) in [
        (&["203.0.113.1"][..], 200),
        // What the client wrote itself stands before what the proxy has added.
        (&["198.51.100.7, 203.0.113.1"], 200),
        (&["203.0.113.1"], 429),
        (&["203.0.113.1", "203.0.113.2"], 200),
        (&["2001:db8::1"], 200),
        (&["2001:db8::2"], 200),
        (&["2001:db8::3"], 429),
        // Nobody can be told apart, so nobody is locked out.
        (&[], 200),
        (&[], 200),
        (&[], 200),
    ] {
        assert_eq!(open(forwarded).await, status, "{forwarded:?}");
    }
}
