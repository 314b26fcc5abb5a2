//! Notifications: written by the office, told by features, read once for all devices.

use lamplight_features::notifications::{Category, Kind, Notice, Priority, tell};
use serde_json::{Value, json};

use crate::support::{Institute, Member, both_databases, http::each};

const OFFICE: &str = "/api/admin/notifications";
const OWN: &str = "/api/notifications";
const STUDENT: &str = "/api/student/notifications";

/// As the existing client sends it.
fn form(title: &str) -> Value {
    json!({
        "title": title, "message": "Please read.", "type": "info", "category": "General", "priority": "medium",
        "targetType": "all", "targetIds": [], "sendMethod": ["dashboard"], "isActive": true,
    })
}

fn with(mut form: Value, more: &Value) -> Value {
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form
}

async fn write(institute: &Institute, form: &Value) -> Value {
    let answer = institute.json("POST", &institute.people.office, OFFICE, form).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.data()
}

async fn titles(institute: &Institute, who: &Member) -> Vec<String> {
    each(&institute.get(who, OWN).await.data()["notifications"], "title")
}

async fn unread(institute: &Institute, who: &Member) -> Value {
    institute.get(who, OWN).await.data()["unread"].clone()
}

both_databases!(a_notice_is_for_whom_it_was_chosen_for, async |institute: Institute| {
    let people = institute.people.clone();
    let everybody: Vec<&str> = people.all().iter().map(|who| who.name).collect();
    let (gnm, asha) = (institute.gnm, people.asha.student.unwrap());
    let table: [(&str, Value, Vec<&str>); 8] = [
        ("all", json!([]), everybody),
        ("role", json!(["student"]), vec!["asha", "bina", "chitra"]),
        ("role", json!(["faculty", "admin"]), vec!["office", "teacher", "lecturer", "librarian"]),
        ("course", json!([gnm]), vec!["teacher", "asha", "bina"]),
        ("batch", json!([2025]), vec!["asha", "chitra"]),
        ("batch", json!(["2026"]), vec!["bina"]),
        ("individual", json!([people.chitra.user]), vec!["chitra"]),
        ("individual", json!([asha, people.teacher.user]), vec!["teacher", "asha"]),
    ];
    let mut pages = Vec::new();
    for who in people.all() {
        pages.push((who, institute.live(who).await, Vec::new()));
    }
    for (number, (target, ids, expected)) in table.iter().enumerate() {
        let title = format!("Notice {number}");
        let more = json!({"targetType": target, "targetIds": ids});
        let saved = write(&institute, &with(form(&title), &more)).await;
        assert_eq!(saved["metadata"], json!({"sentCount": expected.len(), "readCount": 0}), "{target} {ids}");
        for (who, _, wanted) in &mut pages {
            if expected.contains(&who.name) {
                wanted.push(title.clone());
            }
        }
    }
    institute.ring().await;
    for (who, mut page, wanted) in pages {
        let heard: Vec<String> = wanted.iter().map(|title| format!("notification:created {title}")).collect();
        assert_eq!(page.told().await, heard, "{} hears", who.name);
        let newest_first: Vec<String> = wanted.into_iter().rev().collect();
        let mut listed = titles(&institute, who).await;
        // Written within one moment of the mock clock: their order is not told.
        listed.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!(listed, newest_first, "{} reads", who.name);
    }
});

both_databases!(nobody_is_given_the_other_receivers, async |institute: Institute| {
    let people = institute.people.clone();
    let mut asha = institute.live(&people.asha).await;
    let ids = json!([people.asha.user, people.bina.user]);
    let saved = write(&institute, &with(form("For two"), &json!({"targetType": "individual", "targetIds": ids}))).await;
    let id = saved["_id"].as_str().unwrap();
    let expected = json!({
        "_id": id, "title": "For two", "message": "Please read.", "type": "info", "category": "General",
        "priority": "medium", "actionUrl": null, "sender": {"username": "office", "fullName": "Office"},
        "createdAt": "2026-11-22T10:00:00.000Z",
    });
    assert_eq!(asha.next().await.payload, expected);
    institute.bare("PUT", &people.bina, &format!("{STUDENT}/{id}/read")).await.data();
    let listed = institute.get(&people.asha, STUDENT).await.data();
    assert_eq!(listed, json!([with(expected.clone(), &json!({"read": false, "readBy": []}))]));
    let listed = institute.get(&people.bina, STUDENT).await.data();
    assert_eq!(listed, json!([with(expected, &json!({"read": true, "readBy": [people.bina.user]}))]));
    institute.ring().await;
    assert_eq!(asha.told().await, [""; 0], "another's reading is nothing she hears of");
});

