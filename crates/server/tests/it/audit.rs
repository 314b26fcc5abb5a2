//! The audit: who did what, and that nobody can change what stands there.

use std::time::Duration;

use lamplight_features::audit::{self, Act, Actor, Kind};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{
    Answer, Form, Institute, PASSWORD, both_databases,
    http::{each, send},
};

const AUDIT: &str = "/api/admin/audit";

async fn entries(institute: &Institute, query: &str) -> Vec<Value> {
    let list = institute.get(&institute.people.office, &format!("{AUDIT}{query}")).await.data();
    list["entries"].as_array().unwrap().clone()
}

/// `kind action label`, oldest first.
fn told(entries: &[Value]) -> Vec<String> {
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let told = entries.iter().map(|entry| ["kind", "action", "label"].map(|name| text(entry, name)).join(" "));
    let mut told: Vec<_> = told.collect();
    told.reverse();
    told
}

/// The same request as through a proxy.
async fn from_afar(institute: &Institute, method: &str, who: &str, path: &str, body: &Value) -> Answer {
    let request = institute.request(method, who, path).header("X-Forwarded-For", "203.0.113.9").json(body);
    send(request).await
}

both_databases!(what_was_done_stands_there_with_who_and_where_and_before_and_after, async |institute: Institute| {
    let (office, asha) = (institute.people.office.clone(), institute.people.asha.clone());
    let tick = || institute.clock.advance(Duration::from_secs(1));
    let download = institute.uploaded(&office, Form::titled("Notes").text("targetAudience", "all")).await;
    let path = format!("/api/admin/downloads/{}", download["_id"].as_str().unwrap());
    tick();
    let change = json!({"title": "Better notes", "description": ""});
    assert_eq!(from_afar(&institute, "PUT", &office.token, &path, &change).await.status, 200);
    tick();
    assert_eq!(institute.bare("DELETE", &office, &path).await.status, 200);
    tick();
    let regulation = json!({"key": "attendance_theory", "value": 75, "validFrom": "2026-01-01"});
    let set = institute.json("PUT", &office, "/api/admin/regulations", &regulation).await;
    assert_eq!(set.status, 200, "{}", set.json());
    tick();
    let notice = json!({"title": "Holiday", "message": "Tomorrow.", "targetType": "all"});
    institute.json("POST", &office, "/api/admin/notifications", &notice).await.data();
    tick();
    let change = json!({"currentPassword": PASSWORD, "newPassword": "a new lamp", "confirmPassword": "a new lamp"});
    assert_eq!(institute.json("PUT", &asha, "/api/auth/change-password", &change).await.status, 200);

    let all = entries(&institute, "").await;
    let told = told(&all);
    assert_eq!(
        told[..3],
        ["downloads created Notes", "downloads changed Better notes", "downloads deleted Better notes"]
    );
    assert!(told[3].starts_with("regulations set ") && told[4] == "notifications created Holiday", "{told:?}");
    assert_eq!(told[5..], ["users password_changed Asha"]);
    let changed = &all[4];
    assert_eq!(changed["changes"], json!([{"field": "title", "old": "Notes", "new": "Better notes"}]));
    assert_eq!(changed["by"], json!({"_id": office.user, "fullName": "Office", "username": "office", "role": "admin"}));
    assert_eq!((&changed["address"], &changed["recordId"]), (&json!("203.0.113.9"), &download["_id"]));
    assert_eq!(all[0]["by"]["_id"], json!(asha.user));
    // The proxy of this machine says nothing about the others: no address is better than that of many.
    assert_eq!(all[0]["address"], Value::Null);

    // What was refused was not done.
    institute.json("PUT", &office, &path, &json!({"title": "x"})).await.refusal();
    let change = json!({"currentPassword": "x", "newPassword": "another lamp", "confirmPassword": "another lamp"});
    institute.json("PUT", &office, "/api/auth/change-password", &change).await.refusal();
    assert_eq!(entries(&institute, "").await, all);

    let whole = Value::from(all).to_string();
    for secret in [PASSWORD, "a new lamp", "argon2", &office.token] {
        assert!(!whole.contains(secret), "{secret}");
    }
});

both_databases!(marks_and_attendance_leave_a_line_without_their_values, async |institute: Institute| {
    let teacher = institute.people.teacher.clone();
    let marks = json!({"examType": "Internal", "course": "GNM", "semester": 3, "subject": "Anatomy", "theoryMax": 100,
        "practicalMax": 0, "vivaMax": 0, "assignmentMax": 0, "marksData": [{"studentId": "asha", "theoryObtained": 87.5}]});
    let entered = institute.json("POST", &teacher, "/api/admin/marks", &marks).await.data();
    let sheet = entered["sheet"].as_str().unwrap();
    let publish = json!({"examType": "Internal", "course": "GNM", "semester": 3, "subject": "Anatomy"});
    assert_eq!(institute.json("PUT", &teacher, "/api/admin/marks/publish", &publish).await.data()["modifiedCount"], 1);
    let undone = institute.json("POST", &teacher, &format!("/api/admin/marks/sheets/{sheet}/undo"), &json!({})).await;
    assert_eq!(undone.status, 200);
    let found = entries(&institute, "?kind=marks").await;
    let mut actions: Vec<_> = found.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["entered", "publication_undone", "published"]);
    assert!(found.iter().all(|entry| entry["recordId"] == sheet && entry["by"]["username"] == "teacher"), "{found:?}");
    assert!(!Value::from(found).to_string().contains("87.5"), "no mark");

    let class = json!({"course": institute.gnm, "semester": 3, "subject": "Anatomy", "date": "2026-11-20", "session": "Morning",
        "type": "Theory", "students": [{"studentId": "asha", "status": "Present"}]});
    let recorded = institute.json("POST", &teacher, "/api/admin/attendance", &class).await;
    if recorded.status != 200 {
        panic!("{}", recorded.json());
    }
    assert_eq!(
        told(&entries(&institute, "?kind=attendance").await),
        ["attendance recorded Anatomy, 2026-11-20, Morning"]
    );
    // The same again changes nothing, and leaves nothing.
    institute.json("POST", &teacher, "/api/admin/attendance", &class).await.data();
    assert_eq!(entries(&institute, "?kind=attendance").await.len(), 1);
});