both_databases!(reading_on_one_device_is_reading_on_all, async |institute: Institute| {
    let people = institute.people.clone();
    let mut ids = Vec::new();
    for title in ["One", "Two", "Three"] {
        ids.push(write(&institute, &form(title)).await["_id"].as_str().unwrap().to_owned());
        institute.clock.advance(std::time::Duration::from_secs(1));
    }
    institute.settled().await;
    let mut phone = institute.live(&people.asha).await;
    let mut other = institute.live(&people.bina).await;
    assert_eq!(unread(&institute, &people.asha).await, json!(3));

    let address = format!("{STUDENT}/{}/read", ids[1]);
    assert_eq!(institute.bare("PUT", &people.asha, &address).await.data(), json!({"unread": 2}));
    let heard = phone.next().await;
    assert_eq!(
        (heard.name.as_str(), heard.payload),
        ("notification:read", json!({"notificationId": ids[1], "unread": 2}))
    );
    assert_eq!(institute.bare("PUT", &people.asha, &address).await.data(), json!({"unread": 2}), "again is no mistake");
    let left = institute.get(&people.asha, &format!("{STUDENT}?unread=true&limit=5")).await.data();
    assert_eq!(each(&left, "title"), ["Three", "One"]);
    let one = institute.get(&people.asha, &format!("{STUDENT}?limit=1")).await.data();
    assert_eq!(each(&one, "title"), ["Three"]);

    assert_eq!(institute.bare("PUT", &people.asha, "/api/notifications/read").await.data(), json!({"unread": 0}));
    let heard = phone.next().await;
    assert_eq!(heard.payload, json!({"notificationId": null, "unread": 0}), "and again was not told");
    assert_eq!(unread(&institute, &people.bina).await, json!(3), "hers is hers");
    let looked = institute.get(&people.office, &format!("{OFFICE}/{}", ids[1])).await.data();
    assert_eq!(looked["stats"], json!({"totalReceivers": 7, "readCount": 1, "readPercentage": 14}));
    institute.ring().await;
    assert_eq!(other.told().await, [""; 0]);
    assert_eq!(phone.told().await, [""; 0]);
});

both_databases!(what_is_not_ones_own_is_not_there, async |institute: Institute| {
    let people = &institute.people;
    let more = json!({"targetType": "individual", "targetIds": [people.asha.user]});
    let id = write(&institute, &with(form("Hers"), &more)).await["_id"].as_str().unwrap().to_owned();
    for (who, base) in [(&people.bina, STUDENT), (&people.bina, OWN), (&people.teacher, OWN), (&people.office, OWN)] {
        let answer = institute.bare("PUT", who, &format!("{base}/{id}/read")).await;
        answer.refuses(404, "notifications.not_found", &[], who.name);
    }
    let unknown = "0190c0de-0000-7000-8000-00000000002a";
    let answer = institute.bare("PUT", &people.asha, &format!("{STUDENT}/{unknown}/read")).await;
    answer.refuses(404, "notifications.not_found", &[], "unknown");
    assert_eq!(unread(&institute, &people.asha).await, json!(1));
    for (method, path) in [
        ("GET", OFFICE.to_owned()),
        ("GET", format!("{OFFICE}/stats")),
        ("GET", format!("{OFFICE}/{id}")),
        ("DELETE", format!("{OFFICE}/{id}")),
    ] {
        for who in [&people.teacher, &people.asha] {
            institute.bare(method, who, &path).await.refuses(403, "auth.wrong_role", &[], &path);
        }
    }
    institute.json("POST", &people.teacher, OFFICE, &form("Mine")).await.refuses(403, "auth.wrong_role", &[], "write");
    institute.get(&people.teacher, STUDENT).await.refuses(403, "auth.wrong_role", &[], "student's");
    assert_eq!(institute.get("", OWN).await.status, 401);
});

both_databases!(a_notice_that_reaches_nobody_or_is_wrong_is_refused, async |institute: Institute| {
    let office = &institute.people.office;
    let nobody = json!([institute.people.gone.user]);
    for (more, field) in [
        (json!({"title": " "}), "title"),
        (json!({"title": "x".repeat(201)}), "title"),
        (json!({"message": ""}), "message"),
        (json!({"targetType": "course"}), "targetIds"),
        (json!({"targetType": "individual"}), "targetIds"),
        (json!({"targetType": "role"}), "targetIds"),
        (json!({"targetType": "batch"}), "targetIds"),
        (json!({"targetType": "role", "targetIds": ["students"]}), "targetIds"),
        (json!({"targetType": "batch", "targetIds": ["25"]}), "targetIds"),
        (json!({"targetType": "course", "targetIds": ["0190c0de-0000-7000-8000-00000000002a"]}), "targetIds"),
        (json!({"targetType": "individual", "targetIds": ["0190c0de-0000-7000-8000-00000000002a"]}), "targetIds"),
        (json!({"targetType": "individual", "targetIds": nobody}), "targetIds"),
        (json!({"targetType": "batch", "targetIds": [1999]}), "targetIds"),
        (json!({"actionUrl": "https://evil.example"}), "actionUrl"),
        (json!({"actionUrl": "//evil.example"}), "actionUrl"),
    ] {
        let what = more.to_string();
        let answer = institute.json("POST", office, OFFICE, &with(form("Notice"), &more)).await;
        answer.refuses(400, "notifications.invalid", &[field], &what);
        assert_ne!(answer.json()["message"], "Something in the notification is not as it should be.", "{what}");
    }
    for (more, field) in
        [(json!({"priority": "Urgent"}), "priority"), (json!({"targetType": "everyone"}), "targetType")]
    {
        let answer = institute.json("POST", office, OFFICE, &with(form("Notice"), &more)).await;
        answer.refuses(400, "request.invalid", &[field], field);
    }
    assert_eq!(institute.get(office, OFFICE).await.data()["stats"]["total"], 0, "nothing was kept");
});

both_databases!(a_hidden_notice_is_nowhere_until_it_is_shown, async |institute: Institute| {
    let people = institute.people.clone();
    let mut asha = institute.live(&people.asha).await;
    let saved = write(&institute, &with(form("Draft"), &json!({"isActive": false}))).await;
    assert_eq!((&saved["isActive"], &saved["metadata"]["sentCount"]), (&json!(false), &json!(0)));
    let address = format!("{OFFICE}/{}", saved["_id"].as_str().unwrap());
    assert_eq!(titles(&institute, &people.asha).await, [""; 0]);

    // As the existing client does it: the whole document, with what it does not know.
    let whole = with(
        saved,
        &json!({"isActive": true, "receivers": [{"user": people.asha.user}], "sender": "somebody", "targetType": "role"}),
    );
    let shown = institute.json("PUT", &people.office, &address, &whole).await.data();
    assert_eq!((&shown["targetType"], &shown["metadata"]["sentCount"]), (&json!("all"), &json!(7)));
    assert_eq!(titles(&institute, &people.asha).await, ["Draft"]);

    // As if she had been added since.
    let unsent = "DELETE FROM notification_receivers WHERE user_id = (SELECT id FROM users WHERE username = 'bina')";
    institute.execute(unsent, []).await;
    let mut late = institute.live(&people.bina).await;
    let hide = json!({"isActive": false});
    institute.json("PUT", &people.office, &address, &hide).await.data();
    assert_eq!(titles(&institute, &people.asha).await, [""; 0]);
    assert_eq!(unread(&institute, &people.asha).await, json!(0));
    let read = format!("{STUDENT}/{}/read", shown["_id"].as_str().unwrap());
    institute.bare("PUT", &people.asha, &read).await.refuses(404, "notifications.not_found", &[], "hidden");

    institute.json("PUT", &people.office, &address, &json!({"isActive": true, "title": "Shown"})).await.data();
    institute.json("PUT", &people.office, &address, &json!({"title": "Changed"})).await.data();
    assert_eq!(titles(&institute, &people.asha).await, ["Changed"]);
    let stale = json!({"title": "Late", "rev": 1});
    let answer = institute.json("PUT", &people.office, &address, &stale).await;
    answer.refuses(409, "notifications.changed_meanwhile", &[], "an old version");
    institute.bare("DELETE", &people.office, &address).await;
    assert_eq!(titles(&institute, &people.asha).await, [""; 0]);
    institute.bare("DELETE", &people.office, &address).await.refuses(404, "notifications.not_found", &[], "twice");
    institute.ring().await;
    assert_eq!(
        asha.told().await,
        [
            "notification:created Draft",
            "notification:deleted -",
            "notification:created Shown",
            "notification:updated Changed",
            "notification:deleted -",
        ]
    );
    assert_eq!(late.told().await, [""; 0]);
});