both_databases!(the_database_refuses_to_change_what_stands_there, async |institute: Institute| {
    let tx = institute.store().begin().await.unwrap();
    audit::write(&tx, Actor::operator(), Act::new(Kind::SigningKey, "retired", 0, "Signing key 0")).await.unwrap();
    tx.commit().await.unwrap();
    for sql in ["UPDATE audit SET user_name = 'somebody else'", "DELETE FROM audit", "DELETE FROM audit WHERE at < 0"] {
        let tx = institute.store().begin().await.unwrap();
        let refused = tx.db().execute_unprepared(sql).await;
        // On the embedded database nothing is refused where nothing would be touched.
        let touches_nothing = sql.ends_with("at < 0") && institute.store().backend() == crate::support::Backend::Sqlite;
        assert!(touches_nothing || refused.unwrap_err().to_string().contains("append-only"), "{sql}");
    }
    assert_eq!(told(&entries(&institute, "").await), ["signing_key retired Signing key 0"]);
});

both_databases!(found_by_person_kind_record_words_and_date_and_read_page_by_page, async |institute: Institute| {
    let people = institute.people.clone();
    for number in 0..7 {
        institute.clock.advance(Duration::from_secs(24 * 3600));
        let tx = institute.store().begin().await.unwrap();
        let who = if number % 2 == 0 { &people.office } else { &people.teacher };
        let by = Actor::known(who.user, (who.name, who.name), None);
        let kind = if number < 3 { Kind::Courses } else { Kind::Students };
        let act =
            Act::new(kind, "changed", number, format!("100%_{number}")).noted("mobile", &format!("98765{number}"));
        audit::write(&tx, by, act).await.unwrap();
        tx.commit().await.unwrap();
    }
    let office = people.office.user;
    for (query, expected) in [
        (String::new(), &["6", "5", "4", "3", "2", "1", "0"][..]),
        (format!("?user={office}"), &["6", "4", "2", "0"]),
        ("?kind=courses".to_owned(), &["2", "1", "0"]),
        ("?kind=courses&action=deleted".to_owned(), &[]),
        ("?record=5".to_owned(), &["5"]),
        ("?search=0%25_4".to_owned(), &["4"]),
        ("?search=%25".to_owned(), &["6", "5", "4", "3", "2", "1", "0"]),
        ("?search=OFFICE+courses".to_owned(), &["2", "0"]),
        ("?search=987653".to_owned(), &["3"]),
        // The clock stands at 15:30 at the institute, first on the 23rd.
        ("?from=2026-11-24&to=2026-11-25".to_owned(), &["2", "1"]),
    ] {
        let found = institute.get(&people.office, &format!("{AUDIT}{query}")).await.data();
        assert_eq!(each(&found["entries"], "recordId"), expected, "{query}");
    }
    let (mut read, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let page = institute.get(&people.office, &format!("{AUDIT}{query}")).await.data();
        read.extend(each(&page["entries"], "recordId"));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=3&before={next}");
    }
    assert_eq!(read, ["6", "5", "4", "3", "2", "1", "0"]);

    let csv = institute.get(&people.office, &format!("{AUDIT}/export?kind=students&search=4")).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(
        csv.header("content-disposition").contains("audit_2026-11-29.csv"),
        "{}",
        csv.header("content-disposition")
    );
    let text = String::from_utf8(csv.body).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("2026-11-27 15:30:00,office,office,,,students,changed,100%_4,4,mobile: 987654"), "{text}");
    let xlsx = institute.get(&people.office, &format!("{AUDIT}/export?format=xlsx")).await;
    assert!(xlsx.body.starts_with(b"PK"), "{}", xlsx.status);
});

both_databases!(nobody_but_administrators_reads_it, async |institute: Institute| {
    let people = &institute.people;
    for path in [AUDIT.to_owned(), format!("{AUDIT}/export")] {
        for who in [&people.teacher, &people.librarian, &people.asha] {
            institute.get(who, &path).await.refuses(403, "auth.wrong_role", &[], &path);
        }
        institute.get("", &path).await.refuses(401, "auth.token_missing", &[], &path);
    }
    for (query, field) in [
        ("user=x", "user"),
        ("kind=passwords", "kind"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("before=7", "before"),
        ("limit=0", "limit"),
    ] {
        let answer = institute.get(&people.office, &format!("{AUDIT}?{query}")).await;
        answer.refuses(400, "request.invalid_query", &[field], query);
    }
    let answer = institute.get(&people.office, &format!("{AUDIT}/export?format=doc")).await;
    answer.refuses(400, "request.invalid_query", &["format"], "a format");
});