both_databases!(the_office_sees_what_it_wrote_and_how_many_have_read_it, async |institute: Institute| {
    let office = &institute.people.office;
    for (title, more) in [
        ("Fees", json!({"category": "Fee", "priority": "high"})),
        ("Exams", json!({"category": "Exam", "priority": "high"})),
        ("Hidden", json!({"category": "Exam", "isActive": false})),
    ] {
        write(&institute, &with(form(title), &more)).await;
        institute.clock.advance(std::time::Duration::from_secs(1));
    }
    tell_everybody(&institute, &[&institute.people.asha]).await;
    for (query, expected) in [
        ("", &["Hidden", "Exams", "Fees"][..]),
        ("category=Exam", &["Hidden", "Exams"]),
        ("category=Exam&status=active", &["Exams"]),
        ("status=inactive&priority=", &["Hidden"]),
        ("priority=high&limit=1&page=2", &["Fees"]),
    ] {
        let list = institute.get(office, &format!("{OFFICE}?{query}")).await.data();
        assert_eq!(each(&list["notifications"], "title"), expected, "{query}");
    }
    for (query, field) in [("category=exam", "category"), ("status=expired", "status"), ("limit=0", "limit")] {
        institute.get(office, &format!("{OFFICE}?{query}")).await.refuses(
            400,
            "request.invalid_query",
            &[field],
            query,
        );
    }
    let expected = json!({
        "total": 3, "active": 2,
        "byCategory": [{"_id": "Exam", "count": 2}, {"_id": "Fee", "count": 1}],
        "byPriority": [{"_id": "high", "count": 2}, {"_id": "medium", "count": 1}],
    });
    assert_eq!(institute.get(office, &format!("{OFFICE}/stats")).await.data(), expected);
});

async fn tell_everybody(institute: &Institute, receivers: &[&Member]) {
    let notice = Notice {
        title: "Marks published",
        message: "Pharmacology, Internal.",
        kind: Kind::Success,
        category: Category::Result,
        priority: Priority::High,
        sender: None,
        link: Some("/marks"),
    };
    let mut tx = institute.store().begin().await.unwrap();
    let users = receivers.iter().map(|who| who.user);
    assert_eq!(tell(&mut tx, &notice, users).await.unwrap().is_some(), !receivers.is_empty());
    tx.commit().await.unwrap();
}

both_databases!(a_feature_tells_each_person_once_and_nobody_else, async |institute: Institute| {
    let people = institute.people.clone();
    let mut pages = Vec::new();
    for who in people.all() {
        pages.push((who, institute.live(who).await));
    }
    tell_everybody(&institute, &[&people.asha, &people.teacher, &people.asha]).await;
    tell_everybody(&institute, &[]).await;
    institute.ring().await;
    for (who, mut page) in pages {
        let heard = page.before_the_bell().await;
        let expected = if ["asha", "teacher"].contains(&who.name) { vec!["Marks published"] } else { vec![] };
        let told: Vec<&str> = heard.iter().map(|one| one.payload["title"].as_str().unwrap()).collect();
        assert_eq!(told, expected, "{}", who.name);
        assert_eq!(titles(&institute, who).await, expected, "{}", who.name);
    }
    let list = institute.get(&people.asha, STUDENT).await.data();
    assert_eq!(
        (&list[0]["actionUrl"], &list[0]["priority"], &list[0]["sender"]),
        (&json!("/marks"), &json!("high"), &json!(null))
    );
    assert_eq!(institute.get(&people.office, OFFICE).await.data()["stats"]["total"], 0, "it is not the office's");
});

both_databases!(what_was_told_while_away_is_heard_on_coming_back, async |institute: Institute| {
    let asha = institute.people.asha.clone();
    let page = institute.live(&asha).await;
    let seat = page.cut().await;
    tell_everybody(&institute, &[&asha]).await;
    let mut page = institute.back(&asha, &seat).await;
    assert_eq!(page.next().await.told(), "notification:created Marks published");
});
